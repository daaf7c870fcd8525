"""Asks a switch or router which machines it knows, and behind which port each one is.

A hardware address is seen on every port towards it; its edge port, where the machine itself is plugged in, comes first:
one without a switch behind it and with the fewest addresses.
Source: RFC 4293, RFC 4188, RFC 4363, IEEE 802.1AB.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from probes._wire.snmp_lan_tables import Binding, Forwarding, LanTables, read_lan_tables
from probes._wire.snmp_params import SnmpParams
from probes._wire.snmp_run import SNMP_FACTS, SNMP_MEASURES, poll
from probes._wire.snmp_session import ROWS_MAX, Session
from probes._wire.trace import Trace
from probes.api import Fact, FailureKind, ProbeContext, ProbeFailure, ProbeKind, Reading

LLDP_MAX = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class SnmpNeighboursParams(SnmpParams):
    """Credentials."""

    timeout_s: float = 15.0


@dataclass(frozen=True, slots=True)
class Machine:
    """One hardware address at one port with one network address."""

    mac: str
    ip: str
    """Empty when nothing maps one to it."""
    vlan: int
    port: str
    port_macs_count: int
    is_uplink: bool
    """A switch, a router or an access point is behind this port."""
    source: str
    """`fdb`, `arp`, or both."""

    def rank(self) -> tuple[str, bool, int, int, str, str]:
        return self.mac, self.is_uplink, self.port_macs_count, self.vlan, self.port, self.ip


async def observe(address: str, params: SnmpNeighboursParams, ctx: ProbeContext) -> Reading:
    """Measure the agent at `host` or `host:port`."""

    async def work(session: Session, trace: Trace) -> str:
        tables = await read_lan_tables(session)
        if not (tables.forwarding or tables.bindings or tables.neighbours):
            raise ProbeFailure(
                FailureKind.MISMATCH, "the agent has no ARP, bridge or LLDP table, or its access list hides them"
            )
        # Thousands of rows take longer to sort than the event loop may be held.
        found, facts = await asyncio.to_thread(_judge, tables)
        trace.measures |= found
        trace.facts |= facts
        return ""

    return await poll(address, params, ctx, work)


def _judge(tables: LanTables) -> tuple[dict[str, float], dict[str, Fact]]:
    machines = rank_machines(tables)
    measures = {
        "macs_count": float(len({machine.mac for machine in machines})),
        "ports_count": float(len({row.port for row in tables.forwarding})),
        "lldp_count": float(len(tables.neighbours)),
        "cut_count": float(max(0, len(machines) - ROWS_MAX) + max(0, len(tables.neighbours) - LLDP_MAX)),
    }
    return measures, {**_machine_columns(machines[:ROWS_MAX]), **_lldp_columns(tables)}


def rank_machines(tables: LanTables) -> list[Machine]:
    """Join the tables: one row for each address, port and network address, edge ports first for each address."""
    uplinks = {neighbour.port for neighbour in tables.neighbours if neighbour.is_forwarding}
    ips = defaultdict(list)
    for binding in tables.bindings:
        ips[binding.mac].append(binding.ip)
    behind: Mapping[str, set[str]] = _macs_by_port(tables)
    machines = []
    for row in tables.forwarding:
        source = "fdb+arp" if row.mac in ips else "fdb"
        for ip in ips.get(row.mac) or [""]:
            is_uplink = row.port in uplinks
            machines.append(Machine(row.mac, ip, row.vlan, row.port, len(behind[row.port]), is_uplink, source))
    forwarded = {row.mac for row in tables.forwarding}
    for binding in tables.bindings:
        if binding.mac not in forwarded:
            count, is_uplink = len(behind[binding.port]), binding.port in uplinks
            machines.append(Machine(binding.mac, binding.ip, 0, binding.port, count, is_uplink, "arp"))
    return sorted(set(machines), key=Machine.rank)


def _macs_by_port(tables: LanTables) -> dict[str, set[str]]:
    behind: dict[str, set[str]] = defaultdict(set)
    rows: tuple[Forwarding | Binding, ...] = (*tables.forwarding, *tables.bindings)
    for row in rows:
        behind[row.port].add(row.mac)
    return behind


def _machine_columns(machines: list[Machine]) -> dict[str, Fact]:
    return {
        "mac": tuple(machine.mac for machine in machines),
        "ip": tuple(machine.ip for machine in machines),
        "vlan": tuple(machine.vlan for machine in machines),
        "port": tuple(machine.port for machine in machines),
        "port_macs_count": tuple(machine.port_macs_count for machine in machines),
        "is_uplink": tuple(machine.is_uplink for machine in machines),
        "source": tuple(machine.source for machine in machines),
    }


def _lldp_columns(tables: LanTables) -> dict[str, Fact]:
    neighbours = tables.neighbours[:LLDP_MAX]
    return {
        "lldp_port": tuple(neighbour.port for neighbour in neighbours),
        "lldp_name": tuple(neighbour.name for neighbour in neighbours),
        "lldp_chassis": tuple(neighbour.chassis for neighbour in neighbours),
        "lldp_remote_port": tuple(neighbour.remote_port for neighbour in neighbours),
        "lldp_is_forwarding": tuple(neighbour.is_forwarding for neighbour in neighbours),
    }


PROBE = ProbeKind(
    name="snmp_neighbours",
    params=SnmpNeighboursParams,
    observe=observe,
    measures={
        **SNMP_MEASURES,
        "macs_count": "hardware addresses",
        "ports_count": "ports",
        "lldp_count": "neighbours",
        "cut_count": "rows",
    },
    facts={
        **SNMP_FACTS,
        **dict.fromkeys(_machine_columns([]), tuple),
        **dict.fromkeys(_lldp_columns(LanTables(forwarding=(), bindings=(), neighbours=())), tuple),
    },
    example="127.0.0.1:161 -p community=file:/etc/bt-console/snmp-community -p timeout_s=15",
    source="RFC 4293, RFC 4188, RFC 4363, IEEE 802.1AB",
    timeout_s=15.0,
)
