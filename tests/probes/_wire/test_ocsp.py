import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import given, settings
from hypothesis import strategies as st

from probes._wire.ocsp import Subject, find_responder, make_request, read_response
from probes.api import FailureKind, ProbeFailure
from tests.servers.certificates import Wish, issue

ROOT = issue(Wish(subject="CA", is_authority=True))
SITE = issue(Wish(subject="site"), ROOT)
SUBJECT = Subject(certificate=SITE.certificate, issuer=ROOT.certificate)
NOW = datetime.now(UTC)
NONCE = b"0123456789abcdef"
RESPONSE = (
    ocsp.OCSPResponseBuilder()
    .add_response(
        cert=SITE.certificate,
        issuer=ROOT.certificate,
        algorithm=hashes.SHA1(),
        cert_status=ocsp.OCSPCertStatus.REVOKED,
        this_update=NOW - timedelta(hours=1),
        next_update=NOW + timedelta(hours=1),
        revocation_time=NOW - timedelta(days=1),
        revocation_reason=x509.ReasonFlags.superseded,
    )
    .add_extension(x509.OCSPNonce(NONCE), critical=False)
    .responder_id(ocsp.OCSPResponderEncoding.HASH, ROOT.certificate)
    .certificates([ROOT.certificate])
    .sign(ROOT.key, hashes.SHA256())
    .public_bytes(Encoding.DER)
)


def test_the_question_names_the_certificate_and_carries_the_nonce() -> None:
    request = ocsp.load_der_ocsp_request(make_request(SUBJECT, NONCE))
    assert request.serial_number == SITE.certificate.serial_number
    assert request.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == NONCE


def test_everything_the_responder_says_is_kept() -> None:
    answer = read_response(RESPONSE, SUBJECT, NOW)
    assert (answer.status, answer.reason, answer.signature_valid, answer.nonce) == (
        "revoked",
        "superseded",
        True,
        NONCE,
    )
    assert answer.faults(NONCE, NOW) == ()
    assert answer.faults(b"another", NOW) == ("the answer is to another question (nonce)",)
    assert len(answer.faults(NONCE, NOW + timedelta(days=1))) == 1


def test_a_certificate_without_access_information_names_no_responder() -> None:
    assert find_responder(SITE.certificate) == ""


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(RESPONSE) - 1), st.integers(0, 255), st.booleans())
def test_a_damaged_answer_never_has_a_good_signature_over_other_words(place: int, octet: int, cut: bool) -> None:
    spoiled = RESPONSE[:place] + (b"" if cut else bytes([octet]) + RESPONSE[place + 1 :])
    with contextlib.suppress(ProbeFailure):
        answer = read_response(spoiled, SUBJECT, NOW)
        answer.facts()
        answer.faults(NONCE, NOW)
        if answer.signature_valid:
            true = read_response(RESPONSE, SUBJECT, NOW)
            assert (answer.status, answer.this_update, answer.nonce) == (true.status, true.this_update, true.nonce)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_octets_are_a_failure(data: bytes) -> None:
    with pytest.raises(ProbeFailure) as caught:
        read_response(data, SUBJECT, NOW)
    assert caught.value.kind is FailureKind.PROTOCOL
