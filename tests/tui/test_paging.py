"""What people do about an incident at the console, and what the console calls them with."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from bt_console.model.change import Change, Paper
from bt_console.model.oncall import Mute, NoticeKind
from bt_console.model.paging import CallState
from bt_console.store.writer import Writer
from bt_console.words import message
from tests.tui import district, telling
from tests.tui.driving import WIDE, Shown, shown
from tests.tui.test_oncall import orders

NOW = district.NOW
BELL = "NGHIÊM TRỌNG #7 Đứt đường TSLCD của Xã Cao Sơn"


async def ordered(running: Shown) -> tuple[str, dict[str, object]]:
    """Return the one order that was given."""
    await running.until(lambda: bool(orders(running.store)))
    ((verb, subject),) = orders(running.store)
    return verb, subject


def answer(store: Path, said: str) -> None:
    """Answer every command as the engine would."""
    writer = Writer(store)
    try:
        numbers = tuple(command.id for command in writer.pending_commands())
        writer.commit(Change(handled_commands=numbers, command_results=tuple((n, said) for n in numbers)))
    finally:
        writer.close()


async def test_the_list_says_who_has_what_until_when_and_what_is_being_paged(tmp_path: Path) -> None:
    async with shown(tmp_path, telling.told_change()) as running:
        await running.press("4")
        assert "đang gọi, bước 1" in running.lines()[2]
        assert "An đến 01:02 25/11" in running.lines()[3]


async def test_muted_flapping_claimed_and_waiting_calls_are_named(tmp_path: Path) -> None:
    calls = (
        telling.open_call(7, muted_by=(3,), muted_at=NOW, flaps_count=4),
        telling.open_call(8, state=CallState.PENDING, step=-1, claimed_by="binh"),
    )
    async with shown(tmp_path, telling.told_change(calls=calls)) as running:
        assert "(1 tắt tiếng)" in running.lines()[0] or "~1" in running.lines()[0]
        await running.press("4")
        assert "lặp 4× · tắt tiếng" in running.lines()[2]
        assert "Bình đang làm" in running.lines()[3]


async def test_a_filter_finds_incidents_by_who_has_them_and_how_the_paging_stands(tmp_path: Path) -> None:
    async with shown(tmp_path, telling.told_change()) as running:
        await running.press("4", "slash", *"who", "colon", *"nguyen", "enter")
        assert "Một cửa" in running.lines()[2]
        assert "Cao Sơn" not in "\n".join(running.lines()[1:5])
        await running.press("slash", *["backspace"] * 12, *"call", "colon", *"open", "enter")
        assert "Cao Sơn" in running.lines()[2]


async def test_the_detail_tells_in_order_what_was_seen_told_and_noted(tmp_path: Path) -> None:
    async with shown(tmp_path, telling.told_change(), size=(120, 60)) as running:
        await running.press("4")
        text = running.text()
        parts = (
            "bước tiếp 21:05",
            "Vì sao gọi hoặc không gọi",
            "Đã báo cho ai",
            "Diễn biến",
            "Hỏi trên đường đi",
            "Mở sự cố #7",
            "gọi → Trần Thị Bình qua zalo",
            "Ghi chú của Trần Thị Bình: đã gọi điện",
        )
        places = [text.index(part) for part in parts]
        assert places == sorted(places)


async def test_x_asks_until_when_and_the_longest_is_left_to_the_policy(tmp_path: Path) -> None:
    async with shown(tmp_path, telling.told_change()) as running:
        await running.press("4", "x")
        assert "4 giờ (lâu nhất)" in running.text()
        assert "sáng mai" not in running.text()
        await running.press("down")
        await running.pilot.press("enter")
        verb, subject = await ordered(running)
        assert (verb, subject) == ("acknowledge", {"incident": 7, "until": district.before(-3600).isoformat()})
        said = message("oncall.answer.acknowledged", id=7, until="22:03")
        answer(running.store, said)
        await running.until(lambda: "đã nhận sự cố #7 đến 22:03" in running.lines()[-1])


async def test_the_longest_acknowledgement_names_no_end(tmp_path: Path) -> None:
    async with shown(tmp_path, telling.told_change()) as running:
        await running.press("4", "x", "end")
        await running.pilot.press("enter")
        assert await ordered(running) == ("acknowledge", {"incident": 7})


async def test_a_policy_that_allows_it_offers_tomorrow_morning(tmp_path: Path) -> None:
    policy = replace(telling.POLICY, ack_max_s=24 * 3600.0)
    async with shown(tmp_path, telling.told_change(calls=(telling.open_call(policy=policy),))) as running:
        await running.press("4", "x")
        assert "07:30 25/11" in running.line_with("sáng mai")


async def test_escape_acknowledges_nothing_and_gives_the_keys_back(tmp_path: Path) -> None:
    async with shown(tmp_path, telling.told_change()) as running:
        await running.press("4", "x", "escape")
        assert orders(running.store) == []
        await running.press("1")
        assert running.app.main.page.page == "overview"


async def test_n_claims_at_once(tmp_path: Path) -> None:
    async with shown(tmp_path, telling.told_change()) as running:
        await running.press("4")
        await running.pilot.press("n")
        assert await ordered(running) == ("claim", {"incident": 7})


async def test_z_says_whom_the_next_step_calls(tmp_path: Path) -> None:
    async with shown(tmp_path, telling.told_change()) as running:
        await running.press("4", "z")
        assert "bước 2" in running.text()
        assert "gọi Nguyễn Văn" in running.text()
        await running.pilot.press("enter")
        assert await ordered(running) == ("escalate", {"incident": 7})


async def test_b_gives_back_what_somebody_has_and_nothing_else(tmp_path: Path) -> None:
    async with shown(tmp_path, telling.told_change()) as running:
        await running.press("4", "b")
        assert "Chưa ai nhận sự cố này." in running.lines()[-1]
        await running.press("down", "b")
        assert "Trả lại sự cố #8: gọi lại từ bước đầu" in running.text()
        await running.pilot.press("enter")
        assert await ordered(running) == ("unacknowledge", {"incident": 8})


async def test_g_writes_a_note_in_vietnamese(tmp_path: Path) -> None:
    async with shown(tmp_path, telling.told_change()) as running:
        await running.press("4", "g", *"Đã gọi điện lực", "q", "backspace")
        await running.pilot.press("enter")
        assert await ordered(running) == ("note", {"incident": 7, "text": "Đã gọi điện lực"})


async def test_a_silence_shows_what_it_covers_and_wants_an_end_and_a_reason(tmp_path: Path) -> None:
    async with shown(tmp_path, telling.told_change(), size=WIDE) as running:
        await running.press("4", "t")
        assert "Phủ 1 đích; đang mở 1 sự cố" in running.text()
        await running.press("down", "down")
        assert "Phủ 5 đích; đang mở 1 sự cố" in running.text()
        await running.press("enter", "down", "enter", *"sửa", "enter")
        assert "cần ít nhất 5 chữ" in running.text()
        assert orders(running.store) == []
        await running.press(*" cáp")
        await running.pilot.press("enter")
        verb, subject = await ordered(running)
        assert verb == "silence"
        assert subject["match"] == {"units": ["cao-son"]}
        assert subject["reason"] == "sửa cáp"
        assert subject["ends_at"] == district.before(-3600).isoformat()


async def test_a_silence_of_a_kind_counts_what_it_would_have_hidden_last_week(tmp_path: Path) -> None:
    async with shown(tmp_path, telling.told_change(), size=WIDE) as running:
        await running.press("4", "down", "t", "end")
        assert "đang mở 1 sự cố; 7 ngày qua 1 sự cố đã xong" in running.text()


async def test_letters_between_two_questions_are_no_commands(tmp_path: Path) -> None:
    async with shown(tmp_path, telling.told_change()) as running:
        await running.press("4")
        running.app.main.page.is_asking = True
        await running.press("n", "1")
        assert orders(running.store) == []
        assert running.app.main.page.page == "incidents"


def has_heard(running: Shown) -> bool:
    """Tell whether the console knows of the page, whether or not it shows it."""
    return running.app.pager.since(NOW) == NOW - timedelta(seconds=5)


def paged(at: datetime, number: int = 30) -> Change:
    return telling.page(telling.banner(number, at))


async def test_a_page_shows_a_banner_on_every_page_until_somebody_has_it(tmp_path: Path) -> None:
    async with shown(tmp_path, telling.told_change(deliveries=())) as running:
        assert BELL not in running.text()
        district.write(running.store, paged(NOW + telling.SOON))
        await running.until(lambda: BELL in running.lines()[1])
        await running.press("3")
        assert BELL in running.lines()[1]
        taken = telling.open_call(7, state=CallState.ACKED, acked_by="an", acked_at=NOW, ack_until=NOW + telling.SOON)
        district.write(running.store, Change(paper=Paper(calls=(taken,))))
        await running.until(lambda: BELL not in running.text())


async def test_escape_puts_the_banner_away_and_a_repeated_page_brings_it_back(tmp_path: Path) -> None:
    async with shown(tmp_path, telling.told_change(deliveries=())) as running:
        await running.press("down")
        district.write(running.store, paged(NOW + telling.SOON))
        await running.until(lambda: BELL in running.text())
        await running.press("escape")
        assert BELL not in running.text()
        assert "▌" in running.text()
        district.write(running.store, paged(NOW + timedelta(seconds=2), 31))
        await running.until(lambda: BELL in running.text())


async def test_p_opens_the_incident_the_banner_is_about(tmp_path: Path) -> None:
    async with shown(tmp_path, telling.told_change(deliveries=())) as running:
        district.write(running.store, paged(NOW + telling.SOON))
        await running.until(lambda: BELL in running.text())
        await running.press("p")
        assert running.app.main.page.page == "incidents"
        assert "#7 đứt đường TSLCD" in running.text()


async def test_the_gravest_page_is_shown_and_the_others_are_counted(tmp_path: Path) -> None:
    calls = (telling.open_call(7), telling.open_call(8))
    async with shown(tmp_path, telling.told_change(deliveries=(), calls=calls)) as running:
        later = telling.banner(31, NOW + timedelta(seconds=2), incident_id=8)
        district.write(running.store, telling.page(telling.banner(30, NOW + telling.SOON), later))
        await running.until(lambda: "#7" in running.lines()[1] and "+1 nữa" in running.lines()[1])


async def test_a_console_that_opens_later_shows_what_still_waits_and_nothing_else(tmp_path: Path) -> None:
    over = replace(telling.banner(29, district.before(100)), kind=NoticeKind.TEST, incident_id=None, title="Tin thử")
    change = telling.told_change(deliveries=(over, telling.banner(30, district.before(90))))
    async with shown(tmp_path, change) as running:
        await running.until(lambda: BELL in running.lines()[1])
        assert "Tin thử" not in running.text()


async def test_a_test_message_shows_its_text_plain_until_it_is_put_away(tmp_path: Path) -> None:
    async with shown(tmp_path, telling.told_change(deliveries=())) as running:
        row = replace(telling.banner(30, NOW + telling.SOON), kind=NoticeKind.TEST, incident_id=None)
        district.write(running.store, telling.page(replace(row, title="[@click=app.quit]thử[/] \x1b[2J")))
        await running.until(lambda: "THỬ [@click=app.quit]thử[/]" in running.lines()[1])
        assert "\x1b" not in running.text()
        await running.press("escape")
        assert "THỬ" not in running.text()


async def test_a_muted_incident_calls_nobody(tmp_path: Path) -> None:
    calls = (telling.open_call(7, muted_by=(3,), muted_at=NOW),)
    async with shown(tmp_path, telling.told_change(deliveries=(), calls=calls)) as running:
        district.write(running.store, paged(NOW + telling.SOON))
        await running.until(lambda: has_heard(running))
        await running.settle()
        assert BELL not in running.text()


async def test_a_page_that_comes_behind_a_dialog_is_heard_and_shown_when_it_closes(tmp_path: Path) -> None:
    async with shown(tmp_path, telling.told_change(deliveries=())) as running:
        await running.press("colon")
        district.write(running.store, paged(NOW + telling.SOON))
        await running.until(lambda: has_heard(running))
        await running.press("escape")
        await running.until(lambda: BELL in running.lines()[1])


async def test_the_bell_is_muted_from_the_palette(tmp_path: Path) -> None:
    async with shown(tmp_path, telling.told_change()) as running:
        assert running.app.is_ringing
        await running.press("colon", *"chuong", "enter")
        assert not running.app.is_ringing
        assert "Chuông báo: tắt" in running.lines()[-1]


async def test_a_planned_mute_of_the_configuration_is_listed_but_cannot_be_ended_here(tmp_path: Path) -> None:
    planned = telling.oncall().mutes
    assert all(isinstance(mute, Mute) and mute.id < 0 for mute in planned)
    async with shown(tmp_path, telling.told_change()) as running:
        await running.press("7")
        keys = {row.key for row in running.app.main.page.query_one("#duty").rows}  # type: ignore[attr-defined]
        assert "mute:3" in keys
        assert "mute:-1" not in keys
