"""Silences, maintenance and working hours: they end, they recur, they never hide the monitor itself."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bt_console.evaluate.oncall import muting
from bt_console.model.incident import CauseKind
from bt_console.model.inventory import UnitId
from bt_console.model.oncall import Holiday, Hours, Match, Mute, MuteKind
from tests.evaluate.oncall.incidents import DISTRICT, incident
from tests.model.effort import calls_of

VN = "Asia/Ho_Chi_Minh"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
START = datetime(2026, 12, 1, 22, tzinfo=ZoneInfo(VN))
"""A Tuesday."""


def mute(rrule: str = "", **changes: object) -> Mute:
    fields: dict[str, object] = {
        "id": 1,
        "kind": MuteKind.MAINTENANCE,
        "match": Match(),
        "starts_at": START,
        "ends_at": START + 2 * HOUR,
        "author": "an",
        "reason": "test",
    }
    return Mute(rrule=rrule, **{**fields, **changes})  # type: ignore[arg-type]


# One window


def test_a_mute_holds_from_its_start_and_not_at_its_end() -> None:
    once = mute()
    assert not muting.is_active(once, START - timedelta(seconds=1))
    assert muting.is_active(once, START)
    assert muting.is_active(once, START + 2 * HOUR - timedelta(seconds=1))
    assert not muting.is_active(once, START + 2 * HOUR)
    assert muting.window(once, START + HOUR) == (START, START + 2 * HOUR)


def test_the_next_window_is_the_one_that_has_not_begun() -> None:
    assert muting.next_window(mute(), START - DAY) == (START, START + 2 * HOUR)
    assert muting.next_window(mute(), START) is None


def test_a_mute_that_was_ended_is_over() -> None:
    ended = mute(ended_at=START + HOUR)
    assert muting.window(ended, START) == (START, START + HOUR)
    assert not muting.is_active(ended, START + HOUR)
    assert muting.next_window(mute(ended_at=START - HOUR), START - DAY) is None


def test_windows_that_ended_are_told_once_and_in_order() -> None:
    first, second = mute(id=1), mute(id=2, ends_at=START + HOUR)
    found = muting.ended([first, second], START, START + 2 * HOUR)
    assert [one.id for one, _ in found] == [2, 1]
    assert muting.ended([first, second], START + HOUR, START + 90 * timedelta(minutes=1)) == ()
    assert [one.id for one, _ in muting.ended([first], START + 2 * HOUR - DAY, START + 2 * HOUR)] == [1]


def test_the_next_change_is_the_earliest_beginning_or_end() -> None:
    mutes = [mute(), mute(id=2, starts_at=START + HOUR, ends_at=START + 3 * HOUR)]
    moments = [START - DAY]
    while (moment := muting.next_change(mutes, moments[-1])) is not None:
        moments.append(moment)
    assert moments[1:] == [START, START + HOUR, START + 2 * HOUR, START + 3 * HOUR]


def test_a_silence_that_covers_nothing_ends_by_itself() -> None:
    silence = mute(kind=MuteKind.SILENCE, idle_expire_s=3600.0, ends_at=START + DAY)
    assert not muting.is_idle(silence, None, START + HOUR - timedelta(seconds=1))
    assert muting.is_idle(silence, None, START + HOUR)
    assert not muting.is_idle(silence, START + HOUR, START + HOUR)
    assert muting.is_idle(silence, START + HOUR, START + 2 * HOUR)
    assert not muting.is_idle(mute(ends_at=START + DAY), None, START + 20 * HOUR)
    assert not muting.is_idle(silence, None, START - DAY)


# What it covers


def test_it_hides_what_lies_within_it_while_it_holds() -> None:
    unit = mute(match=Match(units=frozenset({UnitId("cao-son")})))
    inside, wider = incident("cao-son/tslcd"), incident("cao-son/tslcd", units=("cao-son", "ha-vi"))
    assert muting.covering([unit], inside, DISTRICT, START) == (unit,)
    assert muting.covering([unit], inside, DISTRICT, START + 2 * HOUR) == ()
    assert muting.covering([unit], wider, DISTRICT, START) == ()


def test_every_mute_that_covers_is_named() -> None:
    both = [mute(id=1), mute(id=2), mute(id=3, starts_at=START + HOUR)]
    assert [one.id for one in muting.covering(both, incident("qlvb"), DISTRICT, START)] == [1, 2]


def test_the_monitors_own_health_is_never_hidden() -> None:
    own = incident("hub", CauseKind.CANNOT_MEASURE)
    assert muting.covering([mute()], own, DISTRICT, START) == ()


# Recurring


def test_a_rule_recurs_at_the_same_local_hour_and_lasts_as_long() -> None:
    weekly = mute("FREQ=WEEKLY;BYDAY=TU;BYHOUR=22;BYMINUTE=0")
    for weeks in (0, 1, 5, 40):
        begin = START + weeks * 7 * DAY
        assert muting.window(weekly, begin + HOUR) == (begin, begin + 2 * HOUR)
    assert muting.window(weekly, START + DAY) is None
    assert muting.next_window(weekly, START) == (START + 7 * DAY, START + 7 * DAY + 2 * HOUR)


def test_nothing_recurs_before_the_first_time() -> None:
    assert muting.window(mute("FREQ=DAILY"), START - DAY + HOUR) is None


def test_a_rule_keeps_its_hour_across_clock_changes() -> None:
    zone = ZoneInfo("Europe/Berlin")
    first = datetime(2026, 3, 1, 22, tzinfo=zone)
    daily = mute("FREQ=DAILY", starts_at=first, ends_at=first + HOUR, timezone="Europe/Berlin")
    at = datetime(2026, 3, 25, tzinfo=UTC)
    for _ in range(10):
        window = muting.next_window(daily, at)
        assert window is not None
        assert window[0].astimezone(zone).hour == 22
        assert window[1] - window[0] == HOUR
        at = window[0]


def test_windows_that_touch_are_one() -> None:
    always = mute("FREQ=DAILY", ends_at=START + DAY)
    window = muting.window(always, START + 10 * DAY)
    assert window is not None
    assert window[0] == START
    assert window[1] > START + 300 * DAY


def test_a_recurring_mute_that_was_ended_does_not_recur() -> None:
    ended = mute("FREQ=DAILY", ended_at=START + 2 * DAY + HOUR)
    assert muting.window(ended, START + 2 * DAY) == (START + 2 * DAY, START + 2 * DAY + HOUR)
    assert muting.next_window(ended, START + 2 * DAY) is None


def test_each_end_of_a_recurring_window_is_told() -> None:
    daily = mute("FREQ=DAILY")
    ends = [stretch[1] for _, stretch in muting.ended([daily], START, START + 3 * DAY)]
    assert ends == [START + at * DAY + 2 * HOUR for at in range(3)]


def test_a_rule_that_cannot_be_followed_mutes_nothing() -> None:
    assert not muting.is_active(mute("FREQ=SECONDLY"), START)
    assert muting.next_window(mute("what"), START - DAY) is None


@pytest.mark.parametrize(
    "rule", ["FREQ=DAILY", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MONTHLY;BYMONTHDAY=31;BYDAY=1MO", "FREQ=WEEKLY"]
)
def test_a_rule_without_end_or_without_a_day_is_answered_at_once(rule: str) -> None:
    old = datetime(1990, 1, 2, 22, tzinfo=UTC)
    endless = mute(rule, starts_at=old, ends_at=old + HOUR)

    def ask() -> None:
        muting.window(endless, datetime(2026, 11, 24, tzinfo=UTC))
        muting.next_window(endless, datetime(2060, 1, 1, tzinfo=UTC))

    assert calls_of(ask) < 40_000


RULES = [
    "",
    "FREQ=DAILY",
    "FREQ=DAILY;INTERVAL=3",
    "FREQ=WEEKLY;BYDAY=MO,FR",
    "FREQ=MONTHLY;BYMONTHDAY=-1",
    "FREQ=DAILY;COUNT=5",
]


@settings(deadline=None, max_examples=100)
@given(
    st.sampled_from(RULES),
    st.sampled_from([VN, "Europe/Berlin", "America/Chicago"]),
    st.integers(1, 23),
    st.integers(-5 * 24, 400 * 24),
)
def test_a_moment_is_muted_exactly_within_its_windows(rule: str, zone: str, lasts_h: int, offset_h: int) -> None:
    one = mute(rule, timezone=zone, ends_at=START + lasts_h * HOUR)
    at = START + offset_h * HOUR
    window = muting.window(one, at)
    assert muting.is_active(one, at) is (window is not None)
    if window is not None:
        assert window[0] <= at < window[1]
        assert muting.window(one, window[0]) == window
        if window[1] < START + 400 * DAY:
            assert not muting.is_active(one, window[1])
    following = muting.next_window(one, at)
    if following is not None:
        assert at < following[0]
        assert muting.window(one, following[0]) is not None
        assert not muting.is_active(one, following[0] - timedelta(seconds=1))


# Working hours


OFFICE = Hours(timezone=VN, weekdays=frozenset(range(5)), starts=time(7, 30), ends=time(17))
TET = (Holiday(day=date(2026, 12, 2), name="day off"),)


def vn(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(VN))  # type: ignore[misc,arg-type]


def test_working_hours_are_local_and_end_where_they_end() -> None:
    assert not muting.is_open(OFFICE, (), vn(2026, 12, 1, 7, 29, 59))
    assert muting.is_open(OFFICE, (), vn(2026, 12, 1, 7, 30))
    assert not muting.is_open(OFFICE, (), vn(2026, 12, 1, 17))
    assert not muting.is_open(OFFICE, (), vn(2026, 12, 5, 9))


def test_on_holidays_there_are_none() -> None:
    assert muting.is_open(OFFICE, (), vn(2026, 12, 2, 9))
    assert not muting.is_open(OFFICE, TET, vn(2026, 12, 2, 9))


def test_the_next_opening_skips_weekends_and_holidays() -> None:
    assert muting.next_opening(OFFICE, TET, vn(2026, 12, 1, 17)) == vn(2026, 12, 3, 7, 30)
    assert muting.next_opening(OFFICE, (), vn(2026, 12, 4, 17)) == vn(2026, 12, 7, 7, 30)
    assert muting.next_opening(OFFICE, (), vn(2026, 12, 4, 7)) == vn(2026, 12, 4, 7, 30)


def test_while_they_last_the_next_opening_is_now() -> None:
    assert muting.next_opening(OFFICE, (), vn(2026, 12, 4, 16, 59)) == vn(2026, 12, 4, 16, 59)


def test_hours_over_midnight_belong_to_the_day_they_begin_on() -> None:
    night = Hours(timezone=VN, weekdays=frozenset({4}), starts=time(22), ends=time(6))
    assert muting.is_open(night, (), vn(2026, 12, 5, 5))
    assert not muting.is_open(night, (), vn(2026, 12, 4, 5))


def test_hours_that_never_come_are_looked_for_within_a_year_only() -> None:
    never = tuple(Holiday(day=date(2026, 12, 1) + at * DAY, name="x") for at in range(500))
    at = vn(2026, 12, 1, 9)
    assert muting.next_opening(OFFICE, never, at) - at == timedelta(days=366)


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 366 * 24 * 4), st.sampled_from([VN, "Europe/Berlin", "America/Chicago"]))
def test_the_next_opening_is_open_and_nothing_before_it_is(quarters: int, zone: str) -> None:
    hours = Hours(timezone=zone, weekdays=frozenset({0, 2, 6}), starts=time(1, 30), ends=time(4))
    at = datetime(2026, 1, 1, tzinfo=UTC) + quarters * timedelta(minutes=15)
    opening = muting.next_opening(hours, TET, at)
    assert muting.is_open(hours, TET, opening)
    assert opening == at or not muting.is_open(hours, TET, opening - timedelta(seconds=1))
    assert not any(muting.is_open(hours, TET, at + step * HOUR / 2) for step in range(int((opening - at) / HOUR * 2)))
