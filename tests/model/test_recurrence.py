"""Rules recur as dateutil says they do, without ever being looked for until the end of time."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from bt_console.model.recurrence import check, starts
from tests.model.effort import calls_of

VN = "Asia/Ho_Chi_Minh"
CALLS_MAX = 40_000
"""Far less than it takes to look for a day until the year 9999."""
FIRST = datetime(2024, 1, 31, 22, 15, tzinfo=ZoneInfo(VN))
RULES = [
    "FREQ=DAILY",
    "FREQ=DAILY;INTERVAL=3",
    "FREQ=DAILY;BYHOUR=1,13;BYMINUTE=30",
    "FREQ=DAILY;COUNT=100",
    "FREQ=WEEKLY",
    "FREQ=WEEKLY;BYDAY=TU,TH;BYHOUR=22;BYMINUTE=0",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=MO",
    "FREQ=MONTHLY",
    "FREQ=MONTHLY;BYDAY=1TU",
    "FREQ=MONTHLY;BYDAY=-1FR;INTERVAL=2",
    "FREQ=MONTHLY;BYMONTHDAY=-1",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "FREQ=MONTHLY;COUNT=7",
    "FREQ=YEARLY",
    "FREQ=YEARLY;INTERVAL=2;BYMONTH=3,9;BYMONTHDAY=1",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
    "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
]


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(RULES), st.integers(-100, 1500), st.integers(1, 400))
def test_it_says_what_dateutil_says_from_the_first_time_on(rule: str, offset_days: int, length_days: int) -> None:
    after = FIRST + timedelta(days=offset_days)
    until = after + timedelta(days=length_days)
    whole = takewhile(lambda moment: moment < until, rrulestr(rule, dtstart=FIRST))
    assert list(starts(rule, FIRST, VN, after, until)) == [moment for moment in whole if moment >= after]


def test_an_end_may_be_a_local_day_or_a_moment() -> None:
    until = FIRST + timedelta(days=30)
    assert len(list(starts("FREQ=DAILY;UNTIL=20240203", FIRST, VN, FIRST, until))) == 4
    assert len(list(starts("FREQ=DAILY;UNTIL=20240203T151500Z", FIRST, VN, FIRST, until))) == 4
    assert len(list(starts("FREQ=DAILY;UNTIL=20240203T151459Z", FIRST, VN, FIRST, until))) == 3


def test_a_time_that_a_clock_change_skips_is_the_moment_of_the_change() -> None:
    zone = "America/Chicago"
    first = datetime(2026, 3, 7, 2, 30, tzinfo=ZoneInfo(zone))
    found = list(starts("FREQ=DAILY", first, zone, first, first + timedelta(days=3)))
    assert found[1] == datetime(2026, 3, 8, 8, tzinfo=UTC)
    assert [moment.astimezone(ZoneInfo(zone)).hour for moment in found] == [2, 3, 2]


@pytest.mark.parametrize("rule", [*RULES, "RRULE:FREQ=DAILY", "freq=daily;", "FREQ=DAILY;UNTIL=20261231"])
def test_good_rules_pass(rule: str) -> None:
    check(rule, VN)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("", "FREQ must be one of"),
        ("every tuesday", "FREQ must be one of"),
        ("FREQ=HOURLY", "FREQ must be one of"),
        ("FREQ=DAILY;BYDAY=MO", "FREQ=DAILY takes no BYDAY"),
        ("FREQ=WEEKLY;BYMONTHDAY=3", "FREQ=WEEKLY takes no BYMONTHDAY"),
        ("FREQ=DAILY;COUNT=", "COUNT has no value"),
        ("FREQ=DAILY;COUNT=0", "COUNT=0 is not a number from 1 to 366"),
        ("FREQ=DAILY;INTERVAL=1000", "INTERVAL=1000 is not a number from 1 to 366"),
        ("FREQ=DAILY;INTERVAL=2;INTERVAL=3", "INTERVAL is written twice"),
        ("FREQ=DAILY;UNTIL=tomorrow", "UNTIL=TOMORROW is no time"),
        ("FREQ=DAILY;UNTIL=20261301", "UNTIL=20261301: month must be"),
        ("FREQ=DAILY;BYHOUR=25", "cannot be read"),
        ("FREQ=DAILY;BYHOUR=1,2,3,4,5", "more than 4 times a day"),
        ("FREQ=DAILY;BYHOUR=1,2;BYMINUTE=0,20,40", "more than 4 times a day"),
        ("FREQ=WEEKLY;BYDAY=2TU", "BYDAY=2TU does not fit"),
        ("FREQ=MONTHLY;BYDAY=XX", "cannot be read"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY=0 is no day"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "never happens"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "never happens"),
        ("FREQ=MONTHLY;BYMONTHDAY=20;BYDAY=1MO", "never happens"),
    ],
)
def test_bad_rules_are_told_what_is_wrong_with_them(rule: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check(rule, VN)


@settings(deadline=None, max_examples=200)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["FREQ", "INTERVAL", "COUNT", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "BYHOUR", "WKST"]
            ),
            st.sampled_from(["DAILY", "MONTHLY", "YEARLY", "1", "-1", "31", "MO", "5FR", "1,2", "", "x", "9" * 30]),
        ),
        max_size=5,
    )
)
def test_whatever_is_written_is_refused_or_answered_soon(parts: list[tuple[str, str]]) -> None:
    rule = ";".join(f"{key}={value}" for key, value in [("FREQ", "MONTHLY"), *parts])

    def ask() -> None:
        with suppress(ValueError):
            check(rule, VN)
            found = list(starts(rule, FIRST, VN, FIRST, FIRST + timedelta(days=400)))
            assert found == sorted(moment for moment in found if moment >= FIRST)

    assert calls_of(ask) < CALLS_MAX
