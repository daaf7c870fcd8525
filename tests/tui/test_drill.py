"""The drill menu on a real simulated district."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bt_console.lab.client import Lab, LabError
from bt_console.model.change import Change
from tests.tui import district
from tests.tui.driving import Shown, shown

EXAMPLE = Path(__file__).parents[2] / "config.example.yaml"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    try:
        running = Lab.start(EXAMPLE, tmp_path_factory.mktemp("drill") / "lab", fallback=True)
    except LabError as error:
        pytest.skip(str(error))
    yield running
    running.stop()


async def choose(running: Shown, name: str) -> None:
    """Select a row of the menu by its beginning and open it."""
    board = running.app.main.page.query_one("#drill-menu")
    for _ in range(60):
        if board.key.partition(":")[2] == name:  # type: ignore[attr-defined]
            await running.press("enter")
            return
        await running.press("down")
    raise AssertionError(f"{name} is not in the menu:\n{running.text()}")


async def test_a_fault_is_asked_about_made_noticed_and_healed(tmp_path: Path, lab: Lab) -> None:
    async with shown(tmp_path, district.calm_change(), lab=lab) as running:
        await running.press("F")
        assert "Không có gì đang bị làm hỏng." in running.text()
        await choose(running, "service-down")
        await choose(running, "qlvb")
        assert "Sẽ làm: service-down:qlvb" in running.text()
        await running.press("enter")
        assert lab.active() == ("service-down:qlvb",)
        assert "chưa phát hiện sau" in running.text()
        noticed = replace(district.service_incident(), opened_at=district.NOW + timedelta(seconds=3.2))
        district.write(running.store, Change(incidents=(noticed,)))
        await running.until(lambda: "sự cố #8 mở sau 3,2 s" in running.text())
        await running.press("x")
        assert lab.active() == ()
        assert "(đã chữa)" in running.text()


async def test_saying_no_breaks_nothing_and_escape_goes_back_one_step(tmp_path: Path, lab: Lab) -> None:
    async with shown(tmp_path, district.calm_change(), lab=lab) as running:
        await running.press("F")
        await choose(running, "service-slow")
        await choose(running, "mail")
        assert "2s" in running.text()
        await running.press("escape")
        assert "dichvucong" in running.text()
        await choose(running, "mail")
        await choose(running, "4s")
        assert "Sẽ làm: service-slow:mail:4s" in running.text()
        await running.press("escape")
        assert lab.active() == ()
        assert running.app.main.page.page == "drill"


async def test_without_a_lab_there_is_no_drill(tmp_path: Path) -> None:
    async with shown(tmp_path, district.calm_change()) as running:
        await running.press("F")
        assert running.app.main.page.page == "overview"
        assert "DEMO" not in running.text()
