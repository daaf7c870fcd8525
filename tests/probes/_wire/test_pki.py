from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from probes._wire.pki import has_signed, is_issued_by, parse_certificates, read_certificates
from probes.api import FailureKind, ProbeFailure
from tests.servers.certificates import Wish, issue

ROOT = issue(Wish(subject="CA", is_authority=True))
SITE = issue(Wish(subject="site"), ROOT)


def certificate_of(key: Any, algorithm: hashes.HashAlgorithm | None) -> x509.Certificate:
    """Return a certificate that holds this key."""
    name, dates = x509.Name([]), ROOT.certificate
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1)
    builder = builder.not_valid_before(dates.not_valid_before_utc).not_valid_after(dates.not_valid_after_utc)
    return builder.public_key(key.public_key()).sign(key, algorithm)  # type: ignore[arg-type]


RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP384R1())
ED_KEY = ed25519.Ed25519PrivateKey.generate()


@pytest.mark.parametrize(
    ("key", "algorithm", "sign"),
    [
        (RSA_KEY, hashes.SHA256(), lambda data: RSA_KEY.sign(data, padding.PKCS1v15(), hashes.SHA256())),
        (EC_KEY, hashes.SHA384(), lambda data: EC_KEY.sign(data, ec.ECDSA(hashes.SHA384()))),
        (ED_KEY, None, ED_KEY.sign),
    ],
    ids=["rsa", "ecdsa", "ed25519"],
)
def test_signatures_of_each_kind_of_key_are_checked(
    key: Any, algorithm: hashes.HashAlgorithm | None, sign: Callable[[bytes], bytes]
) -> None:
    signer = certificate_of(key, algorithm)
    signature = sign(b"these words")
    assert has_signed(signer, signature, b"these words", algorithm)
    assert not has_signed(signer, signature, b"other words", algorithm)
    assert not has_signed(signer, signature[:-1], b"these words", algorithm)
    assert not has_signed(SITE.certificate, signature, b"these words", algorithm)


def test_a_hash_that_is_not_known_proves_nothing() -> None:
    signature = RSA_KEY.sign(b"", padding.PKCS1v15(), hashes.SHA256())
    assert not has_signed(certificate_of(RSA_KEY, hashes.SHA256()), signature, b"", None)


def test_an_issuer_is_known_by_name_and_key() -> None:
    assert is_issued_by(SITE.certificate, ROOT.certificate)
    assert not is_issued_by(ROOT.certificate, SITE.certificate)
    assert not is_issued_by(SITE.certificate, issue(Wish(subject="CA", is_authority=True)).certificate)


def test_files_hold_one_certificate_or_many_in_either_encoding(tmp_path: Path) -> None:
    path = tmp_path / "chain"
    path.write_bytes(SITE.pem + ROOT.pem)
    assert read_certificates(str(path), "certificate_file") == [SITE.certificate, ROOT.certificate]
    assert parse_certificates(ROOT.certificate.public_bytes(Encoding.DER)) == [ROOT.certificate]


@pytest.mark.parametrize(
    ("content", "kind"), [(None, FailureKind.PERMISSION), (b"", FailureKind.INTERNAL), (b"x", FailureKind.INTERNAL)]
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, content: bytes | None, kind: FailureKind) -> None:
    path = tmp_path / "file"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ProbeFailure, match=f"issuer_file {path}") as caught:
        read_certificates(str(path), "issuer_file")
    assert caught.value.kind is kind
