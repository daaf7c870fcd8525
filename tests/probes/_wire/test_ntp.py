import contextlib
import math
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes._wire.ntp import (
    PACKET_OCTETS,
    KissOfDeath,
    is_answer,
    make_query,
    make_sample,
    read_answer,
    to_unix_ns,
)
from probes.api import FailureKind, ProbeFailure

NOW_NS = 1_795_000_000_000_000_000
SECOND_NS = 1_000_000_000


def stamp(unix_ns: int) -> int:
    """Return NTP's 64 bits of a Unix time, in whichever era it falls."""
    return ((unix_ns + 2_208_988_800 * SECOND_NS) * (1 << 32) // SECOND_NS) & ((1 << 64) - 1)


def answer(
    receive_ns: int, transmit_ns: int, *, first: int = 0b00_100_100, stratum: int = 2, reference: bytes = b"\xc0\0\2\1"
) -> bytes:
    stamps = (stamp(receive_ns - 64 * SECOND_NS), 7, stamp(receive_ns), stamp(transmit_ns))
    return struct.pack("!BBbbII4sQQQQ", first, stratum, 6, -20, 0x8000, 0x10000, reference, *stamps)


def test_a_query_is_version_4_from_a_client_and_tells_only_its_nonce() -> None:
    query = make_query(0x1122334455667788)
    assert len(query) == PACKET_OCTETS
    assert query == b"\x23" + bytes(39) + bytes.fromhex("1122334455667788")


def test_only_a_servers_packet_with_our_nonce_is_an_answer() -> None:
    good = answer(NOW_NS, NOW_NS)
    assert is_answer(good, 7)
    assert not is_answer(good, 8)
    assert not is_answer(b"\x23" + good[1:], 7), "a client's packet, such as our own coming back"
    assert not is_answer(good[:47], 7)


def test_a_clock_that_is_ahead_has_a_positive_offset_and_its_own_time_is_no_delay() -> None:
    wire = answer(NOW_NS + 5_010_000_000, NOW_NS + 5_030_000_000)  # 5 s ahead, 10 ms of way, 20 ms of thinking
    sample = make_sample(read_answer(wire), NOW_NS, NOW_NS + 40_000_000)
    assert sample.offset_s == pytest.approx(5.0, abs=1e-6)
    assert sample.delay_s == pytest.approx(0.020, abs=1e-6)


def test_fixed_point_fields_are_read_in_seconds() -> None:
    found = read_answer(answer(NOW_NS, NOW_NS))
    assert (found.root_delay_s, found.root_dispersion_s, found.precision_s) == (0.5, 1.0, 2**-20)
    assert (found.leap, found.version, found.stratum, found.reference_id) == ("none", 4, 2, "192.0.2.1")


@pytest.mark.parametrize("unix_s", [0, 2_085_978_495, 2_085_978_497, 4_000_000_000])
def test_a_stamp_is_read_in_the_era_nearest_to_our_clock(unix_s: int) -> None:
    near_ns = (unix_s + 86_400) * SECOND_NS
    assert to_unix_ns(stamp(unix_s * SECOND_NS), near_ns) == pytest.approx(unix_s * SECOND_NS, abs=1)


@pytest.mark.parametrize("code", [b"RATE", b"DENY", b"RSTR", b"X\0\0\0"])
def test_a_kiss_of_death_is_known_by_its_code(code: bytes) -> None:
    with pytest.raises(KissOfDeath) as caught:
        read_answer(answer(NOW_NS, NOW_NS, first=0b11_100_100, stratum=0, reference=code))
    assert caught.value.code == code.rstrip(b"\0").decode()


@pytest.mark.parametrize("reference", [b"INIT", b"STEP", bytes(4)])
def test_a_server_that_has_only_started_is_not_synchronised_but_no_kiss(reference: bytes) -> None:
    found = read_answer(answer(NOW_NS, NOW_NS, first=0b11_100_100, stratum=0, reference=reference))
    assert not found.is_synchronised


@pytest.mark.parametrize(
    ("first", "stratum", "expected"), [(0b00_100_100, 15, True), (0b00_100_100, 16, False), (0b11_100_100, 2, False)]
)
def test_leap_3_and_stratum_16_mean_not_synchronised(first: int, stratum: int, expected: bool) -> None:
    assert read_answer(answer(NOW_NS, NOW_NS, first=first, stratum=stratum)).is_synchronised is expected


def test_an_answer_without_times_breaks_the_protocol() -> None:
    wire = answer(NOW_NS, NOW_NS)[:32] + bytes(16)
    with pytest.raises(ProbeFailure) as caught:
        read_answer(wire)
    assert caught.value.kind is FailureKind.PROTOCOL


@settings(max_examples=200)
@given(st.binary(max_size=80) | st.binary(min_size=48, max_size=48))
def test_any_octets_make_a_sample_of_finite_numbers_or_a_failure(data: bytes) -> None:
    is_answer(data, 7)
    with contextlib.suppress(ProbeFailure):
        sample = make_sample(read_answer(data), NOW_NS, NOW_NS + 1000)
        assert math.isfinite(sample.offset_s)
        assert sample.delay_s >= 0
