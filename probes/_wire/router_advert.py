"""IPv6 router advertisements in frames, bytes to values; what arrives is treated as hostile.

Source: RFC 4861 (4.2, 6.1.2), RFC 4191 (preference), RFC 8106 (name servers), RFC 7113 and RFC 6980 (evasion by
extension headers and fragments).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv6Address

from probes._wire.dhcp import MalformedFrame
from probes._wire.packet_ring import Wanted

ADVERTS = Wanted(
    ethertype=0x86DD,
    program="12  40 0 0 12  21 0 9 34525  48 0 0 20  21 0 2 58  48 0 0 54  21 4 5 134  21 3 0 0  21 2 0 43"
    "  21 1 0 44  21 0 1 60  6 0 0 262144  6 0 0 0",
    slot_octets=2048,
    slot_count=2048,
)
"""ip6 and ((ip6[6] = 58 and ip6[40] = 134) or ip6[6] = 0 or ip6[6] = 43 or ip6[6] = 44 or ip6[6] = 60)"""

_ETHERNET_OCTETS, _IPV6_OCTETS = 14, 40
_ICMPV6, _FRAGMENT = 58, 44
_EXTENSIONS = frozenset({0, 43, 60})
_HEADERS_MAX = 8
_ADVERT = struct.Struct("!BBHBBHII")
_PREFIX = struct.Struct("!BBBBIII16s")
_KIND = 134
_PREFIX_OPTION, _NAME_SERVERS_OPTION = 3, 25
PREFIXES_MAX = 16
_NAME_SERVERS_MAX = 4
_PREFERENCES = ("medium", "high", "reserved", "low")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefix:
    """A prefix hosts are told to use."""

    text: str
    valid_s: int
    is_autonomous: bool
    """Hosts make themselves addresses in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advert:
    """One advertisement."""

    source_ip: str
    source_mac: bytes
    is_evasive: bool
    """Behind extension headers or in fragments, which honest routers do not use and filters of switches miss."""
    is_managed: bool
    has_other_config: bool
    preference: str
    lifetime_s: int
    """0 = no longer a default router."""
    prefixes: tuple[Prefix, ...] = ()
    name_servers: tuple[str, ...] = ()


def parse(frame: bytes) -> Advert | None:
    """Return the advertisement in an Ethernet frame, None for another packet. Raises MalformedFrame."""
    try:
        return _parse(frame)
    except (struct.error, IndexError) as error:
        raise MalformedFrame("cut off") from error


def _parse(frame: bytes) -> Advert | None:
    at, is_evasive = _find_icmp(frame)
    if at == 0 or frame[at] != _KIND:
        return None
    source = IPv6Address(frame[_ETHERNET_OCTETS + 8 : _ETHERNET_OCTETS + 24])
    _, code, _, _, flags, lifetime_s, _, _ = _ADVERT.unpack_from(frame, at)
    if frame[_ETHERNET_OCTETS + 7] != 255 or code or not source.is_link_local:
        raise MalformedFrame("hosts ignore it: not from this very link")
    end = _ETHERNET_OCTETS + _IPV6_OCTETS + int.from_bytes(frame[_ETHERNET_OCTETS + 4 : _ETHERNET_OCTETS + 6], "big")
    prefixes, name_servers = _read_options(frame[at + _ADVERT.size : end])
    return Advert(
        source_ip=str(source),
        source_mac=frame[6:12],
        is_evasive=is_evasive,
        is_managed=bool(flags & 0x80),
        has_other_config=bool(flags & 0x40),
        preference=_PREFERENCES[flags >> 3 & 3],
        lifetime_s=lifetime_s,
        prefixes=prefixes,
        name_servers=name_servers,
    )


def _find_icmp(frame: bytes) -> tuple[int, bool]:
    """Return where the ICMPv6 message begins, 0 without one, and whether anything precedes it."""
    following, at = frame[_ETHERNET_OCTETS + 6], _ETHERNET_OCTETS + _IPV6_OCTETS
    for number in range(_HEADERS_MAX):
        if following == _ICMPV6:
            return at, number > 0
        if following == _FRAGMENT:
            if int.from_bytes(frame[at + 2 : at + 4], "big") >> 3:
                return 0, True
            octets = 8
        elif following in _EXTENSIONS:
            octets = 8 + 8 * frame[at + 1]
        else:
            return 0, False
        following, at = frame[at], at + octets
    return 0, True


def _read_options(data: bytes) -> tuple[tuple[Prefix, ...], tuple[str, ...]]:
    prefixes: list[Prefix] = []
    servers: list[str] = []
    at = 0
    while at < len(data):
        kind, octets = data[at], data[at + 1] * 8
        option = data[at : at + octets]
        if octets == 0 or len(option) < octets:
            raise MalformedFrame("an option of no length, or longer than the message")
        if kind == _PREFIX_OPTION and len(prefixes) < PREFIXES_MAX:
            prefixes.append(_read_prefix(option))
        elif kind == _NAME_SERVERS_OPTION and len(servers) < _NAME_SERVERS_MAX:
            servers += [str(IPv6Address(option[start : start + 16])) for start in range(8, octets - 15, 16)]
        at += octets
    return tuple(prefixes), tuple(servers[:_NAME_SERVERS_MAX])


def _read_prefix(option: bytes) -> Prefix:
    _, _, length, flags, valid_s, _, _, packed = _PREFIX.unpack_from(option)
    if length > 128:
        raise MalformedFrame("a prefix longer than an address")
    return Prefix(text=f"{IPv6Address(packed)}/{length}", valid_s=valid_s, is_autonomous=bool(flags & 0x40))
