"""The on-call screen driven by keys, over a real store that holds calls, messages, mutes and signs of life."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from bt_console.model.change import Change, Paper
from bt_console.model.oncall import NoticeKind
from bt_console.model.paging import DeliveryState
from tests.tui import district, telling
from tests.tui.driving import WIDE, Shown, shown


def orders(store: Path) -> list[tuple[str, dict[str, Any]]]:
    """Return what was asked of the engine."""
    with sqlite3.connect(store) as connection:
        rows = connection.execute("SELECT verb, subject FROM command ORDER BY id")
        return [(verb, json.loads(subject)) for verb, subject in rows]


async def select(running: Shown, key: str, board: str = "duty") -> None:
    """Go down to a row."""
    rows = running.app.main.page.query_one(f"#{board}")
    for _ in range(60):
        if rows.key == key:  # type: ignore[attr-defined]
            return
        await running.pilot.press("down")
        await running.pilot.pause()
    raise AssertionError(f"{key} is not in\n{running.text()}")


async def everything(running: Shown) -> str:
    """Return all that can be reached on the page by scrolling."""
    await running.press("home")
    seen: list[str] = []
    for _ in range(8):
        seen += (line.strip("▌ ▁▂▃▄▅▆▇█") for line in running.lines()[1:-1])
        await running.press("pagedown")
    return "\n".join(seen)


async def test_a_small_screen_reaches_duty_gaps_channels_messages_mutes_and_signs_of_life(tmp_path: Path) -> None:
    async with shown(tmp_path, telling.told_change()) as running:
        await running.press("7")
        text = await everything(running)
    for part in (
        "Trần Thị Bình  đến 22:03",
        "kế tiếp: Hoàng Văn Cường từ 22:03",
        "TRỐNG 00:00 29/11 – 00:00 30/11: chỉ gọi được Hoàng Văn Cường",
        "2 lần hỏng liền",
        "1 chờ · 1 giữ · 1 hỏng",
        "mail từ chối vĩnh viễn: 550 no such user",
        "lịch trực it có 1 khoảng trống",
        "2 mục khác đều tốt",
        "đã nhận (accepted)",
        "đã đến (delivered)",
        "tin không có mã",
        "Nguyễn Văn An: nhà mạng đang sửa",
        "cấu hình: thay cáp quang",
        "Hoàng Văn Cường thay Trần Thị Bình, lịch it",
        "sao-luu",
        "QUÁ HẠN",
        "lúc 21:02:58",
    ):
        assert part in text, part


async def test_what_fails_in_the_audit_stands_before_what_is_well(tmp_path: Path) -> None:
    async with shown(tmp_path, telling.told_change(), size=WIDE) as running:
        await running.press("f8")
        text = running.text()
        assert text.index("lịch trực it có 1 khoảng trống") < text.index("2 mục khác đều tốt")
        assert "Tin đã gửi" in running.lines()[1]


async def test_enter_shows_the_proof_of_a_message_try_by_try(tmp_path: Path) -> None:
    async with shown(tmp_path, telling.told_change()) as running:
        await running.press("7")
        await select(running, "delivery:1")
        await running.press("enter")
        text = running.text()
        assert "chưa biết người nhận đã có tin hay chưa" in text
        assert text.index("trả lời 503") < text.index("trả lời 200")
        assert "m-77" in text
        await running.press("escape")
        assert "trả lời 503" not in running.text()


async def test_t_tests_a_person_after_saying_over_which_channels(tmp_path: Path) -> None:
    async with shown(tmp_path, telling.told_change()) as running:
        await running.press("7", "t", "down", "enter")
        assert "Gửi tin thử thật cho Trần Thị Bình qua: zalo, sms," in running.text()
        assert orders(running.store) == []
        await running.pilot.press("enter")
        await running.until(lambda: bool(orders(running.store)))
        assert orders(running.store) == [("test_contact", {"contact": "binh"})]


async def test_v_lets_somebody_stand_in_until_the_turn_ends(tmp_path: Path) -> None:
    async with shown(tmp_path, telling.told_change()) as running:
        await running.press("7", "v")
        assert "đang trực: Trần Thị Bình, đến 22:03" in running.text()
        await running.press("enter")
        assert "22:03" in running.line_with("hết ca này")
        await running.press("enter")
        assert "Từ bây giờ đến 22:03, Nguyễn Văn An trực thay lịch it" in running.text()
        await running.pilot.press("enter")
        await running.until(lambda: bool(orders(running.store)))
        ((verb, subject),) = orders(running.store)
        assert verb == "override"
        assert subject["in_contact"] == "an"
        assert subject["schedule"] == "it"
        assert subject["starts_at"] == district.NOW.isoformat()
        assert subject["ends_at"] == district.before(-3600).isoformat()


async def test_x_ends_the_selected_mute_or_stand_in_and_says_what_to_select_otherwise(tmp_path: Path) -> None:
    async with shown(tmp_path, telling.told_change()) as running:
        await running.press("7", "x")
        assert "Chọn một mục tắt tiếng" in running.lines()[-1]
        await select(running, "mute:3")
        await running.press("x", "escape")
        assert orders(running.store) == []
        await running.press("x")
        assert "Bỏ tắt tiếng 3 ngay" in running.text()
        await running.pilot.press("enter")
        await running.until(lambda: len(orders(running.store)) == 1)
        await select(running, "override:2")
        await running.press("x")
        await running.pilot.press("enter")
        await running.until(lambda: len(orders(running.store)) == 2)
        assert orders(running.store) == [("end_mute", {"id": 3}), ("end_override", {"id": 2})]


async def test_a_message_that_got_away_moves_from_the_outbox_to_what_was_sent(tmp_path: Path) -> None:
    instants = [district.NOW]
    async with shown(tmp_path, telling.told_change(), now=lambda: instants[0]) as running:
        await running.press("7")
        assert "đang chờ (queued)" in running.text()
        gone = telling.delivery(3, "sms", DeliveryState.ACCEPTED, contact="an", done_at=district.NOW)
        district.write(running.store, Change(paper=Paper(deliveries=(gone,))))
        instants[0] += timedelta(seconds=3)
        await running.until(lambda: "đang chờ (queued)" not in running.text())
        assert "đã nhận (accepted)" in await everything(running)


async def test_without_a_configuration_of_on_call_the_page_says_so(tmp_path: Path) -> None:
    async with shown(tmp_path, district.broken_change()) as running:
        await running.press("7")
        assert "Cấu hình chưa có lịch trực nào." in running.text()
        assert "Cấu hình chưa có kênh nào." in running.text()
        await running.press("t")
        assert "Cấu hình chưa có người nào để báo." in running.lines()[-1]
        await running.press("v", "x", "enter", "down", "escape")
        assert running.app.is_running


async def test_a_channel_whose_path_is_down_is_said_to_be_cut_off(tmp_path: Path) -> None:
    change = telling.told_change()
    beliefs = tuple(
        health if health.target_id != "tslcd-core" else replace(health, state=district.DOWN)
        for health in change.targets
    )
    async with shown(tmp_path, replace(change, targets=beliefs)) as running:
        await running.press("7")
        assert "□ mail" in running.text()
        assert "đường đang mất" in running.line_with("□ mail")


async def test_kinds_of_messages_are_told_apart(tmp_path: Path) -> None:
    rows = tuple(
        telling.delivery(20 + n, "sms", DeliveryState.ACCEPTED, kind=kind) for n, kind in enumerate(NoticeKind)
    )
    async with shown(tmp_path, telling.told_change(deliveries=rows), size=(100, 40)) as running:
        await running.press("7")
        text = await everything(running)
    for word in ("gọi", "cập nhật", "đã xong", "báo muộn", "tổng hợp", "thử", "diễn tập", "báo động"):
        assert word in text
