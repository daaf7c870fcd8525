"""Reads devices, addresses, neighbours, routes and forwarding tables of one network namespace from the kernel.

pyroute2 builds the lab, but takes 10 ms to take the messages of eleven devices apart, and a quarter of a second to be
imported; an agent that is walked column by column needs them in a fraction of a millisecond.

Source: rtnetlink(7), linux/if_link.h, linux/neighbour.h, linux/if_addr.h, linux/if_bridge.h, linux/fib_rules.h.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from bt_console.lab import kernel

_RECEIVE_OCTETS = 1 << 16
_DUMP = 0x301
_DONE, _ERROR = 3, 2
_NEW_LINK, _GET_LINK, _GET_ADDRESS, _GET_ROUTE, _GET_NEIGHBOUR, _GET_RULE = 16, 18, 22, 26, 30, 34
_GROUP_LINK = 1
_AF_BRIDGE = 7
_IFLA_ADDRESS, _IFLA_NAME, _IFLA_MTU, _IFLA_MASTER = 1, 3, 4, 10
_IFLA_LINKINFO, _IFLA_ALIAS, _IFLA_STATS64 = 18, 20, 23
_INFO_KIND, _INFO_SLAVE_DATA, _BRIDGE_PORT_NUMBER = 1, 5, 18
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_NDA_DESTINATION, _NDA_MAC = 1, 2
_RTA_DESTINATION, _RTA_DEVICE, _RTA_GATEWAY = 1, 4, 5
_FRA_DEVICE, _FRA_PRIORITY = 3, 6
_MAIN_TABLE, _UNICAST = 254, 1
_TO_TABLE, _REFUSALS = 1, (6, 7, 8)
"""What a rule does: look into a table; drop silently, call unreachable, call prohibited."""
_NUD_INCOMPLETE, _NUD_FAILED, _NUD_NOARP, _NUD_PERMANENT = 0x01, 0x20, 0x40, 0x80
_NTF_SELF = 0x02
_UP, _LOOPBACK, _RUNNING = 0x1, 0x8, 0x40
_TYPE_MASK = 0x3FFF
_HEADER = struct.Struct("=IHHII")
_LINK = struct.Struct("=BxHiII")
_ADDRESS = struct.Struct("=BBBBI")
_NEIGHBOUR = struct.Struct("=BxxxiHBB")
_ROUTE = struct.Struct("=8BI")
"""Of a rule too: only the names of some fields differ."""
_ATTRIBUTE = struct.Struct("=HH")
_COUNTERS = struct.Struct("=9Q")


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One network device."""

    index: int
    name: str
    mac: bytes
    mtu: int
    kind: str
    """`veth`, `bridge`, or empty."""
    alias: str
    is_loopback: bool
    is_up: bool
    """As its administrator wants it."""
    is_running: bool
    """It has a carrier too."""
    master: int
    bridge_port: int
    """Number of the port in its bridge; 0: none."""
    counters: tuple[int, ...]
    """Received and sent packets, received and sent octets, errors and drops likewise, received multicasts."""


@dataclass(frozen=True, slots=True)
class Address:
    """One address of a device."""

    index: int
    ip: bytes
    prefix_length: int


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Somebody a device resolved by ARP."""

    index: int
    ip: bytes
    mac: bytes
    is_permanent: bool


@dataclass(frozen=True, slots=True)
class Forwarding:
    """Behind which device of a bridge a hardware address is."""

    index: int
    mac: bytes
    is_own: bool


@dataclass(frozen=True, slots=True)
class Route:
    """One way of the main table."""

    index: int
    destination: bytes
    prefix_length: int
    gateway: bytes
    """Zeroes: the destination is at the device itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Which table is looked into for what."""

    priority: int
    device: str
    """Only what comes in there; empty: everything."""
    is_narrow: bool
    """Only some sources or destinations."""
    is_to_main: bool
    is_refusal: bool


class Netlink:
    """A conversation with the kernel about one namespace."""

    def __init__(self, space_fd: int) -> None:
        with kernel.inside(space_fd):
            self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
            self.events = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE)
        self._socket.bind((0, 0))
        self.events.bind((0, _GROUP_LINK))
        self._socket.settimeout(5.0)

    def devices(self) -> tuple[Device, ...]:
        """Return every device."""
        asked = _LINK.pack(0, 0, 0, 0, 0)
        return tuple(_device(body) for body in self._dump(_GET_LINK, asked))

    def addresses(self) -> tuple[Address, ...]:
        """Return every IPv4 address."""
        asked = _ADDRESS.pack(socket.AF_INET, 0, 0, 0, 0)
        return tuple(_address(body) for body in self._dump(_GET_ADDRESS, asked))

    def neighbours(self) -> tuple[Neighbour, ...]:
        """Return whom the namespace resolved."""
        asked = _NEIGHBOUR.pack(socket.AF_INET, 0, 0, 0, 0)
        found = (_neighbour(body) for body in self._dump(_GET_NEIGHBOUR, asked))
        return tuple(one for one in found if one is not None)

    def forwarding(self) -> tuple[Forwarding, ...]:
        """Return what the bridges of the namespace learned, and the addresses of their own ports."""
        asked = _NEIGHBOUR.pack(_AF_BRIDGE, 0, 0, 0, 0)
        found = (_forwarding(body) for body in self._dump(_GET_NEIGHBOUR, asked))
        return tuple(one for one in found if one is not None)

    def routes(self) -> tuple[Route, ...]:
        """Return the ways of the main table."""
        asked = _ROUTE.pack(socket.AF_INET, 0, 0, 0, 0, 0, 0, 0, 0)
        found = (_route(body) for body in self._dump(_GET_ROUTE, asked))
        return tuple(one for one in found if one is not None)

    def rules(self) -> tuple[Rule, ...]:
        """Return the rules that come before the tables."""
        asked = _ROUTE.pack(socket.AF_INET, 0, 0, 0, 0, 0, 0, 0, 0)
        return tuple(_rule(body) for body in self._dump(_GET_RULE, asked))

    def changed(self) -> tuple[Device, ...]:
        """Return the devices the kernel told about since the last call, oldest first."""
        found: list[Device] = []
        while True:
            try:
                wire = self.events.recv(_RECEIVE_OCTETS)
            except BlockingIOError:
                return tuple(found)
            except OSError:
                return self.devices()  # more happened than fits into the queue: look instead
            # The bridge tells about its ports too, in messages of its own family and without a device's counters.
            found += [_device(body) for kind, body in _messages(wire) if kind == _NEW_LINK and body[0] != _AF_BRIDGE]

    def close(self) -> None:
        """Close both sockets."""
        self._socket.close()
        self.events.close()

    def _dump(self, kind: int, asked: bytes) -> Iterator[bytes]:
        self._socket.send(_HEADER.pack(_HEADER.size + len(asked), kind, _DUMP, 0, 0) + asked)
        while True:
            for answer, body in _messages(self._socket.recv(_RECEIVE_OCTETS)):
                if answer in (_DONE, _ERROR):
                    return
                yield body


def _messages(wire: bytes) -> Iterator[tuple[int, bytes]]:
    position = 0
    while position + _HEADER.size <= len(wire):
        size, kind, *_ = _HEADER.unpack_from(wire, position)
        yield kind, wire[position + _HEADER.size : position + size]
        position += max(size + 3 & ~3, _HEADER.size)


def _attributes(wire: bytes, position: int) -> dict[int, bytes]:
    found = {}
    while position + _ATTRIBUTE.size <= len(wire):
        size, kind = _ATTRIBUTE.unpack_from(wire, position)
        if size < _ATTRIBUTE.size:
            break
        found[kind & _TYPE_MASK] = wire[position + _ATTRIBUTE.size : position + size]
        position += size + 3 & ~3
    return found


def _text(wire: bytes) -> str:
    return wire.rstrip(b"\0").decode(errors="replace")


def _number(wire: bytes) -> int:
    return int.from_bytes(wire, "little" if struct.pack("=H", 1)[0] else "big")


def _device(body: bytes) -> Device:
    _, _, index, flags, _ = _LINK.unpack_from(body)
    known = _attributes(body, _LINK.size)
    info = _attributes(known.get(_IFLA_LINKINFO, b""), 0)
    port = _attributes(info.get(_INFO_SLAVE_DATA, b""), 0)
    counters = known.get(_IFLA_STATS64, b"")
    return Device(
        index=index,
        name=_text(known.get(_IFLA_NAME, b"")),
        mac=known.get(_IFLA_ADDRESS, b""),
        mtu=_number(known.get(_IFLA_MTU, b"")),
        kind=_text(info.get(_INFO_KIND, b"")),
        alias=_text(known.get(_IFLA_ALIAS, b"")),
        is_loopback=bool(flags & _LOOPBACK),
        is_up=bool(flags & _UP),
        is_running=bool(flags & _UP and flags & _RUNNING),
        master=_number(known.get(_IFLA_MASTER, b"")),
        bridge_port=_number(port.get(_BRIDGE_PORT_NUMBER, b"")),
        counters=_COUNTERS.unpack_from(counters) if len(counters) >= _COUNTERS.size else (0,) * 9,
    )


def _address(body: bytes) -> Address:
    _, prefix_length, _, _, index = _ADDRESS.unpack_from(body)
    known = _attributes(body, _ADDRESS.size)
    return Address(index, known.get(_IFA_LOCAL) or known.get(_IFA_ADDRESS, b""), prefix_length)


def _neighbour(body: bytes) -> Neighbour | None:
    _, index, state, _, _ = _NEIGHBOUR.unpack_from(body)
    known = _attributes(body, _NEIGHBOUR.size)
    ip, mac = known.get(_NDA_DESTINATION, b""), known.get(_NDA_MAC, b"")
    if state & (_NUD_INCOMPLETE | _NUD_FAILED | _NUD_NOARP) or len(ip) != 4 or len(mac) != 6:
        return None
    return Neighbour(index, ip, mac, bool(state & _NUD_PERMANENT))


def _forwarding(body: bytes) -> Forwarding | None:
    _, index, state, flags, _ = _NEIGHBOUR.unpack_from(body)
    mac = _attributes(body, _NEIGHBOUR.size).get(_NDA_MAC, b"")
    if flags & _NTF_SELF or len(mac) != 6 or mac[0] & 1:
        return None  # what a device filters for itself, or a group
    return Forwarding(index, mac, bool(state & _NUD_PERMANENT))


def _route(body: bytes) -> Route | None:
    _, prefix_length, _, _, table, _, _, kind, _ = _ROUTE.unpack_from(body)
    known = _attributes(body, _ROUTE.size)
    if table != _MAIN_TABLE or kind != _UNICAST:
        return None
    destination, gateway = known.get(_RTA_DESTINATION, bytes(4)), known.get(_RTA_GATEWAY, bytes(4))
    return Route(_number(known.get(_RTA_DEVICE, b"")), destination, prefix_length, gateway)


def _rule(body: bytes) -> Rule:
    _, to_length, from_length, _, table, _, _, action, _ = _ROUTE.unpack_from(body)
    known = _attributes(body, _ROUTE.size)
    return Rule(
        priority=_number(known.get(_FRA_PRIORITY, b"")),
        device=_text(known.get(_FRA_DEVICE, b"")),
        is_narrow=bool(to_length or from_length),
        is_to_main=action == _TO_TABLE and table == _MAIN_TABLE,
        is_refusal=action in _REFUSALS,
    )
