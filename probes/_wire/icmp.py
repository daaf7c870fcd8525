"""ICMP echo messages, bytes to values and back, for IPv4 and IPv6; what arrives is treated as hostile.

Source: RFC 792, RFC 1071 (checksum), RFC 1812 5.2.7.1 (codes 9, 10, 13), RFC 4443.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from typing import NamedTuple

from probes.api import FailureKind

HEADER = struct.Struct("!BBHHH")
"""Type, code, checksum, identifier, sequence."""
_REQUEST = struct.Struct("!BBHHH8sI")
"""The header, then the start of every payload: the sender's nonce and the packet's serial number."""
TAG_OCTETS = _REQUEST.size - HEADER.size
_PLAIN_REPLY = struct.Struct("!B5xHBB10xBBHHH")
"""An IPv4 header without options and the ICMP header: version and length, fragment, time to live, protocol, HEADER."""
PAYLOAD_MIN_OCTETS = 16
PAYLOAD_MAX_OCTETS = 1472
"""The most that fits an Ethernet frame without fragments."""
FILLER = bytes(octet & 0xFF for octet in range(PAYLOAD_MAX_OCTETS))

_IPV4_MIN_OCTETS = 20
_IPV6_OCTETS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What differs between ICMP for IPv4 and for IPv6."""

    family: socket.AddressFamily
    protocol: int
    request: int
    reply: int
    unreachable: int
    time_exceeded: int
    errors: frozenset[int]


V4 = Dialect(
    family=socket.AF_INET,
    protocol=socket.IPPROTO_ICMP,
    request=8,
    reply=0,
    unreachable=3,
    time_exceeded=11,
    errors=frozenset({3, 11, 12}),
)
V6 = Dialect(
    family=socket.AF_INET6,
    protocol=socket.IPPROTO_ICMPV6,
    request=128,
    reply=129,
    unreachable=1,
    time_exceeded=3,
    errors=frozenset({1, 2, 3, 4}),
)


class Echo(NamedTuple):
    """An echo reply. `ttl` is 0 where the bytes do not carry it."""

    identifier: int
    sequence: int
    ttl: int
    payload: bytes


class Complaint(NamedTuple):
    """An ICMP error about one of our requests; the destination is that of the quoted request."""

    kind: int
    code: int
    identifier: int
    sequence: int
    destination: str


def checksum(message: bytes | bytearray) -> int:
    """Return the Internet checksum; of a message that carries its own right checksum it is 0."""
    total = int.from_bytes(message, "big") << (8 * (len(message) % 2))
    return (0xFFFF - total % 0xFFFF) % 0xFFFF


class Template:
    """One request of a given size, rewritten in place for each packet."""

    __slots__ = ("_base", "_dialect", "_identifier", "_message", "_nonce")

    def __init__(self, dialect: Dialect, identifier: int, nonce: bytes, payload_octets: int) -> None:
        self._dialect = dialect
        self._identifier = identifier
        self._nonce = nonce
        filler = FILLER[: payload_octets - TAG_OCTETS]
        self._message = bytearray(_REQUEST.pack(dialect.request, 0, 0, identifier, 0, nonce, 0) + filler)
        self._base = 0xFFFF - checksum(self._message)

    def fill(self, serial: int) -> bytearray:
        """Return the request; the same bytes are overwritten by the next call."""
        sequence = serial & 0xFFFF
        # The sum of the constant words is known: only three words change, the serial's low one twice.
        value = 0xFFFF - (self._base + 2 * sequence + (serial >> 16)) % 0xFFFF
        _REQUEST.pack_into(
            self._message, 0, self._dialect.request, 0, value, self._identifier, sequence, self._nonce, serial
        )
        return self._message


def parse(dialect: Dialect, data: bytes, *, with_ip_header: bool) -> Echo | Complaint | None:
    """Return the echo reply or the error about an echo request in a datagram, None for anything else.

    Checksums are not verified: the payload of a reply is compared as a whole, and routers quote damaged packets too.
    """
    start, ttl = 0, 0
    if with_ip_header and len(data) >= _PLAIN_REPLY.size:
        # Nearly every packet is this one: recognise it in one step.
        version, fragment, ttl, protocol, kind, code, _, identifier, sequence = _PLAIN_REPLY.unpack_from(data)
        if (version, fragment & 0x1FFF, protocol, kind, code) == (0x45, 0, socket.IPPROTO_ICMP, dialect.reply, 0):
            return Echo(identifier, sequence, ttl, data[_PLAIN_REPLY.size :])
    if with_ip_header:
        start = _ipv4_header_octets(data, 0)
        if start == 0:
            return None
        ttl = data[8]
    if len(data) < start + HEADER.size:
        return None
    kind, code, _, identifier, sequence = HEADER.unpack_from(data, start)
    if kind == dialect.reply and code == 0:
        return Echo(identifier, sequence, ttl, data[start + HEADER.size :])
    if kind in dialect.errors:
        return _parse_quote(dialect, data, start + HEADER.size, (kind, code))
    return None


def _ipv4_header_octets(data: bytes, at: int) -> int:
    """Return the length of the IPv4 header at an offset, 0 unless it is one of an unfragmented ICMP packet."""
    if len(data) < at + _IPV4_MIN_OCTETS or data[at] >> 4 != 4 or data[at + 9] != socket.IPPROTO_ICMP:
        return 0
    is_later_fragment = (data[at + 6] & 0x1F) or data[at + 7]
    octets = (data[at] & 0x0F) * 4
    return 0 if is_later_fragment or octets < _IPV4_MIN_OCTETS else octets


def _parse_quote(dialect: Dialect, data: bytes, at: int, kind_code: tuple[int, int]) -> Complaint | None:
    if dialect is V4:
        octets, first, size = _ipv4_header_octets(data, at), at + 16, 4
    else:
        octets, first, size = _ipv6_header_octets(data, at), at + 24, 16
    if octets == 0 or len(data) < at + octets + HEADER.size:
        return None
    kind, _, _, identifier, sequence = HEADER.unpack_from(data, at + octets)
    if kind != dialect.request:
        return None
    destination = socket.inet_ntop(dialect.family, data[first : first + size])
    return Complaint(*kind_code, identifier, sequence, destination)


def _ipv6_header_octets(data: bytes, at: int) -> int:
    is_icmp = len(data) >= at + _IPV6_OCTETS and data[at] >> 4 == 6 and data[at + 6] == socket.IPPROTO_ICMPV6
    return _IPV6_OCTETS if is_icmp else 0


_V4_UNREACHABLE = {
    0: "network unreachable",
    1: "host unreachable",
    2: "protocol unreachable",
    3: "port unreachable",
    4: "fragmentation needed",
    5: "source route failed",
    6: "network unknown",
    7: "host unknown",
    9: "network prohibited",
    10: "host prohibited",
    13: "filtered",
}
_V6_UNREACHABLE = {
    0: "no route",
    1: "prohibited",
    2: "beyond scope",
    3: "address unreachable",
    4: "port unreachable",
    5: "source address policy",
    6: "route rejected",
}
_V6_TOO_BIG = 2
_V4_PROHIBITED = frozenset({9, 10, 13})
_V6_PROHIBITED = frozenset({1, 5, 6})


def judge(dialect: Dialect, kind: int, code: int) -> tuple[FailureKind, str]:
    """Return what an ICMP error means and its name."""
    if kind == dialect.time_exceeded:
        return FailureKind.UNREACHABLE, "time to live exceeded"
    if dialect is V6 and kind == _V6_TOO_BIG:
        return FailureKind.UNREACHABLE, "packet too big"
    if kind != dialect.unreachable:
        return FailureKind.PROTOCOL, "parameter problem"
    names, prohibited = (_V4_UNREACHABLE, _V4_PROHIBITED) if dialect is V4 else (_V6_UNREACHABLE, _V6_PROHIBITED)
    failure = FailureKind.PROHIBITED if code in prohibited else FailureKind.UNREACHABLE
    return failure, names.get(code, f"unreachable, code {code}")
