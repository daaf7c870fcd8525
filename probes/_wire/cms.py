"""Checks the signature on signed data: who signed, whether it holds, and whether a known authority vouches. Pure.

Source: RFC 5652 sections 5.4 and 5.6 (what is hashed and signed), RFC 3161 section 2.3 (keys of such authorities).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyasn1.codec.ber import decoder
from pyasn1.codec.der import encoder

from probes._wire.pki import READ_ERRORS, has_signed, is_issued_by, quiet
from probes._wire.tsp import ASN1_ERRORS, TimeStamp
from probes.api import FailureKind, ProbeFailure

CERTIFICATES_COUNT = 10
"""How many of the certificates in one answer are looked at."""
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SET = b"\x31"
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "1.3.14.3.2.26": hashes.SHA1(),  # noqa: S303 - only to tell that an old authority's signature holds
    "2.16.840.1.101.3.4.2.1": hashes.SHA256(),
    "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
    "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who signed a stamp and what that is worth."""

    signer: str
    """Empty when the certificate of who signed is not at hand."""
    is_valid: bool
    is_trusted: bool | None
    """None when no authorities were given."""


def examine(stamp: TimeStamp, authorities: Sequence[x509.Certificate]) -> Signature:
    """Raises ProbeFailure PROTOCOL for certificates that cannot be read."""
    try:
        with quiet():
            return _examine(stamp, authorities)
    except (*READ_ERRORS, *ASN1_ERRORS) as error:
        raise ProbeFailure(FailureKind.PROTOCOL, f"the stamp's signature cannot be read: {error}") from error


def _examine(stamp: TimeStamp, authorities: Sequence[x509.Certificate]) -> Signature:
    sent = _enclosed(stamp)
    identifier = stamp.signed["signerInfos"][0]["sid"]
    signer = next((one for one in (*sent, *authorities) if _is_named(one, identifier)), None)
    if signer is None:
        return Signature(signer="", is_valid=False, is_trusted=False if authorities else None)
    return Signature(
        signer=signer.subject.rfc4514_string(),
        is_valid=_may_stamp(signer) and _signature_holds(stamp, signer),
        is_trusted=_is_vouched_for(signer, sent, authorities, stamp.gen_time) if authorities else None,
    )


def _enclosed(stamp: TimeStamp) -> list[x509.Certificate]:
    try:
        return pkcs7.load_der_pkcs7_certificates(stamp.token)[:CERTIFICATES_COUNT]
    except READ_ERRORS:
        return []


def _is_named(certificate: x509.Certificate, identifier: Any) -> bool:
    if identifier.getName() == "subjectKeyIdentifier":
        named = bytes(identifier["subjectKeyIdentifier"])
        return named == x509.SubjectKeyIdentifier.from_public_key(certificate.public_key()).digest
    named = identifier["issuerAndSerialNumber"]
    issuer = bytes(encoder.encode(named["issuer"]))
    return certificate.serial_number == int(named["serialNumber"]) and certificate.issuer.public_bytes() == issuer


def _may_stamp(signer: x509.Certificate) -> bool:
    try:
        usages = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return ExtendedKeyUsageOID.TIME_STAMPING in usages


def _signature_holds(stamp: TimeStamp, signer: x509.Certificate) -> bool:
    if len(stamp.signed["signerInfos"]) != 1:
        return False
    info = stamp.signed["signerInfos"][0]
    algorithm = _HASHES.get(str(info["digestAlgorithm"]["algorithm"]))
    if algorithm is None or not hmac.compare_digest(_claimed_digest(info), _digest(stamp.content, algorithm)):
        return False
    # Signed is the SET itself, not the [0] it is sent as.
    attributes = _SET + bytes(encoder.encode(info["signedAttrs"]))[1:]
    return has_signed(signer, bytes(info["signature"]), attributes, algorithm)


def _digest(content: bytes, algorithm: hashes.HashAlgorithm) -> bytes:
    return hashlib.new(algorithm.name, content).digest()


def _claimed_digest(info: Any) -> bytes:
    for attribute in info["signedAttrs"]:
        if str(attribute["attrType"]) == _MESSAGE_DIGEST and len(attribute["attrValues"]) == 1:
            return bytes(decoder.decode(bytes(attribute["attrValues"][0]))[0])
    return b""


def _is_vouched_for(
    certificate: x509.Certificate,
    between: Sequence[x509.Certificate],
    authorities: Sequence[x509.Certificate],
    at: datetime,
) -> bool:
    """True when a chain of certificates, each valid then, leads from this one to one of the authorities."""
    for _ in range(CERTIFICATES_COUNT):
        if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
            return False
        if certificate in authorities or any(is_issued_by(certificate, one) for one in authorities):
            return True
        above = next((one for one in between if one != certificate and is_issued_by(certificate, one)), None)
        if above is None:
            return False
        certificate = above
    return False
