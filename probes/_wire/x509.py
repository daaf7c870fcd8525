"""Reads certificates and says in plain words what is wrong with them; pure, so that expired ones can be read too.

Source: RFC 5280 (certificates), RFC 6125 section 6.4 and RFC 9525 (matching names).
"""

from __future__ import annotations

import ipaddress
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from cryptography import x509

from probes.api import Fact, clean

DAY_S = 86_400.0
SAN_COUNT = 50
"""How many alternative names are kept as a fact."""
CERTIFICATE_FACTS: dict[str, type] = {
    "subject": str,
    "issuer": str,
    "san": tuple,
    "not_before": str,
    "not_after": str,
    "self_signed": bool,
    "trusted": bool,
    "name_matches": bool,
    "expired": bool,
}


_REFUSALS = (ValueError, TypeError, x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)
"""What cryptography 50 raises over a damaged certificate, found by damaging each octet of one in every way."""


class UnreadableCertificate(Exception):
    """The octets are not a certificate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What one certificate states. Names are not cleaned: compare them, do not show them."""

    subject: str
    issuer: str
    dns_names: tuple[str, ...]
    addresses: tuple[str, ...]
    not_before: datetime
    not_after: datetime

    @property
    def self_signed(self) -> bool:
        """True when it names itself as its issuer."""
        return self.subject == self.issuer

    def is_expired(self, now: datetime) -> bool:
        """True from the second after its last."""
        return now > self.not_after

    def is_valid_at(self, now: datetime) -> bool:
        """True within its dates."""
        return self.not_before <= now <= self.not_after


@lru_cache(maxsize=256)
def parse_certificate(der: bytes) -> Certificate:
    """Raises UnreadableCertificate. A server shows the same certificate for months, so the last ones are remembered."""
    try:
        with warnings.catch_warnings():
            # What is odd about a certificate is its server's affair: it must not write on the monitor's terminal.
            warnings.simplefilter("ignore")
            return _read(x509.load_der_x509_certificate(der))
    except _REFUSALS as error:
        raise UnreadableCertificate(str(error)) from error


def _read(parsed: x509.Certificate) -> Certificate:
    dns_names, addresses = _alternative_names(parsed)
    return Certificate(
        subject=parsed.subject.rfc4514_string(),
        issuer=parsed.issuer.rfc4514_string(),
        dns_names=dns_names,
        addresses=addresses,
        not_before=parsed.not_valid_before_utc,
        not_after=parsed.not_valid_after_utc,
    )


def _alternative_names(parsed: x509.Certificate) -> tuple[tuple[str, ...], tuple[str, ...]]:
    try:
        names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return (), ()
    addresses = names.get_values_for_type(x509.IPAddress)
    return tuple(names.get_values_for_type(x509.DNSName)), tuple(str(address) for address in addresses)


def name_matches(certificate: Certificate, server_name: str) -> bool:
    """True when the certificate was issued for this host name or address; the common name is not looked at."""
    try:
        address = str(ipaddress.ip_address(server_name))
    except ValueError:
        host = to_ascii(server_name)
        return any(_covers(pattern.lower(), host) for pattern in certificate.dns_names)
    return address in certificate.addresses


def to_ascii(host: str) -> str:
    """Return a host name as DNS and certificates write it; one that cannot be written so stays as it is."""
    try:
        return host.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        return host.lower()


def _covers(pattern: str, host: str) -> bool:
    if not pattern.startswith("*."):
        return pattern == host
    label, _, parent = host.partition(".")
    return bool(label) and "." in parent and parent == pattern[2:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What a server showed, and whether the trusted authorities vouch for it apart from dates and names."""

    chain: tuple[Certificate, ...]
    """Leaf first; with the authority's own certificate at the end when trusted."""
    trusted: bool
    server_name: str
    refusal: str = ""
    """Why the chain is refused when it is not just that nobody known issued it."""

    @property
    def leaf(self) -> Certificate:
        """The server's own certificate."""
        return self.chain[0]

    def days_left(self, now: datetime) -> float:
        """Days until the first certificate of the chain expires, negative afterwards."""
        return min((certificate.not_after - now).total_seconds() for certificate in self.chain) / DAY_S

    def facts(self, now: datetime) -> dict[str, Fact]:
        """Return the facts of CERTIFICATE_FACTS."""
        leaf = self.leaf
        return {
            "subject": clean(leaf.subject),
            "issuer": clean(leaf.issuer),
            "san": tuple(clean(name) for name in (leaf.dns_names + leaf.addresses)[:SAN_COUNT]),
            "not_before": in_utc(leaf.not_before),
            "not_after": in_utc(leaf.not_after),
            "self_signed": leaf.self_signed,
            "trusted": self.trusted,
            "name_matches": name_matches(leaf, self.server_name),
            "expired": any(certificate.is_expired(now) for certificate in self.chain),
        }

    def faults(self, now: datetime) -> tuple[str, ...]:
        """Say everything that is wrong, () when nothing is."""
        found = [_date_fault(certificate, now, certificate is self.leaf) for certificate in self.chain]
        if not self.trusted:
            found.append(self.refusal or _trust_fault(self.leaf))
        if not name_matches(self.leaf, self.server_name):
            found.append(_name_fault(self.leaf, self.server_name))
        return tuple(fault for fault in found if fault)


@lru_cache(maxsize=1024)
def in_utc(at: datetime) -> str:
    """Return an instant as ISO 8601 with Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _date_fault(certificate: Certificate, now: datetime, is_leaf: bool) -> str:
    whose = "" if is_leaf else f"certificate of {certificate.subject} in the chain "
    if certificate.is_expired(now):
        return f"{whose}expired since {in_utc(certificate.not_after)}"
    if not certificate.is_valid_at(now):
        return f"{whose}not valid before {in_utc(certificate.not_before)}"
    return ""


def _trust_fault(leaf: Certificate) -> str:
    return "self-signed" if leaf.self_signed else f"unknown issuer {leaf.issuer}"


def _name_fault(leaf: Certificate, server_name: str) -> str:
    names = ", ".join((leaf.dns_names + leaf.addresses)[:5]) or "no name at all"
    return f"name mismatch: issued for {names}, not for {server_name}"


def parse_chain(chain: Sequence[bytes]) -> tuple[Certificate, ...]:
    """Raises UnreadableCertificate, also for an empty chain."""
    if not chain:
        raise UnreadableCertificate("the server showed no certificate")
    return tuple(parse_certificate(der) for der in chain)
