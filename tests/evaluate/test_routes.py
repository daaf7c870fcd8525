"""A route changes when traces take another for good: not when load is balanced, not when a router keeps silent."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bt_console.evaluate import routes
from bt_console.model.inventory import CheckId, Role, Target, TargetId, UnitId
from bt_console.model.observation import Observation
from bt_console.model.snapshot import Event
from bt_console.words import say
from probes.api import Fact, FailureKind, Outcome, Reading

START = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
CHECK = CheckId("cao-son/tslcd:path_trace")
TARGET = Target(
    id=TargetId("cao-son/tslcd"), unit_id=UnitId("cao-son"), role=Role.TSLCD, name="Xã Cao Sơn · TSLCD", address="z"
)
ONE, TWO = ("a", "b", "z"), ("a", "c", "z")


@dataclass
class Path:
    """Traces every five minutes."""

    known: routes.Routes = field(default_factory=lambda: routes.Routes(known={}))
    now: datetime = START

    def trace(self, hops: tuple[str, ...], times: int = 1, others: tuple[str, ...] = ()) -> list[Event]:
        told: list[Event] = []
        for _ in range(times):
            found = routes.fold(self.known, self._trace(hops, others), TARGET)
            self.known = found.after
            told += found.events
            self.now += timedelta(minutes=5)
        return told

    def _trace(self, hops: tuple[str, ...], others: tuple[str, ...]) -> routes.Trace:
        also = tuple(frozenset(cell.split()) for cell in others)
        return routes.Trace(check_id=CHECK, at=self.now, route_hash=" ".join(hops), hops=hops, others=also)

    def restart(self) -> None:
        """Forget what is not stored."""
        self.known = routes.routes_by_check(self.known.known.values())[CHECK]

    @property
    def hops(self) -> tuple[str, ...]:
        assert self.known.in_force
        return self.known.in_force.hops


def test_the_first_route_is_in_force_and_no_news() -> None:
    path = Path()
    assert path.trace(ONE, times=20) == []
    assert path.hops == ONE
    assert path.known.in_force
    assert path.known.in_force.seen_count == 20


def test_another_route_for_good_is_told_once_with_both_and_where_they_part() -> None:
    path = Path()
    path.trace(ONE, times=5)
    assert path.trace(TWO, times=3) == []
    (event,) = path.trace(TWO, times=100)
    assert (event.kind, event.subject, event.unit_id) == ("route_changed", CHECK, "cao-son")
    assert say("en", event.message) == (
        "Xã Cao Sơn · TSLCD: the route changed from hop 2 on: before a > b > z, now a > c > z"
    )
    assert "đường đi đổi từ chặng 2" in say("vi", event.message)
    path.restart()
    assert path.trace(TWO, times=20) == []


def test_the_way_back_is_told_too_and_further_flapping_is_not() -> None:
    path = Path()
    told = [len(path.trace(hops, times=12)) for hops in (ONE, TWO, ONE, TWO, ONE, TWO, ONE)]
    assert told == [0, 1, 1, 0, 0, 0, 0]


def test_a_restart_in_the_middle_of_a_change_tells_it_once() -> None:
    path = Path()
    path.trace(ONE, times=5)
    path.trace(TWO, times=3)
    path.restart()
    assert len(path.trace(TWO, times=30)) == 1


def test_a_route_that_alternated_is_told_only_after_a_day_of_peace() -> None:
    path = Path()
    path.trace(ONE, times=5)
    path.trace(TWO, times=2)
    path.trace(ONE, times=2)
    gave_way_at = path.now
    (event,) = path.trace(TWO, times=400)
    assert timedelta(hours=23) < event.at - gave_way_at < timedelta(hours=25)


@pytest.mark.parametrize("seed", range(8))
def test_balanced_load_is_told_at_most_at_its_very_beginning(seed: int) -> None:
    path, dice = Path(), random.Random(seed)
    path.trace(ONE)
    told = [path.trace(dice.choice((ONE, TWO))) for _ in range(12 * 24 * 7)]
    assert sum(map(len, told[:60])) <= 2
    assert sum(map(len, told[60:])) == 0


def test_load_balanced_packet_by_packet_is_one_route() -> None:
    path = Path()
    path.trace(ONE, times=5)
    assert path.trace(TWO, times=50, others=("", "b", "")) == []
    assert path.hops == ONE
    assert list(path.known.known) == ["a b z"]


def test_a_router_that_keeps_silent_does_not_make_another_route() -> None:
    path = Path()
    path.trace(("a", "", "z"), times=5)
    path.trace(ONE, times=5)
    assert path.trace(("", "b", "z"), times=20) == []
    assert path.hops == ONE
    assert len(path.known.known) == 1


def test_a_longer_way_is_another_route() -> None:
    path = Path()
    path.trace(("a", "z"), times=5)
    (event,) = path.trace(("a", "b", "z"), times=5)
    assert "hop 2 on" in say("en", event.message)


def test_a_target_at_another_address_is_no_change_of_the_way() -> None:
    path = Path()
    path.trace(ONE, times=5)
    assert path.trace(("a", "b", "y"), times=10) == []
    assert path.hops == ("a", "b", "y")


def test_routes_are_bounded_and_the_one_in_force_stays() -> None:
    path = Path()
    path.trace(ONE, times=5)
    for number in range(100):
        path.trace(("a", f"x{number}", "z"))
    assert len(path.known.known) == routes.ROUTES_PER_CHECK_MAX
    assert path.hops == ONE


def _observation(facts: Mapping[str, Fact], outcome: Outcome = Outcome.OK) -> Observation:
    failure = FailureKind.UNREACHABLE if outcome is Outcome.FAIL else None
    return Observation(
        seq=1,
        check_id=CHECK,
        vantage_id="hub",
        due_at=START,
        started_at=START,
        duration_s=1.0,
        reading=Reading(outcome=outcome, failure=failure, facts=facts),
    )


def test_only_a_trace_that_got_there_says_anything_of_the_route() -> None:
    whole: dict[str, Fact] = {"hop_address": ("a", "*", "z"), "route_hash": "1f", "reached": True}
    trace = routes.trace_of(_observation(whole))
    assert trace
    assert trace.hops == ("a", "", "z")
    short = {**whole, "reached": False}
    others = [
        _observation(short),
        _observation(whole, Outcome.FAIL),
        _observation({}),
        _observation({"hop_address": ("a",)}),
    ]
    assert [routes.trace_of(one) for one in others] == [None] * 4


hop_lists = st.lists(st.sampled_from(["", "a", "b", "c"]), min_size=0, max_size=4).map(lambda hops: (*hops, "z"))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(hop_lists, st.integers(1, 8), st.booleans()), max_size=25))
def test_whatever_is_traced_one_route_is_in_force_and_each_is_told_at_most_once_a_day(
    traced: list[tuple[tuple[str, ...], int, bool]],
) -> None:
    path, told = Path(), []
    for hops, times, is_restarted in traced:
        told += [(event.at, event.message.rpartition("now=")[2]) for event in path.trace(hops, times=times)]
        if is_restarted:
            path.restart()
    assert (path.known.in_force is None) == (not traced)
    assert sum(route.seen_count for route in path.known.known.values()) == sum(times for _, times, _ in traced)
    for at, after in told:
        again = [other for other, what in told if what == after and timedelta(0) < other - at < routes.CALM]
        assert again == []
