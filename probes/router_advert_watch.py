"""Listens to IPv6 router advertisements on an interface: who says it is the router, and for which prefixes.

The address is the interface's name. Each reading tells what was heard since the last reading with the same params.
Source: RFC 4861, RFC 6104 (rogue advertisements), RFC 7113 (evasion).
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Network

from probes._wire.dhcp import MalformedFrame
from probes._wire.dissect import Dissector
from probes._wire.ear import Ear
from probes._wire.interfaces import mac_text
from probes._wire.parties import read_parties
from probes._wire.router_advert import ADVERTS
from probes._wire.router_advert import parse as parse_advert
from probes._wire.router_log import RouterLaw, RouterLog, RouterReport
from probes.api import Fact, Outcome, ProbeContext, ProbeKind, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterAdvertWatchParams:
    """What to hold against what is heard."""

    listen_s: float = 2.0
    """How long the very first reading waits; later ones return at once."""
    allowed_routers: tuple[str, ...] = ()
    """Routers as link-local `address`, `MAC` or `address@MAC`; empty means that nobody is judged."""
    allowed_prefixes: tuple[str, ...] = ()
    """Prefixes such as 2001:db8:1::/64; empty means that none is judged."""
    promiscuous: bool = True
    """Hear frames for others too, where the switch's port mirrors them."""

    def __post_init__(self) -> None:
        read_parties(self.allowed_routers)
        _read_prefixes(self.allowed_prefixes)
        if not 0 < self.listen_s <= 60:
            raise ValueError("listen_s must be more than 0, at most 60 seconds")


def _read_prefixes(texts: tuple[str, ...]) -> frozenset[str]:
    try:
        return frozenset(str(IPv6Network(text)) for text in texts)
    except ValueError as error:
        raise ValueError(f"{error}: write a prefix like 2001:db8:1::/64") from error


class RouterAdvertWatcher:
    """One interface's log, fed for as long as the monitor runs."""

    def __init__(self, interface: str, params: RouterAdvertWatchParams) -> None:
        prefixes = _read_prefixes(params.allowed_prefixes)
        self._log = RouterLog(RouterLaw(routers=read_parties(params.allowed_routers), prefixes=prefixes))
        self.ear = Ear(interface, ADVERTS, self._hear, is_promiscuous=params.promiscuous)

    def _hear(self, frame: bytes, _: int) -> None:
        try:
            advert = parse_advert(frame)
        except MalformedFrame:
            self._log.note_malformed()
        else:
            if advert is not None:
                self._log.note(advert, frame)

    def take_report(self) -> RouterReport:
        return self._log.take_report()

    def close(self) -> None:
        self.ear.close()


async def observe(address: str, params: RouterAdvertWatchParams, ctx: ProbeContext) -> Reading:
    """Tell what was heard on the interface since the last time."""
    watcher = ctx.shared.get(RouterAdvertWatcher, address, params)
    await watcher.ear.listen(params.listen_s, ctx)
    listened_s, drop_count = watcher.ear.take_period()
    report = watcher.take_report()
    facts = {**_facts(report), **await ctx.shared.get(Dissector).summaries(report.examples, ctx)}
    if params.allowed_routers:
        facts["rogue_routers"] = tuple(ip for ip, _ in report.rogues)
        facts["rogue_macs"] = tuple(mac_text(mac) for _, mac in report.rogues)
    if params.allowed_prefixes:
        facts["rogue_prefixes"] = tuple(report.rogue_prefixes)
    measures = {**_measures(report), "listened_s": listened_s, "drop_count": float(drop_count)}
    return Reading(outcome=Outcome.OK, measures=measures, facts=facts, detail=_detail(report))


def _measures(report: RouterReport) -> dict[str, float]:
    counts = {
        "heard_count": report.heard_count,
        "router_count": len(report.routers),
        "prefix_count": len({text for text, _ in report.prefixes}),
        "rogue_count": report.rogue_count,
        "withdrawn_count": report.withdrawn_count,
        "evasive_count": report.evasive_count,
        "malformed_count": report.malformed_count,
    }
    return {name: float(count) for name, count in counts.items()}


def _facts(report: RouterReport) -> dict[str, Fact]:
    adverts = report.routers.values()
    return {
        "router_ip": tuple(ip for ip, _ in report.routers),
        "router_mac": tuple(mac_text(mac) for _, mac in report.routers),
        "router_lifetime_s": tuple(advert.lifetime_s for advert in adverts),
        "router_preference": tuple(advert.preference for advert in adverts),
        "router_managed": tuple(advert.is_managed for advert in adverts),
        "router_dns": tuple(" ".join(advert.name_servers) for advert in adverts),
        "prefix": tuple(text for text, _ in report.prefixes),
        "prefix_router": tuple(router for _, router in report.prefixes),
        "prefix_valid_s": tuple(prefix.valid_s for prefix in report.prefixes.values()),
        "prefix_autonomous": tuple(prefix.is_autonomous for prefix in report.prefixes.values()),
    }


def _detail(report: RouterReport) -> str:
    if report.rogues:
        ip, mac = next(iter(report.rogues))
        return f"{ip} ({mac_text(mac)}) says it is a router without being allowed to"
    if report.rogue_prefixes:
        return f"the prefix {next(iter(report.rogue_prefixes))} is advertised without being allowed"
    return ""


PROBE = ProbeKind(
    name="router_advert_watch",
    params=RouterAdvertWatchParams,
    observe=observe,
    measures={
        "heard_count": "messages",
        "router_count": "routers",
        "prefix_count": "prefixes",
        "rogue_count": "messages",
        "withdrawn_count": "messages",
        "evasive_count": "messages",
        "malformed_count": "messages",
        "drop_count": "packets",
        "listened_s": "seconds",
    },
    facts={
        "router_ip": tuple,
        "router_mac": tuple,
        "router_lifetime_s": tuple,
        "router_preference": tuple,
        "router_managed": tuple,
        "router_dns": tuple,
        "prefix": tuple,
        "prefix_router": tuple,
        "prefix_valid_s": tuple,
        "prefix_autonomous": tuple,
        "rogue_routers": tuple,
        "rogue_macs": tuple,
        "rogue_prefixes": tuple,
        "finding": tuple,
        "example_summary": tuple,
    },
    example="lo -p listen_s=1",
    source="RFC 4861, RFC 6104, RFC 7113",
    timeout_s=5.0,
)
