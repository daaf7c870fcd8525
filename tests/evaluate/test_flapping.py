"""What comes back, when it is the same again, and when it flaps."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bt_console.evaluate import flapping
from bt_console.evaluate.causes import find_causes
from bt_console.evaluate.flapping import CALM, HOLD, PHASES_KEPT, RETURNS, kind_within, plain
from bt_console.evaluate.incidents import Docket, step
from bt_console.evaluate.topology import build
from bt_console.model.incident import CauseKind, Incident, Severity
from bt_console.words import say
from tests.evaluate.build import court_of, incident_of, later
from tests.evaluate.district import district
from tests.evaluate.scenario import SCENARIOS, Scenario
from tests.evaluate.simulation import Simulation, instant

INVENTORY = district(4)
TOPOLOGY = build(INVENTORY)
LINE = ("cao-son/tslcd", "cao-son/lan", "cao-son/device/may-in", "cao-son/device/may-chu")
DOWN = "ok timeout timeout"
FIRST_MISS_S = 5.0


def looked(ended: Incident, at_s: float = 20.0) -> Docket:
    """Return what a look finds when a line has missed twice, the first time at 5 s."""
    court = court_of(dict.fromkeys(LINE, DOWN), (ended,))
    return step((), (ended,), find_causes(court, INVENTORY.units, instant(at_s)), court, 7, instant(at_s))


def back_again(incident: Incident, times: int, gap_s: float = 30.0, lasting_s: float = 10.0) -> Incident:
    """Return an incident that resolved and came back so many times, each time after the same pause."""
    for _ in range(times):
        end = later(flapping.began_at(incident), lasting_s)
        if incident.cause.kind is CauseKind.FLAPPING:
            incident = flapping.paused(incident, end)
        else:
            incident = replace(incident, resolved_at=end)
        cause = replace(plain(incident).cause, message=flapping.message_within(incident.cause))
        incident = flapping.returned(incident, cause, incident.impact, incident.severity, later(end, gap_s))
    return incident


@pytest.mark.parametrize(("gap_s", "is_same"), [(59, True), (60, True), (61, False)])
def test_a_cause_that_returns_within_a_minute_of_its_end_is_the_same_incident(gap_s: float, is_same: bool) -> None:
    ended = incident_of(CauseKind.TSLCD_DOWN, "cao-son/tslcd", at_s=-200, resolved_s=FIRST_MISS_S - gap_s)

    result = looked(ended)

    assert HOLD.total_seconds() == 60
    assert (len(result.reopened), len(result.opened)) == ((1, 0) if is_same else (0, 1))
    assert [i.id for i in result.open] == ([1] if is_same else [7])


def test_what_came_back_says_after_how_long_and_counts() -> None:
    ended = incident_of(CauseKind.TSLCD_DOWN, "cao-son/tslcd", at_s=-90, resolved_s=-10)

    ((before, after),) = looked(ended).reopened

    assert (before.resolved_at, after.resolved_at, after.flaps_count) == (instant(-10), None, 1)
    assert (after.id, after.opened_at) == (ended.id, ended.opened_at)
    assert say("en", after.cause.steps[-1].message) == "Came back after 30 s: TSLCD link down"


def test_another_fault_of_the_same_unit_is_another_incident() -> None:
    ended = incident_of(CauseKind.INTERNET_DOWN, "cao-son/internet", at_s=-90, resolved_s=-10)

    result = looked(ended)

    assert (result.reopened, [i.cause.kind for i in result.opened]) == ((), [CauseKind.TSLCD_DOWN])


def test_of_two_that_ended_the_newer_comes_back() -> None:
    older = incident_of(CauseKind.TSLCD_DOWN, "cao-son/tslcd", at_s=-90, resolved_s=-50)
    newer = replace(incident_of(CauseKind.TSLCD_DOWN, "cao-son/tslcd", at_s=-40, resolved_s=-10), id=2)
    court = court_of(dict.fromkeys(LINE, DOWN), (older, newer))

    causes = find_causes(court, INVENTORY.units, instant(20))
    result = step((), (older, newer), causes, court, 7, instant(20))

    assert [after.id for _, after in result.reopened] == [2]


def test_the_third_return_within_ten_minutes_is_flapping() -> None:
    line = incident_of(CauseKind.TSLCD_DOWN, "cao-son/tslcd")

    twice, thrice = back_again(line, RETURNS - 1), back_again(line, RETURNS)

    assert (twice.cause.kind, twice.flaps_count) == (CauseKind.TSLCD_DOWN, 2)
    assert (thrice.cause.kind, thrice.flaps_count) == (CauseKind.FLAPPING, 3)
    assert (thrice.cause.target_id, kind_within(thrice.cause)) == ("cao-son/tslcd", CauseKind.TSLCD_DOWN)


def test_returns_spread_over_more_than_ten_minutes_are_not_flapping() -> None:
    slow = back_again(incident_of(CauseKind.TSLCD_DOWN, "cao-son/tslcd"), 5, gap_s=50, lasting_s=280)

    assert (slow.cause.kind, slow.flaps_count) == (CauseKind.TSLCD_DOWN, 5)


@pytest.mark.parametrize(
    ("kind", "target", "severity"),
    [
        (CauseKind.TSLCD_CORE_DOWN, "tslcd-core", Severity.CRITICAL),
        (CauseKind.OWN_UPLINK_DOWN, "hub/uplink-internet", Severity.CRITICAL),
        (CauseKind.TSLCD_DOWN, "cao-son/tslcd", Severity.WARNING),
        (CauseKind.DEVICE_MISSING, "cao-son/device/may-in", Severity.WARNING),
    ],
)
def test_flapping_is_a_warning_unless_everybody_hangs_on_it(kind: CauseKind, target: str, severity: Severity) -> None:
    assert back_again(incident_of(kind, target), RETURNS).severity is severity


def test_our_own_inability_may_return_but_does_not_flap() -> None:
    assert back_again(incident_of(CauseKind.CANNOT_MEASURE, "hub"), 9).cause.kind is CauseKind.CANNOT_MEASURE


def test_what_flaps_for_days_keeps_its_reasoning_and_the_newest_comings_and_goings() -> None:
    line = incident_of(CauseKind.TSLCD_DOWN, "cao-son/tslcd")

    long = back_again(line, 200)

    assert long.flaps_count == 200
    assert len(long.cause.steps) <= len(line.cause.steps) + PHASES_KEPT + 1
    assert "200" in say("vi", long.cause.message)


def test_in_its_pause_the_rest_of_the_diagnosis_sees_an_outage_that_is_over() -> None:
    flaps = back_again(incident_of(CauseKind.TSLCD_DOWN, "cao-son/tslcd"), RETURNS)
    rests = flapping.paused(flaps, instant(200))

    assert (plain(flaps).cause.kind, plain(flaps).resolved_at) == (CauseKind.TSLCD_DOWN, None)
    assert (plain(rests).cause.kind, plain(rests).resolved_at) == (CauseKind.TSLCD_DOWN, instant(200))
    assert (rests.cause.kind, rests.resolved_at) == (CauseKind.FLAPPING, None)


def test_it_ends_after_five_minutes_of_calm_and_no_sooner() -> None:
    rests = flapping.paused(back_again(incident_of(CauseKind.TSLCD_DOWN, "cao-son/tslcd"), RETURNS), instant(200))
    court = court_of({}, (plain(rests),))

    early = step((rests,), (), (), court, 7, instant(200) + CALM - timedelta(seconds=1))
    late = step((rests,), (), (), court, 7, instant(200) + CALM)

    assert (early.open, early.resolved) == ((rests,), ())
    assert [i.resolved_at for i in late.resolved] == [instant(200) + CALM]


def test_a_pause_shows_the_target_up_and_says_that_it_comes_and_goes() -> None:
    scenario = Scenario.load(SCENARIOS / "flapping_core_ends.yaml")
    simulation = Simulation(district(3), scenario.conditions, seed=3)

    simulation.run(200)

    core = simulation.engine.targets[TOPOLOGY.targets["tslcd-core"].id]  # type: ignore[index]
    (open_one,) = simulation.engine.open
    assert (str(core.state), core.reason, core.explained_by) == ("up", "reason.flapping", open_one.id)
    simulation.run(470)
    core = simulation.engine.targets[core.target_id]
    assert (str(core.state), core.reason, core.explained_by) == ("up", "", None)
