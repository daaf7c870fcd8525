"""What the lab's authority says about its certificates: an OCSP responder and a list of the revoked ones.

Source: RFC 6960 (OCSP; 4.4.1 nonce), RFC 5280 section 5 (lists).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from bt_console.lab.services.certificates import Authority

_FRESH = timedelta(hours=1)
_REVOKED_AGO = timedelta(minutes=5)
_REASON = x509.ReasonFlags.key_compromise


def respond(authority: Authority, request: bytes, revoked: Collection[int], now: datetime) -> bytes:
    """Return the response to one OCSP request; `revoked` are serial numbers."""
    try:
        asked = ocsp.load_der_ocsp_request(request)
    except ValueError:
        return _unsuccessful(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
    certificate = authority.issued.get(asked.serial_number)
    if certificate is None:
        return _unsuccessful(ocsp.OCSPResponseStatus.UNAUTHORIZED)
    is_revoked = certificate.serial_number in revoked
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=certificate,
        issuer=authority.certificate,
        algorithm=asked.hash_algorithm,
        cert_status=ocsp.OCSPCertStatus.REVOKED if is_revoked else ocsp.OCSPCertStatus.GOOD,
        this_update=now,
        next_update=now + _FRESH,
        revocation_time=now - _REVOKED_AGO if is_revoked else None,
        revocation_reason=_REASON if is_revoked else None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, authority.certificate)
    for extension in asked.extensions:
        if isinstance(extension.value, x509.OCSPNonce):
            builder = builder.add_extension(extension.value, critical=False)
    return builder.sign(authority.key, hashes.SHA256()).public_bytes(Encoding.DER)


def _unsuccessful(status: ocsp.OCSPResponseStatus) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)


def revocation_list(authority: Authority, revoked: Collection[int], now: datetime) -> bytes:
    """Return the list of the revoked certificates, DER."""
    key_identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(now)
        .next_update(now + _FRESH)
        .add_extension(key_identifier, critical=False)
        .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
    )
    for serial in sorted(revoked):
        entry = (
            x509.RevokedCertificateBuilder()
            .serial_number(serial)
            .revocation_date(now - _REVOKED_AGO)
            .add_extension(x509.CRLReason(_REASON), critical=False)
        )
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(authority.key, hashes.SHA256()).public_bytes(Encoding.DER)
