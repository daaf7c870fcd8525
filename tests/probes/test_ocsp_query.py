from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from probes.api import FailureKind, Outcome, Reading
from probes.ocsp_query import OcspQueryParams
from tests.servers.ask import ask
from tests.servers.certificates import Authority, Issued, Wish, issue
from tests.servers.pki_server import OCSP_SIGNING, OpensslAuthority, Respond, always, openssl, pour, responding
from tests.servers.tcp_server import answering, closed_port, page, reset, saying, serving, stall

needs_openssl = pytest.mark.skipif(openssl() is None, reason="openssl is not installed")


@pytest.fixture
def program(authority: Authority, tmp_path: Path) -> OpensslAuthority:
    return OpensslAuthority(authority, tmp_path)


@pytest.fixture
def site(authority: Authority, program: OpensslAuthority) -> Issued:
    issued = authority.issue("web.example")
    program.write("site", issued)
    program.write("ca", authority.root)
    return issued


def files(folder: Path) -> dict[str, Any]:
    return {"certificate_file": str(folder / "site.pem"), "issuer_file": str(folder / "ca.pem")}


async def query(respond: Respond, folder: Path, **params: Any) -> Reading:
    async with serving(responding(respond)) as port:
        return await ask("ocsp_query", f"http://127.0.0.1:{port}/ocsp", **files(folder), **params)


@needs_openssl
async def test_a_good_certificate_is_good(program: OpensslAuthority, site: Issued, tmp_path: Path) -> None:
    program.register((site, "V"))
    reading = await query(program.ocsp(None, "-nmin", "60"), tmp_path)
    assert reading.outcome is Outcome.OK, reading
    facts = reading.facts
    assert (facts["cert_status"], facts["signature_valid"], facts["nonce_echoed"]) == ("good", True, True)
    assert (facts["responder"], facts["subject"]) == ("CN=Test CA", "CN=web.example")
    assert facts["serial"] == f"{site.certificate.serial_number:x}"
    assert 3500 < reading.measures["next_update_in_s"] <= 3600
    assert -1 <= reading.measures["age_s"] < 60
    assert {"response_s", "connect_s", "first_byte_s"} <= set(reading.measures)


@needs_openssl
async def test_a_revoked_certificate_is_a_mismatch_with_its_reason(
    program: OpensslAuthority, site: Issued, tmp_path: Path
) -> None:
    program.register((site, "R,keyCompromise"))
    bad = await query(program.ocsp(), tmp_path)
    expected = await query(program.ocsp(), tmp_path, expect="revoked")
    assert (bad.outcome, bad.failure) == (Outcome.FAIL, FailureKind.MISMATCH)
    assert bad.detail == "the certificate is revoked (keyCompromise), expected good"
    assert (bad.facts["cert_status"], bad.facts["revocation_reason"]) == ("revoked", "keyCompromise")
    assert str(bad.facts["revoked_at"]).endswith("Z")
    assert "next_update" not in bad.facts
    assert expected.outcome is Outcome.OK


@needs_openssl
async def test_a_certificate_the_responder_never_heard_of_is_unknown(
    program: OpensslAuthority, authority: Authority, site: Issued, tmp_path: Path
) -> None:
    program.register((authority.issue("other.example"), "V"))
    reading = await query(program.ocsp(), tmp_path)
    assert reading.failure is FailureKind.MISMATCH
    assert reading.facts["cert_status"] == "unknown"
    assert (await query(program.ocsp(), tmp_path, expect="any")).outcome is Outcome.OK


@needs_openssl
async def test_an_answer_signed_by_an_authorised_responder_is_believed(
    program: OpensslAuthority, authority: Authority, site: Issued, tmp_path: Path
) -> None:
    program.register((site, "V"))
    signer = authority.issue(wish=Wish(subject="Responder", extensions=OCSP_SIGNING))
    for options in ((), ("-resp_key_id",)):
        reading = await query(program.ocsp(signer, *options), tmp_path)
        assert reading.outcome is Outcome.OK, reading
    assert str(reading.facts["responder"]).startswith("key ")


@needs_openssl
@pytest.mark.parametrize("who", ["not for this", "expired", "nobody"])
async def test_an_answer_signed_by_anybody_else_is_a_mismatch(
    program: OpensslAuthority, authority: Authority, site: Issued, tmp_path: Path, who: str
) -> None:
    program.register((site, "V"))
    signers = {
        "not for this": authority.issue("web.example"),
        "expired": authority.issue(
            wish=Wish(subject="Responder", extensions=OCSP_SIGNING, valid_for=timedelta(days=-1))
        ),
        "nobody": issue(Wish(subject="Test CA", extensions=OCSP_SIGNING)),
    }
    reading = await query(program.ocsp(signers[who]), tmp_path)
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.MISMATCH), reading
    assert reading.facts["signature_valid"] is False
    assert "not signed by the issuer" in reading.detail


@needs_openssl
async def test_a_corrupt_signature_is_a_mismatch(program: OpensslAuthority, site: Issued, tmp_path: Path) -> None:
    program.register((site, "V"))
    reading = await query(program.ocsp(None, "-badsig"), tmp_path)
    assert (reading.failure, reading.facts["signature_valid"]) == (FailureKind.MISMATCH, False)


@needs_openssl
async def test_an_answer_replayed_from_an_earlier_question_is_a_mismatch(
    program: OpensslAuthority, site: Issued, tmp_path: Path
) -> None:
    program.register((site, "V"))
    kept: list[bytes] = []
    respond = program.ocsp()

    async def replay(body: bytes) -> bytes:
        kept.append(await respond(body))
        return kept[0]

    first, second = [await query(replay, tmp_path) for _ in range(2)]
    assert first.outcome is Outcome.OK
    assert (second.outcome, second.failure) == (Outcome.FAIL, FailureKind.MISMATCH)
    assert "another question" in second.detail


def made(
    site: Issued,
    by: Issued,
    *,
    this_update: timedelta = timedelta(hours=-1),
    next_update: timedelta | None = timedelta(hours=1),
) -> bytes:
    now = datetime.now(UTC)
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=site.certificate,
        issuer=by.certificate,
        algorithm=hashes.SHA256(),
        cert_status=ocsp.OCSPCertStatus.GOOD,
        this_update=now + this_update,
        next_update=None if next_update is None else now + next_update,
        revocation_time=None,
        revocation_reason=None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.NAME, by.certificate)
    return builder.sign(by.key, hashes.SHA256()).public_bytes(Encoding.DER)


@pytest.mark.parametrize(
    ("times", "complaint"),
    [
        ({"this_update": timedelta(hours=-3), "next_update": timedelta(hours=-2)}, "stale since"),
        ({"this_update": timedelta(hours=1), "next_update": timedelta(hours=2)}, "of the future"),
        ({}, ""),
        ({"next_update": None}, ""),
    ],
)
async def test_the_dates_of_an_answer_decide_whether_it_counts(
    authority: Authority, site: Issued, tmp_path: Path, times: dict[str, Any], complaint: str
) -> None:
    reading = await query(always(made(site, authority.root, **times)), tmp_path)
    assert reading.outcome is (Outcome.FAIL if complaint else Outcome.OK), reading
    assert reading.failure is (FailureKind.MISMATCH if complaint else None)
    assert complaint in reading.detail
    assert reading.facts["nonce_echoed"] is False


async def test_an_answer_about_another_certificate_is_a_mismatch(
    authority: Authority, site: Issued, tmp_path: Path
) -> None:
    reading = await query(always(made(authority.issue("other.example"), authority.root)), tmp_path)
    assert (reading.failure, reading.detail) == (FailureKind.MISMATCH, "the answer is about another certificate")


async def test_a_responder_that_refuses_breaks_the_protocol(site: Issued, tmp_path: Path) -> None:
    body = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER).public_bytes(Encoding.DER)
    reading = await query(always(body), tmp_path)
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.PROTOCOL)
    assert reading.detail == "the responder refuses to answer: try later"


@pytest.mark.parametrize(
    "spoil", [lambda der: der[: len(der) // 2], lambda _: b"", lambda _: b"<html>", lambda d: d * 3]
)
async def test_octets_that_are_no_answer_break_the_protocol(
    authority: Authority, site: Issued, tmp_path: Path, spoil: Callable[[bytes], bytes]
) -> None:
    reading = await query(always(spoil(made(site, authority.root))), tmp_path)
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.PROTOCOL)


async def test_an_answer_too_long_or_with_another_status_is_not_read(site: Issued, tmp_path: Path) -> None:
    async with serving(pour) as endless, serving(answering(page("no", "503 Later"))) as later:
        huge = await ask("ocsp_query", f"http://127.0.0.1:{endless}/", **files(tmp_path))
        wrong = await ask("ocsp_query", f"http://127.0.0.1:{later}/", **files(tmp_path))
    assert (huge.failure, "longer than 65536" in huge.detail) == (FailureKind.PROTOCOL, True)
    assert (wrong.failure, wrong.facts["status"]) == (FailureKind.PROTOCOL, 503)


async def test_silence_a_reset_and_a_closed_port_are_told_apart(site: Issued, tmp_path: Path) -> None:
    async with serving(stall) as silent, serving(reset) as cut:
        slow = await ask("ocsp_query", f"http://127.0.0.1:{silent}/", timeout_s=0.3, **files(tmp_path))
        broken = await ask("ocsp_query", f"http://127.0.0.1:{cut}/", **files(tmp_path))
    with closed_port() as port:
        closed = await ask("ocsp_query", f"http://127.0.0.1:{port}/", **files(tmp_path))
    assert (slow.outcome, slow.facts["phase"]) == (Outcome.TIMEOUT, "first_byte")
    assert (broken.failure, closed.failure) == (FailureKind.RESET, FailureKind.REFUSED)


@needs_openssl
async def test_the_certificate_may_come_from_a_server_and_name_its_responder(
    authority: Authority, program: OpensslAuthority
) -> None:
    async with serving(responding(program.ocsp())) as port:
        access = x509.AccessDescription(
            AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(f"http://127.0.0.1:{port}/ocsp")
        )
        wish = Wish(subject="Web", extensions=((x509.AuthorityInformationAccess([access]), False),))
        issued = authority.issue("web.example", wish=wish)
        program.register((issued, "V"))
        async with serving(stall, issued.server_context(authority.folder)) as tls_port:
            server = f"127.0.0.1:{tls_port}"
            trusted = await ask("ocsp_query", "auto", trust_file=authority.trust_file, server=server)
            unknown = await ask("ocsp_query", "auto", server=server)
            with_issuer = await ask("ocsp_query", "auto", server=server, issuer_file=str(authority.trust_file))
    assert (trusted.outcome, trusted.facts["cert_status"]) == (Outcome.OK, "good"), trusted
    assert trusted.facts["url"] == f"http://127.0.0.1:{port}/ocsp"
    assert (unknown.failure, "give issuer_file" in unknown.detail) == (FailureKind.MISMATCH, True)
    assert with_issuer.outcome is Outcome.OK


async def test_a_certificate_that_names_no_responder_or_a_strange_one_is_a_mismatch(
    authority: Authority, tmp_path: Path, program: OpensslAuthority
) -> None:
    access = x509.AccessDescription(
        AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier("ldap://directory.example/")
    )
    strange = Wish(subject="Web", extensions=((x509.AuthorityInformationAccess([access]), False),))
    program.write("ca", authority.root)
    for wish, complaint in ((Wish(subject="Web"), "names no OCSP responder"), (strange, "cannot be used")):
        program.write("site", authority.issue(wish=wish))
        reading = await ask("ocsp_query", "auto", **files(tmp_path))
        assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.MISMATCH)
        assert complaint in reading.detail


async def test_files_that_cannot_be_used_are_our_failure(authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "junk").write_text("-----BEGIN nothing")
    for path, failure in ((tmp_path / "none", FailureKind.PERMISSION), (tmp_path / "junk", FailureKind.INTERNAL)):
        reading = await ask("ocsp_query", "http://127.0.0.1:1/", certificate_file=str(path))
        assert (reading.outcome, reading.failure) == (Outcome.ERROR, failure)
        assert str(path) in reading.detail


async def test_a_web_page_instead_of_tls_on_the_server_is_a_tls_failure() -> None:
    async with serving(saying(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        reading = await ask("ocsp_query", "auto", server=f"127.0.0.1:{port}")
    assert (reading.outcome, reading.facts["phase"]) == (Outcome.FAIL, "certificate")
    assert reading.failure in {FailureKind.TLS, FailureKind.RESET}


async def test_a_question_without_a_certificate_is_refused_with_what_to_give() -> None:
    reading = await ask("ocsp_query", "http://127.0.0.1:1/")
    assert reading.failure is FailureKind.INTERNAL
    assert "certificate_file" in reading.detail


@pytest.mark.parametrize(
    "params", [{"expect": "fine"}, {"certificate_file": "a", "server": "b:1"}, {"server": "b:port"}]
)
def test_params_that_cannot_be_are_refused_when_they_are_made(params: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"expect|not both|no port"):
        OcspQueryParams(**params)
