"""One look at the whole district."""

from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bt_console.evaluate.diagnosis import diagnose
from bt_console.model.health import HealthState
from bt_console.model.inventory import CheckId
from tests.evaluate.build import read
from tests.evaluate.district import district
from tests.evaluate.simulation import Engine, Simulation, instant, seconds
from tests.evaluate.world import Condition

INVENTORY = district(3)
FAULTS = {"cao-son/tslcd": "timeout", "cao-son/lan": "timeout", "qlvb": "refused", "phu-thong/internet": "error"}


def test_the_first_look_publishes_every_target_once() -> None:
    engine = Engine.of(INVENTORY)

    first, second = engine.decide(instant(0)), engine.decide(instant(1))

    assert {target.target_id for target in first.targets} == set(INVENTORY.targets)
    assert second.targets == ()
    assert first.transitions == ()


def test_a_look_with_remembered_beliefs_is_the_same_as_one_without() -> None:
    simulation = Simulation(INVENTORY, [Condition.parse("10s.. cut tslcd-core")], seed=3)
    for at_s in range(5, 40):
        simulation.run(float(at_s))
        engine = simulation.engine
        fresh, spared = Engine.of(INVENTORY), engine.situation()
        fresh.healths, fresh.targets, fresh.open = engine.healths, engine.targets, engine.open
        fresh.recent, fresh.next_id = engine.recent, engine.next_id
        assert diagnose(fresh.situation(), instant(at_s)) == diagnose(spared, instant(at_s))


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(order=st.permutations(sorted(INVENTORY.checks)))
def test_readings_of_one_moment_may_arrive_in_any_order(order: list[str]) -> None:
    expected = _final(sorted(INVENTORY.checks))

    assert _final(order) == expected


def _final(order: list[str]) -> tuple[object, ...]:
    engine = Engine.of(INVENTORY)
    for round_number, word in enumerate(("ok", "ok", "bad", "bad", "bad")):
        for seq, check_id in enumerate(order):
            check = INVENTORY.checks[CheckId(check_id)]
            said = FAULTS.get(check.target_id, "ok") if word == "bad" else "ok"
            engine.learn(read(check, said, 5.0 * round_number + 0.001 * sorted(order).index(check_id), seq))
            engine.decide(instant(5.0 * round_number + 1))
    causes = sorted((incident.cause.kind, incident.cause.target_id) for incident in engine.open)
    return causes, {target: engine.state(target) for target in INVENTORY.targets}


def test_a_transition_says_when_what_and_why() -> None:
    simulation = Simulation(INVENTORY, [Condition.parse("10s.. refused qlvb")], seed=3)

    simulation.run(25)

    (moved,) = [t for t in simulation.engine.transitions if t.target_id == "qlvb" and t.after is HealthState.DOWN]
    assert moved.before is HealthState.UP
    assert moved.reason.startswith("reason.down|probe=http_get|detail=")
    assert moved.observation_seq is not None


def test_what_was_hidden_is_up_again_only_since_it_was_seen() -> None:
    simulation = Simulation(INVENTORY, [Condition.parse("10s..30s cut cao-son/tslcd")], seed=3)

    simulation.run(60)

    lan = simulation.engine.targets[next(t for t in INVENTORY.targets if t == "cao-son/lan")]
    assert lan.state is HealthState.UP
    assert seconds(lan.since) >= 30


def test_a_victim_names_the_incident_that_explains_it() -> None:
    simulation = Simulation(INVENTORY, [Condition.parse("10s.. cut cao-son/tslcd")], seed=3)

    simulation.run(30)

    known = {target.target_id: target for target in simulation.engine.targets.values()}
    lan = next(target for name, target in known.items() if name == "cao-son/lan")
    assert (lan.state, lan.explained_by) == (HealthState.UNREACHABLE, 1)
    assert "reason.explained" in lan.reason


@pytest.mark.parametrize("condition", ["10s..40s cut tslcd-core", "10s..40s cut cao-son/*", "10s..40s error * stalled"])
def test_no_target_changes_state_more_than_it_must(condition: str) -> None:
    simulation = Simulation(INVENTORY, [Condition.parse(condition)], seed=5)

    simulation.run(90)

    for target in INVENTORY.targets:
        moves = (t for t in simulation.engine.transitions if t.target_id == target)
        assert len(list(islice(moves, 9))) <= 4, target
