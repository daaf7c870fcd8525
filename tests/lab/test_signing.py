"""The signature service as the probes and openssl meet it: revocation, time stamps, the time itself."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from bt_console.lab.services import clock, revocation
from bt_console.lab.services.certificates import CRL_PATH, OCSP_PATH, TSA_PATH, Authority, serial_of
from bt_console.lab.services.stamps import StampAuthority
from bt_console.lab.services.web import Document, web_server
from bt_console.lab.world import ServiceState
from tests.lab.street import ask, served, service_of


class Signing:
    """One authority behind one web server."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(datetime.now(UTC), "http://kyso.example")
        self.stamps = StampAuthority(*self.authority.issue_stamper())
        self.chain = self.authority.issue("kyso.example", "192.0.2.12")
        self.revoked: list[int] = []
        self.ca_file, self.chain_file = folder / "ca.pem", folder / "chain.pem"
        self.ca_file.write_bytes(self.authority.pem())
        self.chain_file.write_bytes(self.chain)
        self.url = ""

    def document(self, path: str) -> Document:
        return lambda body: (self.respond(path, body), "application/octet-stream")

    def respond(self, path: str, body: bytes) -> bytes:
        now = datetime.now(UTC)
        match path:
            case "/ocsp":
                return revocation.respond(self.authority, body, self.revoked, now)
            case "/ca.crl":
                return revocation.revocation_list(self.authority, self.revoked, now)
        return self.stamps.respond(body, now)


async def run(*argv: object) -> subprocess.CompletedProcess[str]:
    words = [str(word) for word in argv]
    return await asyncio.to_thread(lambda: subprocess.run(words, check=False, capture_output=True, text=True))


@pytest.fixture
async def signing(tmp_path: Path) -> AsyncIterator[Signing]:
    made = Signing(tmp_path)
    documents = {path: made.document(path) for path in (OCSP_PATH, CRL_PATH, TSA_PATH)}
    async with served(web_server(service_of("signature"), ServiceState, documents)) as address:
        made.url = f"http://{address}"
        yield made


async def test_the_responder_knows_its_certificates_and_the_revoked_ones(signing: Signing) -> None:
    asked = str(signing.chain_file)
    good = await ask("ocsp_query", signing.url + OCSP_PATH, certificate_file=asked)
    assert (good.outcome, good.facts["cert_status"], good.facts["nonce_echoed"]) == ("ok", "good", True), good
    signing.revoked.append(serial_of(signing.chain))
    bad = await ask("ocsp_query", signing.url + OCSP_PATH, certificate_file=asked)
    assert (bad.outcome, bad.facts["cert_status"], bad.facts["revocation_reason"]) == (
        "fail",
        "revoked",
        "keyCompromise",
    )


async def test_the_responder_says_nothing_about_certificates_of_others(signing: Signing, tmp_path: Path) -> None:
    strange = tmp_path / "strange.pem"
    strange.write_bytes(Authority(datetime.now(UTC)).issue("kyso.example", "192.0.2.12"))
    reading = await ask("ocsp_query", signing.url + OCSP_PATH, certificate_file=str(strange))
    assert reading.outcome == "fail"
    assert "unauthorized" in reading.detail.lower()


async def test_the_list_is_signed_and_holds_the_revoked_ones(signing: Signing) -> None:
    asked = str(signing.ca_file)
    empty = await ask("crl_fetch", signing.url + CRL_PATH, issuer_file=asked)
    assert (empty.outcome, empty.measures["revoked_count"], empty.facts["signature_valid"]) == ("ok", 0, True), empty
    signing.revoked.append(serial_of(signing.chain))
    assert (await ask("crl_fetch", signing.url + CRL_PATH, issuer_file=asked)).measures["revoked_count"] == 1


async def test_stamps_are_signed_by_the_authority_and_of_this_moment(signing: Signing) -> None:
    reading = await ask("timestamp_query", signing.url + TSA_PATH, authority_file=str(signing.ca_file))
    assert (reading.outcome, reading.facts["signature_valid"], reading.facts["trusted"]) == ("ok", True, True), reading
    assert abs(reading.measures["clock_offset_s"]) <= reading.measures["clock_error_s"]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
async def test_openssl_believes_the_stamps_too(signing: Signing, tmp_path: Path) -> None:
    data, query, reply = tmp_path / "data", tmp_path / "query", tmp_path / "reply"
    data.write_bytes(b"a document")
    make = ["openssl", "ts", "-query", "-data", data, "-sha256", "-cert", "-out", query]
    assert (await run(*make)).returncode == 0
    reply.write_bytes(signing.stamps.respond(query.read_bytes(), datetime.now(UTC)))
    verify = ["openssl", "ts", "-verify", "-data", data, "-in", reply, "-CAfile", signing.ca_file]
    done = await run(*verify)
    assert "Verification: OK" in done.stdout + done.stderr, done


@pytest.mark.parametrize("wire", [b"", b"\x30\x03\x02\x01", b"\x00" * 40])
async def test_what_is_no_request_is_rejected(signing: Signing, wire: bytes) -> None:
    assert signing.stamps.respond(wire, datetime.now(UTC)).startswith(b"\x30\x09\x30\x07\x02\x01\x02")
    assert revocation.respond(signing.authority, wire, (), datetime.now(UTC)) == b"\x30\x03\x0a\x01\x01"


def test_certificates_say_where_their_status_is_looked_up() -> None:
    authority = Authority(datetime.now(UTC), "http://kyso.example")
    leaf = x509.load_pem_x509_certificates(authority.issue("a.example", "192.0.2.1"))[0]
    access = leaf.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    points = leaf.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert [description.access_location.value for description in access] == ["http://kyso.example/ocsp"]
    assert [name.value for point in points for name in point.full_name or ()] == ["http://kyso.example/ca.crl"]
    own = leaf.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert own == x509.SubjectKeyIdentifier.from_public_key(leaf.public_key())


@pytest.mark.parametrize("offset_s", [0.0, 300.0, -45.0])
async def test_the_time_server_is_off_by_what_a_fault_says(offset_s: float) -> None:
    state = ServiceState(clock_offset_s=offset_s)
    async with served(lambda: clock.UdpClock(lambda: state), is_datagram=True) as address:
        reading = await ask("ntp_query", address, sample_count=1)
    assert reading.outcome == "ok", reading
    assert abs(reading.measures["clock_offset_s"] - offset_s) <= reading.measures["delay_s"] + 0.05
    assert (reading.facts["stratum"], reading.facts["reference_id"]) == (1, "LOCL")


@pytest.mark.parametrize("wire", [b"", b"\x23" * 47, b"\x24" + b"\x00" * 47, b"\x3b" + b"\x00" * 47])
def test_what_is_no_question_of_the_time_gets_no_answer(wire: bytes) -> None:
    assert clock.answer(wire, 0.0, 1) is None
