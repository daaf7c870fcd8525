from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes._wire.snmp_counters import Continuity, Count, continuity, event_rate_per_s, octet_rate_bps

DAY_TICKS = 8_640_000
WRAP_TICKS = 1 << 32


@pytest.mark.parametrize(
    ("before_ticks", "now_ticks", "elapsed_s", "expected"),
    [
        (1000, 7000, 60, Continuity.STEADY),
        (1000, 7400, 60, Continuity.STEADY),
        (WRAP_TICKS - 3000, 3000, 60, Continuity.STEADY),
        (900 * DAY_TICKS % WRAP_TICKS, 1200, 60, Continuity.RESTARTED),
        (30 * DAY_TICKS, 1200, 60, Continuity.RESTARTED),
        (400 * DAY_TICKS, 1200, 60, Continuity.RESTARTED),
        (1000, 3000, 60, Continuity.RESTARTED),
        (1000, 70_000, 60, Continuity.UNCLEAR),
    ],
)
def test_uptimes_tell_a_restart_from_a_wrap(
    before_ticks: int, now_ticks: int, elapsed_s: float, expected: Continuity
) -> None:
    assert continuity(before_ticks, now_ticks, elapsed_s) is expected


@given(st.integers(0, WRAP_TICKS - 1), st.floats(0.2, 86_400))
def test_an_agent_that_runs_on_is_steady_at_any_uptime(before_ticks: int, elapsed_s: float) -> None:
    assert continuity(before_ticks, int(before_ticks + elapsed_s * 100) % WRAP_TICKS, elapsed_s) is Continuity.STEADY


def test_a_rate_is_octets_times_eight_over_time() -> None:
    assert octet_rate_bps(Count(10, 1000, True), Count(14, 6000, True), 1e9) == 10_000


def test_a_narrow_counter_that_went_back_wrapped_once() -> None:
    assert octet_rate_bps(Count(0, (1 << 32) - 500, False), Count(10, 750, False), 1e6) == 1000


def test_a_narrow_counter_on_a_line_that_can_wrap_it_twice_says_nothing() -> None:
    assert octet_rate_bps(Count(0, 0, False), Count(30, 1000, False), 1e9) == pytest.approx(8000 / 30)
    assert octet_rate_bps(Count(0, 0, False), Count(60, 1000, False), 1e9) is None


def test_a_wrap_that_would_mean_more_than_the_line_carries_is_a_cleared_counter() -> None:
    assert octet_rate_bps(Count(0, 1000, False), Count(10, 0, False), 10e6) is None


def test_a_wide_counter_never_wraps() -> None:
    assert octet_rate_bps(Count(0, 1000, True), Count(10, 0, True), 1e6) is None


def test_counters_of_different_width_or_missing_or_at_one_instant_give_no_rate() -> None:
    assert octet_rate_bps(Count(0, 1, False), Count(10, 2, True), 1e6) is None
    assert octet_rate_bps(None, Count(10, 2, True), 1e6) is None
    assert octet_rate_bps(Count(0, 1, True), None, 1e6) is None
    assert octet_rate_bps(Count(5, 1, True), Count(5, 2, True), 1e6) is None


def test_events_have_a_rate_until_their_counter_is_cleared() -> None:
    assert event_rate_per_s(Count(0, 10, False), Count(4, 12, False)) == 0.5
    assert event_rate_per_s(Count(0, 10, False), Count(4, 2, False)) is None
    assert event_rate_per_s(None, Count(4, 2, False)) is None


@given(st.lists(st.integers(0, 1_250_000_000), min_size=1, max_size=20), st.integers(0, (1 << 32) - 1))
def test_octets_counted_in_any_split_of_time_come_to_the_same_sum(deltas: list[int], start: int) -> None:
    values, at_s = [start], 0
    for delta in deltas:
        values.append((values[-1] + delta) % (1 << 32))
    total = 0.0
    for before, now in pairwise(values):
        rate = octet_rate_bps(Count(at_s, before, False), Count(at_s + 10, now, False), 1e9)
        assert rate is not None
        total += rate * 10 / 8
        at_s += 10
    assert total == pytest.approx(sum(deltas))
