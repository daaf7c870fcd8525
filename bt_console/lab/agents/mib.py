"""The tables of a router or switch, made of what the kernel says. Pure.

Source: RFC 3418 (system group), RFC 2863 (IF-MIB), RFC 4293 (ip group, ipNetToMediaTable), RFC 4292 (ipCidrRouteTable),
RFC 4188 (BRIDGE-MIB), IEEE 802.1AB (LLDP-MIB).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network

from bt_console.lab.agents.ber import (
    Oid,
    Varbind,
    address,
    counter32,
    counter64,
    gauge32,
    integer,
    octets,
    oid,
    text,
    ticks,
)
from bt_console.lab.agents.lldp import ABILITY_BRIDGE, ABILITY_ROUTER, CHASSIS_MAC, PORT_NAME, Announcement
from bt_console.lab.agents.netlink import Address, Device, Forwarding, Neighbour, Route

UPTIME: Oid = (1, 3, 6, 1, 2, 1, 1, 3, 0)
TRAP_OID: Oid = (1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0)
COLD_START, LINK_DOWN, LINK_UP = ((1, 3, 6, 1, 6, 3, 1, 1, 5, number) for number in (1, 3, 4))
_SYSTEM, _IP, _BRIDGE = (1, 3, 6, 1, 2, 1, 1), (1, 3, 6, 1, 2, 1, 4), (1, 3, 6, 1, 2, 1, 17)
_IF_COUNT, _IF, _IFX = (1, 3, 6, 1, 2, 1, 2, 1, 0), (1, 3, 6, 1, 2, 1, 2, 2, 1), (1, 3, 6, 1, 2, 1, 31, 1, 1, 1)
_LLDP_OWN, _LLDP_OWN_PORT = (1, 0, 8802, 1, 1, 2, 1, 3), (1, 0, 8802, 1, 1, 2, 1, 3, 7, 1)
_LLDP_REMOTE = (1, 0, 8802, 1, 1, 2, 1, 4, 1, 1)
_OBJECT_ID: Oid = (1, 3, 6, 1, 4, 1, 8072, 3, 2, 10)
"""net-snmp on Linux: no enterprise number is this lab's."""
_ETHERNET, _LOOPBACK, _BRIDGE_KIND = 6, 24, 209
_LAYER_2, _LAYER_3 = 2, 4
_LOCAL, _REMOTE, _CONFIGURED = 3, 4, 3
_AGEING_S = 300
_MEGA = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What an agent says of itself."""

    name: str
    description: str
    location: str
    is_router: bool
    speeds_bps: Mapping[str, float] = field(default_factory=dict)
    """Of lines; a device's own is that of its port."""
    port_speed_bps: float = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a namespace was like at one instant."""

    uptime_ticks: int
    is_forwarding: bool
    devices: tuple[Device, ...]
    addresses: tuple[Address, ...]
    neighbours: tuple[Neighbour, ...]
    forwarding: tuple[Forwarding, ...]
    routes: tuple[Route, ...] = ()
    changed_ticks: Mapping[int, int] = field(default_factory=dict)
    """Device -> uptime when its state last changed."""
    announcements: Mapping[int, Announcement] = field(default_factory=dict)
    """Device -> what its neighbour said of itself."""


def rows(snapshot: Snapshot, identity: Identity) -> Iterator[Varbind]:
    """Return every name and value."""
    yield from _system(snapshot, identity)
    yield from _interfaces(snapshot, identity)
    yield from _ip(snapshot)
    for device in snapshot.devices:
        if device.kind == "bridge":
            yield from _bridge(snapshot, device)
    yield from _lldp(snapshot, identity)


def _system(snapshot: Snapshot, identity: Identity) -> Iterator[Varbind]:
    values = (
        text(identity.description),
        oid(_OBJECT_ID),
        ticks(snapshot.uptime_ticks),
        text(""),
        text(identity.name),
        text(identity.location),
        integer(_LAYER_3 if identity.is_router else _LAYER_2),
    )
    for number, value in enumerate(values, 1):
        yield (*_SYSTEM, number, 0), value


def _interfaces(snapshot: Snapshot, identity: Identity) -> Iterator[Varbind]:
    yield _IF_COUNT, integer(len(snapshot.devices))
    for device in snapshot.devices:
        speed_bps = int(speed_of(device, identity))
        columns = _if_columns(device, speed_bps, snapshot.changed_ticks.get(device.index, 0))
        yield from (((*_IF, number, device.index), value) for number, value in columns.items())
        more = _ifx_columns(device, speed_bps)
        yield from (((*_IFX, number, device.index), value) for number, value in more.items())


def speed_of(device: Device, identity: Identity) -> float:
    """Return a device's speed: the line's, where it leads to one."""
    if device.is_loopback:
        return 0.0
    return identity.speeds_bps.get(device.name, identity.port_speed_bps)


def if_state(device: Device) -> tuple[int, int]:
    """Return ifAdminStatus and ifOperStatus."""
    return 1 if device.is_up else 2, 1 if device.is_running else 2


def _if_columns(device: Device, speed_bps: int, changed_ticks: int) -> dict[int, bytes]:
    received, sent, octets_in, octets_out, errors_in, errors_out, drops_in, drops_out, groups = device.counters
    admin, oper = if_state(device)
    kind = _LOOPBACK if device.is_loopback else _BRIDGE_KIND if device.kind == "bridge" else _ETHERNET
    return {
        1: integer(device.index),
        2: text(device.name),
        3: integer(kind),
        4: integer(device.mtu),
        5: gauge32(speed_bps),
        6: octets(b"" if device.is_loopback else device.mac),
        7: integer(admin),
        8: integer(oper),
        9: ticks(changed_ticks),
        10: counter32(octets_in),
        11: counter32(received - groups),
        13: counter32(drops_in),
        14: counter32(errors_in),
        16: counter32(octets_out),
        17: counter32(sent),
        19: counter32(drops_out),
        20: counter32(errors_out),
    }


def _ifx_columns(device: Device, speed_bps: int) -> dict[int, bytes]:
    received, sent, octets_in, octets_out, *_, groups = device.counters
    return {
        1: text(device.name),
        2: counter32(groups),
        6: counter64(octets_in),
        7: counter64(received - groups),
        8: counter64(groups),
        10: counter64(octets_out),
        11: counter64(sent),
        14: integer(1),
        15: gauge32(speed_bps // _MEGA),
        17: integer(2 if device.is_loopback or device.kind == "bridge" else 1),
        18: text(device.alias),
        19: ticks(0),
    }


def _ip(snapshot: Snapshot) -> Iterator[Varbind]:
    yield (*_IP, 1, 0), integer(1 if snapshot.is_forwarding else 2)
    for own in snapshot.addresses:
        mask = IPv4Network((0, own.prefix_length)).netmask.packed
        for number, value in ((1, address(own.ip)), (2, integer(own.index)), (3, address(mask))):
            yield (*_IP, 20, 1, number, *own.ip), value
    yield from _routes(snapshot.routes)
    for one in snapshot.neighbours:
        index = (one.index, *one.ip)
        kind = integer(4 if one.is_permanent else 3)
        values = (integer(one.index), octets(one.mac), address(one.ip), kind)
        for number, value in enumerate(values, 1):
            yield (*_IP, 22, 1, number, *index), value


def _routes(routes: tuple[Route, ...]) -> Iterator[Varbind]:
    yield (*_IP, 24, 3, 0), gauge32(len(routes))
    for route in routes:
        mask = IPv4Network((0, route.prefix_length)).netmask.packed
        kind = _REMOTE if any(route.gateway) else _LOCAL
        columns = (
            *(address(route.destination), address(mask), integer(0), address(route.gateway)),
            *(integer(route.index), integer(kind), integer(_CONFIGURED)),
        )
        for number, value in enumerate(columns, 1):
            yield (*_IP, 24, 4, 1, number, *route.destination, *mask, 0, *route.gateway), value


def _bridge(snapshot: Snapshot, bridge: Device) -> Iterator[Varbind]:
    ports = {device.index: device for device in snapshot.devices if device.master == bridge.index}
    yield (*_BRIDGE, 1, 1, 0), octets(bridge.mac)
    yield (*_BRIDGE, 1, 2, 0), integer(len(ports))
    yield (*_BRIDGE, 1, 3, 0), integer(2)
    yield (*_BRIDGE, 4, 2, 0), integer(_AGEING_S)
    for device in ports.values():
        yield (*_BRIDGE, 1, 4, 1, 1, device.bridge_port), integer(device.bridge_port)
        yield (*_BRIDGE, 1, 4, 1, 2, device.bridge_port), integer(device.index)
    for one in snapshot.forwarding:
        if one.index in ports:
            port, status = integer(ports[one.index].bridge_port), integer(4 if one.is_own else 3)
            for number, value in enumerate((octets(one.mac), port, status), 1):
                yield (*_BRIDGE, 4, 3, 1, number, *one.mac), value


def _lldp(snapshot: Snapshot, identity: Identity) -> Iterator[Varbind]:
    ability = octets(bytes((ABILITY_ROUTER if identity.is_router else ABILITY_BRIDGE, 0)))
    chassis = chassis_of(snapshot.devices)
    for number, value in ((1, integer(CHASSIS_MAC)), (2, octets(chassis)), (3, text(identity.name)), (5, ability)):
        yield (*_LLDP_OWN, number, 0), value
    for device in snapshot.devices:
        if device.kind == "bridge" or device.is_loopback:
            continue
        local = device.bridge_port or device.index
        for number, value in ((2, integer(PORT_NAME)), (3, text(device.name)), (4, text(device.alias))):
            yield (*_LLDP_OWN_PORT, number, local), value
        heard = snapshot.announcements.get(device.index)
        if heard is not None and device.is_running:
            yield from _remote(local, heard)


def _remote(local: int, heard: Announcement) -> Iterator[Varbind]:
    ability = octets(bytes((heard.abilities, 0)))
    columns = {
        4: integer(heard.chassis_kind),
        5: octets(heard.chassis),
        6: integer(heard.port_kind),
        7: octets(heard.port),
        8: octets(b""),
        9: octets(heard.name),
        10: octets(heard.description),
        11: ability,
        12: ability,
    }
    for number, value in columns.items():
        yield (*_LLDP_REMOTE, number, 0, local, 1), value


def chassis_of(devices: tuple[Device, ...]) -> bytes:
    """Return by which address a machine is known: its bridge's, else that of its LAN."""
    by_rank = sorted(devices, key=lambda d: (d.kind != "bridge", d.name != "lan", d.is_loopback, d.index))
    return by_rank[0].mac if by_rank else b""
