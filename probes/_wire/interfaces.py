"""What this machine's own interfaces are: index, hardware address, IPv4 address, the routes that leave by them.

Source: netdevice(7); proc(5) for /proc/net/route; linux/if_arp.h for hardware types.
"""

from __future__ import annotations

import fcntl
import socket
import struct
import sys
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import NamedTuple

from probes.api import FailureKind, ProbeFailure

_GET_FLAGS, _GET_ADDRESS, _GET_HARDWARE = 0x8913, 0x8915, 0x8927
_REQUEST = struct.Struct("16s24x")
_UP = 0x1
_WITH_ETHERNET_FRAMES = frozenset({1, 772})
"""ARPHRD_ETHER, ARPHRD_LOOPBACK."""
ROUTES = Path("/proc/net/route")
_GATEWAY_FLAG = 0x2


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """One interface as it is now."""

    name: str
    index: int
    mac: bytes
    address: str
    """Its first IPv4 address, "" without one."""


def read_interface(name: str) -> Interface:
    """Return an interface that is up and carries Ethernet frames. Raises ProbeFailure(NO_ROUTE) for any other."""
    if not name or len(name) > 15 or not name.isascii():
        raise ProbeFailure(FailureKind.NO_ROUTE, f"{name[:40]!r} is no name of an interface, such as eth0")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            index = socket.if_nametoindex(name)
            flags = _ask(asking, _GET_FLAGS, name)
            hardware = _ask(asking, _GET_HARDWARE, name)
        except OSError as error:
            raise ProbeFailure(FailureKind.NO_ROUTE, f"this machine has no interface {name}") from error
        if not int.from_bytes(flags[:2], sys.byteorder) & _UP:
            raise ProbeFailure(FailureKind.NO_ROUTE, f"the interface {name} is down")
        if int.from_bytes(hardware[:2], sys.byteorder) not in _WITH_ETHERNET_FRAMES:
            raise ProbeFailure(FailureKind.NO_ROUTE, f"the interface {name} carries no Ethernet frames")
        return Interface(name=name, index=index, mac=hardware[2:8], address=_address(asking, name))


def _ask(asking: socket.socket, request: int, name: str) -> bytes:
    return fcntl.ioctl(asking, request, _REQUEST.pack(name.encode()))[16:]


def _address(asking: socket.socket, name: str) -> str:
    try:
        return socket.inet_ntoa(_ask(asking, _GET_ADDRESS, name)[4:8])
    except OSError:
        return ""


class Route(NamedTuple):
    """One line of the routing table; the gateway of a directly connected network is 0.0.0.0."""

    interface: str
    network: IPv4Network
    gateway: IPv4Address


def read_routes(path: Path = ROUTES) -> tuple[Route, ...]:
    """Return the main IPv4 routing table."""
    lines = path.read_text(encoding="ascii", errors="replace").splitlines()[1:]
    return tuple(_route(line.split()) for line in lines if len(line.split()) >= 8)


def _route(columns: list[str]) -> Route:
    destination, gateway, mask = (_in_host_order(columns[number]) for number in (1, 2, 7))
    return Route(columns[0], IPv4Network((int(destination), int(mask).bit_count())), gateway)


def _in_host_order(text: str) -> IPv4Address:
    return IPv4Address(int(text, 16).to_bytes(4, sys.byteorder))


def interface_to(network: IPv4Network, routes: tuple[Route, ...]) -> str:
    """Return the interface a network is directly connected to, "" when there is none."""
    direct = [route for route in routes if not int(route.gateway) and network.subnet_of(route.network)]
    found = max(direct, key=lambda route: route.network.prefixlen, default=None)
    return found.interface if found and found.network.prefixlen else ""


def gateway_of(interface: str, routes: tuple[Route, ...]) -> str:
    """Return the default gateway by an interface, "" when there is none."""
    found = (str(r.gateway) for r in routes if r.interface == interface and not r.network.prefixlen and int(r.gateway))
    return next(found, "")


def source_towards(address: str) -> str:
    """Return the IPv4 address this machine would send from, "" when it has none; sends nothing."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((address, 9))
            return str(probe.getsockname()[0])
    except OSError:
        return ""


def mac_text(mac: bytes) -> str:
    return mac.hex(":")
