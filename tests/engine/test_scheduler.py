"""The schedule on a virtual clock: phases, grids, questions out of turn, reloads."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bt_console.engine.scheduler import ASK_SPACING_S, FIRST_ROUND_S, Due, Scheduler, phase
from bt_console.model.inventory import Check, CheckId, TargetId


def check(name: str, interval_s: float = 5.0) -> Check:
    return Check(
        id=CheckId(name),
        target_id=TargetId(name.partition(":")[0]),
        probe="icmp_echo",
        address="127.0.0.1",
        params=None,
        interval_s=interval_s,
        timeout_s=1.0,
    )


def checks(count: int, interval_s: float = 5.0) -> dict[CheckId, Check]:
    return {c.id: c for c in (check(f"t{n}:icmp_echo", interval_s) for n in range(count))}


def play(scheduler: Scheduler, begin_s: float, end_s: float, run_s: float = 0.0) -> list[tuple[float, Due]]:
    """Run a schedule in 10 ms steps, each run lasting run_s; return what started when."""
    started: list[tuple[float, Due]] = []
    running: list[tuple[float, CheckId]] = []
    for tick in range(round((end_s - begin_s) * 100)):
        now_s = begin_s + tick / 100
        for ended in [r for r in running if r[0] <= now_s]:
            running.remove(ended)
            scheduler.finished(ended[1])
        for due in scheduler.pop_due(now_s):
            started.append((now_s, due))
            running.append((now_s + run_s, due.check.id))
    return started


def test_every_check_runs_once_soon_after_the_start_and_then_once_an_interval() -> None:
    scheduler = Scheduler()
    scheduler.set_checks(checks(50), 100.0)
    started = play(scheduler, 100.0, 130.0)
    first = {due.check.id: now_s for now_s, due in reversed(started)}
    assert max(first.values()) <= 100.0 + FIRST_ROUND_S + 0.01
    later = [now_s for now_s, due in started if now_s >= 110.0]
    counts = Counter(due.check.id for now_s, due in started if now_s >= 110.0)
    assert set(counts.values()) <= {4, 5}, "20 s at 5 s"
    assert len(later) in range(195, 206)


def test_runs_are_spread_over_the_interval() -> None:
    scheduler = Scheduler()
    scheduler.set_checks(checks(500), 0.0)
    started = play(scheduler, 0.0, 20.0)
    tenths = Counter(int(now_s * 2) % 10 for now_s, _ in started if now_s >= 10.0)
    assert min(tenths.values()) > 50
    assert max(tenths.values()) < 180


def test_the_phase_of_a_check_is_the_same_on_every_start() -> None:
    assert phase(CheckId("a")) == phase(CheckId("a")) != phase(CheckId("b"))
    assert 0 <= phase(CheckId("a")) < 1


def test_a_check_that_is_still_running_is_not_started_twice() -> None:
    scheduler = Scheduler()
    scheduler.set_checks(checks(1, interval_s=1.0), 0.0)
    started = play(scheduler, 0.0, 10.0, run_s=2.5)
    gaps = [b[0] - a[0] for a, b in pairwise(started)]
    assert min(gaps) >= 2.5
    assert scheduler.skipped_count > 0


def test_a_waiting_run_holds_up_no_other_check() -> None:
    scheduler = Scheduler()
    scheduler.set_checks(checks(20), 0.0)
    slow = scheduler.pop_due(2.0)
    assert len(slow) == 20
    for due in slow[1:]:
        scheduler.finished(due.check.id)
    assert len({due.check.id for _, due in play(scheduler, 2.0, 12.0)}) == 19


def test_a_question_out_of_turn_keeps_its_distance_from_the_last_start() -> None:
    scheduler = Scheduler()
    scheduler.set_checks(checks(1), 0.0)
    (due,) = scheduler.pop_due(2.0)
    scheduler.finished(due.check.id)
    scheduler.ask([due.check.id], 2.1)
    assert scheduler.pop_due(2.0 + ASK_SPACING_S - 0.01) == []
    (asked,) = scheduler.pop_due(2.0 + ASK_SPACING_S)
    assert asked.is_confirmation


def test_a_question_about_a_running_or_unknown_check_is_dropped() -> None:
    scheduler = Scheduler()
    scheduler.set_checks(checks(1), 0.0)
    (due,) = scheduler.pop_due(2.0)
    scheduler.ask([due.check.id, CheckId("gone")], 2.1)
    scheduler.finished(due.check.id)
    assert scheduler.pop_due(3.2) == []


def test_asking_twice_asks_once() -> None:
    scheduler = Scheduler()
    scheduler.set_checks(checks(1, interval_s=60.0), 0.0)
    (due,) = scheduler.pop_due(2.0)
    scheduler.finished(due.check.id)
    scheduler.ask([due.check.id], 2.1)
    scheduler.ask([due.check.id], 2.2)
    assert len(play(scheduler, 2.2, 10.0)) == 1


def test_a_reload_with_nothing_new_moves_nothing() -> None:
    calm, reloaded = Scheduler(), Scheduler()
    for scheduler in (calm, reloaded):
        scheduler.set_checks(checks(100), 0.0)
        play(scheduler, 0.0, 12.0)
    reloaded.set_checks(checks(100), 12.0)
    expected = [(at, due.check.id) for at, due in play(calm, 12.0, 24.0)]
    assert [(at, due.check.id) for at, due in play(reloaded, 12.0, 24.0)] == expected


def test_a_reload_moves_only_what_changed_and_drops_what_is_gone() -> None:
    scheduler = Scheduler()
    before = checks(100)
    scheduler.set_checks(before, 0.0)
    play(scheduler, 0.0, 12.0)
    changed = CheckId("t7:icmp_echo")
    after = {k: v for k, v in before.items() if k != "t8:icmp_echo"} | {changed: replace(before[changed], interval_s=1)}
    scheduler.set_checks(after, 12.0)
    first_second = play(scheduler, 12.0, 13.0)
    assert len(first_second) < 40, "no burst"
    started = Counter(due.check.id for _, due in [*first_second, *play(scheduler, 13.0, 22.0)])
    assert "t8:icmp_echo" not in started
    assert started[changed] in (9, 10, 11)


def test_after_a_stall_missed_slots_are_skipped_and_counted_not_made_up_for() -> None:
    scheduler = Scheduler()
    scheduler.set_checks(checks(10, interval_s=1.0), 0.0)
    play(scheduler, 0.0, 5.0)
    caught_up = scheduler.pop_due(35.0)
    assert len(caught_up) == 10
    assert scheduler.skipped_count >= 10 * 28
    assert scheduler.lag_s > 25


def test_backlog_counts_what_is_due_and_not_started() -> None:
    scheduler = Scheduler()
    scheduler.set_checks(checks(10), 0.0)
    assert scheduler.backlog_count(2.0) == 10
    scheduler.pop_due(2.0)
    assert scheduler.backlog_count(2.0) == 0


@given(st.lists(st.tuples(st.sampled_from(["ask", "pop", "finish"]), st.floats(0.001, 2.0)), max_size=80))
def test_no_check_ever_runs_twice_at_once_or_sooner_than_its_spacing(steps: list[tuple[str, float]]) -> None:
    scheduler = Scheduler()
    scheduler.set_checks(checks(3, interval_s=2.0), 0.0)
    now_s, running = 0.0, set[CheckId]()
    for action, passed_s in steps:
        now_s += passed_s
        if action == "ask":
            scheduler.ask(checks(3), now_s)
        elif action == "finish":
            for check_id in running:
                scheduler.finished(check_id)
            running.clear()
        else:
            started = [due.check.id for due in scheduler.pop_due(now_s)]
            assert len(started) == len(set(started))
            assert not running & set(started)
            running |= set(started)
