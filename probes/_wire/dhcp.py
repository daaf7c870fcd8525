"""DHCP messages in frames, bytes to values and back; what arrives is treated as hostile.

Source: RFC 2131, RFC 2132 (options), RFC 3396 (long options), RFC 4702 (client's full name), RFC 951 (BOOTP).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address

from probes._wire.icmp import checksum
from probes._wire.packet_ring import Wanted
from probes.api import clean

DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM = range(1, 9)
SERVER_PORT, CLIENT_PORT = 67, 68
NAME_CHARS = 64
_ADDRESSES_MAX = 4

TO_AND_FROM_SERVERS = Wanted(
    ethertype=0x0800,
    program="15  40 0 0 12  21 0 12 2048  48 0 0 23  21 0 10 17  40 0 0 20  69 8 0 8191  177 0 0 14  72 0 0 14"
    "  21 4 0 67  21 3 0 68  72 0 0 16  21 1 0 67  21 0 1 68  6 0 0 262144  6 0 0 0",
    slot_octets=2048,
    slot_count=1024,
)
"""ip proto 17 and (udp port 67 or udp port 68)"""

_ETHERNET = struct.Struct("!6s6sH")
_IPV4 = struct.Struct("!BBHHHBBH4s4s")
_UDP = struct.Struct("!HHHH")
_BOOTP = struct.Struct("!BBBBIHH4s4s4s4s16s64s128s")
_COOKIE = b"\x63\x82\x53\x63"
_BROADCAST_FLAG = 0x8000
_PAD, _ROUTERS, _DNS, _HOST_NAME, _OVERLOAD, _KIND, _SERVER = 0, 3, 6, 12, 52, 53, 54
_LEASE, _REQUESTED, _WANTED_OPTIONS, _VENDOR_CLASS, _FULL_NAME, _END = 51, 50, 55, 60, 81, 255


class MalformedFrame(Exception):
    """A frame that passed the kernel's filter but is not what its ports or types say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One DHCP message. Addresses are text, "" for none; texts of the sender are clean."""

    is_answer: bool
    kind: int
    """0 for plain BOOTP."""
    transaction: int
    source_mac: bytes
    source_ip: str
    server: str
    """The server identifier, else the source of an answer."""
    relay: str
    client_mac: bytes
    client_ip: str
    """What an answer gives or a question asks for."""
    client_name: str
    vendor_class: str
    routers: tuple[str, ...]
    dns_servers: tuple[str, ...]
    lease_s: int


def parse(frame: bytes) -> Message:
    """Return the message in an Ethernet frame. Raises MalformedFrame."""
    try:
        return _parse(frame)
    except (struct.error, IndexError) as error:
        raise MalformedFrame("cut off") from error


def _parse(frame: bytes) -> Message:
    _, source_mac, _ = _ETHERNET.unpack_from(frame)
    version, _, _, _, _, _, _, _, source, _ = _IPV4.unpack_from(frame, _ETHERNET.size)
    udp_at = _ETHERNET.size + (version & 0x0F) * 4
    if version >> 4 != 4 or version & 0x0F < 5:
        raise MalformedFrame("no IPv4 header")
    _, _, udp_octets, _ = _UDP.unpack_from(frame, udp_at)
    body = frame[udp_at + _UDP.size : udp_at + udp_octets]
    if len(body) != udp_octets - _UDP.size:
        raise MalformedFrame("cut off")
    return _read_body(body, source_mac, str(IPv4Address(source)))


def _read_body(body: bytes, source_mac: bytes, source_ip: str) -> Message:
    fields = _BOOTP.unpack_from(body)
    operation, hardware, mac_octets, _, transaction, _, _, client, yours, _, relay, mac, server_name, file = fields
    if operation not in (1, 2) or (hardware, mac_octets) != (1, 6):
        raise MalformedFrame("neither question nor answer for an Ethernet machine")
    options = _options(body[_BOOTP.size :], server_name, file)
    kind = options.get(_KIND, b"\0")[0]
    is_answer = operation == 2
    given = _address(yours) if is_answer else _first(options, _REQUESTED) or _address(client)
    return Message(
        is_answer=is_answer,
        kind=kind,
        transaction=transaction,
        source_mac=source_mac,
        source_ip=source_ip,
        server=_first(options, _SERVER) or (source_ip if is_answer else ""),
        relay=_address(relay),
        client_mac=mac[:6],
        client_ip=given,
        client_name=_name(options),
        vendor_class=_text(options.get(_VENDOR_CLASS, b"")),
        routers=_addresses(options.get(_ROUTERS, b"")),
        dns_servers=_addresses(options.get(_DNS, b"")),
        lease_s=int.from_bytes(options.get(_LEASE, b"")[:4], "big"),
    )


def _options(rest: bytes, server_name: bytes, file: bytes) -> dict[int, bytes]:
    """Return the options; those spread over several parts or fields are joined."""
    if not rest.startswith(_COOKIE):
        return {}
    options = _read_options(rest[len(_COOKIE) :], {})
    overload = options.get(_OVERLOAD, b"\0")[:1]
    if overload in (b"\1", b"\3"):
        _read_options(file, options)
    if overload in (b"\2", b"\3"):
        _read_options(server_name, options)
    return options


def _read_options(data: bytes, options: dict[int, bytes]) -> dict[int, bytes]:
    at = 0
    while at < len(data) and data[at] != _END:
        if data[at] == _PAD:
            at += 1
            continue
        code, size = data[at], data[at + 1]
        value = data[at + 2 : at + 2 + size]
        if len(value) < size:
            raise MalformedFrame("an option is longer than the message")
        options[code] = options.get(code, b"") + value
        at += 2 + size
    return options


def _address(packed: bytes) -> str:
    return str(IPv4Address(packed)) if any(packed) else ""


def _addresses(packed: bytes) -> tuple[str, ...]:
    whole = range(0, min(len(packed) // 4, _ADDRESSES_MAX) * 4, 4)
    return tuple(str(IPv4Address(packed[at : at + 4])) for at in whole)


def _first(options: dict[int, bytes], code: int) -> str:
    return next(iter(_addresses(options.get(code, b""))), "")


def _name(options: dict[int, bytes]) -> str:
    full = options.get(_FULL_NAME, b"")
    if len(full) > 3:
        flags, name = full[0], full[3:]
        return _text(_from_labels(name) if flags & 0x04 else name)
    return _text(options.get(_HOST_NAME, b""))


def _from_labels(wire: bytes) -> bytes:
    """Return a name in DNS's own form as text; it may end in the middle."""
    labels, at = [], 0
    while at < len(wire) and 0 < wire[at] < 64:
        labels.append(wire[at + 1 : at + 1 + wire[at]])
        at += 1 + wire[at]
    return b".".join(labels)


def _text(raw: bytes) -> str:
    return clean(raw.rstrip(b"\0").decode("utf-8", "replace"), NAME_CHARS)


def build_discover(*, mac: bytes, transaction: int) -> bytes:
    """Return the frame by which a machine without an address asks for servers; answers are to be broadcast."""
    head = _BOOTP.pack(
        1, 1, 6, 0, transaction, 0, _BROADCAST_FLAG, bytes(4), bytes(4), bytes(4), bytes(4), mac, b"", b""
    )
    wanted = bytes([_WANTED_OPTIONS, 3, 1, _ROUTERS, _DNS])
    options = _COOKIE + bytes([_KIND, 1, DISCOVER, 61, 7, 1]) + mac + wanted + bytes([_END])
    body = (head + options).ljust(300, b"\0")
    udp = _UDP.pack(CLIENT_PORT, SERVER_PORT, _UDP.size + len(body), 0)
    length = _IPV4.size + len(udp) + len(body)
    ip = _IPV4.pack(0x45, 0, length, 0, 0, 64, 17, 0, bytes(4), b"\xff" * 4)
    ip = ip[:10] + checksum(ip).to_bytes(2, "big") + ip[12:]
    return _ETHERNET.pack(b"\xff" * 6, mac, 0x0800) + ip + udp + body
