"""The vocabulary every probe speaks: what it is given, what it returns, how it fails.

Source: outcome names follow RFC 2925 (pingResultsTable) and RFC 6673 (round-trip loss) where a term exists.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

Scalar = str | int | float | bool
Fact = Scalar | tuple[Scalar, ...]

TEXT_LIMIT = 300
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def clean(text: str, limit: int = TEXT_LIMIT) -> str:
    """Return text from the network as one bounded line: NFC, control and bidi characters made visible."""
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text
    bounded = unicodedata.normalize("NFC", text[: limit * 2])
    shown = _UNSAFE.sub(_visible, bounded)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def _visible(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"


class Outcome(StrEnum):
    """How one measurement ended."""

    OK = "ok"
    FAIL = "fail"
    """The target answered wrongly or refused."""
    TIMEOUT = "timeout"
    """The target did not answer before the deadline."""
    ERROR = "error"
    """Our side could not measure; says nothing about the target."""


class FailureKind(StrEnum):
    """Why a measurement did not end OK."""

    REFUSED = "refused"
    RESET = "reset"
    UNREACHABLE = "unreachable"
    PROHIBITED = "prohibited"
    NAME_NOT_FOUND = "name_not_found"
    """The name could not be resolved: no answer from the resolver, or it said no."""
    TLS = "tls"
    PROTOCOL = "protocol"
    """The bytes break the protocol, or an error status of the protocol itself (HTTP 5xx, SERVFAIL)."""
    MISMATCH = "mismatch"
    """A well-formed answer that is not the expected one."""
    PERMISSION = "permission"
    """The operating system did not let us measure."""
    NO_ROUTE = "no_route"
    """This machine has no route or address of its own to measure from."""
    STALLED = "stalled"
    """The monitor was stalled, asleep or its clock jumped while measuring."""
    INTERNAL = "internal"


OUR_SIDE = frozenset({FailureKind.PERMISSION, FailureKind.NO_ROUTE, FailureKind.STALLED, FailureKind.INTERNAL})
"""Failures of the monitor itself: always Outcome.ERROR, never a fault of a target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a probe returns. Names in measures and facts are those its ProbeKind declares."""

    outcome: Outcome
    failure: FailureKind | None = None
    measures: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, Fact] = field(default_factory=dict)
    detail: str = ""
    """One clean line for people, empty when OK and there is nothing to say."""


class ProbeFailure(Exception):
    """What the target (or our side, for kinds in OUR_SIDE) did instead of answering.

    The runner turns it into a Reading; measures and facts found before the failure are kept.
    """

    def __init__(
        self,
        kind: FailureKind,
        detail: str,
        *,
        measures: Mapping[str, float] | None = None,
        facts: Mapping[str, Fact] | None = None,
    ) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = clean(detail)
        self.measures = dict(measures or {})
        self.facts = dict(facts or {})


class Closable(Protocol):
    """A resource shared by probes of one event loop."""

    def close(self) -> None:
        """Release sockets and callbacks."""


R = TypeVar("R", bound=Closable)


class Shared:
    """Sockets and contexts that many runs of a probe share: one each, made on first use, closed together."""

    def __init__(self) -> None:
        self._made: dict[Hashable, Closable] = {}

    def get(self, factory: Callable[..., R], *args: Hashable) -> R:
        """Return the one resource this factory makes of these arguments, making it on first use."""
        key = (factory, args)
        if key not in self._made:
            self._made[key] = factory(*args)
        return cast("R", self._made[key])

    def close(self) -> None:
        """Close everything made so far."""
        while self._made:
            self._made.popitem()[1].close()


Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where active probes may go and how fast: what the network's owner approved in the configuration."""

    networks: tuple[Network, ...] = (IPv4Network("127.0.0.0/8"),)
    rate_per_s: float = 50.0
    """Packets or connections a second of one scanning probe, per unit."""

    def insist(self, address: str) -> None:
        """Raise ProbeFailure(PERMISSION) for an address outside the approved networks."""
        try:
            place = ip_address(address)
        except ValueError as error:
            raise ProbeFailure(FailureKind.PERMISSION, f"{address} is no address, so nobody approved it") from error
        if not any(place in network for network in self.networks):
            raise ProbeFailure(
                FailureKind.PERMISSION, f"{address} is outside the networks approved for scanning (`scanning.networks`)"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeContext:
    """What a run may use besides its address and params."""

    deadline_s: float
    """Instant of asyncio's loop.time() by which observe() must have returned."""
    shared: Shared
    nameservers: tuple[str, ...] = ()
    """Resolvers as `address` or `address:port`; empty means the system's own."""
    trust_file: Path | None = None
    """Extra CA certificates (PEM) to trust, beside the system's."""
    scope: Scope = Scope()
    """Bounds every probe that scans: sweeps, port scans, guesses of a default community."""


P = TypeVar("P")
Observe = Callable[[str, P, ProbeContext], Awaitable[Reading]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeKind:
    """One way to measure. Config validation, CLI, docs and column titles are made from it."""

    name: str
    params: type[Any]
    """A frozen dataclass with defaults. Field names carry units: `_s`, `_ratio`, `_count`, `_octets`."""
    observe: Callable[[str, Any, ProbeContext], Awaitable[Reading]]
    measures: Mapping[str, str]
    """measure name -> unit text, such as {"rtt_median_s": "seconds"}."""
    facts: Mapping[str, type]
    """fact name -> str, int, float, bool or tuple."""
    example: str
    """A command line's tail that works: `127.0.0.1 -p count=3`."""
    source: str
    """RFC, MIB or other document the numbers and formats come from."""
    timeout_s: float = 5.0
    """Default deadline of one run."""
    fleeting: frozenset[str] = frozenset()
    """Facts that differ in every reading: shown while they are the newest, not kept in the history."""
