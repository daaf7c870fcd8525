"""The broken district with a register of devices, routes and what happened on the LAN of Xã Cao Sơn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bt_console.model.change import Change
from bt_console.model.device import Device, DeviceState
from bt_console.model.inventory import Check, CheckId, TargetId, UnitId
from bt_console.model.route import Route
from bt_console.model.snapshot import Event
from bt_console.words import message
from tests.tui import district

UNIT = UnitId("cao-son")
TRACE = CheckId("cao-son/tslcd:path_trace")


def device(number: int, state: DeviceState = DeviceState.APPROVED, **changes: object) -> Device:
    """Return a device of the unit."""
    known = Device(
        mac=f"00:1d:7e:00:00:{number:02x}",
        unit_id=UNIT,
        state=state,
        name=f"Máy tính {number}" if state is not DeviceState.NEW else "",
        address=f"10.21.2.{10 + number}",
        port=f"sw-cao-son Gi0/{number}",
        vendor="Cisco-Linksys, LLC",
        approved_unit_id=UNIT if state is not DeviceState.NEW else None,
        first_seen_at=district.before(86400),
        last_seen_at=district.before(60),
    )
    return replace(known, **changes)  # type: ignore[arg-type]


def devices() -> Iterator[Device]:
    """Yield one of each kind that wants attention, and 13 approved ones."""
    yield from (device(number) for number in range(1, 14))
    yield device(40, DeviceState.NEW)
    yield device(41, DeviceState.MOVED, approved_unit_id=UnitId("don-phong"), name="Máy in màu")
    yield device(42, DeviceState.MISSING, last_seen_at=district.before(9 * 86400), port="")


def route(hops: tuple[str, ...], **changes: object) -> Route:
    """Return a route of the unit's trace."""
    known = Route(
        check_id=TRACE,
        route_hash="".join(hops),
        hops=hops,
        first_seen_at=district.before(7200),
        last_seen_at=district.before(60),
        accepted_at=district.before(7200),
    )
    return replace(known, **changes)  # type: ignore[arg-type]


def _events() -> Iterator[Event]:
    said = {
        "device_new": message(
            "event.device_new", unit="Xã Cao Sơn", device="00:1d:7e:00:00:28 · Cisco-Linksys, LLC · 10.21.2.50"
        ),
        "device_missing": message("event.device_missing", unit="Xã Cao Sơn", device="Máy tính 42"),
        "devices_dropped": message("event.devices_dropped", unit="Xã Cao Sơn", count=12),
        "route_changed": message(
            "event.route_changed",
            name="TSLCD Xã Cao Sơn",
            hop=2,
            before="10.255.0.1 > 10.255.255.1 > 10.255.2.2",
            after="10.255.0.1 > 10.255.254.1 > 10.255.2.2",
        ),
    }
    for number, (kind, text) in enumerate(said.items(), 3):
        at = district.before(400 - 10 * number)
        yield Event(seq=number, at=at, kind=kind, subject="cao-son", unit_id=UNIT, message=text)


def lan_change() -> Change:
    """Return the broken district in which a unit's LAN was looked at and its way traced."""
    change = district.broken_change()
    plan = change.inventory
    assert plan is not None
    trace = Check(
        id=TRACE,
        target_id=TargetId("cao-son/tslcd"),
        probe="path_trace",
        address="10.255.2.2",
        params=None,
        interval_s=300.0,
        timeout_s=10.0,
    )
    return replace(
        change,
        inventory=replace(plan, checks={**plan.checks, TRACE: trace}),
        devices=tuple(devices()),
        routes=(route(("10.255.0.1", "", "10.255.2.2")),),
        events=(*change.events, *_events()),
    )
