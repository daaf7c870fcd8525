from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bt_console.cli.command import UsageError
from bt_console.cli.times import age, clock_time, parse_instant, zone

NOW = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
HANOI = zone("Asia/Ho_Chi_Minh")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("-2h", NOW - timedelta(hours=2)),
        ("-90s", NOW - timedelta(seconds=90)),
        ("02:30", datetime(2026, 11, 24, 19, 30, tzinfo=UTC)),
        ("2026-11-24", datetime(2026, 11, 23, 17, 0, tzinfo=UTC)),
        ("2026-11-24T14:30", datetime(2026, 11, 24, 7, 30, tzinfo=UTC)),
        ("2026-11-24T14:30:00+00:00", datetime(2026, 11, 24, 14, 30, tzinfo=UTC)),
    ],
)
def test_an_instant_is_read_in_the_zone_of_the_district(text: str, at: datetime) -> None:
    assert parse_instant(text, NOW, HANOI, "en") == at


@pytest.mark.parametrize("text", ["yesterday", "25:00", "-2w", "", "2026-13-01"])
def test_an_instant_that_is_none_names_the_forms_there_are(text: str) -> None:
    with pytest.raises(UsageError, match="-2h, 14:30"):
        parse_instant(text, NOW, HANOI, "en")


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(seconds=59), "59 s"),
        (timedelta(seconds=60), "1 min"),
        (timedelta(hours=23), "23 h"),
        (timedelta(days=5), "5 d"),
        (timedelta(seconds=-3), "0 s"),
    ],
)
def test_an_age_is_told_in_its_largest_unit(span: timedelta, text: str) -> None:
    assert age(NOW - span, NOW, "en") == text


def test_an_instant_of_another_day_carries_its_date() -> None:
    assert clock_time(NOW, NOW, HANOI) == "03:00:00"
    assert clock_time(NOW - timedelta(days=1), NOW, HANOI) == "24/11/2026 03:00:00"


def test_a_zone_nobody_knows_falls_back_to_utc() -> None:
    assert zone("Mars/Olympus") is UTC
