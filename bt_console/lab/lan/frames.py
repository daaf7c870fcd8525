"""Ethernet frames of ARP, written and read.

Source: RFC 826; RFC 5227 (announcements).
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address

from bt_console.lab import kernel

BROADCAST = b"\xff" * 6
ARP = 0x0806
REQUEST, REPLY = 1, 2
_ETHERNET = struct.Struct("!6s6sH")
_ARP = struct.Struct("!HHBBH6s4s6s4s")
_FRAME_LIMIT = 2048


@dataclass(frozen=True, slots=True)
class Arp:
    """One packet."""

    kind: int
    mac: bytes
    ip: bytes
    target_mac: bytes
    target_ip: bytes


def build(to: bytes, packet: Arp) -> bytes:
    """Return the frame of a packet."""
    body = _ARP.pack(1, 0x0800, 6, 4, packet.kind, packet.mac, packet.ip, packet.target_mac, packet.target_ip)
    return _ETHERNET.pack(to, packet.mac, ARP) + body


def claim(mac: bytes, address: str) -> bytes:
    """Return the frame that tells everybody whose an address is."""
    ip = IPv4Address(address).packed
    return build(BROADCAST, Arp(REPLY, mac, ip, mac, ip))


def question(mac: bytes, own: str, wanted: str) -> bytes:
    """Return the frame that asks everybody for the owner of an address."""
    ips = [IPv4Address(address).packed for address in (own, wanted)]
    return build(BROADCAST, Arp(REQUEST, mac, ips[0], bytes(6), ips[1]))


def parse(frame: bytes) -> Arp | None:
    """Return the packet of a frame; None for what is none."""
    if len(frame) < _ETHERNET.size + _ARP.size or int.from_bytes(frame[12:14], "big") != ARP:
        return None
    _, _, _, _, kind, mac, ip, target_mac, target_ip = _ARP.unpack_from(frame, _ETHERNET.size)
    return Arp(kind, mac, ip, target_mac, target_ip)


class Tap:
    """ARP on one device of a namespace, raw."""

    def __init__(self, space_fd: int, device: str) -> None:
        with kernel.inside(space_fd):
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
            self._socket.bind((device, ARP))
        self.mac: bytes = self._socket.getsockname()[4]

    def fileno(self) -> int:
        """Readable when a frame came."""
        return self._socket.fileno()

    def send(self, frame: bytes) -> None:
        """Send a frame, if the cable is plugged in."""
        try:
            self._socket.send(frame)
        except OSError:
            return

    def heard(self) -> Iterator[Arp]:
        """Return what others sent since the last call."""
        while True:
            try:
                frame, sender = self._socket.recvfrom(_FRAME_LIMIT)
            except (BlockingIOError, OSError):
                return
            packet = parse(frame) if sender[2] != socket.PACKET_OUTGOING else None
            if packet is not None:
                yield packet

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
