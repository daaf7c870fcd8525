"""From runs to one Change: numbered observations, advanced memory, diagnosis, events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import probes
from bt_console.engine.events import docket_events, transition_events
from bt_console.engine.finds import Finds, VendorOf
from bt_console.engine.runner import Run
from bt_console.evaluate import health, incidents, topology
from bt_console.evaluate.belief import Belief
from bt_console.evaluate.diagnosis import Diagnosis, Situation, diagnose
from bt_console.model.change import Change, Memory
from bt_console.model.health import CheckHealth, HealthState, TargetHealth, Verdict
from bt_console.model.incident import Incident
from bt_console.model.inventory import CheckId, Inventory, TargetId
from bt_console.model.observation import Observation
from bt_console.model.snapshot import Event

RECENT = timedelta(minutes=10)
"""How long a resolved incident still explains what has not answered since."""
DETECTIONS_KEPT = 200


@dataclass(frozen=True, slots=True)
class Step:
    """What a batch of runs led to."""

    change: Change
    wanted: frozenset[CheckId]
    is_news: bool
    """True when a state or incident changed: worth committing at once."""


def storable(observation: Observation, probe: str) -> Observation:
    """Return an observation without facts that differ every time; the check's newest facts stay whole in memory."""
    fleeting = probes.load(probe).fleeting
    if fleeting.isdisjoint(observation.reading.facts):
        return observation
    kept = {name: value for name, value in observation.reading.facts.items() if name not in fleeting}
    return replace(observation, reading=replace(observation.reading, facts=kept))


class Pipeline:
    """The engine's memory. It alone makes Changes; the caller commits them in order."""

    def __init__(self, memory: Memory, inventory: Inventory, vendor_of: VendorOf = lambda _: "") -> None:
        self._healths: dict[CheckId, CheckHealth] = {}
        self._targets: dict[TargetId, TargetHealth] = {}
        self._loaded = memory
        self._finds = Finds(memory, vendor_of)
        self._open = memory.open_incidents
        self._recent = memory.resolved_incidents
        self._next_seq = memory.next_seq
        self._next_incident_id = memory.next_incident_id
        self._next_event_seq = memory.next_event_seq
        self._is_restless = True
        self.detect_s = list(memory.detect_s)
        self.set_inventory(inventory)

    def set_inventory(self, inventory: Inventory) -> None:
        """Take over a new inventory; what is still measured keeps its memory."""
        self.inventory = inventory
        self._finds.set_inventory(inventory)
        self._topology = topology.build(inventory)
        known, targets = self._loaded.healths | self._healths, self._loaded.targets | self._targets
        self._healths = {
            check_id: known.get(check_id) or CheckHealth(check_id=check_id) for check_id in inventory.checks
        }
        self._targets = {target_id: targets[target_id] for target_id in inventory.targets if target_id in targets}
        self._loaded = Memory()
        self._beliefs: Mapping[TargetId, Belief] = {}
        self._is_restless = True

    @property
    def open_incidents(self) -> tuple[Incident, ...]:
        """Incidents not resolved."""
        return self._open

    def ingest(self, runs: Sequence[Run], now: datetime) -> Step:
        """Return what finished runs change; ages memory that heard nothing."""
        observations = tuple(self._number(run) for run in runs if run.check.id in self._healths)
        touched = {observation.check_id for observation in observations}
        restless = [self._take_in(observation) for observation in observations]
        touched |= self._age(now)
        self._is_restless |= any(restless)
        found = self._finds.take_in(observations)
        change = Change(
            observations=tuple(storable(o, self.inventory.checks[o.check_id].probe) for o in observations),
            healths=tuple(self._healths[check_id] for check_id in sorted(touched)),
            devices=tuple(found.devices.values()),
            devices_gone=tuple(found.devices_gone.values()),
            routes=tuple(found.routes.values()),
            routes_gone=tuple(found.routes_gone.values()),
            events=self._number_events(found.events),
        )
        if not self._is_restless:
            return Step(change, frozenset(), is_news=False)
        return self._step(change, self._diagnose(now), now)

    def _number(self, run: Run) -> Observation:
        seq = self._next_seq
        self._next_seq += 1
        return Observation(
            seq=seq,
            check_id=run.check.id,
            vantage_id=run.check.vantage_id,
            due_at=run.due_at,
            started_at=run.started_at,
            duration_s=run.duration_s,
            reading=run.reading,
            is_confirmation=run.is_confirmation,
        )

    def _take_in(self, observation: Observation) -> bool:
        """Advance one check's memory; return whether the district deserves a new look."""
        check = self.inventory.checks[observation.check_id]
        before = self._healths[check.id]
        after = health.advance(before, check, observation)
        self._healths[check.id] = after
        is_calm = after.state is HealthState.UP and before.state is HealthState.UP and not before.is_stale
        return not (is_calm and after.samples[-1].verdict is Verdict.GOOD)

    def _age(self, now: datetime) -> set[CheckId]:
        aged: set[CheckId] = set()
        for check_id, before in self._healths.items():
            after = health.age(before, self.inventory.checks[check_id], now)
            if after is not before:
                self._healths[check_id] = after
                aged.add(check_id)
        self._is_restless |= bool(aged)
        return aged

    def _diagnose(self, now: datetime) -> Diagnosis:
        self._recent = tuple(i for i in self._recent if i.resolved_at and now - i.resolved_at <= RECENT)
        situation = Situation(
            topology=self._topology,
            units=self.inventory.units,
            healths=self._healths,
            targets=self._targets,
            open_incidents=self._open,
            recent_incidents=self._recent,
            next_incident_id=self._next_incident_id,
            beliefs=self._beliefs,
        )
        diagnosis = diagnose(situation, now)
        self._beliefs = diagnosis.beliefs
        return diagnosis

    def _step(self, change: Change, diagnosis: Diagnosis, now: datetime) -> Step:
        docket = diagnosis.docket
        self._targets |= {target.target_id: target for target in diagnosis.targets}
        self._open = docket.open
        back = {after.id for _, after in docket.reopened}
        self._recent = (*(i for i in self._recent if i.id not in back), *docket.resolved)
        self._next_incident_id += len(docket.opened)
        self._note_detections(docket.opened)
        is_news = bool(diagnosis.transitions or docket.is_news)
        self._is_restless = bool(diagnosis.wanted or docket.open or is_news) or self._is_uneven()
        filled = replace(
            change,
            targets=diagnosis.targets,
            transitions=diagnosis.transitions,
            incidents=docket.altered,
            events=(
                *change.events,
                *self._number_events(
                    [*transition_events(diagnosis.transitions, self.inventory), *docket_events(docket, now)]
                ),
            ),
        )
        return Step(filled, diagnosis.wanted, is_news)

    def _is_uneven(self) -> bool:
        return any(known.state is not HealthState.UP or known.is_stale for known in self._healths.values())

    def _note_detections(self, opened: Iterable[Incident]) -> None:
        times = [(i.opened_at - i.last_good_at).total_seconds() for i in opened if i.last_good_at is not None]
        self.detect_s = [*self.detect_s, *times][-DETECTIONS_KEPT:]

    def _number_events(self, events: Sequence[Event]) -> tuple[Event, ...]:
        numbered = tuple(replace(event, seq=self._next_event_seq + place) for place, event in enumerate(events))
        self._next_event_seq += len(numbered)
        return numbered

    def note(self, events: Sequence[Event]) -> Change:
        """Return a Change that records events from outside the diagnosis."""
        return Change(events=self._number_events(events))

    def acknowledge(self, incident_id: int, by: str, now: datetime) -> Incident | None:
        """Mark an open incident acknowledged and return it; None when no such incident is open."""
        found = next((i for i in self._open if i.id == incident_id), None)
        if found is None:
            return None
        after = replace(found, acknowledged_at=now, acknowledged_by=by)
        self._open = tuple(after if i.id == incident_id else i for i in self._open)
        return after

    def shift(self, by: timedelta) -> None:
        """Move the memory along after the wall clock jumped, so that order and age stay true."""
        self._healths = {check_id: health.shifted(known, by) for check_id, known in self._healths.items()}
        self._targets = {
            target_id: replace(known, since=known.since + by) for target_id, known in self._targets.items()
        }
        self._open = tuple(incidents.shifted(incident, by) for incident in self._open)
        self._recent = tuple(incidents.shifted(incident, by) for incident in self._recent)
        self._beliefs = {}
        self._finds.shift(by)
        self._is_restless = True
