"""Writes SNMP messages, and reads the requests agents get; what is no request raises BadMessage.

Source: ITU-T X.690 (BER), RFC 3416 (PDUs), RFC 3417 (8: restrictions on BER).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from probes._wire.snmp_ber import (
    COUNTER32,
    COUNTER64,
    GAUGE32,
    INTEGER,
    IP_ADDRESS,
    NULL,
    OCTETS,
    OID,
    SEQUENCE,
    TIMETICKS,
    BadMessage,
    read_integer,
    read_oid,
    read_sequence,
    read_tlv,
)

GET, GET_NEXT, RESPONSE, SET, GET_BULK, TRAP = 0xA0, 0xA1, 0xA2, 0xA3, 0xA5, 0xA7
NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_VIEW = b"\x80\x00", b"\x81\x00", b"\x82\x00"
EMPTY = bytes((NULL, 0))
_VERSION_2C = 1
_VARBINDS_MAX = 128

Oid = tuple[int, ...]
Varbind = tuple[Oid, bytes]
"""A name and its value, written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request."""

    community: bytes = field(default=b"", repr=False)
    """Empty in version 3, which has users."""
    kind: int
    id: int
    first: int
    """GETBULK: how many names are asked for once; otherwise without meaning."""
    second: int
    """GETBULK: how many values of the others are wanted."""
    names: tuple[Oid, ...]


def tlv(tag: int, value: bytes) -> bytes:
    """Write one value."""
    size = len(value)
    if size < 0x80:
        return bytes((tag, size)) + value
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + value


def integer(number: int) -> bytes:
    """Write a signed number."""
    return tlv(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True))


def _unsigned(tag: int, number: int) -> bytes:
    return tlv(tag, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def counter32(number: int) -> bytes:
    """Write a count that wraps."""
    return _unsigned(COUNTER32, number & 0xFFFFFFFF)


def counter64(number: int) -> bytes:
    """Write a count of 64 bits."""
    return _unsigned(COUNTER64, number & 0xFFFFFFFFFFFFFFFF)


def gauge32(number: int) -> bytes:
    """Write an amount; what does not fit is the largest."""
    return _unsigned(GAUGE32, min(number, 0xFFFFFFFF))


def ticks(number: int) -> bytes:
    """Write hundredths of a second."""
    return _unsigned(TIMETICKS, number & 0xFFFFFFFF)


def octets(value: bytes) -> bytes:
    """Write octets."""
    return tlv(OCTETS, value)


def text(value: str) -> bytes:
    """Write a text."""
    return tlv(OCTETS, value.encode())


def address(ip: bytes) -> bytes:
    """Write an IPv4 address."""
    return tlv(IP_ADDRESS, ip)


@lru_cache(maxsize=8192)
def oid(name: Oid) -> bytes:
    """Write an object identifier."""
    first, second, *rest = name
    return tlv(OID, b"".join(_part(part) for part in (first * 40 + second, *rest)))


def _part(part: int) -> bytes:
    found = [part & 0x7F]
    while part := part >> 7:
        found.append(part & 0x7F | 0x80)
    return bytes(reversed(found))


def pdu(kind: int, request_id: int, varbinds: Iterable[Varbind], error: tuple[int, int]) -> bytes:
    """Write what is asked or said; `error` is a status and the position of the name at fault."""
    binds = b"".join(tlv(SEQUENCE, oid(name) + value) for name, value in varbinds)
    head = integer(request_id) + integer(error[0]) + integer(error[1])
    return tlv(kind, head + tlv(SEQUENCE, binds))


def enveloped(community: bytes, content: bytes) -> bytes:
    """Write a message of version 2c around a PDU."""
    return tlv(SEQUENCE, integer(_VERSION_2C) + octets(community) + content)


def message(community: bytes, kind: int, request_id: int, varbinds: Iterable[Varbind], error: tuple[int, int]) -> bytes:
    """Write a message of version 2c."""
    return enveloped(community, pdu(kind, request_id, varbinds, error))


def read_request(wire: bytes) -> Request:
    """Read a request of version 2c. Raises BadMessage."""
    version, position = read_integer(wire, read_sequence(wire, 0).start)
    tag, start, position = read_tlv(wire, position)
    if version != _VERSION_2C or tag != OCTETS:
        raise BadMessage("no message of version 2c")
    return read_pdu(wire, position, wire[start:position])


def read_pdu(wire: bytes, position: int, community: bytes = b"") -> Request:
    """Read the request that starts here. Raises BadMessage."""
    found = read_tlv(wire, position)
    if found.tag not in (GET, GET_NEXT, GET_BULK, SET):
        raise BadMessage("no request")
    request_id, after = read_integer(wire, found.start)
    first, after = read_integer(wire, after)
    second, after = read_integer(wire, after)
    return Request(
        community=community,
        kind=found.tag,
        id=request_id,
        first=max(0, first),
        second=max(0, second),
        names=_names(wire, after),
    )


def _names(wire: bytes, position: int) -> tuple[Oid, ...]:
    binds = read_sequence(wire, position)
    found: list[Oid] = []
    position = binds.start
    while position < binds.end:
        bind = read_sequence(wire, position)
        name = read_tlv(wire, bind.start)
        if name.tag != OID or len(found) == _VARBINDS_MAX:
            raise BadMessage("no list of names")
        found.append(tuple(map(int, read_oid(wire, name.start, name.end).split("."))))
        position = bind.end
    return tuple(found)
