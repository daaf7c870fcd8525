"""The timeline is steady while the wall clock is not."""

from __future__ import annotations

from datetime import timedelta

from bt_console.engine.clock import SystemClock, Timeline
from tests.engine.clocks import START, HandClock


def test_instants_follow_the_steady_clock() -> None:
    clock = HandClock()
    timeline = Timeline(clock)
    clock.pass_s(7.5)
    assert timeline.instant() == START + timedelta(seconds=7.5)
    assert timeline.instant(1002.0) == START + timedelta(seconds=2)


def test_a_small_drift_is_left_alone() -> None:
    clock = HandClock()
    timeline = Timeline(clock)
    clock.step_s(0.4)
    assert timeline.follow_jump() is None
    assert timeline.instant() == START


def test_a_jump_is_reported_once_and_followed() -> None:
    clock = HandClock()
    timeline = Timeline(clock)
    clock.pass_s(1)
    clock.step_s(-3600)
    assert timeline.follow_jump() == timedelta(seconds=-3600)
    assert timeline.follow_jump() is None
    assert timeline.instant() == START + timedelta(seconds=1 - 3600)


def test_the_systems_clock_is_aware_and_steady() -> None:
    clock = SystemClock()
    first, second = clock.monotonic_s(), clock.monotonic_s()
    assert second >= first
    assert clock.now().utcoffset() == timedelta(0)
