"""Numbers and times as each language writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bt_console.model.snapshot import EngineState, Snapshot
from bt_console.tui.view.look import Look, engine_state, zone_of
from tests.tui import district
from tests.tui.view.snapshots import snapshot

NOW = datetime(2026, 11, 24, 14, 3, 10, tzinfo=UTC)
VI = Look(language="vi", zone=zone_of("Asia/Ho_Chi_Minh"), now=NOW)
EN = Look(language="en", zone=zone_of("Asia/Ho_Chi_Minh"), now=NOW)


@pytest.mark.parametrize(
    ("rtt_ms", "shown"),
    [
        (0.04, "0,0"),
        (0.4, "0,4"),
        (9.94, "9,9"),
        (9.96, "10"),
        (123.4, "123"),
        (999.4, "999"),
        (1500, "1,5s"),
        (12_000, "12s"),
        (1e9, ">99s"),
    ],
)
def test_delays_fit_four_columns(rtt_ms: float, shown: str) -> None:
    assert VI.delay(rtt_ms) == shown
    assert len(shown) <= 4


def test_each_language_has_its_decimal_mark() -> None:
    assert (VI.number(1.25, 2), EN.number(1.25, 2)) == ("1,25", "1.25")


@pytest.mark.parametrize(("ratio", "shown"), [(0, "0%"), (0.001, "<1%"), (0.2, "20%"), (1, "100%")])
def test_a_small_loss_is_never_shown_as_none(ratio: float, shown: str) -> None:
    assert VI.percent(ratio) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.42, "0,4 s"), (5, "5 s"), (59, "59 s"), (60, "1 phút"), (7200, "2 giờ"), (200_000, "2 ngày"), (-3.5, "0,0 s")],
)
def test_durations_take_their_largest_unit(seconds: float, shown: str) -> None:
    assert VI.span(seconds) == shown


def test_times_are_the_districts_and_another_day_shows_its_date() -> None:
    assert VI.clock(NOW) == "21:03:10"
    assert VI.zone_label() == "+07"
    assert VI.since(NOW - timedelta(minutes=7)) == "20:56"
    assert VI.since(NOW - timedelta(days=1)) == "23/11"
    assert VI.since(None) == "–"
    assert Look(language="en", zone=zone_of("Asia/Kolkata"), now=NOW).zone_label() == "+05:30"


def test_an_unknown_zone_falls_back_to_universal_time() -> None:
    assert zone_of("Nowhere/Land") is UTC


@pytest.mark.parametrize(("age_s", "state"), [(0.4, EngineState.RUNNING), (5.1, EngineState.STOPPED)])
def test_an_old_sign_of_life_means_nobody_measures(age_s: float, state: EngineState) -> None:
    calm: Snapshot = snapshot(engine=district.engine(last_tick_at=NOW - timedelta(seconds=age_s)))
    assert engine_state(calm, NOW) is state
