"""A small DHCP server: DISCOVER is answered with an OFFER, REQUEST with an ACK, or a NAK for what is not ours to give.

Source: RFC 2131 (4.3: server behaviour), RFC 2132 (options).
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from bt_console.lab import kernel

DISCOVER, OFFER, REQUEST, ACK, NAK = 1, 2, 3, 5, 6
SERVER_PORT, CLIENT_PORT = 67, 68
LEASE_S = 3600
_BOOTP = struct.Struct("!BBBBIHH4s4s4s4s16s64s128s")
_COOKIE = b"\x63\x82\x53\x63"
_MASK, _ROUTER, _NAMES, _WANTED_IP, _LEASE, _KIND, _SERVER = 1, 3, 6, 50, 51, 53, 54
_PAD, _END = 0, 255
_LEAST_OCTETS = 300
_DATAGRAM_LIMIT = 2048
_BIND_TO_DEVICE = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a server hands out."""

    server: str
    router: str
    name_servers: tuple[str, ...]
    subnet: IPv4Network
    pool: tuple[str, ...]


class Leases:
    """Who has which address of a pool."""

    def __init__(self, offer: Offer) -> None:
        self._offer = offer
        self._taken: dict[bytes, str] = {}

    def answer(self, wire: bytes) -> bytes | None:
        """Return the reply to a message; None for what is no question to us."""
        asked = _read(wire)
        if asked is None:
            return None
        head, options = asked
        kind, mac = options.get(_KIND, b""), head[11][:6]
        if kind == bytes([DISCOVER]):
            address = self._address_of(mac)
            return _reply(head, OFFER, address, self._offer) if address else None
        if kind != bytes([REQUEST]) or options.get(_SERVER, self._server()) != self._server():
            return None
        wanted = options.get(_WANTED_IP) or head[7]
        address = self._address_of(mac)
        if address and wanted == IPv4Address(address).packed:
            return _reply(head, ACK, address, self._offer)
        return _reply(head, NAK, "0.0.0.0", self._offer)  # noqa: S104 - no address, not a listener

    def _server(self) -> bytes:
        return IPv4Address(self._offer.server).packed

    def _address_of(self, mac: bytes) -> str:
        if mac not in self._taken:
            free = [address for address in self._offer.pool if address not in self._taken.values()]
            if not free:
                return ""
            self._taken[mac] = free[0]
        return self._taken[mac]


class DhcpServer:
    """Leases behind a socket on one device."""

    def __init__(self, space_fd: int, device: str, offer: Offer) -> None:
        self._leases = Leases(offer)
        with kernel.inside(space_fd):
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, _BIND_TO_DEVICE, device.encode())
        self._socket.bind(("", SERVER_PORT))

    def fileno(self) -> int:
        """Readable when a message came."""
        return self._socket.fileno()

    def serve(self) -> None:
        """Answer what waits, by broadcast: the asker has no address yet."""
        while True:
            try:
                wire = self._socket.recv(_DATAGRAM_LIMIT)
                reply = self._leases.answer(wire)
                if reply is not None:
                    self._socket.sendto(reply, ("255.255.255.255", CLIENT_PORT))
            except OSError:
                return  # nothing more waits, or the cable is unplugged

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


def pool_of(subnet: IPv4Network, taken: Sequence[str], count: int = 50) -> tuple[str, ...]:
    """Return addresses of the second half of a subnet that nobody has."""
    hosts = [str(host) for host in subnet.hosts()] if subnet.num_addresses <= 1 << 16 else []
    return tuple(host for host in hosts[len(hosts) // 2 :] if host not in taken)[:count]


def _read(wire: bytes) -> tuple[tuple[bytes, ...], dict[int, bytes]] | None:
    if len(wire) < _BOOTP.size + 4 or wire[_BOOTP.size : _BOOTP.size + 4] != _COOKIE or wire[0] != 1:
        return None
    options: dict[int, bytes] = {}
    position = _BOOTP.size + 4
    while position < len(wire) and wire[position] != _END:
        if wire[position] == _PAD:
            position += 1
            continue
        size = wire[position + 1] if position + 1 < len(wire) else 0
        options.setdefault(wire[position], wire[position + 2 : position + 2 + size])
        position += 2 + size
    return _BOOTP.unpack_from(wire), options


def _reply(head: tuple[bytes, ...], kind: int, address: str, offer: Offer) -> bytes:
    nobody, server = bytes(4), IPv4Address(offer.server).packed
    fields = (2, 1, 6, 0, head[4], 0, head[6], nobody, IPv4Address(address).packed, server, head[10], head[11])
    options = [(_KIND, bytes([kind])), (_SERVER, server)]
    if kind != NAK:
        options += [
            (_LEASE, LEASE_S.to_bytes(4, "big")),
            (_MASK, offer.subnet.netmask.packed),
            (_ROUTER, IPv4Address(offer.router).packed),
            (_NAMES, b"".join(IPv4Address(one).packed for one in offer.name_servers)),
        ]
    written = b"".join(bytes([number, len(value)]) + value for number, value in options if value)
    return (_BOOTP.pack(*fields, b"", b"") + _COOKIE + written + bytes([_END])).ljust(_LEAST_OCTETS, b"\0")
