"""ARP packets, bytes to values and back; what arrives is treated as hostile.

Source: RFC 826; RFC 5227 for probes, announcements and what a conflict is.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from probes._wire.packet_ring import Wanted

ETHERTYPE = 0x0806
REQUEST, REPLY = 1, 2
BROADCAST = b"\xff" * 6
_FRAME = struct.Struct("!6s6sHHHBBH6s4s6s4s")
_ETHERNET_IPV4 = (ETHERTYPE, 1, 0x0800, 6, 4)
_PAD = bytes(60 - _FRAME.size)
_GROUP_BIT = 0x01
NOBODY = bytes(4)

ALL_ARP = Wanted(
    ethertype=ETHERTYPE, program="4  40 0 0 12  21 0 1 2054  6 0 0 262144  6 0 0 0", slot_octets=256, slot_count=16_384
)
"""arp"""
REPLIES = Wanted(
    ethertype=ETHERTYPE,
    program="6  40 0 0 12  21 0 3 2054  40 0 0 20  21 0 1 2  6 0 0 262144  6 0 0 0",
    slot_octets=256,
    slot_count=4096,
)
"""arp[6:2] = 2"""


class Claim(NamedTuple):
    """What the sender of an ARP packet says of itself: addresses as they are on the wire."""

    operation: int
    ip: bytes
    """0.0.0.0 in a probe, which claims nothing."""
    mac: bytes
    wanted_ip: bytes
    frame_mac: bytes
    """The sender by the Ethernet header, which an honest machine's ARP repeats."""


def parse(frame: bytes) -> Claim | None:
    """Return what a frame claims, None unless it is ARP for IPv4 over Ethernet from a machine's own address."""
    if len(frame) < _FRAME.size:
        return None
    _, frame_mac, ethertype, *kind, operation, mac, ip, _, wanted = _FRAME.unpack_from(frame)
    if (ethertype, *kind) != _ETHERNET_IPV4 or operation not in (REQUEST, REPLY):
        return None
    if mac[0] & _GROUP_BIT or not any(mac):
        return None
    return Claim(operation, ip, mac, wanted, frame_mac)


def build_request(*, mac: bytes, ip: bytes, wanted: bytes) -> bytes:
    """Return a broadcast question who has an address, as a frame of the least length."""
    return _FRAME.pack(BROADCAST, mac, *_ETHERNET_IPV4, REQUEST, mac, ip, bytes(6), wanted) + _PAD
