"""Reads the few ASN.1 types SNMP messages are made of, from bytes nobody vouches for.

Source: ITU-T X.690 (BER, definite lengths only), RFC 3416 (application types), RFC 3417 (8: restrictions on BER).
"""

from __future__ import annotations

from typing import NamedTuple

INTEGER, OCTETS, NULL, OID, SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30
IP_ADDRESS, COUNTER32, GAUGE32, TIMETICKS, OPAQUE, COUNTER64 = 0x40, 0x41, 0x42, 0x43, 0x44, 0x46
_NUMBERS = frozenset({INTEGER, COUNTER32, GAUGE32, TIMETICKS, COUNTER64})
OID_OCTETS_MAX = 640
"""128 parts of at most five octets each (RFC 3416, 4.1)."""


class BadMessage(ValueError):
    """The bytes are no SNMP message; the text says what is wrong, never what they hold."""


class Tlv(NamedTuple):
    """Where one value lies in a message."""

    tag: int
    start: int
    end: int


def span(wire: bytes, position: int) -> tuple[int, int, int]:
    """Return tag, start and end of the value that starts here. Raises BadMessage when it does not fit."""
    try:
        size = wire[position + 1]
        start = position + 2
        if size & 0x80:
            octets = size & 0x7F
            if not 0 < octets <= 4:
                raise BadMessage("a length of a form that SNMP forbids")
            size = int.from_bytes(wire[start : start + octets], "big")
            start += octets
        end = start + size
        if end > len(wire):
            raise BadMessage("a value is cut short")
        return wire[position], start, end
    except IndexError:
        raise BadMessage("the message is cut short") from None


def read_tlv(wire: bytes, position: int) -> Tlv:
    """Return the value that starts here, its parts by name. Raises BadMessage when it does not fit."""
    return Tlv(*span(wire, position))


def read_sequence(wire: bytes, position: int) -> Tlv:
    """Return a sequence. Raises BadMessage."""
    found = read_tlv(wire, position)
    if found.tag != SEQUENCE:
        raise BadMessage("something else where a sequence belongs")
    return found


def read_integer(wire: bytes, position: int) -> tuple[int, int]:
    """Return a number of any of SNMP's number types and the position after it. Raises BadMessage."""
    tag, start, end = span(wire, position)
    if tag not in _NUMBERS or not 0 < end - start <= 9:
        raise BadMessage("something else where a number belongs")
    return int.from_bytes(wire[start:end], "big", signed=tag == INTEGER), end


def read_oid(wire: bytes, start: int, end: int) -> str:
    """Return an object identifier with dots. Raises BadMessage."""
    if not 0 < end - start <= OID_OCTETS_MAX:
        raise BadMessage("an object identifier of an impossible length")
    first = wire[start]
    parts = [min(first // 40, 2), first - 40 * min(first // 40, 2)]
    part = 0
    for octet in wire[start + 1 : end]:
        part = part << 7 | octet & 0x7F
        if not octet & 0x80:
            parts.append(part)
            part = 0
    if part or wire[end - 1] & 0x80:
        raise BadMessage("an object identifier is cut short")
    return ".".join(map(str, parts))
