"""The holidays that come along, and files of a district's own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from bt_console.config.holidays import COUNTRIES, HOLIDAYS, path_of, read_holidays
from bt_console.config.load import Settings, load_config

ROOT = Path(__file__).parents[2]
ONE_SCHEDULE = """
oncall:
  contacts: {an: {name: An}}
  channels: {console: {type: console}}
  schedules:
    it:
      layers: [{name: week, start: 2026-01-05, contacts: [an]}]
      holidays: own.yaml
      holiday_contacts: [an]
      gap_fallback: an
  policies: {all: {steps: [{notify: ["schedule:it"], via: [console]}]}}
  routes: [{policy: all}]
"""


def test_every_country_that_comes_along_is_read_without_a_problem() -> None:
    assert "vn" in COUNTRIES
    for country in COUNTRIES:
        calendar = read_holidays(HOLIDAYS / f"{country}.yaml")
        assert calendar.problems == ()
        assert calendar.holidays


def test_the_holidays_of_vietnam_fall_on_the_days_of_law_and_moon() -> None:
    days = {holiday.day: holiday.name for holiday in read_holidays(path_of("vn", Path("unused"))).holidays}
    for year in (2026, 2027):
        assert days[date(year, 1, 1)] == "Tết Dương lịch"
        assert days[date(year, 4, 30)] == "Ngày Chiến thắng"
        assert days[date(year, 5, 1)] == "Quốc tế Lao động"
        assert days[date(year, 9, 2)] == "Quốc khánh"
    assert days[date(2026, 2, 17)] == days[date(2027, 2, 6)] == "Tết Nguyên đán"
    assert days[date(2026, 4, 26)] == days[date(2027, 4, 16)] == "Giỗ Tổ Hùng Vương"
    assert sum(day.year == 2026 and name == "Tết Nguyên đán" for day, name in days.items()) == 5
    # A holiday on a weekly rest day is made up for on the next working day.
    assert {date(2026, 4, 27), date(2027, 5, 3)} <= days.keys()


def test_a_file_of_ones_own_is_watched_and_counts_into_the_revision(
    tmp_path: Path, small: Callable[..., Settings]
) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("- {day: 2026-12-25, name: Giáng sinh}\n", encoding="utf-8")
    first = small(ONE_SCHEDULE)
    assert own in first.files
    assert [holiday.day for holiday in first.oncall.schedules["it"].holidays] == [date(2026, 12, 25)]
    own.write_text("- {day: 2026-12-24, name: Giáng sinh}\n", encoding="utf-8")
    assert load_config(first.path).revision != first.revision
