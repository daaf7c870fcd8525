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
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID, ObjectIdentifier

OCSP_PATH, CRL_PATH, TSA_PATH = "/ocsp", "/ca.crl", "/tsa"
"""Of a signature service's URL."""
_YEAR = timedelta(days=365)
_DAY = timedelta(days=1)


class Authority:
    """A fresh CA. Give it the present instant, and where it answers about its certificates (empty: nowhere)."""

    def __init__(self, now: datetime, status_url: str = "") -> None:
        self._now = now.astimezone(UTC)
        self._status_url = status_url
        self.key = ec.generate_private_key(ec.SECP256R1())
        name = _named("Bach Thong lab CA")
        self.certificate = (
            _builder(name, name, self.key.public_key())
            .not_valid_before(self._now - 2 * _YEAR)
            .not_valid_after(self._now + 2 * _YEAR)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(is_authority=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        self.issued: dict[int, x509.Certificate] = {}
        """By serial number."""

    def pem(self) -> bytes:
        """Return the certificate clients must trust."""
        return _pem(self.certificate)

    def issue(self, host: str, address: str, *, is_expired: bool = False) -> bytes:
        """Return key and chain (PEM) for a service; an expired one ended yesterday."""
        key = ec.generate_private_key(ec.SECP256R1())
        end = self._now - _DAY if is_expired else self._now + _YEAR
        alternatives = (
            [x509.DNSName(host), x509.IPAddress(ip_address(address))] if host else [x509.IPAddress(ip_address(address))]
        )
        builder = self._leaf(host or address, key.public_key(), end).add_extension(
            x509.SubjectAlternativeName(alternatives), critical=False
        )
        certificate = self._signed(builder, ExtendedKeyUsageOID.SERVER_AUTH, is_critical=False)
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return secret + _pem(certificate) + self.pem()

    def issue_stamper(self) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        """Return key and certificate of a time-stamp authority (RFC 3161 section 2.3: for nothing else)."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._leaf("Bach Thong lab TSA", key.public_key(), self._now + _YEAR)
        return key, self._signed(builder, ExtendedKeyUsageOID.TIME_STAMPING, is_critical=True)

    def _leaf(self, name: str, key: ec.EllipticCurvePublicKey, end: datetime) -> x509.CertificateBuilder:
        issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        builder = (
            _builder(_named(name), self.certificate.subject, key)
            .not_valid_before(end - _YEAR)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(is_authority=False), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(issuer_key, critical=False)
        )
        for extension in self._whereabouts():
            builder = builder.add_extension(extension, critical=False)
        return builder

    def _whereabouts(self) -> tuple[x509.ExtensionType, ...]:
        """Return where a certificate says that its revocation can be looked up."""
        if not self._status_url:
            return ()
        ocsp, crl = (x509.UniformResourceIdentifier(self._status_url + path) for path in (OCSP_PATH, CRL_PATH))
        place = x509.DistributionPoint(full_name=[crl], relative_name=None, reasons=None, crl_issuer=None)
        access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, ocsp)
        return x509.AuthorityInformationAccess([access]), x509.CRLDistributionPoints([place])

    def _signed(
        self, builder: x509.CertificateBuilder, purpose: ObjectIdentifier, *, is_critical: bool
    ) -> x509.Certificate:
        extended = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=is_critical)
        certificate = extended.sign(self.key, hashes.SHA256())
        self.issued[certificate.serial_number] = certificate
        return certificate


def serial_of(chain: bytes) -> int:
    """Return the serial number of the first certificate of a chain (PEM)."""
    return x509.load_pem_x509_certificates(chain)[0].serial_number


def server_context(chain_file: Path) -> ssl.SSLContext:
    """Return a context that serves a chain. Loading another chain into it changes what new connections get."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.num_tickets = 0  # a resumed session would still show the certificate of before
    context.options |= ssl.OP_NO_TICKET
    context.load_cert_chain(chain_file)
    return context


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


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
