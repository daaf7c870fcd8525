"""Listens to ARP on an interface: addresses that move, that two machines claim, floods, a false gateway.

The address is the interface's name. Each reading tells what was heard since the last reading with the same params; who
owns which address is remembered for as long as the monitor runs.
Source: RFC 826; RFC 5227 (conflicts, announcements).
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from probes._wire import arp
from probes._wire.arp_table import ArpReport, ArpTable, Law
from probes._wire.dissect import Dissector
from probes._wire.ear import Ear
from probes._wire.interfaces import gateway_of, mac_text, read_routes
from probes._wire.mac import read_mac, read_macs
from probes.api import Fact, Outcome, ProbeContext, ProbeKind, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class ArpWatchParams:
    """What to hold against what is heard."""

    listen_s: float = 2.0
    """How long the very first reading waits; later ones return at once."""
    gateway: str = ""
    """The LAN's gateway; empty means this machine's default gateway by the interface."""
    gateway_mac: str = ""
    """The gateway's MAC; empty means the first that is heard."""
    trusted_macs: tuple[str, ...] = ()
    """Machines that take over addresses by design, such as a pair of routers."""
    flood_rate_count: int = 20
    """More announcements than this from one machine in one second are a flood."""
    duplicate_window_s: float = 300.0
    """An address that returns to its former owner within this time has two owners."""
    promiscuous: bool = True
    """Hear frames for others too, where the switch's port mirrors them."""

    def __post_init__(self) -> None:
        if self.gateway and not _is_ipv4(self.gateway):
            raise ValueError(f"gateway {self.gateway!r} is no IPv4 address: write it like 10.21.1.1")
        if self.gateway_mac and not self.gateway:
            raise ValueError("gateway_mac needs gateway: the address it belongs to")
        read_macs((*self.trusted_macs, *filter(None, (self.gateway_mac,))))
        if not 0 < self.listen_s <= 60:
            raise ValueError("listen_s must be more than 0, at most 60 seconds")
        if self.flood_rate_count < 1:
            raise ValueError("flood_rate_count must be 1 or more")
        if not 0 < self.duplicate_window_s <= 86_400:
            raise ValueError("duplicate_window_s must be more than 0, at most a day")


def _is_ipv4(text: str) -> bool:
    try:
        IPv4Address(text)
    except ValueError:
        return False
    return True


class ArpWatcher:
    """One interface's table, fed for as long as the monitor runs."""

    def __init__(self, interface: str, params: ArpWatchParams) -> None:
        self.gateway = params.gateway or gateway_of(interface, read_routes())
        self._table = ArpTable(_law(self.gateway, params))
        self._ear = Ear(interface, arp.ALL_ARP, self._hear, is_promiscuous=params.promiscuous)

    async def listen(self, params: ArpWatchParams, ctx: ProbeContext) -> None:
        own = self._ear.ensure()
        self._table.set_own(IPv4Address(own.address or 0).packed, own.mac)
        await self._ear.listen(params.listen_s, ctx)

    def take_period(self) -> tuple[float, int]:
        return self._ear.take_period()

    def _hear(self, frame: bytes, at_ns: int) -> None:
        claim = arp.parse(frame)
        if claim is None:
            self._table.note_malformed()
        else:
            self._table.note(claim, frame, at_ns)

    def take_report(self) -> ArpReport:
        return self._table.take_report()

    def close(self) -> None:
        self._ear.close()


def _law(gateway: str, params: ArpWatchParams) -> Law:
    ip = IPv4Address(gateway or 0).packed
    return Law(
        gateway=ip,
        pinned=((ip, read_mac(params.gateway_mac)),) if params.gateway_mac else (),
        trusted=frozenset(read_macs(params.trusted_macs)),
        flood_per_s=params.flood_rate_count,
        duplicate_window_s=params.duplicate_window_s,
    )


async def observe(address: str, params: ArpWatchParams, ctx: ProbeContext) -> Reading:
    """Tell what was heard on the interface since the last time."""
    watcher = ctx.shared.get(ArpWatcher, address, params)
    await watcher.listen(params, ctx)
    listened_s, drop_count = watcher.take_period()
    report = watcher.take_report()
    examples = await ctx.shared.get(Dissector).summaries(report.examples, ctx)
    measures = {**_measures(report), "listened_s": listened_s, "drop_count": float(drop_count)}
    facts = {**_facts(report), **examples, "gateway": watcher.gateway}
    return Reading(outcome=Outcome.OK, measures=measures, facts=facts, detail=_detail(report, watcher.gateway))


def _measures(report: ArpReport) -> dict[str, float]:
    counts = {
        "heard_count": report.heard_count,
        "peak_count": report.peak_count,
        "gratuitous_count": report.gratuitous_count,
        "malformed_count": report.malformed_count,
        "moved_count": report.moved_count,
        "duplicate_ip_count": len(report.duplicates),
        "impersonation_count": report.impersonation_count,
        "known_count": report.known_count,
        "unlearned_count": report.unlearned_count,
    }
    return {name: float(count) for name, count in counts.items()}


def _facts(report: ArpReport) -> dict[str, Fact]:
    return {
        "gateway_mac": mac_text(report.gateway_mac),
        "moved_ip": tuple(str(IPv4Address(move.ip)) for move in report.moves),
        "moved_from": tuple(mac_text(move.before) for move in report.moves),
        "moved_to": tuple(mac_text(move.after) for move in report.moves),
        "duplicate_ip": tuple(str(IPv4Address(ip)) for ip in report.duplicates),
        "duplicate_macs": tuple(" ".join(map(mac_text, macs)) for macs in report.duplicates.values()),
        "impersonator_mac": tuple(map(mac_text, report.impersonators)),
        "flood_mac": tuple(map(mac_text, report.floods)),
        "flood_per_s": tuple(report.floods.values()),
        "forger_mac": tuple(map(mac_text, report.forgers)),
    }


def _detail(report: ArpReport, gateway: str) -> str:
    if report.impersonators:
        others = ", ".join(map(mac_text, list(report.impersonators)[:3]))
        return f"the gateway {gateway} is {mac_text(report.gateway_mac)}, but {others} claims to be it"
    if report.duplicates:
        ip, macs = next(iter(report.duplicates.items()))
        return f"{IPv4Address(ip)} is claimed by {' and '.join(map(mac_text, macs))}"
    if report.floods:
        mac, count = next(iter(report.floods.items()))
        return f"{mac_text(mac)} sent {count} announcements in one second"
    return ""


PROBE = ProbeKind(
    name="arp_watch",
    params=ArpWatchParams,
    observe=observe,
    measures={
        "heard_count": "packets",
        "peak_count": "packets in the busiest second",
        "gratuitous_count": "packets",
        "malformed_count": "packets",
        "moved_count": "addresses",
        "duplicate_ip_count": "addresses",
        "impersonation_count": "packets",
        "known_count": "addresses",
        "unlearned_count": "packets",
        "drop_count": "packets",
        "listened_s": "seconds",
    },
    facts={
        "gateway": str,
        "gateway_mac": str,
        "moved_ip": tuple,
        "moved_from": tuple,
        "moved_to": tuple,
        "duplicate_ip": tuple,
        "duplicate_macs": tuple,
        "impersonator_mac": tuple,
        "flood_mac": tuple,
        "flood_per_s": tuple,
        "forger_mac": tuple,
        "finding": tuple,
        "example_summary": tuple,
    },
    example="lo -p listen_s=1",
    source="RFC 826, RFC 5227",
    timeout_s=5.0,
)
