"""Listens to DHCP on an interface: which servers answer, which of them may not, which clients ask.

The address is the interface's name. Each reading tells what was heard since the last reading with the same params. A
switch passes a server's answers to others only where its port mirrors them: `discover` makes servers answer to us.
Source: RFC 2131, RFC 2132.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from probes._wire.dhcp import ACK, DISCOVER, NAK, OFFER, REQUEST, TO_AND_FROM_SERVERS, MalformedFrame, build_discover
from probes._wire.dhcp import parse as parse_dhcp
from probes._wire.dhcp_log import DhcpLog, DhcpReport
from probes._wire.dissect import Dissector
from probes._wire.ear import Ear
from probes._wire.interfaces import mac_text
from probes._wire.parties import read_parties
from probes.api import Fact, FailureKind, Outcome, ProbeContext, ProbeFailure, ProbeKind, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class DhcpWatchParams:
    """What to hold against what is heard."""

    listen_s: float = 2.0
    """How long the very first reading waits, and every one that asks; others return at once."""
    allowed_servers: tuple[str, ...] = ()
    """Servers as `address`, `MAC` or `address@MAC` (addresses can be forged); empty means that nobody is judged."""
    discover: bool = False
    """Ask for servers by one DHCPDISCOVER a reading; takes no lease."""
    promiscuous: bool = True
    """Hear frames for others too, where the switch's port mirrors them."""

    def __post_init__(self) -> None:
        read_parties(self.allowed_servers)
        if not 0 < self.listen_s <= 60:
            raise ValueError("listen_s must be more than 0, at most 60 seconds")


class DhcpWatcher:
    """One interface's log, fed for as long as the monitor runs."""

    def __init__(self, interface: str, params: DhcpWatchParams) -> None:
        self._log = DhcpLog(read_parties(params.allowed_servers))
        self._ear = Ear(interface, TO_AND_FROM_SERVERS, self._hear, is_promiscuous=params.promiscuous)

    def _hear(self, frame: bytes, _: int) -> None:
        try:
            message = parse_dhcp(frame)
        except MalformedFrame:
            self._log.note_malformed()
        else:
            self._log.note(message, frame)

    async def listen(self, params: DhcpWatchParams, ctx: ProbeContext) -> None:
        if params.discover:
            self._discover(ctx)
        await self._ear.listen(params.listen_s, ctx, is_waiting=params.discover)

    def _discover(self, ctx: ProbeContext) -> None:
        own = self._ear.ensure()
        if not own.address:
            detail = f"{own.name} has no IPv4 address by which to tell whether asking there is approved"
            raise ProbeFailure(FailureKind.PERMISSION, detail)
        ctx.scope.insist(own.address)
        self._ear.send(build_discover(mac=own.mac, transaction=int.from_bytes(os.urandom(4), "big")))

    def take_period(self) -> tuple[float, int]:
        return self._ear.take_period()

    def take_report(self) -> DhcpReport:
        return self._log.take_report()

    def close(self) -> None:
        self._ear.close()


async def observe(address: str, params: DhcpWatchParams, ctx: ProbeContext) -> Reading:
    """Tell what was heard on the interface since the last time."""
    watcher = ctx.shared.get(DhcpWatcher, address, params)
    await watcher.listen(params, ctx)
    listened_s, drop_count = watcher.take_period()
    report = watcher.take_report()
    facts = {**_facts(report), **await ctx.shared.get(Dissector).summaries(report.examples, ctx)}
    if params.allowed_servers:
        facts["rogue_servers"] = tuple(server for server, _ in report.rogues)
        facts["rogue_macs"] = tuple(mac_text(mac) for _, mac in report.rogues)
    measures = {**_measures(report), "listened_s": listened_s, "drop_count": float(drop_count)}
    return Reading(outcome=Outcome.OK, measures=measures, facts=facts, detail=_detail(report))


def _measures(report: DhcpReport) -> dict[str, float]:
    counts = {
        "heard_count": report.heard_count,
        "discover_count": report.count(DISCOVER),
        "offer_count": report.count(OFFER),
        "request_count": report.count(REQUEST),
        "ack_count": report.count(ACK),
        "nak_count": report.count(NAK),
        "server_count": len(report.servers),
        "client_count": len(report.clients),
        "rogue_count": report.rogue_count,
        "malformed_count": report.malformed_count,
    }
    return {name: float(count) for name, count in counts.items()}


def _facts(report: DhcpReport) -> dict[str, Fact]:
    servers, clients = report.servers, report.clients
    return {
        "server_ip": tuple(ip for ip, _ in servers),
        "server_mac": tuple(mac_text(mac) for _, mac in servers),
        "server_answers": tuple(server.answer_count for server in servers.values()),
        "server_router": tuple(" ".join(server.routers) for server in servers.values()),
        "server_dns": tuple(" ".join(server.dns_servers) for server in servers.values()),
        "server_lease_s": tuple(server.lease_s for server in servers.values()),
        "client_mac": tuple(map(mac_text, clients)),
        "client_ip": tuple(client.ip for client in clients.values()),
        "client_name": tuple(client.name for client in clients.values()),
        "client_class": tuple(client.vendor_class for client in clients.values()),
    }


def _detail(report: DhcpReport) -> str:
    if not report.rogues:
        return ""
    (server, mac), *others = report.rogues
    more = f" and {len(others)} more" if others else ""
    return f"{server} ({mac_text(mac)}){more} answers DHCP clients without being allowed to"


PROBE = ProbeKind(
    name="dhcp_watch",
    params=DhcpWatchParams,
    observe=observe,
    measures={
        "heard_count": "messages",
        "discover_count": "messages",
        "offer_count": "messages",
        "request_count": "messages",
        "ack_count": "messages",
        "nak_count": "messages",
        "server_count": "servers",
        "client_count": "clients",
        "rogue_count": "messages",
        "malformed_count": "messages",
        "drop_count": "packets",
        "listened_s": "seconds",
    },
    facts={
        "server_ip": tuple,
        "server_mac": tuple,
        "server_answers": tuple,
        "server_router": tuple,
        "server_dns": tuple,
        "server_lease_s": tuple,
        "client_mac": tuple,
        "client_ip": tuple,
        "client_name": tuple,
        "client_class": tuple,
        "rogue_servers": tuple,
        "rogue_macs": tuple,
        "finding": tuple,
        "example_summary": tuple,
    },
    example="lo -p listen_s=1",
    source="RFC 2131, RFC 2132",
    timeout_s=5.0,
)
