"""Readings to the state of one check."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bt_console.evaluate.health import advance, age, is_beyond, is_unsettled, judge, shifted, valid_samples
from bt_console.model.health import SAMPLES_KEPT, CheckHealth, HealthState, Verdict
from bt_console.model.inventory import Side, Threshold
from tests.evaluate.build import DELAYED, LOSSY, after, check_of, read
from tests.evaluate.simulation import instant

CHECK = check_of()
QUICK = check_of(thresholds=(DELAYED,))
PATIENT = check_of(thresholds=(LOSSY,))


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ("ok", HealthState.UP),
        ("timeout", HealthState.UNKNOWN),
        ("timeout timeout", HealthState.DOWN),
        ("ok ok timeout", HealthState.UP),
        ("ok ok timeout ok", HealthState.UP),
        ("ok timeout timeout", HealthState.DOWN),
        ("ok timeout timeout ok", HealthState.DOWN),
        ("ok timeout timeout ok ok", HealthState.UP),
        ("ok timeout error timeout", HealthState.DOWN),
        ("ok timeout timeout error error error", HealthState.DOWN),
        ("error error error", HealthState.UNKNOWN),
        ("ok error error error", HealthState.UP),
    ],
)
def test_a_row_of_readings_gives_a_state(words: str, state: HealthState) -> None:
    assert after(CHECK, words).state is state


def test_three_of_five_misses_are_needed_where_the_check_says_so() -> None:
    check = check_of(down_k=3, down_n=5)

    assert after(check, "ok ok timeout ok timeout").state is HealthState.UP
    assert after(check, "ok timeout ok timeout timeout").state is HealthState.DOWN


def test_down_holds_since_the_first_miss_and_up_since_the_first_answer() -> None:
    assert after(CHECK, "ok timeout timeout timeout").since == instant(5)
    assert after(CHECK, "ok timeout timeout ok ok ok").since == instant(15)


def test_an_improvement_holds_since_the_reading_that_brought_it() -> None:
    assert after(QUICK, "ok slow slow").since == instant(10)
    assert after(QUICK, "ok slow slow ok ok").since == instant(20)


def test_errors_in_a_row_make_it_stale_and_a_reading_ends_that() -> None:
    assert not after(CHECK, "ok error").is_stale
    assert after(CHECK, "ok error error").is_stale
    assert not after(CHECK, "ok error error ok").is_stale


def test_silence_for_three_intervals_makes_it_stale() -> None:
    health = after(CHECK, "ok")

    assert not age(health, CHECK, instant(15)).is_stale
    assert age(health, CHECK, instant(16)).is_stale
    assert not age(CheckHealth(check_id=CHECK.id), CHECK, instant(99)).is_stale


def test_loss_degrades_by_k_of_n_and_lingers_until_few_breaches_are_left() -> None:
    assert after(PATIENT, "ok lossy lossy").state is HealthState.UP
    assert after(PATIENT, "ok lossy lossy lossy").state is HealthState.DEGRADED
    assert after(PATIENT, "lossy lossy lossy ok ok ok").state is HealthState.DEGRADED
    assert after(PATIENT, "lossy lossy lossy ok ok ok ok").state is HealthState.UP


def test_a_miss_says_nothing_about_quality() -> None:
    samples = valid_samples(after(PATIENT, "lossy lossy lossy timeout timeout timeout").samples)

    assert is_beyond(LOSSY, samples, was=False)


def test_only_samples_kept_readings_are_remembered_and_a_late_one_finds_its_place() -> None:
    health = after(CHECK, "ok " * 30)
    late = advance(health, CHECK, read(CHECK, "timeout", 142.0, seq=31))

    assert len(late.samples) == SAMPLES_KEPT
    assert [s.verdict for s in late.samples[-2:]] == [Verdict.BAD, Verdict.GOOD]
    assert late.state is HealthState.UP


def test_a_reading_below_its_limit_breaches_where_low_is_bad() -> None:
    days = Threshold(measure="rtt_median_s", side=Side.BELOW, limit=1.0)
    absent = Threshold(measure="total_s", side=Side.ABOVE, limit=1.0)
    check = check_of(thresholds=(days, absent))

    assert judge(check, read(check, "ok", 0)).breached == ("rtt_median_s",)
    assert judge(check, read(check, "timeout", 0)).breached == ()


def test_facts_and_failures_are_kept_as_text() -> None:
    assert after(CHECK, "ok").facts == (("via", "a, b"),)
    assert judge(CHECK, read(CHECK, "timeout", 0)).failure == "timeout"
    assert judge(CHECK, read(CHECK, "refused", 0)).failure == "refused"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", False),
        ("ok", False),
        ("ok timeout", True),
        ("ok timeout timeout", False),
        ("ok timeout timeout ok", True),
        ("ok error", True),
        ("ok error error", False),
        ("ok slow", True),
        ("ok slow slow", False),
        ("ok slow slow ok", True),
    ],
)
def test_a_reading_that_contradicts_the_state_wants_another(words: str, expected: bool) -> None:
    assert is_unsettled(QUICK, after(QUICK, words)) is expected


def test_a_lossy_line_is_not_asked_every_second() -> None:
    both = check_of(thresholds=(LOSSY, DELAYED))

    assert not is_unsettled(both, after(both, "lossy lossy lossy lossy"))


def test_a_shifted_memory_keeps_its_distances() -> None:
    health = after(CHECK, "ok timeout timeout")
    moved = shifted(health, timedelta(hours=1))

    assert moved.since == instant(3605)
    assert moved.last_good_at == instant(3600)
    assert replace(shifted(moved, timedelta(hours=-1))) == health
    assert shifted(CheckHealth(check_id=CHECK.id), timedelta(1)).since is None
