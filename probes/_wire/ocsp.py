"""Asks about one certificate and judges what a responder answers. Pure.

Source: RFC 6960 (OCSP), RFC 5019 (SHA-1 names the issuer, which every responder knows), RFC 8954 (nonce).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from probes._wire.pki import READ_ERRORS, has_signed, is_issued_by, quiet
from probes._wire.x509 import in_utc
from probes.api import Fact, FailureKind, ProbeFailure, clean

SKEW = timedelta(minutes=5)
"""How far the responder's clock may be ahead of ours."""
_STATUSES = {
    ocsp.OCSPCertStatus.GOOD: "good",
    ocsp.OCSPCertStatus.REVOKED: "revoked",
    ocsp.OCSPCertStatus.UNKNOWN: "unknown",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The certificate in question and who issued it."""

    certificate: x509.Certificate
    issuer: x509.Certificate

    def facts(self) -> dict[str, Fact]:
        """Return what names the certificate."""
        with quiet():
            serial = self.certificate.serial_number
        return {"subject": clean(self.certificate.subject.rfc4514_string()), "serial": f"{serial:x}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OcspAnswer:
    """What a responder said of one certificate."""

    status: str
    this_update: datetime
    next_update: datetime | None
    produced_at: datetime
    responder: str
    signature_valid: bool
    nonce: bytes | None
    revoked_at: datetime | None
    reason: str

    def facts(self) -> dict[str, Fact]:
        """Return the facts of OCSP_FACTS that are known."""
        found: dict[str, Fact] = {
            "cert_status": self.status,
            "this_update": in_utc(self.this_update),
            "produced_at": in_utc(self.produced_at),
            "responder": clean(self.responder),
            "signature_valid": self.signature_valid,
            "nonce_echoed": self.nonce is not None,
        }
        if self.next_update is not None:
            found["next_update"] = in_utc(self.next_update)
        if self.revoked_at is not None:
            found |= {"revoked_at": in_utc(self.revoked_at), "revocation_reason": self.reason}
        return found

    def faults(self, nonce: bytes, now: datetime) -> tuple[str, ...]:
        """Say why the answer cannot be believed, () when it can."""
        found = []
        if not self.signature_valid:
            found.append("the answer is not signed by the issuer or by one it authorised")
        if self.nonce is not None and self.nonce != nonce:
            found.append("the answer is to another question (nonce)")
        if self.this_update > now + SKEW:
            found.append(f"the answer is of the future ({in_utc(self.this_update)})")
        if self.next_update is not None and self.next_update < now:
            found.append(f"the answer is stale since {in_utc(self.next_update)}")
        return tuple(found)


OCSP_FACTS: dict[str, type] = {
    "cert_status": str,
    "this_update": str,
    "next_update": str,
    "produced_at": str,
    "responder": str,
    "signature_valid": bool,
    "nonce_echoed": bool,
    "revoked_at": str,
    "revocation_reason": str,
}


def make_request(subject: Subject, nonce: bytes) -> bytes:
    """Return the question in DER."""
    with quiet():
        builder = ocsp.OCSPRequestBuilder().add_certificate(subject.certificate, subject.issuer, SHA1())  # noqa: S303
    return builder.add_extension(x509.OCSPNonce(nonce), critical=False).build().public_bytes(Encoding.DER)


def find_responder(certificate: x509.Certificate) -> str:
    """Return the URL of the responder a certificate names, "" when it names none."""
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, *READ_ERRORS):
        return ""
    for entry in access:
        is_ocsp = entry.access_method == AuthorityInformationAccessOID.OCSP
        if is_ocsp and isinstance(entry.access_location, x509.UniformResourceIdentifier):
            return entry.access_location.value
    return ""


def read_response(data: bytes, subject: Subject, now: datetime) -> OcspAnswer:
    """Raises ProbeFailure PROTOCOL for what is no answer, MISMATCH for one about other certificates."""
    try:
        with quiet():
            return _read(ocsp.load_der_ocsp_response(data), subject, now)
    except READ_ERRORS as error:
        raise ProbeFailure(FailureKind.PROTOCOL, f"the answer is not OCSP: {error}") from error


def _read(response: ocsp.OCSPResponse, subject: Subject, now: datetime) -> OcspAnswer:
    if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        name = response.response_status.name.replace("_", " ").lower()
        raise ProbeFailure(FailureKind.PROTOCOL, f"the responder refuses to answer: {name}")
    single = _about(response, subject)
    reason = single.revocation_reason
    return OcspAnswer(
        status=_STATUSES[single.certificate_status],
        this_update=single.this_update_utc,
        next_update=single.next_update_utc,
        produced_at=response.produced_at_utc,
        responder=_responder(response),
        signature_valid=any(_vouches(signer, response) for signer in _signers(response, subject.issuer, now)),
        nonce=_nonce(response),
        revoked_at=single.revocation_time_utc,
        reason=reason.value if reason else "",
    )


def _about(response: ocsp.OCSPResponse, subject: Subject) -> ocsp.OCSPSingleResponse:
    for single in response.responses:
        asked = ocsp.OCSPRequestBuilder().add_certificate(subject.certificate, subject.issuer, single.hash_algorithm)
        request = asked.build()
        if (single.serial_number, single.issuer_key_hash, single.issuer_name_hash) == (
            request.serial_number,
            request.issuer_key_hash,
            request.issuer_name_hash,
        ):
            return single
    raise ProbeFailure(FailureKind.MISMATCH, "the answer is about another certificate")


def _responder(response: ocsp.OCSPResponse) -> str:
    name, key_hash = response.responder_name, response.responder_key_hash
    return name.rfc4514_string() if name is not None else f"key {key_hash.hex() if key_hash else ''}"


def _nonce(response: ocsp.OCSPResponse) -> bytes | None:
    try:
        return response.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except x509.ExtensionNotFound:
        return None


def _signers(response: ocsp.OCSPResponse, issuer: x509.Certificate, now: datetime) -> list[x509.Certificate]:
    """Return who may sign: the issuer, and those it authorised for this and nobody else."""
    return [issuer, *(one for one in response.certificates if _is_authorised(one, issuer, now))]


def _is_authorised(signer: x509.Certificate, issuer: x509.Certificate, now: datetime) -> bool:
    try:
        usages = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    is_valid = signer.not_valid_before_utc <= now <= signer.not_valid_after_utc
    return ExtendedKeyUsageOID.OCSP_SIGNING in usages and is_valid and is_issued_by(signer, issuer)


def _vouches(signer: x509.Certificate, response: ocsp.OCSPResponse) -> bool:
    algorithm = response.signature_hash_algorithm
    is_named = response.responder_name == signer.subject or response.responder_key_hash == _key_hash(signer)
    return is_named and has_signed(signer, response.signature, response.tbs_response_bytes, algorithm)


def _key_hash(signer: x509.Certificate) -> bytes:
    return x509.SubjectKeyIdentifier.from_public_key(signer.public_key()).digest
