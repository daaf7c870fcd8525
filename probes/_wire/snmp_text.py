"""Turns what agents send into text for people: names, hardware addresses, object identifiers.

Source: RFC 2579 (DisplayString, MacAddress), RFC 4001 (InetAddress).
"""

from __future__ import annotations

from ipaddress import ip_address

from probes._wire.snmp_socket import Value
from probes.api import clean

MAC_OCTETS = 6


def text(value: Value, limit: int = 120) -> str:
    """Return one clean line; octets that are no UTF-8 are marked."""
    if value is None:
        return ""
    shown = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return clean(shown.strip("\x00 \r\n\t"), limit)


def number(value: Value, default: int = 0) -> int:
    """Return a whole number, the default for anything else an agent may send in its place."""
    return value if isinstance(value, int) else default


def hexadecimal(value: Value) -> str:
    """Return octets as `aa:bb:cc`, "" for anything else."""
    return value[:64].hex(":") if isinstance(value, bytes) else ""


def mac(value: Value) -> str:
    """Return a hardware address, "" for anything that is none."""
    return hexadecimal(value) if isinstance(value, bytes) and len(value) == MAC_OCTETS else ""


def octets_of(index: str) -> bytes | None:
    """Return the octets an index spells with dots, None when a part is no octet."""
    try:
        return bytes(int(part) for part in index.split("."))
    except ValueError:
        return None


def address_of(octets: bytes) -> str:
    """Return an IPv4 or IPv6 address of 4 or 16 octets, "" for others."""
    return str(ip_address(octets)) if len(octets) in (4, 16) else ""
