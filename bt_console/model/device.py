"""A machine on a LAN, known by its MAC, and what the register of approved devices says about it.

Source: IEEE 802-2014, 8.2 (bits of an address); notations as Linux, Windows, Cisco and HP print them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bt_console.model.inventory import UnitId

_SPELLINGS = tuple(
    re.compile(pattern)
    for pattern in (
        r"[0-9a-f]{1,2}(?:([:-])[0-9a-f]{1,2})(?:\1[0-9a-f]{1,2}){4}",
        r"[0-9a-f]{4}([.:-])[0-9a-f]{4}\1[0-9a-f]{4}",
        r"[0-9a-f]{6}[:-]?[0-9a-f]{6}",
    )
)
_GROUP_BIT, _LOCAL_BIT = 0x01, 0x02


class DeviceState(StrEnum):
    """How a device stands to the register. Part of the JSON contract."""

    APPROVED = "approved"
    """In the register for the unit it is in; also while nobody has seen it yet."""
    NEW = "new"
    """Seen, and not in the register."""
    MOVED = "moved"
    """Seen in one unit, in the register for another."""
    MISSING = "missing"
    """In the register, and not seen for a long time although its LAN was looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What is known of one MAC in one unit. The same MAC seen in two units is two devices."""

    mac: str
    """aa:bb:cc:dd:ee:ff"""
    unit_id: UnitId
    """Where it was seen; where it is approved, before anybody saw it."""
    state: DeviceState
    name: str = ""
    """The register's name for it."""
    address: str = ""
    """The IP address it last used."""
    port: str = ""
    """Switch and port it was last seen on."""
    vendor: str = ""
    """Who bought the first octets of its MAC; empty when nobody did, or the register of vendors does not say."""
    approved_unit_id: UnitId | None = None
    first_seen_at: datetime | None = None
    last_seen_at: datetime | None = None
    """None before it was seen the first time."""
    port_since: datetime | None = None
    missed_since: datetime | None = None
    """Since when every look at its LAN was without it."""


def read_mac(text: str) -> str | None:
    """Return aa:bb:cc:dd:ee:ff of a MAC in any usual notation, or None."""
    written = text.strip().lower()
    if not any(spelling.fullmatch(written) for spelling in _SPELLINGS):
        return None
    parts = re.split("[:-]", written)
    digits = "".join(part.zfill(2) for part in parts) if len(parts) == 6 else re.sub("[^0-9a-f]", "", written)
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def is_group(mac: str) -> bool:
    """Say whether a MAC is a group's or all zeros, which no device can have as its own."""
    return bool(int(mac[:2], 16) & _GROUP_BIT) or not mac.strip("0:")


def is_local(mac: str) -> bool:
    """Say whether somebody made a MAC up: a virtual machine, or a telephone that hides its own."""
    return bool(int(mac[:2], 16) & _LOCAL_BIT)
