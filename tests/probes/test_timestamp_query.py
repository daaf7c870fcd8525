import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pyasn1.codec.ber import decoder
from pyasn1_modules import rfc3161

from probes._wire.tsp import make_request
from probes.api import FailureKind, Outcome, Reading
from tests.servers.ask import ask
from tests.servers.certificates import Authority, Wish, issue
from tests.servers.pki_server import TIME_STAMPING, OpensslAuthority, Respond, always, openssl, pour, responding
from tests.servers.tcp_server import answering, closed_port, page, serving, stall, stall_after_request

pytestmark = pytest.mark.skipif(openssl() is None, reason="openssl is not installed")
REPLY = "application/timestamp-reply"


@pytest.fixture
def program(authority: Authority, tmp_path: Path) -> OpensslAuthority:
    return OpensslAuthority(authority, tmp_path)


async def query(respond: Respond, **params: Any) -> Reading:
    async with serving(responding(respond, REPLY)) as port:
        return await ask("timestamp_query", f"http://127.0.0.1:{port}/tsa", **params)


async def test_openssls_stamp_is_ours_signed_and_of_now(program: OpensslAuthority, authority: Authority) -> None:
    reading = await query(program.timestamps(digits=6), authority_file=str(authority.trust_file))
    assert reading.outcome is Outcome.OK, reading
    facts = reading.facts
    assert (facts["policy"], facts["tsa"], facts["content_type"]) == ("1.2.3.4.1", "CN=Time Stamp Authority", REPLY)
    assert (facts["signature_valid"], facts["trusted"]) == (True, True)
    assert int(str(facts["serial"]), 16) > 0
    assert datetime.fromisoformat(str(facts["gen_time"])).tzinfo is not None
    measures = reading.measures
    assert abs(measures["clock_offset_s"]) <= measures["response_s"]
    assert measures["accuracy_s"] == pytest.approx(1.5001)
    assert measures["clock_error_s"] == pytest.approx(1.5001 + measures["response_s"] / 2, abs=1e-5)


async def test_a_stamp_in_whole_seconds_is_within_half_a_second_of_now(program: OpensslAuthority) -> None:
    reading = await query(program.timestamps(digits=0))
    assert reading.outcome is Outcome.OK, reading
    assert abs(reading.measures["clock_offset_s"]) <= 0.5 + reading.measures["response_s"]
    assert reading.measures["clock_error_s"] >= 2.0
    assert "trusted" not in reading.facts, "nobody said whom to trust"


async def test_every_question_is_another_one(program: OpensslAuthority) -> None:
    heard: list[bytes] = []
    respond = program.timestamps()

    async def listening(body: bytes) -> bytes:
        heard.append(body)
        return await respond(body)

    for _ in range(2):
        assert (await query(listening)).outcome is Outcome.OK
    first, second = [decoder.decode(body, asn1Spec=rfc3161.TimeStampReq())[0] for body in heard]
    assert int(first["nonce"]) != int(second["nonce"])
    assert bytes(first["messageImprint"]["hashedMessage"]) != bytes(second["messageImprint"]["hashedMessage"])
    assert bool(first["certReq"])


async def test_a_stamp_for_another_question_is_a_mismatch(program: OpensslAuthority) -> None:
    other = await program.timestamps()(make_request(hashlib.sha256(b"else").digest(), 4711))
    reading = await query(always(other))
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.MISMATCH)
    assert "(nonce)" in reading.detail
    assert "(imprint)" in reading.detail
    assert reading.facts["signature_valid"] is True


async def test_a_stamp_by_nobody_we_know_is_a_mismatch(
    program: OpensslAuthority, authority: Authority, tmp_path: Path
) -> None:
    impostor = issue(Wish(subject="Test CA", is_authority=True))
    signer = issue(Wish(subject="Time Stamp Authority", extensions=TIME_STAMPING), impostor)
    reading = await query(program.timestamps(signer=signer), authority_file=str(authority.trust_file))
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.MISMATCH), reading
    assert (reading.facts["signature_valid"], reading.facts["trusted"]) == (True, False)
    assert "CN=Time Stamp Authority is not vouched for" in reading.detail


async def test_an_authority_in_between_is_found_in_the_answer(
    program: OpensslAuthority, authority: Authority, tmp_path: Path
) -> None:
    middle = issue(Wish(subject="Middle CA", is_authority=True), authority.root)
    signer = issue(Wish(subject="TSA", extensions=TIME_STAMPING), middle)
    respond = program.timestamps(signer=signer)
    (tmp_path / "ca.pem").write_bytes(middle.pem)
    good = await query(respond, authority_file=str(authority.trust_file))
    (tmp_path / "ca.pem").write_bytes(authority.root.pem)
    missing = await query(respond, authority_file=str(authority.trust_file))
    assert (good.outcome, good.facts["trusted"]) == (Outcome.OK, True), good
    assert (missing.failure, missing.facts["trusted"]) == (FailureKind.MISMATCH, False)


async def test_an_expired_certificate_vouches_for_nothing(program: OpensslAuthority, authority: Authority) -> None:
    wish = Wish(subject="Old TSA", extensions=TIME_STAMPING, valid_for=timedelta(days=-1))
    reading = await query(
        program.timestamps(signer=authority.issue(wish=wish)), authority_file=str(authority.trust_file)
    )
    assert (reading.failure, reading.facts["trusted"]) == (FailureKind.MISMATCH, False)


async def test_a_spoiled_signature_is_a_mismatch(program: OpensslAuthority) -> None:
    respond = program.timestamps()

    async def spoiling(body: bytes) -> bytes:
        good = await respond(body)
        return good[:-1] + bytes([good[-1] ^ 1])

    reading = await query(spoiling)
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.MISMATCH)
    assert reading.facts["signature_valid"] is False


async def test_a_refusal_says_why(program: OpensslAuthority) -> None:
    reading = await query(program.timestamps(digests="sha384"))
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.PROTOCOL)
    assert reading.detail.startswith("the authority gives no time stamp: rejection, badAlg, Message digest algorithm")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda der: der[: len(der) // 2],
        lambda _: b"",
        lambda _: b"<html>",
        lambda der: der * 2,
        lambda _: b"\x30\x80" * 9,
    ],
)
async def test_octets_that_are_no_stamp_break_the_protocol(
    program: OpensslAuthority, spoil: Callable[[bytes], bytes]
) -> None:
    data = spoil(await program.timestamps()(make_request(bytes(32), 1)))
    reading = await query(always(data))
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.PROTOCOL)
    assert reading.facts["phase"] == "answer"


async def test_a_page_too_long_another_status_silence_and_a_closed_port_are_told_apart() -> None:
    async with serving(pour) as endless, serving(answering(page("no", "500 Oops"))) as broken:
        huge = await ask("timestamp_query", f"http://127.0.0.1:{endless}/")
        wrong = await ask("timestamp_query", f"http://127.0.0.1:{broken}/")
    async with serving(stall) as silent, serving(stall_after_request) as half:
        slow = await ask("timestamp_query", f"http://127.0.0.1:{silent}/", timeout_s=0.3)
        stuck = await ask("timestamp_query", f"http://127.0.0.1:{half}/", timeout_s=0.3)
    with closed_port() as port:
        closed = await ask("timestamp_query", f"http://127.0.0.1:{port}/")
    assert (huge.failure, "longer than" in huge.detail) == (FailureKind.PROTOCOL, True)
    assert (wrong.failure, wrong.facts["status"]) == (FailureKind.PROTOCOL, 500)
    assert (slow.outcome, slow.facts["phase"]) == (Outcome.TIMEOUT, "first_byte")
    assert (stuck.outcome, stuck.facts["phase"]) == (Outcome.TIMEOUT, "body")
    assert closed.failure is FailureKind.REFUSED


async def test_an_authority_file_that_is_missing_is_our_failure(tmp_path: Path) -> None:
    reading = await ask("timestamp_query", "http://127.0.0.1:1/", authority_file=str(tmp_path / "none"))
    assert (reading.outcome, reading.failure) == (Outcome.ERROR, FailureKind.PERMISSION)
