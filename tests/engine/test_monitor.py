"""The whole engine on real sockets: it sees, concludes, remembers, reloads and obeys."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bt_console.config.load import load_config
from bt_console.engine.supervisor import check_once, run_monitor
from bt_console.facade import Console, StoreError
from bt_console.model.health import HealthState
from bt_console.model.incident import CauseKind
from bt_console.model.snapshot import EngineState, Snapshot
from tests.engine.site import INTERNET, TSLCD, Site, site, until


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path) as found:
        yield found


def is_up(snapshot: Snapshot) -> bool:
    return bool(snapshot.units) and snapshot.units[0].state is HealthState.UP


def has_open(snapshot: Snapshot) -> bool:
    return bool(snapshot.open_incidents)


def has_none_open(snapshot: Snapshot) -> bool:
    return bool(snapshot.incidents) and not snapshot.open_incidents


async def test_one_broken_way_is_one_incident_that_ends_when_it_is_mended(place: Site) -> None:
    async with place.monitored() as console:
        await until(console, is_up)
        await place.close(TSLCD)
        broken = await until(console, has_open)
        (incident,) = broken.open_incidents
        assert (incident.cause.kind, incident.cause.unit_id) == (CauseKind.TSLCD_DOWN, "xa-a")
        assert broken.units[0].internet is not None
        assert broken.units[0].internet.state is HealthState.UP
        assert incident.cause.steps
        await place.open(TSLCD)
        mended = await until(console, has_none_open)
        assert len(mended.incidents) == 1
        await until(console, is_up)
        assert mended.engine.detect_p50_s is not None


async def test_both_ways_at_once_are_one_dark_unit(place: Site) -> None:
    async with place.monitored() as console:
        await until(console, is_up)
        await place.close_all()
        broken = await until(console, has_open)
        assert [i.cause.kind for i in broken.incidents] == [CauseKind.UNIT_DARK]
        assert broken.units[0].state is HealthState.DOWN


async def test_an_incident_survives_a_restart_without_a_twin(place: Site) -> None:
    async with place.monitored() as console:
        await until(console, is_up)
        await place.close(INTERNET)
        first = (await until(console, has_open)).open_incidents[0]
    async with place.monitored() as console:
        again = await until(console, lambda s: s.engine.checks_per_s > 0 and not s.units[0].internet.is_stale)  # type: ignore[union-attr]
        assert [i.id for i in again.incidents] == [first.id]
        assert again.open_incidents[0].opened_at == first.opened_at
    await place.open(INTERNET)
    async with place.monitored() as console:
        mended = await until(console, has_none_open)
        assert [i.id for i in mended.incidents] == [first.id]


async def test_a_bad_config_keeps_the_last_good_one_and_says_so(place: Site) -> None:
    async with place.monitored() as console:
        await until(console, is_up)
        place.write_config("nonsense: [")
        refused = await until(console, lambda s: bool(s.engine.config_error))
        assert "site.yaml:" in refused.engine.config_error
        assert refused.engine.state is EngineState.RUNNING
        place.config_path.unlink()
        await until(console, lambda s: "site.yaml" in s.engine.config_error and "nonsense" not in s.engine.config_error)
        place.write_config()
        await until(console, lambda s: not s.engine.config_error)


async def test_a_changed_register_of_devices_comes_into_force_too(place: Site) -> None:
    register = place.config_path.with_name("devices.csv")

    def named(console: Console) -> list[str]:
        return [device.name for device in console.devices()]

    async with place.monitored() as console:
        await until(console, is_up)
        place.write_config("devices_file: devices.csv\n")
        await until(console, lambda s: "no such file" in s.engine.config_error)
        register.write_text("mac,unit,name\nb4:22:00:00:00:01,xa-a,Máy in\n", "utf-8")
        await until(console, lambda s: not s.engine.config_error and named(console) == ["Máy in"])
        register.write_text("mac,unit,name\nb4:22:00:00:00:01,xa-a,Máy in 2\nx,xa-a,Máy\n", "utf-8")
        await until(console, lambda s: "devices.csv:3:1" in s.engine.config_error)
        assert named(console) == ["Máy in"]
        register.write_text("mac,unit,name\nb4:22:00:00:00:02,xa-a,Máy tính\n", "utf-8")
        await until(console, lambda s: not s.engine.config_error and named(console) == ["Máy tính"])


async def test_a_good_config_comes_into_force_without_a_restart(place: Site) -> None:
    async with place.monitored() as console:
        await until(console, is_up)
        page = f"http://127.0.0.1:{place.port}/"
        place.write_config(
            f"services:\n  x: {{name: Dịch vụ X, kind: web, path: internet, url: '{page}', address: 127.0.0.1}}\n"
        )
        seen = await until(console, lambda s: len(s.services) == 1)
        assert seen.services[0].name == "Dịch vụ X"
        down = await until(console, has_open)
        assert down.open_incidents[0].cause.kind is CauseKind.SERVICE_DOWN
        assert is_up(down)
        place.write_config()
        gone = await until(console, lambda s: not s.services)
        await until(console, has_none_open)
        assert is_up(gone)


async def test_an_acknowledgement_reaches_the_incident_and_its_author_is_told(place: Site) -> None:
    async with place.monitored() as console:
        await until(console, is_up)
        await place.close(TSLCD)
        incident = (await until(console, has_open)).open_incidents[0]
        asked = console.submit("acknowledge", str(incident.id), "an@10.0.0.9", datetime.now(UTC))
        seen = await until(console, lambda s: bool(s.open_incidents[0].acknowledged_by))
        assert seen.open_incidents[0].acknowledged_by == "an@10.0.0.9"
        assert seen.open_incidents[0].acknowledged_until is not None
        assert (console.command_result(asked) or "").startswith(f"oncall.answer.acknowledged|id={incident.id}|")
        wrong = console.submit("acknowledge", "999", "an", datetime.now(UTC))
        await until(console, lambda _: console.command_result(wrong) is not None)
        assert (console.command_result(wrong) or "").startswith("oncall.answer.no_")


async def test_a_second_monitor_on_the_same_store_is_refused(place: Site) -> None:
    async with place.monitored() as console:
        await until(console, is_up)
        with pytest.raises(StoreError, match="monitor"):
            await run_monitor(place.config_path, stop=asyncio.Event(), store_path=place.store_path)


async def test_one_round_of_checks_names_the_cause(place: Site, tmp_path: Path) -> None:
    await place.close(TSLCD)
    store = tmp_path / "once.sqlite"
    await check_once(load_config(place.config_path, store_path=store), store)
    console = Console(store)
    snapshot = console.snapshot(datetime.now(UTC))
    console.close()
    assert snapshot is not None
    assert [i.cause.kind for i in snapshot.open_incidents] == [CauseKind.TSLCD_DOWN]
