"""Reads SPF records: their grammar, what they say at the end, and how many lookups they cost; pure.

Source: RFC 7208 (4.6 grammar, 4.6.4 limits, 5 mechanisms, 6 modifiers).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Network, IPv6Network, NetmaskValueError

LOOKUPS_COUNT = 10
"""A record that needs more is void for receivers (RFC 7208 4.6.4)."""
TERMS_COUNT = 100
_LOOKS_UP = frozenset({"include", "a", "mx", "ptr", "exists"})
_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9_.-]*)=(\S*)")
_MECHANISM = re.compile(r"([-+~?]?)([A-Za-z][A-Za-z0-9_-]*)(?::([^/\s]*(?:%\{[^}]*\}\S*)?))?((?:/\S*)?)")
_PREFIX = re.compile(r"(?:/(\d{1,2}))?(?://(\d{1,3}))?")
_NEEDS_VALUE = frozenset({"include", "exists"})
_TAKES_PREFIX = frozenset({"a", "mx"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfRecord:
    """One record, as far as a receiver reads it: terms behind `all` never count."""

    policy: str
    """`-all`, `~all`, `?all`, `+all`, or "" when the record ends without."""
    includes: tuple[str, ...]
    redirect: str
    """Only where no `all` stands before it."""
    lookup_count: int
    """Terms of this record itself that need the name server."""
    errors: tuple[str, ...]


def is_spf(text: str) -> bool:
    """Tell a record of SPF from other texts of a domain."""
    return text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")


def choose(texts: Sequence[str]) -> tuple[str, str]:
    """Return the domain's record, and what is wrong with how many there are."""
    found = [text for text in texts if is_spf(text)]
    if len(found) > 1:
        return found[0], f"{len(found)} SPF records: receivers ignore all of them"
    return (found[0], "") if found else ("", "")


def parse_spf(text: str) -> SpfRecord:
    """Read a record that is_spf(); whatever is wrong with it is in `errors`."""
    reader = _Reader()
    for term in text.split()[1 : TERMS_COUNT + 1]:
        reader.read(term)
    if len(text.split()) > TERMS_COUNT + 1:
        reader.errors.append(f"more than {TERMS_COUNT} terms")
    redirect = "" if reader.policy else reader.modifiers.get("redirect", "")
    return SpfRecord(
        policy=reader.policy,
        includes=tuple(reader.includes),
        redirect=redirect,
        lookup_count=reader.lookup_count + bool(redirect),
        errors=tuple(reader.errors),
    )


class _Reader:
    """What the terms read so far add up to."""

    def __init__(self) -> None:
        self.policy = ""
        self.includes: list[str] = []
        self.modifiers: dict[str, str] = {}
        self.lookup_count = 0
        self.errors: list[str] = []

    def read(self, term: str) -> None:
        modifier = _MODIFIER.fullmatch(term)
        if modifier:
            self._modify(modifier[1].lower(), modifier[2], term)
            return
        mechanism = _MECHANISM.fullmatch(term)
        problem = _problem(mechanism) if mechanism else "is no term of SPF"
        if mechanism is None or problem:
            self.errors.append(f"{term} {problem}")
        elif not self.policy:
            self._count(mechanism[1], mechanism[2].lower(), mechanism[3] or "")

    def _modify(self, name: str, value: str, term: str) -> None:
        if name not in ("redirect", "exp"):
            return  # unknown modifiers are allowed and mean nothing
        if name in self.modifiers:
            self.errors.append(f"{name}= is written twice")
        elif not value:
            self.errors.append(f"{term} has no domain")
        self.modifiers.setdefault(name, value)

    def _count(self, qualifier: str, name: str, value: str) -> None:
        self.lookup_count += name in _LOOKS_UP
        if name == "include":
            self.includes.append(value)
        elif name == "all":
            self.policy = f"{qualifier or '+'}all"


def _problem(mechanism: re.Match[str]) -> str:
    """Return what is wrong with a mechanism, "" for nothing."""
    name, value, prefix = mechanism[2].lower(), mechanism[3], mechanism[4]
    if name in ("ip4", "ip6"):
        return _network_problem(name, f"{mechanism[3] or ''}{prefix}")
    if name not in _LOOKS_UP and name != "all":
        return "is no mechanism of SPF"
    if name == "all" and value is not None:
        return "takes no domain"
    if value == "" or (name in _NEEDS_VALUE and value is None):
        return "has no domain"
    return _prefix_problem(name, prefix)


def _network_problem(name: str, text: str) -> str:
    try:
        IPv4Network(text, strict=False) if name == "ip4" else IPv6Network(text, strict=False)
    except (AddressValueError, NetmaskValueError, ValueError):
        return "is no network"
    return ""


def _prefix_problem(name: str, text: str) -> str:
    if not text:
        return ""
    match = _PREFIX.fullmatch(text)
    if name not in _TAKES_PREFIX or match is None:
        return "has no usable prefix length"
    is_good = int(match[1] or 0) <= 32 and int(match[2] or 0) <= 128
    return "" if is_good else "has a prefix that is too long"


def needs_message(domain: str) -> bool:
    """True for a domain with macros: only a message that is being received fills them."""
    return "%" in domain
