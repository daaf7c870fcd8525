"""The lab's certificate authority and the certificates it issues. Keys live as long as the lab.

Source: RFC 5280 (profile), RFC 9110 section 4.3.4 (names are checked against subjectAltName).
"""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_YEAR = timedelta(days=365)
_DAY = timedelta(days=1)


class Authority:
    """A fresh CA. Give it the present instant."""

    def __init__(self, now: datetime) -> None:
        self._now = now.astimezone(UTC)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named("Bach Thong lab CA")
        builder = _builder(self._name, self._name, self._key.public_key())
        self._certificate = (
            builder.not_valid_before(self._now - 2 * _YEAR)
            .not_valid_after(self._now + 2 * _YEAR)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(is_authority=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    def pem(self) -> bytes:
        """Return the certificate clients must trust."""
        return self._certificate.public_bytes(serialization.Encoding.PEM)

    def issue(self, host: str, address: str, *, is_expired: bool = False) -> bytes:
        """Return key and chain (PEM) for a service; an expired one ended yesterday."""
        key = ec.generate_private_key(ec.SECP256R1())
        end = self._now - _DAY if is_expired else self._now + _YEAR
        alternatives = (
            [x509.DNSName(host), x509.IPAddress(ip_address(address))] if host else [x509.IPAddress(ip_address(address))]
        )
        issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        certificate = (
            _builder(_named(host or address), self._name, key.public_key())
            .not_valid_before(end - _YEAR)
            .not_valid_after(end)
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(is_authority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(issuer_key, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return secret + certificate.public_bytes(serialization.Encoding.PEM) + self.pem()


def server_context(chain_file: Path) -> ssl.SSLContext:
    """Return a context that serves a chain. Loading another chain into it changes what new connections get."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.num_tickets = 0  # a resumed session would still show the certificate of before
    context.options |= ssl.OP_NO_TICKET
    context.load_cert_chain(chain_file)
    return context


def _named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
    )


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
