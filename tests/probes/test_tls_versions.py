from __future__ import annotations

import asyncio
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from probes.api import FailureKind, Outcome, ProbeContext, ProbeFailure, Scope, Shared
from probes.tls_versions import TlsVersionsParams, observe
from tests.servers.ask import ask
from tests.servers.certificates import Authority
from tests.servers.daemons import nginx, tls_lines
from tests.servers.mail_server import smtp
from tests.servers.tcp_server import Reader, Writer, closed_port, cut, reset, saying, serving, stall


async def test_a_careless_server_shows_every_old_version_and_weak_suite(tmp_path: Path, authority: Authority) -> None:
    weak = "ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; ssl_ciphers ALL:eNULL:aNULL:@SECLEVEL=0;"
    lines = f"listen 127.0.0.1:PORT ssl; {tls_lines(authority.issue('127.0.0.1'), tmp_path)} {weak}"
    with nginx(tmp_path, lines) as port:
        reading = await ask("tls_versions", f"127.0.0.1:{port}")
    assert reading.outcome is Outcome.OK, reading.detail
    assert reading.facts["accepted"] == ("TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3")
    assert (reading.facts["lowest"], reading.facts["highest"]) == ("TLS 1.0", "TLS 1.3")
    weak_suites = reading.facts["weak_ciphers"]
    assert isinstance(weak_suites, tuple)
    assert {"TLS_ECDH_anon_WITH_AES_256_CBC_SHA", "TLS_ECDHE_ECDSA_WITH_NULL_SHA"} <= set(weak_suites)
    assert reading.measures["weak_cipher_count"] == len(weak_suites)
    assert reading.measures["accepted_count"] == 4


async def test_a_careful_server_accepts_only_the_new_versions(tmp_path: Path, authority: Authority) -> None:
    lines = f"listen 127.0.0.1:PORT ssl; {tls_lines(authority.issue('127.0.0.1'), tmp_path)}"
    with nginx(tmp_path, f"{lines} ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers HIGH:!aNULL;") as port:
        reading = await ask("tls_versions", f"127.0.0.1:{port}")
    assert reading.facts["accepted"] == ("TLS 1.2", "TLS 1.3")
    assert reading.facts["weak_ciphers"] == ()
    ciphers = reading.facts["ciphers"]
    assert isinstance(ciphers, tuple)
    assert ciphers[0] == "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
    assert str(ciphers[1]).startswith("TLS_AES_")


async def test_starttls_is_asked_for_before_each_offer(authority: Authority) -> None:
    async with serving(smtp(authority.context("mail.example"))) as port:
        reading = await ask("tls_versions", f"127.0.0.1:{port}", starttls="smtp", weak_suites=False)
    assert reading.facts["highest"] == "TLS 1.3"
    assert "weak_ciphers" not in reading.facts


@pytest.mark.parametrize(
    "octets", [b"HTTP/1.1 400 Bad\r\n\r\n", b"\x16\x03\x01\xff\xff", b"SSH-2.0-x\r\n", b"\x00" * 99]
)
async def test_a_port_without_tls_is_a_protocol_failure(octets: bytes) -> None:
    async with serving(saying(octets)) as port:
        reading = await ask("tls_versions", f"127.0.0.1:{port}")
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.PROTOCOL)


@pytest.mark.parametrize("behave", [reset, saying(b""), saying(b"\x15\x03\x01\x00\x02\x02\x46")])
async def test_a_server_that_refuses_every_version_fails(behave: object) -> None:
    async with serving(behave) as port:  # type: ignore[arg-type]
        reading = await ask("tls_versions", f"127.0.0.1:{port}")
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.TLS)
    assert reading.facts["accepted"] == ()


async def test_a_server_that_answers_an_older_version_than_offered_accepts_only_that_one() -> None:
    body = b"\x03\x01" + b"r" * 32 + b"\x00" + b"\x00\x2f" + b"\x00"
    hello = b"\x16\x03\x01" + (len(body) + 4).to_bytes(2, "big") + b"\x02\x00" + len(body).to_bytes(2, "big") + body
    async with serving(saying(hello)) as port:
        reading = await ask("tls_versions", f"127.0.0.1:{port}")
    assert reading.facts["accepted"] == ("TLS 1.0",)
    assert reading.facts["weak_ciphers"] == ()


async def test_a_silent_server_is_a_timeout_that_names_the_offer() -> None:
    async with serving(stall) as port:
        reading = await ask("tls_versions", f"127.0.0.1:{port}", timeout_s=0.3)
    assert reading.outcome is Outcome.TIMEOUT
    assert reading.facts["phase"] == "offering TLS 1.3"


async def test_a_closed_port_is_refused() -> None:
    with closed_port() as port:
        reading = await ask("tls_versions", f"127.0.0.1:{port}")
    assert reading.failure is FailureKind.REFUSED


async def test_an_address_nobody_approved_gets_no_packet() -> None:
    callers: list[Writer] = []

    async def behave(_: Reader, writer: Writer) -> None:
        callers.append(writer)
        cut(writer)

    async with serving(behave) as port:
        ctx = _context(Scope(networks=(IPv4Network("10.0.0.0/8"),)))
        with pytest.raises(ProbeFailure) as caught:
            await observe(f"127.0.0.1:{port}", TlsVersionsParams(), ctx)
    assert caught.value.kind is FailureKind.PERMISSION
    assert callers == []


async def test_offers_keep_to_the_approved_rate() -> None:
    at_s: list[float] = []

    async def behave(reader: Reader, writer: Writer) -> None:
        at_s.append(asyncio.get_running_loop().time())
        await reset(reader, writer)

    async with serving(behave) as port:
        with pytest.raises(ProbeFailure):
            await observe(f"127.0.0.1:{port}", TlsVersionsParams(), _context(Scope(rate_per_s=20.0)))
    assert len(at_s) == 5
    assert at_s[-1] - at_s[0] >= 4 / 20.0 - 0.04


def _context(scope: Scope) -> ProbeContext:
    return ProbeContext(deadline_s=asyncio.get_running_loop().time() + 10, shared=Shared(), scope=scope)


@pytest.mark.parametrize("starttls", ["ftp", "SMTP"])
def test_an_unknown_protocol_is_refused(starttls: str) -> None:
    with pytest.raises(ValueError, match="write smtp, imap or nothing"):
        TlsVersionsParams(starttls=starttls)
