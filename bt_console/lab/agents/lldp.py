"""LLDP frames: what a router and a switch tell the machine at the other end of a cable about themselves.

Source: IEEE 802.1AB-2016 (8: LLDPDU and mandatory TLVs; 8.5.8: capabilities, whose bits the MIB numbers from the left).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

GROUP = bytes.fromhex("0180c200000e")
ETHERTYPE = 0x88CC
TIME_TO_LIVE_S = 120
ANNOUNCE_S = 30.0
CHASSIS_MAC, PORT_NAME = 4, 5
ABILITY_BRIDGE, ABILITY_ROUTER = 0x20, 0x08
_END, _CHASSIS, _PORT, _LIVE, _NAME, _DESCRIPTION, _ABILITIES = 0, 1, 2, 3, 5, 6, 7
_HEADER_OCTETS = 14
_TEXT_OCTETS = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What one port's neighbour says."""

    chassis_kind: int
    chassis: bytes
    port_kind: int
    port: bytes
    name: bytes
    description: bytes
    abilities: int
    """As LLDP-MIB writes them: the first bit is the leftmost."""
    live_s: int = TIME_TO_LIVE_S


def build(sender: bytes, said: Announcement) -> bytes:
    """Return the frame of an announcement."""
    abilities = int(f"{said.abilities:08b}"[::-1], 2)
    parts = (
        (_CHASSIS, bytes((said.chassis_kind,)) + said.chassis),
        (_PORT, bytes((said.port_kind,)) + said.port),
        (_LIVE, struct.pack("!H", said.live_s)),
        (_NAME, said.name[:_TEXT_OCTETS]),
        (_DESCRIPTION, said.description[:_TEXT_OCTETS]),
        (_ABILITIES, struct.pack("!HH", abilities, abilities)),
        (_END, b""),
    )
    body = b"".join(struct.pack("!H", kind << 9 | len(value)) + value for kind, value in parts)
    return GROUP + sender + struct.pack("!H", ETHERTYPE) + body


def parse(frame: bytes) -> Announcement | None:
    """Return what a frame announces; None when it is damaged."""
    found: dict[int, bytes] = {}
    position = _HEADER_OCTETS
    while position + 2 <= len(frame):
        (head,) = struct.unpack_from("!H", frame, position)
        kind, size = head >> 9, head & 0x1FF
        value = frame[position + 2 : position + 2 + size]
        if len(value) < size:
            return None
        if kind == _END:
            break
        found.setdefault(kind, value)
        position += 2 + size
    return _announcement(found)


def _announcement(found: dict[int, bytes]) -> Announcement | None:
    chassis, port, live = (found.get(kind, b"") for kind in (_CHASSIS, _PORT, _LIVE))
    if len(chassis) < 2 or len(port) < 2 or len(live) != 2:
        return None
    abilities = found.get(_ABILITIES, b"")
    shown = int(f"{abilities[1]:08b}"[::-1], 2) if len(abilities) == 4 else 0
    return Announcement(
        chassis_kind=chassis[0],
        chassis=chassis[1:],
        port_kind=port[0],
        port=port[1:],
        name=found.get(_NAME, b""),
        description=found.get(_DESCRIPTION, b""),
        abilities=shown,
        live_s=struct.unpack("!H", live)[0],
    )
