"""Devices and routes come back after a restart as they were, and go when the inventory has no place for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bt_console.facade import Console
from bt_console.model.change import Change
from bt_console.model.device import Device, DeviceState
from bt_console.model.inventory import CheckId, UnitId
from bt_console.store.writer import Writer
from tests.store.examples import at, device, district, everything, route

LINK = CheckId("xa-1/tslcd:icmp_echo")
BLANK = Device(mac="b4:22:00:00:00:77", unit_id=UnitId("xa-2"), state=DeviceState.APPROVED)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def writer(path: Path) -> Iterator[Writer]:
    with closing(Writer(path)) as opened:
        opened.commit(everything(district()))
        yield opened


def test_a_restart_gives_back_exactly_what_was_known(path: Path, writer: Writer) -> None:
    devices = (device(1), device(2, state=DeviceState.MOVED), BLANK)
    routes = (route("a"), replace(route("b", accepted=None), alternated_at=None))
    writer.commit(Change(devices=devices, routes=routes))
    writer.close()
    with closing(Writer(path)) as again:
        memory = again.load()
    assert memory.devices == devices
    assert memory.routes == routes


def test_a_row_replaces_the_one_of_the_same_key_and_one_that_is_gone_goes(writer: Writer) -> None:
    writer.commit(Change(devices=(device(1), device(2)), routes=(route("a"), route("b"))))
    later = replace(device(1), address="10.21.1.99", missed_since=None)
    longer = replace(route("a"), seen_count=8)
    writer.commit(Change(devices=(later,), devices_gone=(device(2),), routes=(longer,), routes_gone=(route("b"),)))
    memory = writer.load()
    assert memory.devices == (later,)
    assert memory.routes == (longer,)


def test_the_same_mac_in_two_units_is_two_devices(writer: Writer) -> None:
    writer.commit(Change(devices=(device(1), device(1, "xa-2", DeviceState.MOVED))))
    writer.commit(Change(devices_gone=(device(1),)))
    assert [found.unit_id for found in writer.load().devices] == ["xa-2"]


def test_a_new_inventory_drops_what_has_no_place_in_it(writer: Writer) -> None:
    gone = CheckId("xa-2/tslcd:icmp_echo")
    writer.commit(Change(devices=(device(1), device(1, "xa-2")), routes=(route("a"), route("a", gone))))
    writer.commit(Change(inventory=district(communes=1)))
    memory = writer.load()
    assert [found.unit_id for found in memory.devices] == ["xa-1"]
    assert [found.check_id for found in memory.routes] == [LINK]


def test_a_console_lists_devices_of_one_unit_or_all_and_routes_the_one_in_force_first(
    path: Path, writer: Writer
) -> None:
    writer.commit(Change(devices=(device(2), device(1), device(3, "xa-2"))))
    writer.commit(
        Change(routes=(route("old", seen=90, accepted=2), route("now", accepted=8), route("odd", accepted=None)))
    )
    with closing(Console(path)) as console:
        assert console.devices() == (device(1), device(2), device(3, "xa-2"))
        assert console.devices(UnitId("xa-2")) == (device(3, "xa-2"),)
        assert console.devices(UnitId("nowhere")) == ()
        assert [found.route_hash for found in console.routes(LINK)] == ["now", "old", "odd"]
        assert console.routes(CheckId("nothing")) == ()


def test_a_snapshot_counts_the_devices_of_each_unit_and_redoes_only_those_that_changed(
    path: Path, writer: Writer
) -> None:
    writer.commit(Change(devices=(device(1), device(2), device(3, "xa-2"), device(4, state=DeviceState.MISSING))))
    with closing(Console(path)) as console:
        before = console.snapshot(at(101))
        assert before
        assert [unit.device_counts for unit in before.units] == [
            ((DeviceState.MISSING, 1), (DeviceState.NEW, 2)),
            ((DeviceState.NEW, 1),),
        ]
        assert before.departments[0].device_counts == ()
        writer.commit(Change(devices_gone=(device(3, "xa-2"),)))
        after = console.snapshot(at(101), before.revision)
        assert after
        assert after.units[1].device_counts == ()
        assert after.units[0] is before.units[0]
