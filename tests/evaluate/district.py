"""The simulated district as an inventory: the hub, communes with two links each, departments, services, a name server.

Source: names, addresses and dependencies are those of the lab and of config.example.yaml.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from bt_console.evaluate.topology import LINK_ROLES
from bt_console.model.inventory import (
    Check,
    CheckId,
    Inventory,
    Role,
    Side,
    Target,
    TargetId,
    Threshold,
    Unit,
    UnitId,
    UnitKind,
)
from tests.communes import COMMUNES

HUB = UnitId("hub")
DEPARTMENTS = {"van-hoa": "Phòng Văn hóa và Thông tin", "noi-vu": "Phòng Nội vụ"}
DEVICES = {"may-in": "Máy in", "may-chu": "Máy chủ"}
SERVICES = {
    "qlvb": ("Quản lý văn bản", "web", "tslcd", "10.254.1.11"),
    "mail": ("Thư điện tử công vụ", "mail", "tslcd", "10.254.1.12"),
    "motcua": ("Một cửa điện tử", "web", "tslcd", "10.254.1.13"),
    "dichvucong": ("Dịch vụ công", "web", "internet", "192.0.2.11"),
    "kyso": ("Ký số", "signature", "internet", "192.0.2.12"),
}
_HTTPS = ("motcua", "dichvucong")
_LOSS = Threshold(measure="loss_ratio", side=Side.ABOVE, limit=0.1, k=6, n=10)
_DELAY = Threshold(measure="rtt_median_s", side=Side.ABOVE, limit=0.2)
_SLOW = Threshold(measure="total_s", side=Side.ABOVE, limit=2.0)
_EXPIRING = Threshold(measure="certificate_days_left", side=Side.BELOW, limit=14.0, k=1, n=1)
_FULL = tuple(
    Threshold(measure=f"{way}_utilisation_ratio", side=Side.ABOVE, limit=0.9, k=4, n=5) for way in ("in", "out")
)
_PATH_ROLES = LINK_ROLES | {Role.UPLINK, Role.CORE, Role.ANCHOR}


def district(communes: int = 17, second_ways: Iterable[str] = ()) -> Inventory:
    """Return the inventory with the first communes; some services have a second way, such as `qlvb-internet`."""
    units = dict(_units(communes))
    ways = (_second_way(slug) for slug in second_ways)
    targets = {target.id: target for target in (*_infrastructure(), *_services(), *ways, *_of_units(units))}
    checks = {check.id: check for target in targets.values() for check in _checks(target)}
    return Inventory(
        district="Bạch Thông",
        timezone="Asia/Ho_Chi_Minh",
        language="vi",
        units=units,
        targets=targets,
        checks=checks,
    )


def _units(communes: int) -> Iterator[tuple[UnitId, Unit]]:
    yield HUB, Unit(id=HUB, name="UBND huyện Bạch Thông", kind=UnitKind.HUB)
    for slug, name in list(COMMUNES.items())[:communes]:
        kind = UnitKind.TOWN if name.startswith("Thị trấn") else UnitKind.COMMUNE
        yield UnitId(slug), Unit(id=UnitId(slug), name=name, kind=kind, parent=HUB)
    for slug, name in DEPARTMENTS.items():
        yield UnitId(slug), Unit(id=UnitId(slug), name=name, kind=UnitKind.DEPARTMENT, parent=HUB)


def _target(name: str, role: Role, title: str, address: str, depends_on: tuple[str, ...] = (), **labels: str) -> Target:
    unit = name.partition("/")[0] if role in LINK_ROLES | {Role.LAN, Role.DEVICE} else "hub"
    parents = tuple(TargetId(parent) for parent in depends_on)
    return Target(
        id=TargetId(name),
        unit_id=UnitId(unit),
        role=role,
        name=title,
        address=address,
        depends_on=parents,
        labels=labels,
    )


def _infrastructure() -> Iterator[Target]:
    up_internet, up_tslcd = "hub/uplink-internet", "hub/uplink-tslcd"
    yield _target("hub", Role.HUB, "UBND huyện Bạch Thông", "10.255.0.2")
    yield _target(up_internet, Role.UPLINK, "Internet · UBND huyện", "203.0.113.1", ("hub",), path="internet")
    yield _target(up_tslcd, Role.UPLINK, "TSLCD · UBND huyện", "10.255.0.1", ("hub",), path="tslcd")
    yield _target("hub/anchor-1", Role.ANCHOR, "Internet 192.0.2.1", "192.0.2.1", (up_internet,), path="internet")
    yield _target("hub/anchor-2", Role.ANCHOR, "Internet 192.0.2.2", "192.0.2.2", (up_internet,), path="internet")
    yield _target("tslcd-core", Role.CORE, "Lõi TSLCD", "10.255.255.1", (up_tslcd,), path="tslcd")
    yield _target("dns", Role.DNS, "Máy chủ tên miền", "10.20.0.53", ("hub",))


def _services() -> Iterator[Target]:
    for slug, (title, kind, path, address) in SERVICES.items():
        first = "tslcd-core" if path == "tslcd" else "hub/uplink-internet"
        host = f"{slug}.bachthong.example"
        yield _target(slug, Role.SERVICE, title, address, (first, "dns"), path=path, service=kind, host=host)


def _second_way(slug: str) -> Target:
    title, kind, first, _ = SERVICES[slug]
    path, parent = ("internet", "hub/uplink-internet") if first == "tslcd" else ("tslcd", "tslcd-core")
    labels = {"path": path, "service": kind, "host": f"{slug}.bachthong.example", "way_of": slug}
    return _target(f"{slug}-{path}", Role.SERVICE, title, "192.0.2.31", (parent, "dns"), **labels)


def _of_units(units: dict[UnitId, Unit]) -> Iterator[Target]:
    for number, unit in enumerate(units.values()):
        if unit.kind in (UnitKind.COMMUNE, UnitKind.TOWN):
            yield from _commune(number, unit)
        elif unit.kind is UnitKind.DEPARTMENT:
            yield _target(f"{unit.id}/lan", Role.LAN, f"{unit.name} · LAN", f"10.20.{number}.1", ("hub",))


def _commune(number: int, unit: Unit) -> Iterator[Target]:
    lan, isp = f"{unit.id}/lan", "vnpt" if number % 2 else "viettel"
    yield _target(lan, Role.LAN, f"{unit.name} · LAN", f"10.21.{number}.1", (f"{unit.id}/tslcd",))
    yield _target(
        f"{unit.id}/internet",
        Role.INTERNET,
        f"{unit.name} · Internet",
        f"198.51.100.{4 * number + 2}",
        ("hub/uplink-internet",),
        path="internet",
        isp=isp,
    )
    yield _target(
        f"{unit.id}/tslcd", Role.TSLCD, f"{unit.name} · TSLCD", f"10.255.{number}.2", ("tslcd-core",), path="tslcd"
    )
    for place, (slug, title) in enumerate(DEVICES.items()):
        address = f"10.21.{number}.{11 + place}"
        yield _target(f"{unit.id}/device/{slug}", Role.DEVICE, f"{title} · {unit.name}", address, (lan,))


def _checks(target: Target) -> Iterator[Check]:
    host = target.labels.get("host", "")
    if target.role is Role.HUB:
        yield _check(target, "host_health", target.address, interval_s=10.0)
    elif target.role is Role.DNS:
        for slug in SERVICES:
            yield _check(target, f"dns_query:{slug}", f"{slug}.bachthong.example", timeout_s=2.0)
    elif target.id == "mail":
        yield _check(target, "tcp_connect:smtp", f"{host}:25")
        yield _check(target, "tcp_connect:imap", f"{host}:993")
    elif target.role is Role.SERVICE:
        scheme = "https" if target.id in _HTTPS else "http"
        yield _check(target, "http_get", f"{scheme}://{host}/", thresholds=(_SLOW,))
        if scheme == "https":
            yield _check(target, "tls_handshake", f"{host}:443", interval_s=60.0, thresholds=(_EXPIRING,))
    else:
        thresholds = (_LOSS, _DELAY) if target.role in _PATH_ROLES else ()
        interval_s = 10.0 if target.role is Role.DEVICE else 5.0
        yield _check(target, "icmp_echo", target.address, interval_s=interval_s, timeout_s=0.8, thresholds=thresholds)
    if target.role is Role.SERVICE:
        yield _check(target, "icmp_echo", target.address, timeout_s=0.8)
    if target.role in LINK_ROLES:
        yield replace(_check(target, "path_trace", target.address, interval_s=60.0), decides=False)
    if target.role in (Role.TSLCD, Role.CORE):
        load = _check(target, "snmp_interfaces", target.address, interval_s=30.0, thresholds=_FULL)
        yield replace(load, decides=False)


def _check(
    target: Target,
    key: str,
    address: str,
    *,
    interval_s: float = 5.0,
    timeout_s: float = 5.0,
    thresholds: tuple[Threshold, ...] = (),
) -> Check:
    return Check(
        id=CheckId(f"{target.id}:{key}"),
        target_id=target.id,
        probe=key.partition(":")[0],
        address=address,
        params=None,
        interval_s=interval_s,
        timeout_s=timeout_s,
        thresholds=thresholds,
    )
