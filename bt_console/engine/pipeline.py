"""From runs to one Change: numbered observations, advanced memory, diagnosis, events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median

import probes
from bt_console.engine.events import docket_events, transition_events
from bt_console.engine.finds import Finds, VendorOf
from bt_console.engine.runner import Run
from bt_console.evaluate import foreign, health, incidents, topology
from bt_console.evaluate.belief import Belief
from bt_console.evaluate.culprits import NOT_FOUND_HERE
from bt_console.evaluate.diagnosis import Diagnosis, Situation, diagnose
from bt_console.model.change import Change, Memory
from bt_console.model.health import CheckHealth, HealthState, TargetHealth, Verdict
from bt_console.model.incident import Incident
from bt_console.model.inventory import CheckId, Inventory, Role, TargetId
from bt_console.model.observation import Observation
from bt_console.model.paging import Call
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
        self._open = tuple(i for i in memory.open_incidents if i.cause.kind not in NOT_FOUND_HERE)
        self._told = tuple(i for i in memory.open_incidents if i.cause.kind in NOT_FOUND_HERE)
        """Incidents others told us of."""
        self._told_before: tuple[Incident, ...] = ()
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
        return (*self._open, *self._told)

    @property
    def recent_incidents(self) -> tuple[Incident, ...]:
        """Incidents resolved a short while ago."""
        return (*self._recent, *self._told_before)

    @property
    def states(self) -> Mapping[TargetId, HealthState]:
        """What is believed of each target; unknown ones are left out."""
        return {target_id: known.state for target_id, known in self._targets.items() if not known.is_stale}

    def blind_checks(self) -> tuple[int, int]:
        """Return how many checks could not measure, and of how many."""
        measured = [known for known in self._healths.values() if known.samples]
        return sum(known.samples[-1].verdict is Verdict.ERROR for known in measured), len(measured)

    def clock_offset_s(self) -> float | None:
        """Return how far this machine's clock is from the time servers its own checks ask; None when none answers."""
        hubs = {target.id for target in self.inventory.targets.values() if target.role is Role.HUB}
        own = [check for check in self.inventory.checks.values() if check.target_id in hubs]
        # Asked by ourselves where anybody is; what the kernel believes of its clock comes after that.
        asked = [check for check in own if check.probe == "ntp_query"] or own
        found = [dict(self._healths[check.id].measures).get("clock_offset_s") for check in asked]
        offsets = [offset_s for offset_s in found if offset_s is not None]
        return median(offsets) if offsets else None

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
            route_changes=self._finds.route_changes,
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
        self._is_restless = bool(diagnosis.wanted or docket.open or is_news or diagnosis.is_watching)
        self._is_restless |= self._is_uneven()
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

    def hear(self, told: Sequence[foreign.Told], now: datetime) -> Change:
        """Return what changes by what others say is wrong at present."""
        docket = foreign.step(self._told, told, self._next_incident_id, now)
        self._told = docket.open
        recent = (i for i in self._told_before if i.resolved_at and now - i.resolved_at <= RECENT)
        self._told_before = (*recent, *docket.resolved)
        self._next_incident_id += len(docket.opened)
        return Change(incidents=docket.altered, events=self._number_events([*docket_events(docket, now)]))

    def mirror(self, calls: Iterable[Call]) -> tuple[Incident, ...]:
        """Let incidents say who acknowledged them, as their calls do; return those that changed."""
        by_id = {call.incident_id: call for call in calls}
        known = (*self.open_incidents, *self.recent_incidents)
        changed = {i.id: after for i in known if i.id in by_id and (after := _mirrored(i, by_id[i.id])) != i}
        self._alter(lambda incident: changed.get(incident.id, incident))
        return tuple(changed.values())

    def _alter(self, change: Callable[[Incident], Incident]) -> None:
        self._open, self._recent = tuple(map(change, self._open)), tuple(map(change, self._recent))
        self._told, self._told_before = tuple(map(change, self._told)), tuple(map(change, self._told_before))

    def shift(self, by: timedelta) -> None:
        """Move the memory along after the wall clock jumped, so that order and age stay true."""
        self._healths = {check_id: health.shifted(known, by) for check_id, known in self._healths.items()}
        self._targets = {
            target_id: replace(known, since=known.since + by) for target_id, known in self._targets.items()
        }
        self._alter(lambda incident: incidents.shifted(incident, by))
        self._beliefs = {}
        self._finds.shift(by)
        self._is_restless = True


def _mirrored(incident: Incident, call: Call) -> Incident:
    return replace(
        incident,
        acknowledged_at=call.acked_at,
        acknowledged_by=call.acked_by,
        acknowledged_until=call.ack_until,
    )
