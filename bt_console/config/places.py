"""From the file's sections to units and targets, by the conventions of the district's topology."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bt_console.config.check_spec import PROBE_KEY, CheckSpec
from bt_console.config.schema import (
    DefaultsSpec,
    DeviceSpec,
    FileSpec,
    LinkSpec,
    ServiceSpec,
    UnitSpec,
    UplinkSpec,
)
from bt_console.config.sections import (
    Layer,
    district_layers,
    hub_layers,
    hub_variables,
    service_layers,
    service_variables,
)
from bt_console.config.yaml_reader import Loc
from bt_console.model.inventory import Role, Target, TargetId, Unit, UnitId, UnitKind

HUB = UnitId("hub")
HUB_TARGET = TargetId("hub")
CORE = TargetId("tslcd-core")
DNS = TargetId("dns")
RESERVED = (str(HUB), str(CORE), str(DNS))
LOOPBACK = "127.0.0.1"
DNS_PORT = 53
_TITLES = {"internet": "Internet", "tslcd": "TSLCD"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A target with where it is written and what is said about its checks."""

    target: Target
    loc: Loc
    """Where its address stands."""
    layers: tuple[Layer, ...]
    variables: Mapping[str, str]
    """What {address}, {endpoint}, {host}, {port} and {url} stand for."""
    variants: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    """Probes asked several times, such as a name server's dns_query once per service: probe -> suffix -> variables."""
    depends_loc: Loc | None = None
    """Where its own depends_on stands, if it has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Lays out one file, with the built-in defaults below it."""

    spec: FileSpec
    builtin: DefaultsSpec

    def units(self) -> Iterator[Unit]:
        """Yield the hub, then the units in the file's order."""
        hub = self.spec.hub
        own = {"internet": hub.internet.address, "tslcd": hub.tslcd.address}
        labels = {**hub.labels, **{f"{path}_address": str(address) for path, address in own.items() if address}}
        labels |= {"lan_subnet": str(hub.lan_subnet)} if hub.lan_subnet else {}
        yield Unit(id=HUB, name=hub.name, kind=UnitKind.HUB, officials_count=hub.officials, labels=labels)
        for name, unit in self.spec.units.items():
            lan = {"lan_subnet": str(unit.lan.subnet)} if unit.lan else {}
            yield Unit(
                id=UnitId(name),
                name=unit.name,
                kind=unit.kind,
                parent=HUB,
                officials_count=unit.officials,
                labels={**unit.labels, **lan},
            )

    def places(self) -> Iterator[Place]:
        """Yield every target: hub and infrastructure, services, then the units'."""
        yield from self._hub()
        yield self._core()
        yield from self._dns()
        for name, service in self.spec.services.items():
            yield self._service(TargetId(name), service)
        for name, unit in self.spec.units.items():
            yield from self._unit(UnitId(name), unit)

    def _layers(
        self,
        roles: tuple[str, ...],
        target: Target,
        switches: tuple[Layer, ...],
        *own: tuple[Mapping[str, CheckSpec], Loc],
    ) -> tuple[Layer, ...]:
        """Return built-in checks, what sections switch on of them, then what people say; roles from wide to narrow."""
        builtin = [Layer(checks=self.builtin.roles.get(role, {}), loc=None) for role in roles]
        known = {key for layer in builtin for key in layer.checks}
        sections = [
            Layer(checks={key: check for key, check in layer.checks.items() if key in known}, loc=layer.loc)
            for layer in (*district_layers(self.spec, target.address), *switches)
        ]
        said = [(self.spec.defaults.roles.get(role, {}), ("defaults", "roles", role)) for role in roles]
        return (*builtin, *sections, *(Layer(checks=checks, loc=loc) for checks, loc in (*said, *own)))

    def _hub(self) -> Iterator[Place]:
        hub = self.spec.hub
        own = hub.tslcd.address or hub.internet.address
        target = Target(
            id=HUB_TARGET, unit_id=HUB, role=Role.HUB, name=hub.name, address=str(own.ip) if own else LOOPBACK
        )
        yield self._hub_place(target, ("hub",))
        yield self._uplink("internet", hub.internet)
        yield self._uplink("tslcd", hub.tslcd)
        for at, anchor in enumerate(hub.anchors):
            target = Target(
                id=TargetId(f"hub/anchor-{at + 1}"),
                unit_id=HUB,
                role=Role.ANCHOR,
                name=anchor.name or f"Internet {anchor.address}",
                address=str(anchor.address),
                depends_on=(TargetId("hub/uplink-internet"),),
                labels=_labels(path="internet", isp=anchor.isp),
            )
            yield self._hub_place(target, ("hub", "anchors", at, "address"))

    def _uplink(self, path: str, uplink: UplinkSpec) -> Place:
        target = Target(
            id=TargetId(f"hub/uplink-{path}"),
            unit_id=HUB,
            role=Role.UPLINK,
            name=uplink.name or f"{_TITLES[path]} · {self.spec.hub.name}",
            address=str(uplink.gateway),
            depends_on=(HUB_TARGET,),
            labels=_labels(path=path, isp=uplink.isp),
        )
        return self._hub_place(target, ("hub", path, "gateway"))

    def _hub_place(self, target: Target, loc: Loc) -> Place:
        role, hub = str(target.role), self.spec.hub
        own = (hub.checks.get(role, {}), ("hub", "checks", role))
        return Place(
            target=target,
            loc=loc,
            layers=self._layers((role,), target, hub_layers(self.spec), own),
            variables={"address": target.address, **hub_variables(hub)},
            variants={"ntp_query": {server: {"time_server": server} for server in hub.time_servers}},
        )

    def _core(self) -> Place:
        core = self.spec.tslcd_core
        target = Target(
            id=CORE,
            unit_id=HUB,
            role=Role.CORE,
            name=core.name or "TSLCD core",
            address=str(core.address),
            depends_on=(TargetId("hub/uplink-tslcd"),),
            labels=_labels(path="tslcd"),
        )
        layers = self._layers(("core",), target, (), (core.checks, ("tslcd_core", "checks")))
        return Place(target=target, loc=("tslcd_core", "address"), layers=layers, variables={"address": target.address})

    def _dns(self) -> Iterator[Place]:
        dns = self.spec.dns
        if dns is None:
            return
        target = Target(
            id=DNS,
            unit_id=HUB,
            role=Role.DNS,
            name=dns.name or "DNS",
            address=str(dns.address),
            depends_on=_ids(dns.depends_on, [HUB_TARGET]),
        )
        asked = {name: _question(service) for name, service in self.spec.services.items() if not service.is_numeric}
        yield Place(
            target=target,
            loc=("dns", "address"),
            layers=self._layers(("dns",), target, (), (dns.checks, ("dns", "checks"))),
            variables={
                "address": target.address,
                "port": str(dns.port),
                "endpoint": endpoint(target.address, dns.port),
            },
            variants={"dns_query": asked},
            depends_loc=("dns", "depends_on") if dns.depends_on is not None else None,
        )

    def _nameserver(self) -> str:
        return endpoint(str(self.spec.dns.address), self.spec.dns.port) if self.spec.dns else ""

    def _service(self, name: TargetId, service: ServiceSpec) -> Place:
        first = CORE if service.path == "tslcd" else TargetId("hub/uplink-internet")
        target = Target(
            id=name,
            unit_id=HUB,
            role=Role.SERVICE,
            name=service.name,
            address=str(service.address),
            depends_on=_ids(service.depends_on, [first, DNS] if self.spec.dns else [first]),
            labels=_labels(path=service.path, service=service.kind, host=service.host, way_of=service.way_of),
        )
        loc: Loc = ("services", name)
        return Place(
            target=target,
            loc=(*loc, "address"),
            layers=self._layers(
                (service.kind,),
                target,
                service_layers(self.spec, str(name), service),
                (_page(service), loc),
                (service.checks, (*loc, "checks")),
            ),
            variables={
                "address": target.address,
                "host": bracketed(service.host),
                "port": str(service.port),
                "endpoint": f"{bracketed(service.host)}:{service.port}",
                "url": service.url,
                **service_variables(self.spec, service, self._nameserver()),
            },
            depends_loc=(*loc, "depends_on") if service.depends_on is not None else None,
        )

    def _unit(self, name: UnitId, unit: UnitSpec) -> Iterator[Place]:
        lan_parent = TargetId(f"{name}/tslcd") if unit.tslcd else HUB_TARGET
        if unit.lan:
            lan = Target(
                id=TargetId(f"{name}/lan"),
                unit_id=name,
                role=Role.LAN,
                name=unit.lan.name or f"{unit.name} · LAN",
                address=str(unit.lan.gateway),
                depends_on=(lan_parent,),
            )
            yield self._unit_place(lan, unit, ("lan", "gateway"))
        if unit.internet:
            yield self._link(name, unit, Role.INTERNET, unit.internet)
        if unit.tslcd:
            yield self._link(name, unit, Role.TSLCD, unit.tslcd)
        for slug, device in unit.devices.items():
            yield self._device(name, unit, slug, device)

    def _link(self, name: UnitId, unit: UnitSpec, role: Role, link: LinkSpec) -> Place:
        path = str(role)
        target = Target(
            id=TargetId(f"{name}/{path}"),
            unit_id=name,
            role=role,
            name=link.name or f"{unit.name} · {_TITLES[path]}",
            address=str(link.address.ip),
            depends_on=(CORE if role is Role.TSLCD else TargetId("hub/uplink-internet"),),
            labels=_labels(path=path, isp=link.isp or (unit.isp if role is Role.INTERNET else None)),
        )
        return self._unit_place(target, unit, (path, "address"))

    def _device(self, name: UnitId, unit: UnitSpec, slug: str, device: DeviceSpec) -> Place:
        target = Target(
            id=TargetId(f"{name}/device/{slug}"),
            unit_id=name,
            role=Role.DEVICE,
            name=device.name or slug,
            address=str(device.address),
            depends_on=_ids(device.depends_on, [TargetId(f"{name}/lan") if unit.lan else HUB_TARGET]),
            labels=_labels(kind=device.kind),
        )
        below: Loc = ("devices", slug)
        loc: Loc = ("units", name, *below)
        place = self._unit_place(target, unit, (*below, "address"), device.kind)
        own = Layer(checks=device.checks, loc=(*loc, "checks"))
        return Place(
            target=target,
            loc=place.loc,
            layers=(*place.layers, own),
            variables=place.variables,
            depends_loc=(*loc, "depends_on") if device.depends_on is not None else None,
        )

    def _unit_place(self, target: Target, unit: UnitSpec, below: Loc, kind: str | None = None) -> Place:
        roles = (str(target.role), kind) if kind else (str(target.role),)
        own: Loc = ("units", target.unit_id, "checks")
        return Place(
            target=target,
            loc=("units", target.unit_id, *below),
            layers=self._layers(roles, target, (), *((unit.checks.get(role, {}), (*own, role)) for role in roles)),
            variables={"address": target.address},
        )


def bracketed(host: str) -> str:
    """Return a host as it stands before a colon and a port."""
    return f"[{host}]" if ":" in host else host


def endpoint(address: str, port: int) -> str:
    """Return a name server's address, with its port where that is not the usual one."""
    return address if port == DNS_PORT else f"{bracketed(address)}:{port}"


def _question(service: ServiceSpec) -> dict[str, str]:
    record = "AAAA" if service.address.version == 6 else "A"
    return {"host": service.host, "host_address": str(service.address), "record": record}


def _page(service: ServiceSpec) -> dict[str, CheckSpec]:
    """Return what `expect_text` is short for."""
    if service.expect_text is None:
        return {}
    return {
        "http_get": CheckSpec.model_validate({PROBE_KEY: "http_get", "params": {"expect_text": service.expect_text}})
    }


def _labels(**labels: str | None) -> dict[str, str]:
    return {name: value for name, value in labels.items() if value}


def _ids(own: list[str] | None, conventional: list[TargetId]) -> tuple[TargetId, ...]:
    return tuple(conventional) if own is None else tuple(TargetId(name) for name in own)
