"""From the configured inventory to the plan of the simulated district.

    building - hub - [uplink:tslcd] - pe - [core] - core - [tslcd:UNIT] - UNIT - UNIT/switch - UNIT/device/...
                |                                    '- dc/tslcd
                '- [uplink:internet] - isp - exchange - isp - [internet:UNIT] - UNIT
                                            '- dc/internet
In brackets: lines, which faults cut, delay or make lossy. Each link is point to point (RFC 3021 in spirit, /32 with a
peer), so any addressing of the configuration works. Two trees, joined at hub and units only: no cut finds a detour.

`building` and each UNIT's LAN are segments of their own, around a switch: see segments.py.

Source: delays are typical of district leased lines (TSLCD 3-9 ms, broadband 8-25 ms round trip); rates are scaled down
(leased 8 Mbit/s, broadband 20 Mbit/s), so that user space can fill them.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network
from random import Random

from bt_console.lab.errors import LabError
from bt_console.lab.messengers import people_of, spools_of, with_messengers
from bt_console.lab.offered import asks_version_3, services_of
from bt_console.lab.plan import (
    BUILDING,
    BUILDING_LAN,
    CORE,
    CORE_LINE,
    EXCHANGE,
    HUB,
    INTERNET_CENTRE,
    PROVIDER_EDGE,
    TSLCD_CENTRE,
    UPLINK_LINES,
    End,
    Lan,
    Line,
    Link,
    Plan,
    Route,
    Service,
    SwitchPort,
    line_id,
)
from bt_console.lab.prefixes import networks, partner, summary
from bt_console.lab.segments import (
    COMPUTER_MAKER,
    ROUTER_MAKER,
    Machine,
    Segment,
    building_subnet,
    mac_of,
    segment,
    unit_segment,
)
from bt_console.model.inventory import Inventory, Role, Target, Unit, UnitKind
from bt_console.model.oncall import OnCall

_ANYWHERE = "0.0.0.0/0"
_EXCHANGE_ADDRESS = "100.64.0.1"
"""Shared address space (RFC 6598): the configuration names no address for the exchange."""
_RTT_MS = {"tslcd": (3.0, 9.0), "internet": (8.0, 25.0)}
_UPLINK_RTT_MS = {"tslcd": 0.4, "internet": 2.0}
_CORE_RTT_MS = 1.0
_JITTER_PART = 0.02
"""Mean jitter as a part of the delay."""
_RATE_BPS = {"tslcd": 8e6, "internet": 20e6}
_BACKBONE_RATE_BPS = 100e6


def draw(inventory: Inventory, oncall: OnCall | None = None) -> Plan:
    """Return the plan, with what people are told by. Raises LabError when the inventory lacks what a district needs."""
    for target in inventory.targets.values():
        if ":" in target.address:
            raise LabError("lab.ipv4_only", target=target.id, address=target.address)
    told = oncall or OnCall(timezone="UTC")
    plan = _Drawing(inventory, with_messengers(services_of(inventory), told)).plan()
    return replace(plan, people=people_of(told), spools=spools_of(told))


class _Drawing:
    """The plan while it grows."""

    def __init__(self, inventory: Inventory, services: tuple[Service, ...]) -> None:
        self._targets = list(inventory.targets.values())
        self._units = list(inventory.units.values())
        self._taken = {target.address for target in self._targets}
        self._services = services
        self._is_snmp_secure = asks_version_3(inventory)
        self._hub_address = {path: self._hub_side(path) for path in ("tslcd", "internet")}
        self._pe, self._isp = self._uplink("tslcd").address, self._uplink("internet").address
        self._core = next((t.address for t in self._of(Role.CORE)), self._pe)
        self._links: list[Link] = []
        self._own: list[tuple[str, str]] = []
        self._routes: list[Route] = []
        self._segments: list[Lan] = []
        self._places: dict[str, str] = {HUB: HUB}

    def plan(self) -> Plan:
        self._draw_building()
        self._draw_tslcd()
        self._draw_internet()
        communes = [unit for unit in self._units if unit.kind in (UnitKind.COMMUNE, UnitKind.TOWN)]
        for number, unit in enumerate(communes, 1):
            self._draw_unit(number, unit)
        ends = [end for link in self._links for end in (link.near, link.far)]
        return Plan(
            spaces=tuple(dict.fromkeys(end.space for end in ends)),
            links=tuple(self._links),
            own_addresses=tuple(self._own),
            routes=tuple(dict.fromkeys(self._routes)),
            services=self._services,
            places=self._places,
            answering=tuple(dict.fromkeys(t.address for t in self._targets if t.role is not Role.HUB)),
            lans=tuple(self._segments),
            is_snmp_secure=self._is_snmp_secure,
        )

    # looking things up

    def _of(self, role: Role, unit: Unit | None = None) -> list[Target]:
        return [t for t in self._targets if t.role is role and (unit is None or t.unit_id == unit.id)]

    def _uplink(self, path: str) -> Target:
        for target in self._of(Role.UPLINK):
            if target.labels.get("path") == path:
                return target
        raise LabError("lab.no_uplink", path=path)

    def _hub_side(self, path: str) -> str:
        for unit in self._units:
            if unit.kind is UnitKind.HUB and (known := unit.labels.get(f"{path}_address")):
                return known.partition("/")[0]
        address = self._uplink(path).address
        side = partner(address, self._taken)
        if side is None:
            raise LabError("lab.no_hub_address", path=path, address=address)
        return side

    def _lan(self, unit: Unit) -> tuple[str, str] | None:
        """Return the gateway's address and the subnet of a unit's LAN."""
        for target in self._of(Role.LAN, unit):
            return target.address, unit.labels.get("lan_subnet") or f"{target.address}/24"
        return None

    def _lans(self, *kinds: UnitKind) -> list[str]:
        found = (self._lan(unit) for unit in self._units if unit.kind in kinds)
        return [lan[1] for lan in found if lan]

    def _served(self, space: str) -> list[str]:
        return list(dict.fromkeys(service.address for service in self._services if service.space == space))

    def _building(self) -> list[str]:
        return [*self._lans(UnitKind.DEPARTMENT), *self._served(BUILDING)]

    def _tslcd_summary(self) -> list[str]:
        own = [self._pe, self._core, self._hub_address["tslcd"], *self._building(), *self._served(TSLCD_CENTRE)]
        own += [t.address for t in self._of(Role.TSLCD)] + self._lans(UnitKind.COMMUNE, UnitKind.TOWN)
        foreign = [t.address for t in (*self._of(Role.INTERNET), *self._of(Role.ANCHOR))]
        foreign += [self._isp, self._hub_address["internet"], *self._served(INTERNET_CENTRE), _EXCHANGE_ADDRESS]
        return [str(network) for network in summary(networks(own), networks(foreign))]

    def _isps(self) -> list[str]:
        first = self._uplink("internet").labels.get("isp", "isp")
        labels = (t.labels.get("isp", first) for t in (*self._of(Role.ANCHOR), *self._of(Role.INTERNET)))
        return list(dict.fromkeys((first, *labels)))

    # drawing

    def _join(self, near: End, far: End, line: Line | None = None) -> None:
        self._links.append(Link(near=near, far=far, line=line))

    def _route(self, space: str, destinations: list[str], gateway: str, device: str) -> None:
        self._routes += [
            Route(space=space, destination=str(network), gateway=gateway, device=device)
            for network in networks(destinations)
        ]

    def _own_all(self, space: str, addresses: list[str]) -> None:
        self._own += [(space, address) for address in addresses]

    def _draw_building(self) -> None:
        gateways = [lan[0] for unit in self._units if unit.kind is UnitKind.DEPARTMENT and (lan := self._lan(unit))]
        served = self._served(BUILDING)
        addresses = list(dict.fromkeys((*gateways, *served)))
        self._places |= {unit.id: BUILDING for unit in self._units if unit.kind is UnitKind.DEPARTMENT and addresses}
        if not addresses:
            return
        subnet, gateway, hub = building_subnet(served, self._outside_building(), self._taken)
        here = [address for address in served if networks([address])[0].subnet_of(subnet)]
        router = End(
            space=BUILDING,
            device="hub",
            address=gateway,
            prefix_length=subnet.prefixlen,
            more_addresses=tuple(here),
            mac=mac_of(ROUTER_MAKER, gateway),
        )
        mac = mac_of(COMPUTER_MAKER, hub)
        own = End(space=HUB, device="building", address=hub, prefix_length=subnet.prefixlen, mac=mac)
        port = SwitchPort(device="port2", machine="monitor", space=HUB)
        self._add(segment(BUILDING_LAN, "building", (router, own), (str(subnet), ""), [port]))
        self._own_all(BUILDING, [address for address in addresses if address not in here])
        beyond = [text for text in self._building() if not networks([text])[0].subnet_of(subnet)]
        self._route(HUB, beyond, gateway, "building")
        self._route(BUILDING, [_ANYWHERE], hub, "hub")

    def _outside_building(self) -> list[IPv4Network]:
        """Return what the hub reaches some other way than through the building."""
        inside = (Role.DNS, Role.HUB)
        outside = [t.address for t in self._targets if t.role not in inside and t.address not in self._served(BUILDING)]
        lans = self._lans(UnitKind.COMMUNE, UnitKind.TOWN, UnitKind.DEPARTMENT)
        return list(networks([*outside, *lans, *self._hub_address.values()]))

    def _add(self, segment: Segment) -> None:
        servers = tuple(s.address for s in self._services if s.sort == "dns")
        self._segments.append(replace(segment.lan, name_servers=servers))
        self._links += segment.links
        self._routes += segment.routes

    def _draw_tslcd(self) -> None:
        hub, pe, core = self._hub_address["tslcd"], self._pe, self._core
        self._join(
            End(space=HUB, device="tslcd", address=hub),
            End(space=PROVIDER_EDGE, device="hub", address=pe),
            _line(UPLINK_LINES["tslcd"], _UPLINK_RTT_MS["tslcd"], _BACKBONE_RATE_BPS),
        )
        self._join(
            End(space=PROVIDER_EDGE, device="core", address=pe),
            End(space=CORE, device="pe", address=core),
            _line(CORE_LINE, _CORE_RTT_MS, _BACKBONE_RATE_BPS),
        )
        beyond = self._tslcd_summary()
        self._route(HUB, beyond, pe, "tslcd")
        self._route(PROVIDER_EDGE, beyond, core, "core")
        self._route(PROVIDER_EDGE, self._building(), hub, "hub")
        self._route(CORE, [hub, *self._building()], pe, "pe")
        self._draw_centre(TSLCD_CENTRE, CORE, core)

    def _draw_centre(self, centre: str, router: str, router_address: str) -> None:
        addresses = self._served(centre)
        if not addresses:
            return
        self._join(
            End(space=router, device="centre", address=router_address),
            End(space=centre, device="up", address=addresses[0]),
        )
        self._own_all(centre, addresses[1:])
        self._route(router, addresses[1:], addresses[0], "centre")
        self._route(centre, [_ANYWHERE], router_address, "up")

    def _draw_internet(self) -> None:
        isps = self._isps()
        hub = self._hub_address["internet"]
        self._join(
            End(space=HUB, device="internet", address=hub),
            End(space=_isp_space(isps[0]), device="hub", address=self._isp),
            _line(UPLINK_LINES["internet"], _UPLINK_RTT_MS["internet"], _BACKBONE_RATE_BPS),
        )
        self._route(HUB, [_ANYWHERE], self._isp, "internet")
        for index, isp in enumerate(isps):
            self._draw_isp(index, isp)
        self._route(EXCHANGE, [hub], self._isp_address(0, isps[0]), "isp-0")
        self._draw_centre(INTERNET_CENTRE, EXCHANGE, _EXCHANGE_ADDRESS)

    def _isp_of(self, target: Target) -> str:
        return target.labels.get("isp", self._isps()[0])

    def _isp_address(self, index: int, isp: str) -> str:
        if index == 0:
            return self._isp
        mine = [t.address for t in self._of(Role.ANCHOR) if self._isp_of(t) == isp]
        return mine[0] if mine else f"100.64.1.{index}"

    def _draw_isp(self, index: int, isp: str) -> None:
        space, address = _isp_space(isp), self._isp_address(index, isp)
        anchors = [t.address for t in self._of(Role.ANCHOR) if self._isp_of(t) == isp]
        members = [t.address for t in self._of(Role.INTERNET) if self._isp_of(t) == isp]
        self._join(
            End(space=EXCHANGE, device=f"isp-{index}", address=_EXCHANGE_ADDRESS),
            End(space=space, device="exchange", address=address),
        )
        self._own_all(space, [anchor for anchor in anchors if anchor != address])
        self._route(space, [_ANYWHERE], _EXCHANGE_ADDRESS, "exchange")
        behind = [prefix for prefix in (*anchors, *members) if prefix != address]
        self._route(EXCHANGE, behind, address, f"isp-{index}")

    def _draw_unit(self, number: int, unit: Unit) -> None:
        for target in self._of(Role.TSLCD, unit)[:1]:
            gateway = partner(target.address, self._taken) or self._core
            self._access("tslcd", target, End(space=CORE, device=f"unit-{number}", address=gateway))
            self._route(unit.id, self._tslcd_summary(), gateway, "tslcd")
        for target in self._of(Role.INTERNET, unit)[:1]:
            isp = self._isp_of(target)
            gateway = partner(target.address, self._taken) or self._isp_address(self._isps().index(isp), isp)
            self._access("internet", target, End(space=_isp_space(isp), device=f"unit-{number}", address=gateway))
            self._route(unit.id, [_ANYWHERE], gateway, "internet")
        self._draw_lan(unit, f"unit-{number}")

    def _access(self, path: str, target: Target, near: End) -> None:
        far = End(space=target.unit_id, device=path, address=target.address)
        low, high = _RTT_MS[path]
        rtt_ms = Random(target.id).uniform(low, high)  # noqa: S311 - the same unit has the same line every time
        self._join(near, far, _line(line_id(path, target.unit_id), rtt_ms, _RATE_BPS[path]))
        self._places[target.unit_id] = target.unit_id

    def _draw_lan(self, unit: Unit, core_device: str) -> None:
        lan, tslcd = self._lan(unit), self._of(Role.TSLCD, unit)
        if lan is None or not tslcd:
            return
        gateway, subnet = lan
        self._route(CORE, [subnet], tslcd[0].address, core_device)
        length, mac = networks([subnet])[0].prefixlen, mac_of(ROUTER_MAKER, gateway)
        router = End(space=unit.id, device="lan", address=gateway, prefix_length=length, mac=mac)
        devices = {t.address: t for t in reversed(self._of(Role.DEVICE, unit))}
        machines = [
            Machine(name=t.id.rpartition("/")[2], address=t.address, target_id=t.id) for t in reversed(devices.values())
        ]
        made = unit_segment(unit.id, unit.name, router, str(networks([subnet])[0]), machines)
        self._add(made)
        self._places |= {port.target_id: port.space for port in made.lan.ports[1:]}


def _isp_space(isp: str) -> str:
    return f"net/isp-{isp}"


def _line(name: str, rtt_ms: float, rate_bps: float) -> Line:
    delay_s = rtt_ms / 2000
    jitter_s = round(delay_s * _JITTER_PART, 6)
    return Line(id=name, delay_s=round(delay_s, 6), jitter_s=jitter_s, rate_bps=rate_bps)
