"""Reads what an agent says of itself as an IP machine: does it forward, what are its addresses, where is the way out.

New tables come first, their forerunners fill in what is missing: many devices have only those.
Source: RFC 4293 (ipForwarding, ipAddressTable, ipAddrTable), RFC 4292 (inetCidrRouteTable, ipCidrRouteTable),
RFC 1213 (ipRouteTable), RFC 4001 (InetAddress as an index), RFC 2863 (ifName).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address

from probes._wire.snmp_session import Session
from probes._wire.snmp_socket import Value
from probes._wire.snmp_text import address_of, number, octets_of, text

ADDRESSES_MAX = 512
ROUTES_MAX = 64
UNKNOWN_LENGTH = -1
"""Stands for the length of a prefix the agent does not tell."""

_IP = "1.3.6.1.2.1.4."
FORWARDING, FORWARDING_6 = _IP + "1.0", _IP + "25.0"
_NEW_INTERFACE, _NEW_KIND, _NEW_PREFIX, _NEW_STATUS = (f"{_IP}34.1.{number}" for number in (3, 4, 5, 7))
_OLD_INTERFACE, _OLD_MASK = _IP + "20.1.2", _IP + "20.1.3"
_PREFIXES = _IP + "32.1.5."
_ANY_4, _ANY_6 = "1.4.0.0.0.0.0", "2.16" + ".0" * 17
_INET_INTERFACE, _INET_KIND = _IP + "24.7.1.7.", _IP + "24.7.1.8."
_CIDR_ANY = "0.0.0.0.0.0.0.0"
_CIDR_INTERFACE, _CIDR_KIND = f"{_IP}24.4.1.5.{_CIDR_ANY}", f"{_IP}24.4.1.6.{_CIDR_ANY}"
_FIRST_INTERFACE, _FIRST_GATEWAY = _IP + "21.1.2.0.0.0.0", _IP + "21.1.7.0.0.0.0"
_IF_NAME, _IF_DESCR = "1.3.6.1.2.1.31.1.1.1.1.", "1.3.6.1.2.1.2.2.1.2."

_YES, _NO = 1, 2
_BROADCAST, _INVALID, _REJECT, _BLACKHOLE = 3, 3, 2, 5
_ZONED = {"3": 4, "4": 16}
"""Kind of an address with a zone behind it -> its octets without."""
_INTERFACE_MAX = (1 << 31) - 1
_ALL_ONES = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class OwnAddress:
    """One address of the agent's machine."""

    ip: str
    prefix_length: int
    if_index: int

    def rank(self) -> tuple[int, int, int]:
        address = ip_address(self.ip)
        return self.if_index, address.version, int(address)


@dataclass(frozen=True, slots=True)
class DefaultRoute:
    """One way for everything no other way is known for."""

    gateway: str
    """Empty where the interface itself is the way."""
    if_index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IpTables:
    """Everything at one time."""

    is_forwarding: bool | None
    """None where the agent does not say, here and below."""
    is_forwarding_6: bool | None
    addresses: tuple[OwnAddress, ...]
    addresses_count: int
    """Of those the agent has told; above len(addresses) some were cut off."""
    defaults: tuple[DefaultRoute, ...]
    if_names: Mapping[int, str]


async def read_ip_tables(session: Session) -> IpTables:
    """Read it all; of routes only the default ones are asked for, however many there are."""
    switches = await session.get([FORWARDING, FORWARDING_6])
    found = sorted(await _read_addresses(session), key=OwnAddress.rank)
    addresses, defaults = tuple(found[:ADDRESSES_MAX]), await _read_defaults(session)
    used = {one.if_index for one in addresses} | {route.if_index for route in defaults}
    return IpTables(
        is_forwarding=_truth(switches.get(FORWARDING)),
        is_forwarding_6=_truth(switches.get(FORWARDING_6)),
        addresses=addresses,
        addresses_count=len(found),
        defaults=defaults,
        if_names=await _read_names(session, used),
    )


def _truth(value: Value) -> bool | None:
    return {_YES: True, _NO: False}.get(number(value))


async def _read_addresses(session: Session) -> tuple[OwnAddress, ...]:
    interfaces = await session.column(_NEW_INTERFACE)
    columns = await session.columns((_NEW_KIND, _NEW_PREFIX, _NEW_STATUS)) if interfaces else {}
    new = new_addresses(interfaces, *columns.values()) if interfaces else ()
    interfaces = await session.column(_OLD_INTERFACE)
    old = old_addresses(interfaces, await session.column(_OLD_MASK)) if interfaces else ()
    return merged(new, old)


def new_addresses(
    interfaces: Mapping[str, Value],
    kinds: Mapping[str, Value],
    prefixes: Mapping[str, Value],
    status: Mapping[str, Value],
) -> tuple[OwnAddress, ...]:
    """Return the rows of an ipAddressTable that are addresses of the machine: no broadcast, none that is invalid."""
    found = []
    for index, value in interfaces.items():
        ip = indexed_address(index)
        is_other = number(kinds.get(index)) == _BROADCAST or number(status.get(index)) == _INVALID
        if ip and _is_interface(value) and not is_other:
            found.append(OwnAddress(ip, prefix_length(prefixes.get(index)), number(value)))
    return tuple(found)


def old_addresses(interfaces: Mapping[str, Value], masks: Mapping[str, Value]) -> tuple[OwnAddress, ...]:
    """Return the rows of an ipAddrTable."""
    found = []
    for index, value in interfaces.items():
        octets = octets_of(index)
        if octets is not None and len(octets) == 4 and _is_interface(value):
            found.append(OwnAddress(address_of(octets), mask_length(masks.get(index)), number(value)))
    return tuple(found)


def merged(new: Iterable[OwnAddress], old: Iterable[OwnAddress]) -> tuple[OwnAddress, ...]:
    """Return each address of each interface once, with a length wherever one of the tables knows it."""
    found: dict[tuple[str, int], OwnAddress] = {}
    for one in (*new, *old):
        known = found.get((one.ip, one.if_index))
        if known is None or known.prefix_length == UNKNOWN_LENGTH:
            found[one.ip, one.if_index] = one
    return tuple(found.values())


def indexed_address(index: str) -> str:
    """Return the address that stands first and alone in an index: its kind, its length, its octets. "" for others."""
    kind, _, rest = index.partition(".")
    octets = octets_of(rest)
    if octets is None or octets[0] != len(octets) - 1:
        return ""
    return address_of(octets[1 : 1 + _ZONED.get(kind, len(octets))])


def prefix_length(pointer: Value) -> int:
    """Return the length at the end of a pointer to a row of the ipAddressPrefixTable."""
    if not isinstance(pointer, str) or not pointer.startswith(_PREFIXES):
        return UNKNOWN_LENGTH
    last = pointer.rpartition(".")[2]
    return int(last) if last.isascii() and last.isdigit() and len(last) < 4 and int(last) <= 128 else UNKNOWN_LENGTH


def mask_length(mask: Value) -> int:
    """Return the length of a mask such as 255.255.255.0."""
    if not isinstance(mask, str):
        return UNKNOWN_LENGTH
    try:
        hosts = int(IPv4Address(mask)) ^ _ALL_ONES
    except ValueError:
        return UNKNOWN_LENGTH
    return UNKNOWN_LENGTH if hosts & hosts + 1 else 32 - hosts.bit_length()


async def _read_defaults(session: Session) -> tuple[DefaultRoute, ...]:
    """Ask for the rows of 0.0.0.0/0 and ::/0 only: a table of routes can have a million rows."""
    routes: list[DefaultRoute] = []
    for any_address in (_ANY_4, _ANY_6):
        interfaces = await session.column(_INET_INTERFACE + any_address, ROUTES_MAX)
        kinds = await session.column(_INET_KIND + any_address, ROUTES_MAX) if interfaces else {}
        routes += inet_defaults(interfaces, kinds)
    if any("." in route.gateway for route in routes):
        return tuple(routes)
    return (*routes, *await _read_old_defaults(session, known=routes))


async def _read_old_defaults(session: Session, known: list[DefaultRoute]) -> tuple[DefaultRoute, ...]:
    interfaces = await session.column(_CIDR_INTERFACE, ROUTES_MAX)
    if interfaces:
        found = cidr_defaults(interfaces, await session.column(_CIDR_KIND, ROUTES_MAX))
        return tuple(route for route in found if route not in known)
    first = await session.get([_FIRST_INTERFACE, _FIRST_GATEWAY])
    interface, gateway = first.get(_FIRST_INTERFACE), first.get(_FIRST_GATEWAY)
    route = DefaultRoute(_known(text(gateway)), number(interface))
    return (route,) if _is_interface(interface) and route not in known else ()


def inet_defaults(interfaces: Mapping[str, Value], kinds: Mapping[str, Value]) -> tuple[DefaultRoute, ...]:
    """Return the usable default routes of an inetCidrRouteTable: a policy, then the gateway is in the index."""
    found = []
    for index, value in interfaces.items():
        parts = index.split(".")
        hop = ".".join(parts[1 + int(parts[0]) :])
        if _is_interface(value) and number(kinds.get(index)) not in (_REJECT, _BLACKHOLE):
            found.append(DefaultRoute(_known(indexed_address(hop)), number(value)))
    return tuple(found)


def cidr_defaults(interfaces: Mapping[str, Value], kinds: Mapping[str, Value]) -> tuple[DefaultRoute, ...]:
    """Return the usable default routes of an ipCidrRouteTable: a type of service, then the gateway is in the index."""
    found = []
    for index, value in interfaces.items():
        octets = octets_of(index.partition(".")[2])
        if octets and len(octets) == 4 and _is_interface(value) and number(kinds.get(index)) != _REJECT:
            found.append(DefaultRoute(_known(address_of(octets)), number(value)))
    return tuple(found)


def _known(gateway: str) -> str:
    return "" if gateway in ("0.0.0.0", "::") else gateway  # noqa: S104 - an address somebody says, nothing is bound


def _is_interface(value: Value) -> bool:
    return 0 < number(value) <= _INTERFACE_MAX


async def _read_names(session: Session, indexes: set[int]) -> dict[int, str]:
    """Return the names of these interfaces only: a switch has hundreds, and none of them an address."""
    names: dict[int, str] = {}
    for stem in (_IF_NAME, _IF_DESCR):
        wanted = [index for index in sorted(indexes) if not names.get(index)]
        found = await session.get([f"{stem}{index}" for index in wanted])
        names |= {index: text(found.get(f"{stem}{index}")) for index in wanted}
    return {index: name or str(index) for index, name in names.items()}
