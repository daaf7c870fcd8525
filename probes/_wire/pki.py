"""Certificates and signatures of a public key infrastructure, as cryptography reads them.

Source: RFC 5280 (certificates), RFC 6960 section 4.2.2.2 (who may sign for an authority).
"""

from __future__ import annotations

import ssl
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import HashAlgorithm

from probes._wire.address import Endpoint
from probes._wire.stream import Stream, dial
from probes._wire.tls import presented_chain, shake_hands
from probes._wire.trust import contexts
from probes.api import FailureKind, ProbeContext, ProbeFailure

FILE_OCTETS = 1_048_576
READ_ERRORS = (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion, x509.DuplicateExtension)
"""What cryptography 50 raises over damaged documents."""


def read_certificates(path: str, param: str) -> list[x509.Certificate]:
    """Return the certificates of a file, PEM or DER. Raises ProbeFailure naming the param that names the file."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(FILE_OCTETS)
    except OSError as error:
        raise ProbeFailure(FailureKind.PERMISSION, f"{param} {path} cannot be read: {error.strerror}") from error
    try:
        return parse_certificates(data)
    except READ_ERRORS as error:
        raise ProbeFailure(FailureKind.INTERNAL, f"{param} {path} holds no certificate (PEM or DER)") from error


@contextmanager
def quiet() -> Iterator[None]:
    """What is odd about a certificate is its owner's affair: it must not write on the monitor's terminal."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def parse_certificates(data: bytes) -> list[x509.Certificate]:
    """Raises one of READ_ERRORS."""
    with quiet():
        if b"-----BEGIN" in data:
            return x509.load_pem_x509_certificates(data)
        return [x509.load_der_x509_certificate(data)]


async def fetch_chain(endpoint: Endpoint, server_name: str, ctx: ProbeContext) -> list[x509.Certificate]:
    """Return a TLS server's chain, leaf first; with its authority's own certificate when that is trusted here."""
    shared = contexts(ctx)
    try:
        chain = await _chain_of(endpoint, server_name, shared.chain_only)
    except ssl.SSLCertVerificationError:
        chain = await _chain_of(endpoint, server_name, shared.open)
    try:
        return [parse_certificates(der)[0] for der in chain]
    except READ_ERRORS as error:
        raise ProbeFailure(FailureKind.TLS, f"unreadable certificate of {server_name}") from error


async def _chain_of(endpoint: Endpoint, server_name: str, context: ssl.SSLContext) -> tuple[bytes, ...]:
    stream: Stream = await dial(endpoint[:1], endpoint.port)
    try:
        return presented_chain(await shake_hands(stream, context, server_name))
    finally:
        stream.close()


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """True when the issuer's name stands in the certificate and the issuer's key signed it."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, *READ_ERRORS):
        return False
    return True


def has_signed(signer: x509.Certificate, signature: bytes, data: bytes, algorithm: HashAlgorithm | None) -> bool:
    """True when the signer's key made this signature; RSA with PKCS #1 v1.5, ECDSA, Ed25519 and Ed448 are known."""
    try:
        key = signer.public_key()
        if isinstance(key, rsa.RSAPublicKey) and algorithm is not None:
            key.verify(signature, data, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm is not None:
            key.verify(signature, data, ec.ECDSA(algorithm))
        elif isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
            key.verify(signature, data)
        else:
            return False
    except (InvalidSignature, *READ_ERRORS):
        return False
    return True
