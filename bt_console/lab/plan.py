"""What the simulated district consists of: namespaces, links, routes, services. Plain values, no kernel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

HUB = "hub"
BUILDING = "hub/building"
PROVIDER_EDGE = "net/pe"
CORE = "net/core"
EXCHANGE = "net/exchange"
TSLCD_CENTRE = "dc/tslcd"
INTERNET_CENTRE = "dc/internet"

UPLINK_LINES: Mapping[str, str] = {"tslcd": "uplink:tslcd", "internet": "uplink:internet"}
"""Path -> the hub's own access line."""
EXPOSED_KINDS = ("telnet", "smb")
"""Kinds of ports that machines of a LAN have, and that refuse until a fault opens them."""
BUILDING_LAN = "building"
"""The segment the hub's own machine is on."""
CORE_LINE = "core"
"""The line between the provider edge and the core."""


def line_id(path: str, unit_id: str) -> str:
    """Return the id of a unit's access line."""
    return f"{path}:{unit_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """One end of a link: a device in a namespace."""

    space: str
    device: str
    address: str
    """Empty: a port of a switch."""
    prefix_length: int = 32
    """Below 32: a LAN. 32: point to point with the other end's address."""
    more_addresses: tuple[str, ...] = ()
    mac: str = ""
    """Empty: the kernel makes one up; on a point-to-point link both ends have the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A long-distance link: a user-space wire joins its ends."""

    id: str
    delay_s: float
    """One way, before any fault."""
    jitter_s: float
    """Mean of the random extra delay per direction."""
    rate_bps: float
    """What it carries in each direction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Two ends, `near` on the hub's side; joined by a veth pair, or by a line."""

    near: End
    far: End
    line: Line | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """In a namespace, a destination prefix is behind a neighbour."""

    space: str
    destination: str
    gateway: str
    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchPort:
    """One socket of a switch and the machine plugged into it."""

    device: str
    machine: str
    """Its id within the unit, such as `may-in`; `router` at the uplink."""
    space: str
    """The namespace of the machine."""
    target_id: str = ""
    """What the inventory calls the machine, where it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lan:
    """One segment: a router, a switch and the machines plugged into it."""

    id: str
    """The unit's, or `building`."""
    name: str
    subnet: str
    router: End
    switch: End
    """The bridge; its address is empty where the inventory knows no switch."""
    ports: tuple[SwitchPort, ...]
    """The uplink to the router first."""
    name_servers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """What answers on one port of a service."""

    kind: str
    """`https`, `http`, `smtp`, `imap`, `imaps`, `dns`, `ntp`, or one of EXPOSED_KINDS."""
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One server of the data centres, or a name server."""

    id: str
    name: str
    sort: str
    """`web`, `mail`, `signature`, `dns` or `bot`."""
    host: str
    address: str
    space: str
    ports: tuple[Port, ...]
    texts: tuple[str, ...] = ()
    """What the configuration expects to read on its page."""
    mailbox: str = ""
    """Mail address of the one account it has, if any."""
    user: str = ""
    """Who logs in to it."""
    credential: str = ""
    """Name of the file its password, or a bot's token, is given to the monitor in."""
    channel: str = ""
    """Way to tell people that ends here, if any."""
    recipients: tuple[str, ...] = ()
    """Mail addresses of people who have a box here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who is reached where."""

    channel: str
    address: str
    contact: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What faults may be about: the ids a menu or a did-you-mean offers."""

    lines: tuple[str, ...]
    services: tuple[str, ...]
    """Web, mail and signature."""
    web_services: tuple[str, ...]
    tls_services: tuple[str, ...]
    mail_services: tuple[str, ...]
    name_servers: tuple[str, ...]
    clocks: tuple[str, ...] = ()
    """What tells the time: time servers, time-stamp authorities, and the units' routers by the units' ids."""
    lans: tuple[str, ...] = ()
    """Segments: ids of units, and `building`."""
    machines: tuple[str, ...] = ()
    """`UNIT:DEVICE` of every machine at a port of a switch."""

    def units(self, path: str = "") -> tuple[str, ...]:
        """Return the units with an access line on a path (empty: on any)."""
        found = (line.partition(":") for line in self.lines)
        pairs = [(kind, unit) for kind, _, unit in found if unit and kind != "uplink"]
        return tuple(dict.fromkeys(unit for kind, unit in pairs if path in ("", kind)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The whole district."""

    spaces: tuple[str, ...]
    links: tuple[Link, ...]
    own_addresses: tuple[tuple[str, str], ...]
    """Namespace and an address it has on lo."""
    routes: tuple[Route, ...]
    services: tuple[Service, ...]
    places: Mapping[str, str]
    """Unit id -> the namespace a command for it runs in."""
    answering: tuple[str, ...]
    """Addresses that must answer a ping from the hub."""
    lans: tuple[Lan, ...] = ()
    people: tuple[Person, ...] = ()
    spools: tuple[tuple[str, str], ...] = ()
    """Channel and folder of letters for a modem."""
    is_snmp_secure: bool = False
    """Every agent speaks version 3 too, and notifies in it alone."""

    def names(self) -> Names:
        """Return what faults may be about."""
        units = [lan for lan in self.lans if lan.id != BUILDING_LAN]
        clocks = [service for service in self.services if service.sort == "signature" or _has(service, "ntp")]
        shared = [service for service in self.services if service.sort not in ("dns", "bot")]
        return Names(
            lines=tuple(link.line.id for link in self.links if link.line),
            services=tuple(service.id for service in shared),
            web_services=tuple(s.id for s in shared if _has(s, "http", "https")),
            tls_services=tuple(s.id for s in shared if _has(s, "https", "imaps")),
            mail_services=tuple(s.id for s in shared if _has(s, "smtp", "imap", "imaps")),
            name_servers=tuple(s.id for s in self.services if s.sort == "dns"),
            clocks=(*(s.id for s in clocks), *(lan.id for lan in units)),
            lans=tuple(lan.id for lan in self.lans),
            machines=tuple(f"{lan.id}:{port.machine}" for lan in units for port in lan.ports[1:]),
        )


def _has(service: Service, *kinds: str) -> bool:
    return any(port.kind in kinds for port in service.ports)
