from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from probes.api import FailureKind, Outcome, Reading
from probes.crl_fetch import CrlFetchParams
from tests.servers.ask import ask
from tests.servers.certificates import Authority, Wish, issue
from tests.servers.crl import make_crl
from tests.servers.pki_server import OpensslAuthority, always, openssl, pour, responding
from tests.servers.tcp_server import answering, closed_port, page, serving, stall, stall_after_request

_CA = """
[ca]
default_ca = here
[here]
database = {folder}/index.txt
crlnumber = {folder}/number
default_md = sha256
default_crl_days = 7
"""


async def fetch(data: bytes, **params: Any) -> Reading:
    async with serving(responding(always(data), "application/pkix-crl")) as port:
        return await ask("crl_fetch", f"http://127.0.0.1:{port}/ca.crl", **params)


@pytest.mark.skipif(openssl() is None, reason="openssl is not installed")
async def test_a_list_made_by_openssl_is_read_whole(authority: Authority, tmp_path: Path) -> None:
    program = OpensslAuthority(authority, tmp_path)
    path = program.write("ca", authority.root)
    gone = authority.issue("gone.example")
    program.register((gone, "R,superseded"), (authority.issue("here.example"), "V"))
    (tmp_path / "number").write_text("1A\n")
    (tmp_path / "ca.cnf").write_text(_CA.format(folder=tmp_path))
    argv = ["ca", "-gencrl", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key", "-out", "answer"]
    reading = await fetch(await program.run(b"", *argv), issuer_file=str(path))
    assert reading.outcome is Outcome.OK, reading
    assert reading.measures["revoked_count"] == 1
    assert 6.9 < reading.measures["next_update_in_s"] / 86_400 <= 7
    assert {"fetch_s", "age_s", "crl_octets"} <= set(reading.measures)
    facts = {name: reading.facts[name] for name in ("issuer", "crl_number", "is_delta", "signature_valid")}
    assert facts == {"issuer": "CN=Test CA", "crl_number": "1a", "is_delta": False, "signature_valid": True}


@pytest.mark.parametrize("encoding", [Encoding.DER, Encoding.PEM])
async def test_both_encodings_are_read_and_without_an_issuer_no_signature_is_judged(
    authority: Authority, encoding: Encoding
) -> None:
    reading = await fetch(make_crl(authority.root, encoding=encoding))
    assert reading.outcome is Outcome.OK
    assert reading.measures["revoked_count"] == 2
    assert reading.measures["age_s"] == pytest.approx(3600, abs=60)
    assert "signature_valid" not in reading.facts


async def test_an_expired_list_is_a_mismatch_with_its_facts(authority: Authority) -> None:
    reading = await fetch(make_crl(authority.root, next_update=timedelta(minutes=-10)))
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.MISMATCH)
    assert reading.detail.startswith("the list expired 2")
    assert reading.measures["next_update_in_s"] == pytest.approx(-600, abs=60)


async def test_a_list_of_the_future_is_a_mismatch(authority: Authority) -> None:
    reading = await fetch(make_crl(authority.root, last_update=timedelta(hours=1)))
    assert (reading.failure, "of the future" in reading.detail) == (FailureKind.MISMATCH, True)


async def test_a_list_signed_by_anybody_else_is_a_mismatch(authority: Authority) -> None:
    impostor = issue(Wish(subject="Test CA", is_authority=True))
    for signer in (impostor, issue(Wish(subject="Other CA", is_authority=True))):
        reading = await fetch(make_crl(signer), issuer_file=str(authority.trust_file))
        assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.MISMATCH)
        assert reading.facts["signature_valid"] is False


async def test_a_list_longer_than_the_limit_is_not_read(authority: Authority) -> None:
    data = make_crl(authority.root, revoked_count=50)
    reading = await fetch(data, max_octets=len(data) - 1)
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.PROTOCOL)
    assert (await fetch(data, max_octets=len(data))).outcome is Outcome.OK
    async with serving(pour) as port:
        endless = await ask("crl_fetch", f"http://127.0.0.1:{port}/", max_octets=100_000)
    assert "longer than 100000 octets" in endless.detail


async def test_what_is_no_list_breaks_the_protocol(authority: Authority) -> None:
    good = make_crl(authority.root)
    for data in (b"", b"<html>no</html>", good[:-20], good + good, authority.root.der):
        reading = await fetch(data)
        assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.PROTOCOL), data[:20]


async def test_another_status_silence_and_a_closed_port_are_told_apart() -> None:
    async with serving(answering(page("no", "404 Not Found"))) as port:
        missing = await ask("crl_fetch", f"http://127.0.0.1:{port}/ca.crl")
    async with serving(stall) as silent, serving(stall_after_request) as half:
        slow = await ask("crl_fetch", f"http://127.0.0.1:{silent}/", timeout_s=0.3)
        stuck = await ask("crl_fetch", f"http://127.0.0.1:{half}/", timeout_s=0.3)
    with closed_port() as port:
        closed = await ask("crl_fetch", f"http://127.0.0.1:{port}/")
    assert (missing.failure, missing.facts["status"]) == (FailureKind.PROTOCOL, 404)
    assert (slow.outcome, slow.facts["phase"]) == (Outcome.TIMEOUT, "first_byte")
    assert (stuck.outcome, stuck.facts["phase"]) == (Outcome.TIMEOUT, "body")
    assert closed.failure is FailureKind.REFUSED


async def test_https_is_verified(authority: Authority) -> None:
    behave = responding(always(make_crl(authority.root)))
    async with serving(behave, authority.context("127.0.0.1")) as port:
        good = await ask("crl_fetch", f"https://127.0.0.1:{port}/", trust_file=authority.trust_file)
        bad = await ask("crl_fetch", f"https://127.0.0.1:{port}/")
    assert (good.outcome, good.facts["tls_version"]) == (Outcome.OK, "TLSv1.3")
    assert (bad.failure, bad.detail) == (FailureKind.TLS, "unknown issuer CN=Test CA")


async def test_an_address_that_is_no_url_is_refused() -> None:
    reading = await ask("crl_fetch", "ldap://directory.example/cn=ca")
    assert reading.failure is FailureKind.INTERNAL
    assert "not a web address" in reading.detail
    with pytest.raises(ValueError, match="max_octets"):
        CrlFetchParams(max_octets=0)
