"""Reads a list of revoked certificates and judges whether it counts now. Pure.

Source: RFC 5280 section 5 (CRL profile).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from probes._wire.pki import READ_ERRORS
from probes._wire.x509 import in_utc
from probes.api import Fact, FailureKind, ProbeFailure, clean

SKEW = timedelta(minutes=5)
"""How far the authority's clock may be ahead of ours."""
CRL_FACTS: dict[str, type] = {
    "issuer": str,
    "last_update": str,
    "next_update": str,
    "crl_number": str,
    "is_delta": bool,
    "signature_valid": bool,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationList:
    """What a CRL says of itself."""

    issuer: str
    last_update: datetime
    next_update: datetime | None
    revoked_count: int
    number: int | None
    is_delta: bool
    signature_valid: bool | None
    """None when no issuer was given to compare with."""

    def facts(self) -> dict[str, Fact]:
        """Return the facts of CRL_FACTS that are known."""
        found: dict[str, Fact] = {
            "issuer": clean(self.issuer),
            "last_update": in_utc(self.last_update),
            "is_delta": self.is_delta,
        }
        if self.next_update is not None:
            found["next_update"] = in_utc(self.next_update)
        if self.number is not None:
            found["crl_number"] = clean(f"{self.number:x}")
        if self.signature_valid is not None:
            found["signature_valid"] = self.signature_valid
        return found

    def faults(self, now: datetime) -> tuple[str, ...]:
        """Say why the list cannot be relied on, () when it can."""
        found = []
        if self.signature_valid is False:
            found.append("the list is not signed by the issuer")
        if self.last_update > now + SKEW:
            found.append(f"the list is of the future ({in_utc(self.last_update)})")
        if self.next_update is not None and self.next_update < now:
            found.append(f"the list expired {in_utc(self.next_update)}")
        return tuple(found)


def read_crl(data: bytes, issuers: list[x509.Certificate]) -> RevocationList:
    """Read DER or PEM. Raises ProbeFailure PROTOCOL."""
    try:
        is_text = data.lstrip().startswith(b"-----BEGIN")
        parsed = x509.load_pem_x509_crl(data) if is_text else x509.load_der_x509_crl(data)
        return RevocationList(
            issuer=parsed.issuer.rfc4514_string(),
            last_update=parsed.last_update_utc,
            next_update=parsed.next_update_utc,
            revoked_count=len(parsed),
            number=_number(parsed),
            is_delta=_is_delta(parsed),
            signature_valid=any(_has_signed(issuer, parsed) for issuer in issuers) if issuers else None,
        )
    except READ_ERRORS as error:
        raise ProbeFailure(FailureKind.PROTOCOL, f"the answer is no CRL: {error}") from error


def _number(parsed: x509.CertificateRevocationList) -> int | None:
    try:
        return parsed.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    except x509.ExtensionNotFound:
        return None


def _is_delta(parsed: x509.CertificateRevocationList) -> bool:
    try:
        parsed.extensions.get_extension_for_class(x509.DeltaCRLIndicator)
    except x509.ExtensionNotFound:
        return False
    return True


def _has_signed(issuer: x509.Certificate, parsed: x509.CertificateRevocationList) -> bool:
    try:
        return issuer.subject == parsed.issuer and parsed.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    except (InvalidSignature, *READ_ERRORS):
        return False
