import asyncio
import contextlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes._wire.cms import Signature, examine
from probes._wire.tsp import make_request, parse_gen_time, read_response
from probes.api import FailureKind, ProbeFailure
from tests.servers.certificates import Authority, Wish, issue
from tests.servers.pki_server import OpensslAuthority, openssl

OTHER = issue(Wish(subject="Test CA", is_authority=True)).certificate
needs_openssl = pytest.mark.skipif(openssl() is None, reason="openssl is not installed")


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = Path(tmp_path_factory.mktemp("tsa"))
    respond = OpensslAuthority(Authority(folder), folder).timestamps()

    async def stamp() -> bytes:
        return await respond(make_request(bytes(32), 77))

    return asyncio.run(stamp())


@pytest.mark.parametrize(
    ("text", "microsecond", "resolution_s"),
    [
        ("20261124215401Z", 0, 1.0),
        ("20261124215401.1Z", 100_000, 0.1),
        ("20261124215401.025Z", 25_000, 0.001),
        ("20261124215401.123456789Z", 123_456, 1e-9),
    ],
)
def test_the_digits_of_a_time_are_a_fraction(text: str, microsecond: int, resolution_s: float) -> None:
    found, resolution = parse_gen_time(text)
    assert found == datetime(2026, 11, 24, 21, 54, 1, microsecond, UTC)
    assert resolution == pytest.approx(resolution_s)


@pytest.mark.parametrize(
    "text", ["", "2026", "20261124215401", "20261324215401Z", "20261124215401+0700", "2026112421540٣Z"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"time|month|unconverted|format"):
        parse_gen_time(text)


@needs_openssl
def test_everything_the_authority_says_is_kept(answer: bytes) -> None:
    stamp = read_response(answer)
    assert (stamp.nonce, stamp.imprint, stamp.policy, stamp.accuracy_s) == (77, bytes(32), "1.2.3.4.1", 1.5001)
    assert stamp.resolution_s == pytest.approx(0.001)
    assert examine(stamp, ()) == Signature(signer="CN=Time Stamp Authority", is_valid=True, is_trusted=None)
    others = examine(stamp, [issue(Wish(subject="Other CA", is_authority=True)).certificate])
    assert (others.is_valid, others.is_trusted) == (True, False)


@needs_openssl
@settings(max_examples=200, deadline=None)
@given(place=st.integers(0, 2000), octet=st.integers(0, 255), cut=st.booleans())
def test_a_damaged_stamp_never_has_a_good_signature_over_other_words(
    answer: bytes, place: int, octet: int, cut: bool
) -> None:
    place %= len(answer)
    spoiled = answer[:place] + (b"" if cut else bytes([octet]) + answer[place + 1 :])
    with contextlib.suppress(ProbeFailure):
        stamp = read_response(spoiled)
        if examine(stamp, [OTHER]).is_valid:
            assert stamp.content == read_response(answer).content


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda data: b"\x30\x80" * 30 + data))
def test_any_octets_are_a_failure(data: bytes) -> None:
    with pytest.raises(ProbeFailure) as caught:
        read_response(data)
    assert caught.value.kind is FailureKind.PROTOCOL


def test_octets_nested_without_end_are_a_failure_and_not_a_stack_overflow() -> None:
    for data in (b"\x30\x80" * 30_000, b"\x30\x83\x00\xff\xff" * 13_000, b"\xa0\x80" * 30_000):
        with pytest.raises(ProbeFailure):
            read_response(data)
