"""Lists of revoked certificates made for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from tests.servers.certificates import Issued


def make_crl(
    by: Issued,
    *,
    revoked_count: int = 2,
    last_update: timedelta = timedelta(hours=-1),
    next_update: timedelta = timedelta(hours=23),
    encoding: Encoding = Encoding.DER,
    extensions: tuple[tuple[x509.ExtensionType, bool], ...] = ((x509.CRLNumber(26), False),),
) -> bytes:
    """Return a list by this authority."""
    now = datetime.now(UTC)
    builder = x509.CertificateRevocationListBuilder().issuer_name(by.certificate.subject)
    builder = builder.last_update(now + last_update).next_update(now + next_update)
    for extension, is_critical in extensions:
        builder = builder.add_extension(extension, critical=is_critical)
    for serial in range(1, revoked_count + 1):
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now - timedelta(days=1))
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(by.key, hashes.SHA256()).public_bytes(encoding)
