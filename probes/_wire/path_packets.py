"""The packets of a trace: all of one flow, each known again by what routers quote of it; no input or output.

Routers that share load choose by addresses, protocol and ports (or ICMP type, code and checksum): these stay the same
for all packets of a trace, so all take one way. What differs is in the first 8 octets, which every router quotes: the
ICMP sequence, the UDP checksum, the TCP sequence number.
Source: RFC 792, RFC 768, RFC 9293; RFC 2992 (flows and ways); Paris traceroute, doi 10.1145/1177080.1177100.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from probes._wire.icmp import V4, checksum


class Method(StrEnum):
    """What is sent."""

    ICMP = "icmp"
    UDP = "udp"
    TCP = "tcp"


PROTOCOLS = {Method.ICMP: socket.IPPROTO_ICMP, Method.UDP: socket.IPPROTO_UDP, Method.TCP: socket.IPPROTO_TCP}
PROBES_MAX = 20_000
NONCE_OCTETS = 8
_ICMP = struct.Struct("!BBHHH")
_UDP = struct.Struct("!HHHH")
_TCP = struct.Struct("!HHIIBBHHHI")
_TCP_ANSWER = struct.Struct("!HHIIBB")
_MAXIMUM_SEGMENT = 0x020405B4
_SYN, _RST, _ACK = 0x02, 0x04, 0x10
_IPV4_MIN_OCTETS = 20
_QUOTED_OCTETS = 8
_FULL = 0xFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What all packets of one trace have in common."""

    method: Method
    source: str
    target: str
    source_port: int
    """The identifier, and the checksum, of ICMP."""
    target_port: int
    nonce: bytes
    base: int
    """Up to 30,000: where the numbers of this trace begin, unlike those of the one before."""

    @property
    def addresses(self) -> bytes:
        return socket.inet_aton(self.source) + socket.inet_aton(self.target)


class Quote(NamedTuple):
    """An ICMP error about one of our packets."""

    serial: int
    sender: str
    kind: int
    code: int


def build(flow: Flow, serial: int) -> bytes:
    """Return packet `serial` (1 to PROBES_MAX) from its transport header on."""
    return {Method.ICMP: _build_icmp, Method.UDP: _build_udp, Method.TCP: _build_tcp}[flow.method](flow, serial)


def _build_icmp(flow: Flow, serial: int) -> bytes:
    number, wanted = flow.base + serial, flow.source_port
    head, rest = _ICMP.pack(V4.request, 0, 0, flow.source_port, number), flow.nonce + bytes(22)
    balance = _balance(wanted, head + rest)
    return _ICMP.pack(V4.request, 0, wanted, flow.source_port, number) + balance + rest


def _balance(wanted: int, summed: bytes) -> bytes:
    """Return the two octets that, added to others, make the checksum what is wanted."""
    return struct.pack("!H", (_FULL - wanted - (_FULL - checksum(summed))) % _FULL)


def _build_udp(flow: Flow, serial: int) -> bytes:
    wanted, octets = flow.base + serial, _UDP.size + 2 + NONCE_OCTETS
    head = _UDP.pack(flow.source_port, flow.target_port, octets, 0)
    balance = _balance(wanted, _pseudo(flow, octets) + head + flow.nonce)
    return _UDP.pack(flow.source_port, flow.target_port, octets, wanted) + balance + flow.nonce


def _build_tcp(flow: Flow, serial: int) -> bytes:
    fields = (flow.source_port, flow.target_port, flow.base + serial, 0, 6 << 4, _SYN, 8192)
    segment = _TCP.pack(*fields, 0, 0, _MAXIMUM_SEGMENT)
    return _TCP.pack(*fields, checksum(_pseudo(flow, _TCP.size) + segment), 0, _MAXIMUM_SEGMENT)


def _pseudo(flow: Flow, octets: int) -> bytes:
    return flow.addresses + struct.pack("!BBH", 0, PROTOCOLS[flow.method], octets)


def read_error(flow: Flow, packet: bytes) -> Quote | None:
    """Return the ICMP error in an IPv4 packet when it quotes one of ours, None for anything else."""
    at = _payload_at(packet, 0, socket.IPPROTO_ICMP)
    if not at or len(packet) < at + _ICMP.size or packet[at] not in V4.errors:
        return None
    inner = at + _ICMP.size
    start = _payload_at(packet, inner, PROTOCOLS[flow.method])
    if not start or packet[inner + 12 : inner + 20] != flow.addresses or len(packet) < start + _QUOTED_OCTETS:
        return None
    serial = _serial(flow, packet[start : start + _QUOTED_OCTETS])
    return Quote(serial, socket.inet_ntoa(packet[12:16]), packet[at], packet[at + 1]) if serial else None


def _payload_at(packet: bytes, at: int, protocol: int) -> int:
    """Return where the payload of the first fragment of an IPv4 packet begins, 0 for another packet."""
    if len(packet) < at + _IPV4_MIN_OCTETS or packet[at] >> 4 != 4 or packet[at + 9] != protocol:
        return 0
    octets = (packet[at] & 0x0F) * 4
    is_later_fragment = packet[at + 6] & 0x1F or packet[at + 7]
    return 0 if is_later_fragment or octets < _IPV4_MIN_OCTETS else at + octets


def _serial(flow: Flow, head: bytes) -> int:
    """Return which packet of the flow begins so, 0 for none."""
    if flow.method is Method.ICMP:
        kind, code, _, identifier, number = _ICMP.unpack(head)
        return _in_range(number - flow.base) if (kind, code, identifier) == (V4.request, 0, flow.source_port) else 0
    if flow.method is Method.UDP:
        source_port, target_port, _, number = _UDP.unpack(head)
    else:
        source_port, target_port, number = struct.unpack("!HHI", head)
    is_ours = (source_port, target_port) == (flow.source_port, flow.target_port)
    return _in_range(number - flow.base) if is_ours else 0


def _in_range(serial: int) -> int:
    return serial if 0 < serial <= PROBES_MAX else 0


def read_answer(flow: Flow, packet: bytes) -> int:
    """Return which of our packets the target itself answers in an IPv4 packet, 0 for none."""
    at = _payload_at(packet, 0, PROTOCOLS[flow.method])
    if not at or packet[12:20] != flow.addresses[4:] + flow.addresses[:4]:
        return 0
    message = packet[at:]
    if flow.method is Method.ICMP:
        return _read_echo(flow, message)
    return _read_segment(flow, message) if flow.method is Method.TCP else 0


def _read_echo(flow: Flow, message: bytes) -> int:
    if len(message) < _ICMP.size:
        return 0
    kind, code, _, identifier, number = _ICMP.unpack_from(message)
    serial = _in_range(number - flow.base)
    if (kind, code, identifier) != (V4.reply, 0, flow.source_port) or not serial:
        return 0
    return serial if message[_ICMP.size :] == _build_icmp(flow, serial)[_ICMP.size :] else 0


def _read_segment(flow: Flow, message: bytes) -> int:
    """A target that listens says SYN and ACK, one that does not RST; both acknowledge our number plus one."""
    if len(message) < _TCP_ANSWER.size:
        return 0
    source_port, target_port, _, acknowledged, _, flags = _TCP_ANSWER.unpack_from(message)
    if (source_port, target_port) != (flow.target_port, flow.source_port) or not flags & _ACK:
        return 0
    return _in_range(acknowledged - 1 - flow.base) if flags & (_SYN | _RST) else 0
