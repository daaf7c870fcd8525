"""The drill's judge, with messages as they arrived in somebody's hands."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bt_console.lab.drill.expected import Expectation
from bt_console.lab.drill.judge import Sort, Verdict, judge, sort_of
from bt_console.lab.drill.record import Named, Record, Seen, Told
from bt_console.lab.drill.score import score
from bt_console.model.incident import Severity
from bt_console.model.oncall import NoticeKind
from bt_console.words import tell

START = datetime(2026, 11, 25, 0, 30, 20, tzinfo=UTC)
PAGE = (
    "[nghiêm trọng] Đứt đường TSLCD của Xã Cao Sơn; lõi mạng và các xã khác vẫn thông\n\n"
    "Sự cố #1, Xã Cao Sơn, từ 07:30 25/11; đơn vị: 1, dịch vụ: 0\nTrả lời 4269 để nhận việc"
)
SMS_PAGE = "BT#3 NGHIEM TRONG: Duong Internet cua huyen: dut duong len cua trung tam, tu 07:30 25/11. Tra loi 7779 #10"
OVER = "Đã xong sau 13 giây: Đứt đường TSLCD của Xã Cao Sơn; lõi mạng và các xã khác vẫn thông"
SMS_OVER = "BT#3 DA XONG: Duong Internet cua huyen: dut duong len cua trung tam, 07:30-07:32 25/11, 2 phut #12"
LATE = "Báo muộn (07:30-07:32 25/11): Đường lên Internet của chính trung tâm bị đứt"
CUT = Expectation(kind="tslcd_down", unit="cao-son")


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def told(seconds: float, text: str, contact: str = "an", channel: str = "zalo", path: str = "internet") -> Told:
    return Told(at=at(seconds), channel=channel, path=path, contact=contact, text=text)


def named(seconds: float, kind: str, unit: str = "cao-son", units_count: int = 1) -> Named:
    return Named(at=at(seconds), kind=kind, unit=unit, units_count=units_count)


def seen(*names: Named, number: int = 1, until: float | None = 30.0) -> Seen:
    resolved_at = None if until is None else at(until)
    return Seen(id=number, opened_at=names[0].at, names=names, resolved_at=resolved_at)


GOOD = Record(
    spec="link-down:tslcd:cao-son",
    caused_at=at(0),
    healed_at=at(10),
    missed_at=at(1.9),
    incidents=(seen(named(4, "tslcd_down")),),
    letters=(told(5, PAGE), told(25, OVER)),
)


def verdict(expected: Expectation = CUT, **changes: object) -> Verdict:
    return judge(replace(GOOD, **changes), expected)  # type: ignore[arg-type]


def test_one_cause_one_page_one_recovery_is_right() -> None:
    found = verdict()
    assert found.problems == ()
    assert (found.missed_s, found.detected_s, found.paged_s, found.recovered_s) == (1.9, 4.0, 5.0, 15.0)
    assert (found.pages_count, found.people_count, found.extra_pages_count, found.recoveries_count) == (1, 1, 0, 1)


def test_words_that_it_is_over_before_it_was_healed_are_not_the_recovery() -> None:
    assert verdict(letters=(GOOD.letters[0], told(8, OVER))).recovered_s is None
    assert verdict(letters=(GOOD.letters[0], told(8, OVER), told(30, OVER))).recovered_s == 20.0


def test_two_people_with_a_page_each_are_right() -> None:
    letters = (*GOOD.letters, told(5.2, PAGE, "binh"), told(26, OVER, "binh"))
    found = verdict(letters=letters)
    assert (found.problems, found.people_count, found.extra_pages_count) == ((), 2, 0)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"incidents": (), "letters": ()}, "not_detected"),
        ({"letters": ()}, "not_paged"),
        ({"letters": GOOD.letters[:1]}, "recovery_not_told"),
        ({"letters": (*GOOD.letters, told(27, OVER))}, "extra_recoveries"),
        ({"letters": (*GOOD.letters, told(27, OVER, "binh"))}, "extra_recoveries"),
        ({"letters": (*GOOD.letters, told(6, PAGE))}, "extra_pages"),
        ({"letters": (*GOOD.letters, told(14, PAGE))}, "page_after_healing"),
        ({"incidents": (seen(named(4, "unit_dark")),)}, "wrong_cause"),
        ({"incidents": (seen(named(4, "tslcd_down"), named(7, "unit_dark")),)}, "wrong_cause"),
        ({"incidents": (seen(named(4, "unit_dark"), named(7, "tslcd_down")),)}, "wrong_cause"),
        ({"incidents": (seen(named(4, "tslcd_down", "ha-vi")),)}, "wrong_place"),
        ({"incidents": (*GOOD.incidents, seen(named(5, "dns_down"), number=2))}, "more_incidents"),
        ({"letters": (*GOOD.letters, told(27, LATE))}, "late_notice"),
        ({"is_whole": False}, "not_whole"),
    ],
)
def test_whatever_is_wrong_is_said(changes: dict[str, object], problem: str) -> None:
    assert problem in verdict(CUT, **changes).problems


def test_a_name_given_after_the_healing_counts_for_nothing() -> None:
    incidents = (seen(named(4, "tslcd_down"), named(12, "flapping")),)
    assert verdict(incidents=incidents).problems == ()


def test_a_part_of_a_fault_may_be_named_first_where_the_answer_says_so() -> None:
    incidents = (seen(named(4, "tslcd_down"), named(7, "unit_dark")),)
    dark = Expectation(kind="unit_dark", unit="cao-son")
    assert verdict(dark, incidents=incidents).problems == ("wrong_cause",)
    assert verdict(replace(dark, at_first=("tslcd_down",)), incidents=incidents).problems == ()


def test_a_dead_core_must_name_all_who_hang_on_it() -> None:
    core = Expectation(kind="tslcd_core_down", units_count=17)
    all_of_them = (seen(named(4, "tslcd_core_down", "hub", 17)),)
    assert verdict(core, incidents=all_of_them).problems == ()
    assert verdict(core, incidents=(seen(named(4, "tslcd_core_down", "hub", 3)),)).problems == ("wrong_impact",)


def test_a_dead_uplink_is_paged_by_another_way_and_told_late_by_its_own() -> None:
    expected = Expectation(kind="own_uplink_down", avoids="internet", late_count=1)
    incidents = (seen(named(4, "own_uplink_down", "hub", 0)),)
    sms = {"channel": "sms", "path": "gsm"}
    letters = (told(5, SMS_PAGE, **sms), told(24, LATE), told(25, SMS_OVER, **sms))
    assert verdict(expected, incidents=incidents, letters=letters).problems == ()
    assert verdict(expected, incidents=incidents, letters=(letters[0], letters[2])).problems == ("late_notice",)
    by_chat = (told(5, PAGE), told(24, LATE), told(25, OVER))
    assert verdict(expected, incidents=incidents, letters=by_chat).problems == ("wrong_path",)


def test_what_wakes_nobody_must_not_page() -> None:
    small = replace(CUT, is_paged=False)
    assert verdict(small, letters=()).problems == ()
    assert verdict(small).problems == ("needless_message",)


def test_where_nothing_is_down_every_word_is_too_much() -> None:
    quiet = Expectation()
    assert verdict(quiet, incidents=(), letters=()).problems == ()
    found = verdict(quiet)
    assert set(found.problems) == {"needless_incident", "needless_message"}
    assert found.extra_pages_count == 1


@pytest.mark.parametrize(
    ("text", "sort"),
    [
        (PAGE, Sort.PAGE),
        (SMS_PAGE, Sort.PAGE),
        ("[critical] The TSLCD core is down", Sort.PAGE),
        (OVER, Sort.RECOVERY),
        (SMS_OVER, Sort.RECOVERY),
        (LATE, Sort.LATE),
        ("#4 Xã Cao Sơn: chập chờn, đã trở lại 3 lần", Sort.UPDATE),
        ("Tổng hợp 3 tin", Sort.OTHER),
        ("Tin thử: an thử kênh zalo", Sort.OTHER),
    ],
)
def test_a_message_is_known_by_its_first_words(text: str, sort: Sort) -> None:
    assert sort_of(text) is sort


SORTS = {
    NoticeKind.PAGE: Sort.PAGE,
    NoticeKind.UPDATE: Sort.UPDATE,
    NoticeKind.RESOLVE: Sort.RECOVERY,
    NoticeKind.LATE: Sort.LATE,
}


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("form", ["title", "short"])
@pytest.mark.parametrize("kind", NoticeKind)
def test_every_kind_of_notice_is_told_apart_however_it_is_worded(kind: NoticeKind, form: str, language: str) -> None:
    for severity in Severity:
        word = tell(language, f"severity.{severity}")
        plain = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
        values = {"severity": word, "grave": plain.upper(), "abbr": "BT", "id": 3, "place": "Cao Son", "count": 2}
        assert sort_of(tell(language, f"oncall.{kind}.{form}", **values)) is SORTS.get(kind, Sort.OTHER)


def test_a_score_keeps_prompt_and_gradual_faults_apart() -> None:
    slow = judge(replace(GOOD, incidents=(), letters=()), replace(CUT, is_gradual=True))
    found = score([verdict(), verdict(letters=(told(7, PAGE), told(25, OVER))), slow])
    assert (found.faults_count, found.right_count, found.causes_wrong_count) == (3, 2, 1)
    assert (found.page.count, found.page.p50_s) == (2, 6.0)
    assert found.page.p95_s == pytest.approx(6.9)
    assert found.gradual_page.p50_s is None
