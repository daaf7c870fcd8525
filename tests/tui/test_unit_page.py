"""The Unit page over a real store: its history can be walked, and its LAN follows the register."""

from __future__ import annotations

from pathlib import Path

from bt_console.model.change import Change
from bt_console.model.device import DeviceState
from tests.tui import district, lan
from tests.tui.driving import WIDE, shown


async def test_an_event_of_an_incident_opens_that_incident_and_another_opens_nothing(tmp_path: Path) -> None:
    async with shown(tmp_path, district.broken_change()) as running:
        await running.press("down", "enter", "end", "enter")
        assert running.app.main.page.page == "unit"
        await running.press("up", "enter")
        assert running.app.main.page.page == "incidents"
        assert "#7" in running.text()


async def test_a_device_that_turns_up_is_shown_without_a_new_reading(tmp_path: Path) -> None:
    async with shown(tmp_path, district.broken_change(), size=WIDE) as running:
        await running.press("down", "enter")
        assert "Sổ thiết bị" not in running.text()
        district.write(running.store, Change(devices=(lan.device(40, DeviceState.NEW),)))
        await running.until(lambda: "00:1d:7e:00:00:28" in running.text())
        assert "1 lạ" in running.line_with("Sổ thiết bị")
