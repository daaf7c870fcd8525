"""The console driven by keys, over a real store."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bt_console.facade import Console
from bt_console.model.change import Change
from bt_console.model.inventory import CheckId
from bt_console.store.writer import Writer
from bt_console.tui.screens.overview import OverviewPage
from tests.communes import COMMUNES
from tests.tui import district
from tests.tui.driving import SMALL, WIDE, Shown, shown


def overview(running: Shown) -> OverviewPage:
    return running.app.main.query_one(OverviewPage)


def commands(store: Path) -> list[tuple[str, str, str]]:
    with sqlite3.connect(store) as connection:
        return list(connection.execute("SELECT verb, subject, by FROM command ORDER BY id"))


def _take_away(store: Path) -> None:
    for file in store.parent.glob("store.db*"):
        file.rename(file.with_name("away-" + file.name))


async def test_all_seventeen_units_are_on_one_small_screen_worst_first(tmp_path: Path) -> None:
    async with shown(tmp_path, district.broken_change()) as running:
        text = running.text()
        assert all(name in text for name in COMMUNES.values())
        assert "Xã Cao Sơn" in running.lines()[2]
        assert "■ mất kết nối" in running.lines()[0]


async def test_the_order_rests_while_a_row_is_selected_and_moves_again_after_escape(tmp_path: Path) -> None:
    async with shown(tmp_path, district.calm_change()) as running:
        await running.press("down")
        assert overview(running).table.key == "phu-thong"
        district.write(running.store, district.broken_change())
        await running.until(lambda: "■" in running.text())
        assert "Thị trấn Phủ Thông" in running.lines()[2]
        await running.press("escape")
        assert "Xã Cao Sơn" in running.lines()[2]


async def test_enter_opens_the_unit_and_escape_comes_back_to_the_same_row(tmp_path: Path) -> None:
    async with shown(tmp_path, district.broken_change()) as running:
        await running.press("down", "down", "enter")
        assert running.app.main.page.page == "unit"
        assert "Xã Tú Trĩ" in running.lines()[1]
        await running.press("escape")
        assert running.app.main.page.page == "overview"
        assert overview(running).table.key == "tu-tri"


async def test_every_number_opens_down_to_the_facts_of_one_observation(tmp_path: Path) -> None:
    async with shown(tmp_path, district.calm_change()) as running:
        await running.press("down", "down", "enter")
        await running.press("enter")
        assert running.app.main.page.page == "check"
        assert "cao-son/tslcd:icmp_echo" in running.text()
        assert "rtt_median_s" in running.text()
        assert "ttl" in running.text()


async def test_a_filter_works_without_diacritics_stays_as_a_chip_and_escape_drops_it(tmp_path: Path) -> None:
    async with shown(tmp_path, district.broken_change()) as running:
        await running.press("slash", *"don phong", "enter")
        assert "Xã Đôn Phong" in running.lines()[2]
        assert "lọc: don phong" in running.text()
        assert "Xã Cao Sơn" not in "\n".join(running.lines()[:18])
        await running.press("escape")
        assert "lọc:" not in running.text()
        assert "Xã Vũ Muộn" in running.text()


async def test_a_filter_survives_another_page(tmp_path: Path) -> None:
    async with shown(tmp_path, district.broken_change()) as running:
        await running.press("slash", *"state", "colon", *"degraded", "enter", "3", "1")
        assert "lọc: state:degraded   2/20" in running.text()


async def test_the_palette_finds_a_unit_without_diacritics(tmp_path: Path) -> None:
    async with shown(tmp_path, district.calm_change()) as running:
        await running.press("ctrl+p", *"my thanh", "enter")
        assert running.app.main.page.page == "unit"
        assert "Xã Mỹ Thanh" in running.lines()[1]


async def test_the_palette_runs_an_action(tmp_path: Path) -> None:
    async with shown(tmp_path, district.calm_change()) as running:
        await running.press("colon", *"sang, tuong phan", "enter")
        assert running.app.theme == "console-light"


async def test_one_key_changes_the_language_and_the_decimal_mark(tmp_path: Path) -> None:
    async with shown(tmp_path, district.calm_change()) as running:
        assert "đo 0,4 s trước" in running.lines()[0]
        await running.press("l")
        assert "0.4 s ago" in running.lines()[0]
        assert "quit" in running.lines()[-1]


async def test_x_acknowledges_the_selected_incident_through_the_inbox(tmp_path: Path) -> None:
    async with shown(tmp_path, district.broken_change()) as running:
        await running.press("4")
        await running.pilot.press("x")
        await running.until(lambda: bool(commands(running.store)))
        assert commands(running.store) == [("acknowledge", '{"incident":7}', "tho")]
        assert "Đã gửi" in running.lines()[-1]


async def test_the_answer_to_a_command_is_shown(tmp_path: Path) -> None:
    async with shown(tmp_path, district.broken_change()) as running:
        await running.press("3")
        await running.pilot.press("r")
        await running.until(lambda: bool(commands(running.store)))
        writer = Writer(running.store)
        try:
            (command,) = writer.pending_commands()
            assert (command.verb, command.subject) == ("probe_now", "qlvb")
            writer.commit(Change(handled_commands=(command.id,)))
        finally:
            writer.close()
        await running.until(lambda: "Đã gửi" not in running.lines()[-1])


async def test_departments_fold_and_unfold_under_one_row(tmp_path: Path) -> None:
    async with shown(tmp_path, district.calm_change(), size=WIDE) as running:
        assert "Phòng Nội vụ" not in running.text()
        await running.press("end", "space")
        assert "Phòng Nội vụ" in running.text()
        await running.press("space")
        assert "Phòng Nội vụ" not in running.text()


async def test_nobody_measuring_turns_into_a_banner_and_marked_values(tmp_path: Path) -> None:
    instants = [district.NOW]
    async with shown(tmp_path, district.broken_change(), now=lambda: instants[0]) as running:
        assert "KHÔNG CÓ DỮ LIỆU MỚI" not in running.text()
        instants[0] = district.NOW + timedelta(seconds=90)
        await running.until(lambda: "KHÔNG CÓ DỮ LIỆU MỚI TỪ 21:03:09" in running.text())
        await running.settle()
        assert "~ tốt" in running.line_with("Xã Hà Vị")
        assert "●" not in running.line_with("Xã Hà Vị")


async def test_a_refused_configuration_is_said_on_every_page(tmp_path: Path) -> None:
    change = Change(engine=district.engine(config_error="config.yaml:3:5: unknown key"))
    async with shown(tmp_path, district.calm_change()) as running:
        district.write(running.store, change)
        await running.until(lambda: "config.yaml:3:5: unknown key" in running.text())
        for key in "1234":
            await running.press(key)
            assert "config.yaml:3:5: unknown key" in running.lines()[1]


async def test_a_store_that_vanishes_is_said_and_the_last_picture_stays(tmp_path: Path) -> None:
    async with shown(tmp_path, district.broken_change()) as running:
        _take_away(running.store)
        await running.until(lambda: "KHÔNG ĐỌC ĐƯỢC KHO" in running.text())
        assert "Xã Cao Sơn" in running.text()
        await running.pilot.press("2")
        await running.until(lambda: running.app.main.page.page == "unit")


async def test_a_store_locked_by_another_does_not_freeze_the_keys(tmp_path: Path) -> None:
    async with shown(tmp_path, district.calm_change()) as running:
        holder = sqlite3.connect(running.store, isolation_level=None)
        try:
            holder.execute("BEGIN EXCLUSIVE")
            await running.press("3")
            assert running.app.main.page.page == "services"
            await running.press("1", "down")
            assert overview(running).table.key == "phu-thong"
        finally:
            holder.rollback()
            holder.close()


async def test_a_window_too_small_says_so_and_keeps_the_selection(tmp_path: Path) -> None:
    async with shown(tmp_path, district.broken_change()) as running:
        await running.press(*["down"] * 5)
        chosen = overview(running).table.key
        await running.pilot.resize_terminal(50, 10)
        await running.settle()
        assert "60x16" in running.text()
        assert "q thoát" in running.text()
        await running.pilot.resize_terminal(*SMALL)
        await running.settle()
        assert overview(running).table.key == chosen
        assert "Xã Cao Sơn" in running.text()


async def test_growing_to_a_wide_screen_adds_a_pane_and_shrinking_takes_it_away(tmp_path: Path) -> None:
    async with shown(tmp_path, district.broken_change()) as running:
        assert "Hạ tầng chung" not in running.text()
        await running.press("down", "down")
        await running.pilot.resize_terminal(*WIDE)
        await running.settle()
        assert "Hạ tầng chung" in running.text()
        assert overview(running).table.key == "tu-tri"
        await running.pilot.resize_terminal(*SMALL)
        await running.settle()
        assert "Hạ tầng chung" not in running.text()


async def test_an_incident_in_the_pane_opens_as_itself(tmp_path: Path) -> None:
    async with shown(tmp_path, district.broken_change(), size=WIDE) as running:
        await running.press("tab", "down", "enter")
        assert running.app.main.page.page == "incidents"
        assert "#8" in running.text()


@pytest.mark.parametrize("theme", ["dark", "light", "contrast", "safe", "nonsense"])
async def test_every_theme_shows_the_same_text(tmp_path: Path, theme: str) -> None:
    async with shown(tmp_path, district.broken_change(), theme=theme) as running:
        assert "■" in running.line_with("Xã Cao Sơn")
        assert "▲ suy giảm" in running.line_with("Xã Tú Trĩ")


async def test_a_district_that_was_never_measured_waits_calmly(tmp_path: Path) -> None:
    change = Change(inventory=district.inventory())
    async with shown(tmp_path, change) as running:
        assert "Xã Cao Sơn" in running.text()
        assert "? không rõ" in running.text()
        for key in "234":
            await running.press(key)


async def test_an_empty_store_shows_every_page_without_anything_to_show(tmp_path: Path) -> None:
    async with shown(tmp_path, Change()) as running:
        for key in ("1", "2", "3", "4", "question_mark", "down", "enter", "r"):
            await running.press(key)
        assert "thoát" in running.lines()[-1]


async def test_help_lists_every_key_of_the_page_it_was_asked_on(tmp_path: Path) -> None:
    async with shown(tmp_path, district.calm_change(), size=WIDE) as running:
        await running.press("4", "question_mark")
        assert "nhận sự cố đang chọn" in running.text()
        assert "xếp theo" not in running.text()
        await running.press("escape")
        assert running.app.main.page.page == "incidents"


async def test_the_chart_reads_the_history_of_the_selected_check_only(tmp_path: Path) -> None:
    async with shown(tmp_path, district.calm_change(), size=WIDE) as running:
        await running.press("down", "down", "enter")
        assert "Chưa có số liệu." not in running.text()
        await running.press("down")
        assert "Một giờ qua  cao-son/lan:icmp_echo" in running.text()
        assert "Chưa có số liệu." in running.text()


def test_the_sample_history_is_what_the_facade_returns(tmp_path: Path) -> None:
    store = tmp_path / "store.db"
    district.write(store, district.calm_change())
    console = Console(store)
    start: datetime = district.before(3600)
    found = console.history(CheckId("cao-son/tslcd:icmp_echo"), start, district.NOW)
    console.close()
    assert len(found) == 720
