"""The pipeline folds devices and routes into its changes; after a restart from the store nothing is told twice."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bt_console.engine.pipeline import Pipeline
from bt_console.engine.runner import Run
from bt_console.facade import Console
from bt_console.model.change import Change
from bt_console.model.device import DeviceState
from bt_console.model.inventory import (
    Approval,
    Check,
    CheckId,
    Inventory,
    Role,
    Target,
    TargetId,
    Unit,
    UnitId,
    UnitKind,
)
from bt_console.store.writer import Writer
from probes.api import Fact, Outcome, Reading
from tests.engine.clocks import START

UNIT = UnitId("cao-son")
PRINTER, STRANGER = "b4:22:00:00:00:01", "b4:22:00:00:00:99"
ONE, TWO = ("a", "b", "z"), ("a", "c", "z")


def _check(probe: str) -> Check:
    return Check(
        id=CheckId(f"cao-son/lan:{probe}"),
        target_id=TargetId("cao-son/lan"),
        probe=probe,
        address="10.21.2.1",
        params=None,
        interval_s=60.0,
        timeout_s=5.0,
    )


SWEEP, TRACE = _check("arp_sweep"), _check("path_trace")
INVENTORY = Inventory(
    district="Huyện thử",
    timezone="Asia/Ho_Chi_Minh",
    language="vi",
    units={UNIT: Unit(id=UNIT, name="Xã Cao Sơn", kind=UnitKind.COMMUNE, labels={"lan_subnet": "10.21.2.0/24"})},
    targets={
        TargetId("cao-son/lan"): Target(
            id=TargetId("cao-son/lan"), unit_id=UNIT, role=Role.LAN, name="LAN Cao Sơn", address="10.21.2.1"
        )
    },
    checks={SWEEP.id: SWEEP, TRACE.id: TRACE},
    approvals={PRINTER: Approval(mac=PRINTER, unit_id=UNIT, name="Máy in")},
)


class Engine:
    """A pipeline whose every change is stored, and that can be started again from the store."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now = START
        self.told: list[str] = []
        self.pipeline = Pipeline(self._commit(Change(inventory=INVENTORY)), INVENTORY, lambda _: "Canon")

    def _commit(self, change: Change):  # type: ignore[no-untyped-def]
        with closing(Writer(self.path)) as writer:
            writer.commit(change)
            return writer.load()

    def restart(self) -> None:
        self.pipeline = Pipeline(self._commit(Change()), INVENTORY, lambda _: "Canon")

    def measure(self, check: Check, facts: Mapping[str, Fact]) -> Change:
        self.now += timedelta(minutes=1)
        reading = Reading(outcome=Outcome.OK, facts=facts)
        run = Run(check, self.now, self.now, 0.1, reading, is_confirmation=False)
        change = self.pipeline.ingest([run], self.now).change
        self._commit(change)
        self.told += [event.kind for event in change.events if not event.kind.startswith(("transition", "incident"))]
        return change

    def sweep(self, *macs: str) -> Change:
        return self.measure(SWEEP, {"mac": macs, "ip": tuple(f"10.21.2.{at}" for at in range(11, 11 + len(macs)))})

    def trace(self, hops: tuple[str, ...]) -> Change:
        return self.measure(TRACE, {"hop_address": hops, "route_hash": " ".join(hops), "reached": True})


def test_devices_and_routes_are_stored_with_what_showed_them_and_told_once(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "store.db")
    engine.sweep(PRINTER)
    assert engine.told == []
    first = engine.sweep(PRINTER, STRANGER)
    assert engine.told == ["device_new"]
    assert [device.mac for device in first.devices] == [PRINTER, STRANGER]
    for _ in range(5):
        engine.trace(ONE)
        engine.restart()
        engine.sweep(PRINTER, STRANGER)
    for _ in range(6):
        engine.trace(TWO)
    engine.restart()
    for _ in range(6):
        engine.trace(TWO)
    assert engine.told == ["device_new", "route_changed"]
    with closing(Console(engine.path)) as console:
        found = {device.mac: device for device in console.devices(UNIT)}
        assert {mac: device.state for mac, device in found.items()} == {PRINTER: "approved", STRANGER: "new"}
        assert (found[STRANGER].vendor, found[STRANGER].address) == ("Canon", "10.21.2.12")
        assert [route.hops for route in console.routes(TRACE.id)] == [TWO, ONE]
        kinds = [event.kind for event in console.events()]
        assert kinds.count("device_new") == 1
        assert len({event.seq for event in console.events()}) == len(kinds)


def test_a_register_that_changes_is_followed_without_a_line(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "store.db")
    engine.sweep(PRINTER, STRANGER)
    approvals = {STRANGER: Approval(mac=STRANGER, unit_id=UNIT, name="Máy mới")}
    engine.pipeline.set_inventory(replace(INVENTORY, approvals=approvals))
    change = engine.pipeline.ingest([], engine.now).change
    assert {device.mac: device.state for device in change.devices} == {PRINTER: "new", STRANGER: "approved"}
    assert change.events == ()
    assert engine.pipeline.ingest([], engine.now).change.devices == ()


def test_a_check_or_unit_that_is_no_more_leaves_no_memory(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "store.db")
    engine.sweep(PRINTER, STRANGER)
    engine.trace(ONE)
    empty = replace(INVENTORY, units={}, targets={}, checks={}, approvals={})
    engine.pipeline.set_inventory(empty)
    gone = engine.pipeline.ingest([], engine.now).change.devices_gone
    assert {device.mac for device in gone} == {PRINTER, STRANGER}
    engine.pipeline.set_inventory(INVENTORY)
    assert [route.seen_count for route in engine.trace(ONE).routes] == [1]


def test_a_clock_that_jumps_a_year_makes_nothing_missing(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "store.db")
    engine.sweep(PRINTER, STRANGER)
    engine.trace(ONE)
    engine.pipeline.shift(timedelta(days=365))
    engine.now += timedelta(days=365)
    change = engine.sweep(STRANGER)
    assert change.devices_gone == ()
    with closing(Console(engine.path)) as console:
        states = {device.mac: device.state for device in console.devices()}
    assert states == {PRINTER: DeviceState.APPROVED, STRANGER: DeviceState.NEW}
