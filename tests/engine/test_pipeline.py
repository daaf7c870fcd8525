"""What the pipeline remembers of incidents: over a return, and over a restart."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bt_console.engine.pipeline import Pipeline, Step
from bt_console.engine.runner import Run
from bt_console.model.change import Memory
from bt_console.model.incident import CauseKind, Incident
from probes.api import Outcome, Reading
from tests.evaluate.district import district
from tests.evaluate.simulation import instant

UNKNOWN_KINDS = {"path_trace": Reading(outcome=Outcome.OK)}
INVENTORY = district(3)
GOOD = Reading(outcome=Outcome.OK, measures={"rtt_median_s": 0.01, "loss_ratio": 0.0})
SILENT = Reading(outcome=Outcome.TIMEOUT, measures={"loss_ratio": 1.0})
LINE = "cao-son/"


class Engine:
    """A pipeline fed with one round of readings after the other, and what a store would keep of it."""

    def __init__(self) -> None:
        self.pipeline = Pipeline(Memory(), INVENTORY)
        self.now = instant(0)
        self.stored: dict[int, Incident] = {}
        self.events: list[str] = []
        self.memory = Memory()

    def round(self, *, is_cut: bool, step_s: float = 2.0) -> Step:
        """Measure everything once."""
        self.now += timedelta(seconds=step_s)
        runs = [self._run(check_id, is_cut=is_cut) for check_id in sorted(INVENTORY.checks)]
        step = self.pipeline.ingest(runs, self.now)
        self.stored |= {incident.id: incident for incident in step.change.incidents}
        self.events += [event.kind for event in step.change.events if event.kind.startswith("incident")]
        healths = {health.check_id: health for health in step.change.healths}
        targets = {target.target_id: target for target in step.change.targets}
        self.memory = replace(self.memory, healths=self.memory.healths | healths, targets=self.memory.targets | targets)
        return step

    def _run(self, check_id: str, *, is_cut: bool) -> Run:
        check = INVENTORY.checks[check_id]  # type: ignore[index]
        is_hit = is_cut and check_id.startswith(LINE) and "internet" not in check_id
        reading = SILENT if is_hit else UNKNOWN_KINDS.get(check.probe, GOOD)
        return Run(check, self.now, self.now - timedelta(seconds=1), 0.1, reading, False)

    def outage(self, rounds: int = 6) -> None:
        """Cut the line and mend it again."""
        for is_cut in (True, False):
            for _ in range(rounds):
                self.round(is_cut=is_cut)

    def restart(self, resolved_since: datetime) -> None:
        """Begin anew from what was stored."""
        known = self.stored.values()
        self.pipeline = Pipeline(
            replace(
                self.memory,
                open_incidents=tuple(i for i in known if i.resolved_at is None),
                resolved_incidents=tuple(i for i in known if i.resolved_at and i.resolved_at >= resolved_since),
                next_incident_id=max(self.stored, default=0) + 1,
            ),
            INVENTORY,
        )


@pytest.fixture
def engine() -> Engine:
    engine = Engine()
    for _ in range(3):
        engine.round(is_cut=False)
    return engine


def test_a_return_is_the_same_incident_and_an_event_of_its_own(engine: Engine) -> None:
    engine.outage()
    engine.outage()

    (incident,) = engine.stored.values()
    assert (incident.flaps_count, incident.resolved_at is not None) == (1, True)
    assert engine.events == ["incident_opened", "incident_resolved", "incident_reopened", "incident_resolved"]


def test_what_had_ended_before_a_restart_comes_back_as_the_same(engine: Engine) -> None:
    engine.outage()
    engine.restart(resolved_since=engine.now - timedelta(hours=1))
    engine.outage()

    assert [incident.flaps_count for incident in engine.stored.values()] == [1]


def test_flapping_goes_on_over_a_restart_and_ends_once(engine: Engine) -> None:
    for _ in range(2):
        engine.outage()
    engine.restart(resolved_since=engine.now - timedelta(hours=1))
    for _ in range(2):
        engine.outage()
    engine.restart(resolved_since=engine.now - timedelta(hours=1))

    (incident,) = engine.pipeline.open_incidents
    assert (incident.cause.kind, incident.flaps_count) == (CauseKind.FLAPPING, 3)
    for _ in range(40):
        engine.round(is_cut=False, step_s=10.0)
    assert (engine.pipeline.open_incidents, len(engine.stored)) == ((), 1)
    assert engine.events[-1] == "incident_resolved"
    assert engine.events.count("incident_changed") == 1
