"""What people read, word for word: golden texts of each kind in both languages, and cuts that spare letters."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bt_console.evaluate.oncall import phrases
from bt_console.evaluate.oncall.chains import fall_back
from bt_console.evaluate.oncall.draft import Draft
from bt_console.evaluate.oncall.texts import CODE, SHORT_LIMIT, TITLE_LIMIT, Extra, Text, compose, line_of, together
from bt_console.model.incident import CauseKind, Impact, Incident, Step
from bt_console.model.inventory import TargetId, UnitKind
from bt_console.model.oncall import Channel, ChannelPath, Contact, EscalationStep, NoticeKind
from bt_console.model.paging import Call, CallState, Delivery, DeliveryState
from bt_console.words import message
from tests.evaluate.oncall.playing import INVENTORY, ONCALL, POLICY, START, World, incident_of

VI, EN = (Contact(id="an", name="An", language=language) for language in ("vi", "en"))
COMMUNES = tuple(unit.id for unit in INVENTORY.units.values() if unit.kind in (UnitKind.COMMUNE, UnitKind.TOWN))
NOW = START + timedelta(minutes=5)
SCENE = replace(World().scene(), inventory=replace(INVENTORY, district="Huyện Bạch Thông"))


def core() -> Incident:
    """Return the outage of a whole district's TSLCD."""
    found = incident_of(10, CauseKind.TSLCD_CORE_DOWN, "tslcd-core", START)
    steps = (
        Step(at=START, message=message("step.missed", name="Lõi", probe="icmp_echo", k=2, n=2, detail="timeout")),
        Step(at=START, message=message("step.on_the_way_yes", names="Đường TSLCD của huyện")),
        Step(at=START, message=message("step.beyond_no", names="Phủ Thông, Cao Sơn, Cẩm Giàng")),
        Step(
            at=START + timedelta(seconds=2),
            message=message("step.concluded", kind="tslcd_core_down", names="Lõi", count=89),
        ),
    )
    cause = replace(found.cause, message=message("cause.tslcd_core_down"), steps=steps)
    services = (TargetId("qlvb"),) if "qlvb" in INVENTORY.targets else ()
    return replace(found, cause=cause, impact=Impact(units=COMMUNES, services=services))


def line() -> Incident:
    """Return one broken line."""
    found = incident_of(3, CauseKind.TSLCD_DOWN, "cao-son/tslcd", START)
    cause = replace(found.cause, message=message("cause.tslcd_down", unit="Xã Cao Sơn"))
    return replace(found, cause=cause, impact=Impact(units=(found.cause.unit_id,)))


def call(incident: Incident, **changes: Any) -> Call:
    known = Call(
        incident_id=incident.id,
        policy=POLICY,
        state=CallState.OPEN,
        severity=incident.severity,
        opened_at=START,
        step=0,
        next_at=NOW,
    )
    return replace(known, **changes)


def text(kind: NoticeKind, incident: Incident | None, contact: Contact = VI, **more: Any) -> Text:
    known = more.pop("call", call(incident) if incident else None)
    return compose(kind, incident, known, contact, SCENE, NOW, **more)


NAMES = ", ".join(phrases.short_name(INVENTORY.units[unit].name) for unit in COMMUNES)
OVER = replace(core(), resolved_at=NOW)
ACKED = message("oncall.why.acked", by="Trần Thị Bình", until="13:00 24/11")


def test_a_page_says_what_where_since_when_whom_it_hurts_what_was_asked_and_how_to_answer() -> None:
    found = text(NoticeKind.PAGE, core(), code="7342", extra=Extra(id=19, others=("Trực ban", "Trần Thị Bình")))
    assert found.title == "[nghiêm trọng] Lõi mạng TSLCD hỏng: mọi đường TSLCD phía sau không tới được"
    assert found.body.splitlines() == [
        "Sự cố #10 · Lõi TSLCD · từ 09:00 24/11",
        f"Ảnh hưởng 17 xã: {NAMES}; 1 dịch vụ: Quản lý văn bản",
        "09:00 Lõi: icmp_echo hỏng 2 trong 2 lần gần nhất (timeout)",
        "09:00 Hỏi trên đường đi: Đường TSLCD của huyện trả lời",
        "09:00 Phía sau: Phủ Thông, Cao Sơn, Cẩm Giàng không trả lời",
        "Cũng báo cho Trực ban, Trần Thị Bình",
        "Trả lời {code} để nhận việc",
        "BT Console Huyện Bạch Thông · tin 19",
    ]
    assert found.short == (
        "BT#10 NGHIEM TRONG: Loi TSLCD: hong loi mang TSLCD, 17 xa, tu 09:00 24/11. Tra loi {code} #19"
    )


def test_the_same_page_in_english() -> None:
    found = text(NoticeKind.PAGE, core(), EN, code="7342", extra=Extra(id=19))
    assert found.title == "[critical] The TSLCD core is down: every TSLCD line behind it is out of reach"
    assert found.body.splitlines() == [
        "Incident #10 · Lõi TSLCD · since 09:00 24/11",
        f"Hurts 17 communes: {NAMES}; 1 service: Quản lý văn bản",
        "09:00 Lõi: icmp_echo missed 2 of the last 2 (timeout)",
        "09:00 Asked on the way: Đường TSLCD của huyện answered",
        "09:00 Beyond it: Phủ Thông, Cao Sơn, Cẩm Giàng did not answer",
        "Reply {code} to acknowledge",
        "BT Console Huyện Bạch Thông · notice 19",
    ]
    assert found.short == (
        "BT#10 CRITICAL: Loi TSLCD: TSLCD core down, 17 communes, since 09:00 24/11. Reply {code} #19"
    )


def test_a_later_step_says_that_nobody_has_it() -> None:
    found = text(NoticeKind.PAGE, line(), code="7342", call=call(line(), step=1), extra=Extra(id=4, others=("An",)))
    assert "Chưa ai nhận, bước 2/2 · Cũng báo cho An" in found.body.splitlines()


def test_the_page_of_one_line_names_its_commune_once_and_whose_line_it_is() -> None:
    target = INVENTORY.targets[line().cause.target_id]
    targets = {**INVENTORY.targets, target.id: replace(target, labels={**target.labels, "isp": "viettel"})}
    scene = replace(SCENE, inventory=replace(SCENE.inventory, targets=targets))
    found = compose(NoticeKind.PAGE, line(), call(line()), VI, scene, NOW, code="7342", extra=Extra(id=4))
    assert found.body.splitlines() == [
        "Sự cố #3 · Xã Cao Sơn · từ 09:00 24/11 · nhà mạng viettel",
        "Trả lời {code} để nhận việc",
        "BT Console Huyện Bạch Thông · tin 4",
    ]
    assert found.short == "BT#3 NGHIEM TRONG: Cao Son: dut duong TSLCD, tu 09:00 24/11. Tra loi {code} #4"


def test_without_a_code_nobody_is_asked_to_answer() -> None:
    found = text(NoticeKind.PAGE, core(), extra=Extra(id=19))
    assert CODE not in f"{found.title}{found.body}{found.short}"
    assert "Trả lời" not in found.body
    assert found.short.endswith("tu 09:00 24/11 #19")


@pytest.mark.parametrize(
    ("contact", "title", "body", "short"),
    [
        (
            VI,
            "#10 Lõi TSLCD: Trần Thị Bình đã nhận việc đến 13:00 24/11",
            ["Lõi mạng TSLCD hỏng: mọi đường TSLCD phía sau không tới được", "Sự cố #10 · Lõi TSLCD · từ 09:00 24/11"],
            "BT#10 Loi TSLCD: Tran Thi Binh da nhan viec den 13:00 24/11 #20",
        ),
        (
            EN,
            "#10 Lõi TSLCD: Trần Thị Bình has it until 13:00 24/11",
            [
                "The TSLCD core is down: every TSLCD line behind it is out of reach",
                "Incident #10 · Lõi TSLCD · since 09:00 24/11",
            ],
            "BT#10 Loi TSLCD: Tran Thi Binh has it until 13:00 24/11 #20",
        ),
    ],
)
def test_an_update_says_first_what_is_new(contact: Contact, title: str, body: list[str], short: str) -> None:
    found = text(NoticeKind.UPDATE, core(), contact, extra=Extra(id=20, why=ACKED))
    assert (found.title, found.body.splitlines()[:-1], found.short) == (title, body, short)


def test_a_recovery_says_how_long_it_lasted_and_who_had_it() -> None:
    found = text(NoticeKind.RESOLVE, OVER, call=call(OVER, acked_by="binh"), extra=Extra(id=21))
    assert found.title == "Đã xong sau 5 phút: Lõi mạng TSLCD hỏng: mọi đường TSLCD phía sau không tới được"
    assert found.body.splitlines() == [
        "Sự cố #10 · Lõi TSLCD · 09:00-09:05 24/11, kéo dài 5 phút",
        f"Ảnh hưởng 17 xã: {NAMES}; 1 dịch vụ: Quản lý văn bản",
        "Người nhận việc: Bình",
        "BT Console Huyện Bạch Thông · tin 21",
    ]
    assert found.short == "BT#10 DA XONG: Loi TSLCD: hong loi mang TSLCD, 09:00-09:05 24/11, 5 phut #21"


def test_a_recovery_in_english_whose_title_is_cut_says_the_whole_below_it() -> None:
    found = text(NoticeKind.RESOLVE, OVER, EN, extra=Extra(id=21))
    assert found.title == "Over after 5 min: The TSLCD core is down: every TSLCD line behind it is out of…"
    assert found.body.splitlines()[:2] == [
        "The TSLCD core is down: every TSLCD line behind it is out of reach",
        "Incident #10 · Lõi TSLCD · 09:00-09:05 24/11, lasted 5 min",
    ]
    assert found.short == "BT#10 OVER: Loi TSLCD: TSLCD core down, 09:00-09:05 24/11, 5 min #21"


@pytest.mark.parametrize(
    ("contact", "sent_by", "said"),
    [
        (VI, "sms", "Lúc đó đã báo bạn qua sms lúc 09:05 24/11"),
        (VI, "", "Lúc đó không báo được cho bạn"),
        (EN, "sms", "You were told over sms at 09:05 24/11"),
        (EN, "", "You could not be told while it lasted"),
    ],
)
def test_a_late_notice_says_when_it_was_and_how_it_was_told_meanwhile(
    contact: Contact, sent_by: str, said: str
) -> None:
    found = text(NoticeKind.LATE, OVER, contact, extra=Extra(id=22, sent_by=sent_by, sent_at=NOW if sent_by else None))
    assert found.title.startswith(("Báo muộn (09:00-09:05 24/11): ", "Late notice (09:00-09:05 24/11): "))
    assert found.body.splitlines()[2] == said
    assert found.short in (
        "BT#10 BAO MUON: Loi TSLCD: hong loi mang TSLCD, 09:00-09:05 24/11, 5 phut #22",
        "BT#10 LATE: Loi TSLCD: TSLCD core down, 09:00-09:05 24/11, 5 min #22",
    )


def delivery(number: int, found: Text) -> Delivery:
    return Delivery(
        id=number,
        incident_id=number,
        kind=NoticeKind.LATE,
        contact="an",
        channel="zalo",
        state=DeliveryState.QUEUED,
        created_at=START,
        next_at=START,
        title=found.title,
        body=found.body,
        short=found.short,
    )


def test_several_late_notices_are_one_that_names_them_all() -> None:
    first, other = (
        delivery(number, text(NoticeKind.LATE, replace(one, resolved_at=NOW), extra=Extra(id=number)))
        for number, one in ((30, core()), (31, line()))
    )
    found = together("vi", first, [other], 2)
    assert found.title == "Báo muộn: 2 sự cố đã qua"
    assert found.body.splitlines()[0] == other.title
    assert found.body.splitlines()[1] == "Lõi mạng TSLCD hỏng: mọi đường TSLCD phía sau không tới được"
    assert found.body.endswith("tin 30")
    assert found.short == "Bao muon: 2 su co da qua #30"


@pytest.mark.parametrize("contact", [VI, EN])
def test_a_digest_names_everything_by_line_or_at_least_by_number(contact: Contact) -> None:
    lines = tuple(
        line_of(contact.language, replace(line(), id=number, resolved_at=NOW), SCENE, NOW) for number in range(1, 26)
    )
    found = text(NoticeKind.DIGEST, None, contact, extra=Extra(id=23, lines=lines))
    told = found.body.splitlines()
    assert tuple(told[:20]) == lines[:20]
    assert told[20].endswith(": #21, #22, #23, #24, #25")
    assert found.short.startswith(("BT tong hop 25 tin: #1, #2,", "BT digest of 25: #1, #2,"))
    assert found.short.endswith("#23")
    assert len(found.short) <= SHORT_LIMIT


def test_the_lines_of_a_digest_tell_what_lasts_from_what_is_over() -> None:
    assert line_of("vi", line(), SCENE, NOW) == (
        "#3 [nghiêm trọng] Đứt đường TSLCD của Xã Cao Sơn; lõi mạng và các xã khác vẫn thông, từ 09:00 24/11, chưa xong"
    )
    assert line_of("en", replace(line(), resolved_at=NOW), SCENE, NOW) == (
        "#3 [critical] TSLCD access line of Xã Cao Sơn is down; the core and other units answer, "
        "09:00-09:05 24/11 (5 min), over"
    )


@pytest.mark.parametrize(
    ("kind", "contact", "why", "title", "first", "short"),
    [
        (
            NoticeKind.TEST,
            VI,
            message("oncall.why.test", by="lan", channel="sms"),
            "Tin thử: lan thử kênh sms",
            "Đọc được tin này là được, không cần làm gì",
            "BT tin thu: lan thu kenh sms #24",
        ),
        (
            NoticeKind.TEST,
            EN,
            message("oncall.why.test", by="lan", channel="sms"),
            "Test: lan tests channel sms",
            "If you can read this, it works; nothing to do",
            "BT test: lan tests channel sms #24",
        ),
        (
            NoticeKind.META,
            VI,
            message("oncall.meta.dead", name="Bình", channel="zalo", detail="blocked"),
            "Việc báo động có vấn đề: không thể báo cho Bình qua zalo: blocked",
            "Xem `bt-console alerts`: kênh nào hỏng, tin nào chưa gửi được",
            "BT BAO DONG CO VAN DE: khong the bao cho Binh qua zalo: blocked #24",
        ),
        (
            NoticeKind.META,
            EN,
            message("oncall.meta.dead", name="Bình", channel="zalo", detail="blocked"),
            "The alerting needs care: Bình cannot be reached over zalo: blocked",
            "See `bt-console alerts`: which channel fails, which messages wait",
            "BT ALERTING: Binh cannot be reached over zalo: blocked #24",
        ),
    ],
)
def test_tests_and_notices_about_the_alerting(
    kind: NoticeKind, contact: Contact, why: str, title: str, first: str, short: str
) -> None:
    found = text(kind, None, contact, extra=Extra(id=24, why=why))
    assert (found.title, found.body.splitlines()[0], found.short) == (title, first, short)
    assert len(found.body.splitlines()) == 2


@pytest.mark.parametrize(
    ("contact", "answer", "short"),
    [
        (VI, "Trả lời {code} để cho biết đã đọc", "BT dien tap, hay tra loi. Tra loi {code} #25"),
        (EN, "Reply {code} to show that you read it", "BT drill, please answer. Reply {code} #25"),
    ],
)
def test_a_drill_asks_for_an_answer(contact: Contact, answer: str, short: str) -> None:
    found = text(NoticeKind.DRILL, None, contact, code="7342", extra=Extra(id=25))
    assert found.body.splitlines()[0] == answer
    assert found.short == short


DESK = Channel(id="desk", kind="console", path=ChannelPath.LOCAL, needs_address=False)


def at_desk(*via: str, fallback_after_s: float = 60.0) -> World:
    """Return a world in which An is paged over channels in that order."""
    contacts = {**ONCALL.contacts, "an": replace(ONCALL.contacts["an"], addresses={"sms": "0912345678"})}
    step = EscalationStep(notify=("an", "binh"), channels=via, fallback_after_s=fallback_after_s)
    plan = replace(
        ONCALL,
        contacts=contacts,
        channels={**ONCALL.channels, "desk": DESK},
        policies={"normal": replace(POLICY, steps=(step,))},
    )
    world = World(oncall=plan)
    world.open()
    world.tick()
    world.pass_time(2)
    return world


def test_on_a_screen_nobody_is_asked_for_a_code_and_each_knows_who_else_was_told() -> None:
    world = at_desk("desk")
    first, other = sorted(world.rows.values(), key=lambda row: row.id)
    assert {first.channel, other.channel} == {"desk"}
    assert CODE not in first.body + first.short
    assert first.code
    assert "Cũng báo cho Bình" in first.body.splitlines()
    assert "Cũng báo cho An" in other.body.splitlines()


def test_over_a_telephone_the_same_page_asks_for_the_code_again() -> None:
    world = at_desk("desk", "sms")
    draft = Draft(world.desk, world.scene(), world.now)
    shown = next(row for row in draft.deliveries.values() if (row.contact, row.channel) == ("an", "desk"))
    copy = fall_back(draft, shown)
    assert copy is not None
    assert copy.channel == "sms"
    assert "Trả lời {code} để nhận việc" in copy.body.splitlines()
    assert copy.body.endswith(f"tin {copy.id}")
    assert copy.short.endswith(f"{CODE} #{copy.id}")


ANYTHING = st.text(max_size=400)


@settings(max_examples=100)
@given(name=ANYTHING, reason=ANYTHING, kind=st.sampled_from(list(NoticeKind)), code=st.sampled_from(["", "734212"]))
def test_whatever_it_is_called_every_limit_holds(name: str, reason: str, kind: NoticeKind, code: str) -> None:
    found = line()
    cause = replace(found.cause, message=message("cause.tslcd_down", unit=name))
    incident = replace(found, cause=cause, resolved_at=NOW if kind is NoticeKind.RESOLVE else None)
    said = text(kind, incident, code=code, extra=Extra(id=7, why=message("oncall.why.failed", detail=reason)))
    for part in (said.title, said.body, said.short):
        part.encode("utf-8")
    assert len(said.title) <= TITLE_LIMIT
    assert "\n" not in said.title
    assert said.body.endswith("7")
    assert len(said.short) <= SHORT_LIMIT
    assert said.short.isascii()
    assert said.short.endswith(f"{CODE} #7" if code else " #7")
    assert not set(said.short.replace(CODE, "")) & set("[]{}|\\^~`")


@given(word=ANYTHING, limit=st.integers(2, 40))
def test_a_cut_never_parts_a_letter_from_its_marks(word: str, limit: int) -> None:
    found = phrases.cut(word, limit)
    whole = unicodedata.normalize("NFC", phrases.one_line(word))
    assert len(found) <= limit
    if found != whole:
        kept = found.removesuffix("…")
        assert whole.startswith(kept)


@pytest.mark.parametrize("limit", range(3, 12))
def test_a_vietnamese_letter_in_parts_and_a_family_stay_whole(limit: int) -> None:
    for word in ("x\u0323\u0302" * 6, "👩\u200d👩\u200d👧" * 4):
        kept = phrases.cut(word, limit).removesuffix("…")
        rest = unicodedata.normalize("NFC", word)[len(kept) :]
        assert not rest or (not unicodedata.category(rest[0]).startswith("M") and rest[0] != "\u200d")
        assert not kept.endswith("\u200d")


@pytest.mark.parametrize(
    ("seconds", "vi", "en"),
    [(45, "45 giây", "45 s"), (312, "5 phút", "5 min"), (7500, "2 giờ 5 phút", "2 h 5 min"), (90000, "25 giờ", "25 h")],
)
def test_lengths_of_time(seconds: int, vi: str, en: str) -> None:
    assert (phrases.lasted("vi", seconds), phrases.lasted("en", seconds)) == (vi, en)


@pytest.mark.parametrize(
    ("district", "short"),
    [("Huyện Bạch Thông", "BT"), ("Thị xã Đông Triều", "DT"), ("Bach Thong District", "BT"), ("huyện", "BT")],
)
def test_a_district_has_its_initials(district: str, short: str) -> None:
    assert phrases.initials(district) == short
