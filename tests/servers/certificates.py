"""A home-made certificate authority for tests."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    above: tuple[x509.Certificate, ...] = ()
    """What a server sends after its own."""

    @property
    def der(self) -> bytes:
        """The certificate's octets."""
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        """The certificate as text."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The key as text."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def server_context(self, folder: Path) -> ssl.SSLContext:
        """Return a context that shows this certificate."""
        path = folder / f"{self.certificate.serial_number}.pem"
        chain = b"".join(certificate.public_bytes(Encoding.PEM) for certificate in (self.certificate, *self.above))
        path.write_bytes(chain + self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to put into a certificate."""

    subject: str
    names: tuple[str, ...] = ()
    valid_for: timedelta = timedelta(days=30)
    """Negative for one that has expired."""
    starts_in: timedelta = timedelta(days=-400)
    is_authority: bool = False
    extensions: tuple[tuple[x509.ExtensionType, bool], ...] = ()
    """More of them, each with whether it is critical."""


def issue(wish: Wish, by: Issued | None = None) -> Issued:
    """Return a certificate signed by `by`, self-signed without."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC).replace(microsecond=0)
    signer = by.key if by else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(wish.subject))
        .issuer_name(by.certificate.subject if by else _name(wish.subject))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + wish.starts_in)
        .not_valid_after(now + wish.valid_for)
        .add_extension(x509.BasicConstraints(ca=wish.is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .add_extension(_usage(wish.is_authority), critical=True)
    )
    if wish.names:
        builder = builder.add_extension(x509.SubjectAlternativeName([_general(n) for n in wish.names]), critical=False)
    for extension, is_critical in wish.extensions:
        builder = builder.add_extension(extension, critical=is_critical)
    above = (by.certificate, *by.above) if by and by.above else ()
    intermediate = (by.certificate,) if by and by.certificate.issuer != by.certificate.subject else ()
    return Issued(certificate=builder.sign(signer, hashes.SHA256()), key=key, above=above or intermediate)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _usage(is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


class Authority:
    """Signs; its own certificate is in `trust_file`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = issue(Wish(subject="Test CA", valid_for=timedelta(days=3650), is_authority=True))
        self.trust_file = folder / "ca.pem"
        self.trust_file.write_bytes(self.root.certificate.public_bytes(Encoding.PEM))

    def issue(self, *names: str, wish: Wish | None = None) -> Issued:
        """Return a server's certificate for these names."""
        chosen = wish or Wish(subject=names[0])
        return issue(replace(chosen, names=chosen.names or names), self.root)

    def context(self, *names: str, wish: Wish | None = None) -> ssl.SSLContext:
        """Return a server context with a certificate for these names."""
        return self.issue(*names, wish=wish).server_context(self.folder)
