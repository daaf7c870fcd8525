"""What IPv6 routers advertised since the last report; decides on advertisements alone, no input or output.

Source: RFC 4861, RFC 6104 (rogue router advertisements).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from probes._wire.parties import Party, is_allowed
from probes._wire.router_advert import Advert, Prefix

ROUTERS_MAX = 64
Router = tuple[str, bytes]
"""Link-local address and MAC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterLaw:
    """What may be advertised; empty means that nobody said so and nobody is judged."""

    routers: tuple[Party, ...] = ()
    prefixes: frozenset[str] = frozenset()


@dataclass(slots=True, kw_only=True)
class RouterReport:
    """Tables hold ROUTERS_MAX rows; the counts count everything."""

    heard_count: int = 0
    malformed_count: int = 0
    evasive_count: int = 0
    withdrawn_count: int = 0
    """Advertisements of a router that wants to be one no longer, or of another in its name."""
    rogue_count: int = 0
    routers: dict[Router, Advert] = field(default_factory=dict)
    """The last advertisement of each."""
    prefixes: dict[tuple[str, str], Prefix] = field(default_factory=dict)
    """By prefix and address of the router."""
    rogues: dict[Router, None] = field(default_factory=dict)
    rogue_prefixes: dict[str, None] = field(default_factory=dict)
    examples: dict[str, bytes] = field(default_factory=dict)


class RouterLog:
    """Takes advertisements in."""

    def __init__(self, law: RouterLaw) -> None:
        self._law = law
        self._report = RouterReport()

    def note_malformed(self) -> None:
        self._report.heard_count += 1
        self._report.malformed_count += 1

    def note(self, advert: Advert, frame: bytes) -> None:
        """Take in one advertisement."""
        report, router = self._report, (advert.source_ip, advert.source_mac)
        report.heard_count += 1
        if router in report.routers or len(report.routers) < ROUTERS_MAX:
            report.routers[router] = advert
        if advert.is_evasive:
            report.evasive_count += 1
            report.examples.setdefault("evasive", frame)
        if advert.lifetime_s == 0:
            report.withdrawn_count += 1
        if self._law.routers and not is_allowed(self._law.routers, *router):
            report.rogue_count += 1
            _add(report.rogues, router)
            report.examples.setdefault("rogue", frame)
        for prefix in advert.prefixes:
            self._note_prefix(prefix, advert.source_ip, frame)

    def _note_prefix(self, prefix: Prefix, router: str, frame: bytes) -> None:
        report, key = self._report, (prefix.text, router)
        if key in report.prefixes or len(report.prefixes) < ROUTERS_MAX:
            report.prefixes[key] = prefix
        if self._law.prefixes and prefix.text not in self._law.prefixes:
            _add(report.rogue_prefixes, prefix.text)
            report.examples.setdefault("prefix", frame)

    def take_report(self) -> RouterReport:
        """Return what was advertised since the last call."""
        report, self._report = self._report, RouterReport()
        return report


def _add(rows: dict[Router, None] | dict[str, None], row: Router | str) -> None:
    if len(rows) < ROUTERS_MAX:
        rows[row] = None  # type: ignore[index]  # the caller's rows are of its row's type
