"""Reads what a switch or router knows of the machines near it: ARP, the bridge's forwarding table, LLDP.

Source: RFC 4293 (ipNetToPhysicalTable, ipNetToMediaTable), RFC 4188 (BRIDGE-MIB), RFC 4363 (Q-BRIDGE-MIB),
IEEE 802.1AB (LLDP-MIB), RFC 2863 (ifName).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from probes._wire.snmp_session import Session
from probes._wire.snmp_socket import Value
from probes._wire.snmp_text import address_of, hexadecimal, mac, number, octets_of, text
from probes.api import clean

WALK_MAX = 8192
"""Entries of one table that are read at all."""

_IF_NAME, _IF_DESCR = "1.3.6.1.2.1.31.1.1.1.1", "1.3.6.1.2.1.2.2.1.2"
_ARP_NEW, _ARP_OLD = "1.3.6.1.2.1.4.35.1.4", "1.3.6.1.2.1.4.22.1.2"
_ARP_NEW_TYPE, _ARP_OLD_TYPE = "1.3.6.1.2.1.4.35.1.6", "1.3.6.1.2.1.4.22.1.4"
_BASE_PORT, _FDB, _FDB_STATUS = "1.3.6.1.2.1.17.1.4.1.2", "1.3.6.1.2.1.17.4.3.1.2", "1.3.6.1.2.1.17.4.3.1.3"
_Q_FDB, _Q_STATUS = "1.3.6.1.2.1.17.7.1.2.2.1.2", "1.3.6.1.2.1.17.7.1.2.2.1.3"
_VLAN_FDB = "1.3.6.1.2.1.17.7.1.4.2.1.3"
_LLDP = "1.0.8802.1.1.2.1.4.1.1."
_LLDP_CHASSIS_KIND, _LLDP_CHASSIS, _LLDP_PORT_KIND = _LLDP + "4", _LLDP + "5", _LLDP + "6"
_LLDP_PORT, _LLDP_NAME, _LLDP_ABILITIES = _LLDP + "7", _LLDP + "9", _LLDP + "12"
_LLDP_OWN_KIND, _LLDP_OWN_PORT = "1.0.8802.1.1.2.1.3.7.1.2", "1.0.8802.1.1.2.1.3.7.1.3"

_INVALID, _SELF = 2, 4
_CHASSIS_MAC, _CHASSIS_NETWORK = 4, 5
_PORT_MAC, _PORT_NAME = 3, 5
_REPEATER, _BRIDGE, _ACCESS_POINT, _ROUTER, _TELEPHONE = 0x40, 0x20, 0x10, 0x08, 0x04
_FORWARDS = _REPEATER | _BRIDGE | _ACCESS_POINT | _ROUTER


@dataclass(frozen=True, slots=True)
class Forwarding:
    """One hardware address behind one port."""

    mac: str
    vlan: int
    """0 when the table does not say."""
    port: str


@dataclass(frozen=True, slots=True)
class Binding:
    """One hardware address that answers for one network address."""

    mac: str
    ip: str
    port: str
    """The interface towards it."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One device that said its name by LLDP."""

    port: str
    """Ours."""
    name: str
    chassis: str
    remote_port: str
    is_forwarding: bool
    """A switch, a router or an access point; a telephone with a switch in it is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LanTables:
    """Everything one agent knows of its neighbourhood."""

    forwarding: tuple[Forwarding, ...]
    bindings: tuple[Binding, ...]
    neighbours: tuple[Neighbour, ...]


async def read_lan_tables(session: Session) -> LanTables:
    """Read all tables the agent has; one that it lacks is empty."""
    names = await session.column(_IF_NAME, WALK_MAX) or await session.column(_IF_DESCR, WALK_MAX)
    ports = {index: text(name) or index for index, name in names.items()}
    base = await session.column(_BASE_PORT, WALK_MAX)
    bridge = {port: ports.get(str(number(index)), f"ifIndex {number(index)}") for port, index in base.items()}
    return LanTables(
        bindings=await _read_bindings(session, ports),
        forwarding=await _read_forwarding(session, bridge),
        neighbours=await _read_neighbours(session, ports, bridge),
    )


async def _read_bindings(session: Session, ports: Mapping[str, str]) -> tuple[Binding, ...]:
    for column, type_column, read in ((_ARP_NEW, _ARP_NEW_TYPE, _new_index), (_ARP_OLD, _ARP_OLD_TYPE, _old_index)):
        found = await session.column(column, WALK_MAX)
        if not found:
            continue
        types = await session.column(type_column, WALK_MAX)
        bindings = []
        for index, value in found.items():
            interface, ip = read(index)
            if mac(value) and ip and number(types.get(index)) != _INVALID:
                bindings.append(Binding(mac(value), ip, ports.get(interface, interface)))
        return tuple(bindings)
    return ()


def _new_index(index: str) -> tuple[str, str]:
    """ifIndex, kind of address, its length, its octets."""
    interface, _, rest = index.partition(".")
    octets = octets_of(rest)
    is_whole = octets is not None and len(octets) > 2 and octets[1] == len(octets) - 2
    return interface, address_of(octets[2:]) if octets is not None and is_whole else ""


def _old_index(index: str) -> tuple[str, str]:
    interface, _, rest = index.partition(".")
    octets = octets_of(rest)
    return interface, address_of(octets) if octets is not None and len(octets) == 4 else ""


async def _read_forwarding(session: Session, bridge: Mapping[str, str]) -> tuple[Forwarding, ...]:
    found = await session.column(_Q_FDB, WALK_MAX)
    if found:
        status = await session.column(_Q_STATUS, WALK_MAX)
        vlans = _vlans(await session.column(_VLAN_FDB, WALK_MAX))
        return _forwarding(found, status, bridge, vlans)
    found = await session.column(_FDB, WALK_MAX)
    status = await session.column(_FDB_STATUS, WALK_MAX) if found else {}
    return _forwarding({f"0.{index}": port for index, port in found.items()}, _below_zero(status), bridge, {})


def _below_zero(status: Mapping[str, Value]) -> dict[str, Value]:
    return {f"0.{index}": value for index, value in status.items()}


def _vlans(found: Mapping[str, Value]) -> dict[int, int]:
    """Return the VLAN of each filtering database; where several VLANs share one, the lowest."""
    vlans: dict[int, int] = {}
    for index, database in found.items():
        vlan = int(index.rpartition(".")[2])
        vlans[number(database)] = min(vlan, vlans.get(number(database), vlan))
    return vlans


def _forwarding(
    found: Mapping[str, Value], status: Mapping[str, Value], bridge: Mapping[str, str], vlans: Mapping[int, int]
) -> tuple[Forwarding, ...]:
    rows = []
    for index, port in found.items():
        database, _, rest = index.partition(".")
        address = mac(octets_of(rest))
        # Port 0 means that the address was seen and its port forgotten.
        if not address or not number(port) or number(status.get(index)) in (_INVALID, _SELF):
            continue
        vlan = vlans.get(int(database), int(database))
        rows.append(Forwarding(address, vlan, bridge.get(str(number(port)), f"port {number(port)}")))
    return tuple(rows)


async def _read_neighbours(
    session: Session, ports: Mapping[str, str], bridge: Mapping[str, str]
) -> tuple[Neighbour, ...]:
    chassis = await session.column(_LLDP_CHASSIS, WALK_MAX)
    if not chassis:
        return ()
    rest = (_LLDP_CHASSIS_KIND, _LLDP_PORT_KIND, _LLDP_PORT, _LLDP_NAME, _LLDP_ABILITIES)
    columns = await session.columns((*rest, _LLDP_OWN_KIND, _LLDP_OWN_PORT), WALK_MAX)
    own = _own_ports(columns[_LLDP_OWN_KIND], columns[_LLDP_OWN_PORT])
    neighbours = []
    for index, value in chassis.items():
        local = index.split(".")[1] if index.count(".") >= 2 else index
        neighbours.append(
            Neighbour(
                own.get(local) or bridge.get(local) or ports.get(local) or f"port {local}",
                text(columns[_LLDP_NAME].get(index)),
                _chassis(number(columns[_LLDP_CHASSIS_KIND].get(index)), value),
                _port(number(columns[_LLDP_PORT_KIND].get(index)), columns[_LLDP_PORT].get(index)),
                _is_forwarding(columns[_LLDP_ABILITIES].get(index)),
            )
        )
    return tuple(neighbours)


def _own_ports(kinds: Mapping[str, Value], names: Mapping[str, Value]) -> dict[str, str]:
    """Return the ports that LLDP itself calls by the interface's name."""
    return {index: text(name) for index, name in names.items() if number(kinds.get(index)) == _PORT_NAME}


def _chassis(kind: int, value: Value) -> str:
    if kind == _CHASSIS_MAC:
        return mac(value) or hexadecimal(value)
    if kind == _CHASSIS_NETWORK and isinstance(value, bytes):
        return address_of(value[1:]) or hexadecimal(value)
    return text(value)


def _port(kind: int, value: Value) -> str:
    return clean(mac(value) or hexadecimal(value)) if kind == _PORT_MAC else text(value)


def _is_forwarding(abilities: Value) -> bool:
    """A neighbour that does not say what it can do counts as a switch."""
    if not isinstance(abilities, bytes) or not abilities:
        return True
    return bool(abilities[0] & _FORWARDS) and not abilities[0] & _TELEPHONE
