"""Takes SNMP notifications of versions 1 and 2c apart.

Only what a trap is and which interface it names is read: the other values are skipped, which keeps a flood cheap.

Source: RFC 1157 (4.1.6 Trap-PDU), RFC 3416 (4.2.6 and 4.2.7), RFC 3584 (3.1: version 1 traps as notifications),
RFC 2863 (linkDown, linkUp).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from probes._wire.snmp_ber import (
    INTEGER,
    OCTETS,
    OID,
    BadMessage,
    read_integer,
    read_oid,
    read_sequence,
    span,
)

TRAP_V1, INFORM, RESPONSE, TRAP_V2 = 0xA4, 0xA6, 0xA2, 0xA7
VARBINDS_MAX = 128
TEXT_OCTETS_MAX = 120

_GENERIC = {1: "coldStart", 2: "warmStart", 3: "linkDown", 4: "linkUp", 5: "authenticationFailure"}
_TRAPS = b"\x2b\x06\x01\x06\x03\x01\x01\x05"
_TRAP_OID = b"\x2b\x06\x01\x06\x03\x01\x01\x04\x01\x00"
_IF_INDEX = b"\x2b\x06\x01\x02\x01\x02\x02\x01\x01"
_IF_DESCR = b"\x2b\x06\x01\x02\x01\x02\x02\x01\x02"
_IF_NAME = b"\x2b\x06\x01\x02\x01\x1f\x01\x01\x01\x01"
_IF_PREFIX = b"\x2b\x06\x01\x02\x01"


@dataclass(frozen=True, slots=True)
class Trap:
    """One notification."""

    version: str
    kind: str
    """`linkDown` and the like, or an object identifier with dots."""
    interface: bytes
    """Its name, its description, its index in decimal digits, or nothing; as the agent sent it."""
    community: bytes = field(repr=False)
    reply: bytes = field(default=b"", repr=False)
    """What an inform wants to hear; empty for a trap."""


def version_of(wire: bytes) -> int:
    """Return 0, 1 or 3, as messages number them. Raises BadMessage."""
    version, _ = read_integer(wire, read_sequence(wire, 0).start)
    if version not in (0, 1, 3):
        raise BadMessage("a version nobody knows")
    return version


def read_trap(wire: bytes) -> Trap:
    """Return a notification of version 1 or 2c. Raises BadMessage."""
    version, position = read_integer(wire, read_sequence(wire, 0).start)
    tag, start, position = span(wire, position)
    if tag != OCTETS or version not in (0, 1):
        raise BadMessage("no message with a community")
    community = wire[start:position]
    pdu, inner, _ = span(wire, position)
    if version == 0 and pdu == TRAP_V1:
        kind, interface = _first_version(wire, inner)
        return Trap("1", kind, interface, community)
    if version == 1 and pdu in (TRAP_V2, INFORM):
        kind, interface = _second_version(wire, inner)
        return Trap("2c", kind, interface, community, _answer(wire, position) if pdu == INFORM else b"")
    raise BadMessage("no notification")


def _answer(wire: bytes, position: int) -> bytes:
    """A response is the inform itself under another tag."""
    return wire[:position] + bytes((RESPONSE,)) + wire[position + 1 :]


def _first_version(wire: bytes, position: int) -> tuple[str, bytes]:
    tag, start, position = span(wire, position)
    if tag != OID:
        raise BadMessage("no enterprise where it belongs")
    enterprise = (start, position)
    _, _, position = span(wire, position)
    generic, position = read_integer(wire, position)
    specific, position = read_integer(wire, position)
    _, position = read_integer(wire, position)
    kind = _GENERIC.get(generic + 1)
    if kind is None:
        kind = f"{read_oid(wire, *enterprise)}.0.{specific}"
    _, interface = _varbinds(wire, position)
    return kind, interface


def _second_version(wire: bytes, position: int) -> tuple[str, bytes]:
    for _ in range(3):
        _, _, position = span(wire, position)
    kind, interface = _varbinds(wire, position)
    if not kind:
        raise BadMessage("a notification that does not say which")
    return kind, interface


def _varbinds(wire: bytes, position: int) -> tuple[str, bytes]:
    """Return the kind of notification and the interface that its values name."""
    tag, position, end = span(wire, position)
    if tag != 0x30:
        raise BadMessage("no values where they belong")
    kind, index, descr, name = "", b"", b"", b""
    for _ in range(VARBINDS_MAX):
        if position >= end:
            break
        _, start, after = span(wire, position)
        _, name_start, name_end = span(wire, start)
        prefix = wire[name_start:name_end]
        if prefix == _TRAP_OID:
            kind = _kind(wire, name_end)
        elif prefix.startswith(_IF_PREFIX):
            if prefix.startswith(_IF_INDEX):
                index = _decimal(wire, name_end)
            elif prefix.startswith(_IF_NAME):
                name = _octets(wire, name_end)
            elif prefix.startswith(_IF_DESCR):
                descr = _octets(wire, name_end)
        position = after
    return kind, name or descr or index


def _kind(wire: bytes, position: int) -> str:
    tag, start, end = span(wire, position)
    if tag != OID:
        raise BadMessage("something else where the kind of notification belongs")
    if end - start == len(_TRAPS) + 1 and wire.startswith(_TRAPS, start) and wire[end - 1] in _GENERIC:
        return _GENERIC[wire[end - 1]]
    return read_oid(wire, start, end)


def kind_name(dotted: str) -> str:
    """Return the name of one of the standard notifications, any other as it is."""
    stem, _, last = dotted.rpartition(".")
    known = _GENERIC.get(int(last), "") if stem == "1.3.6.1.6.3.1.1.5" else ""
    return known or dotted


def _decimal(wire: bytes, position: int) -> bytes:
    tag, start, end = span(wire, position)
    if tag != INTEGER or not 0 < end - start <= 5:
        return b""
    return b"%d" % int.from_bytes(wire[start:end], "big", signed=True)


def _octets(wire: bytes, position: int) -> bytes:
    tag, start, end = span(wire, position)
    return wire[start : min(end, start + TEXT_OCTETS_MAX)] if tag == OCTETS else b""
