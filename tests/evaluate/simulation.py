"""The engine's loop on a virtual clock: scheduled and out-of-turn checks, readings fed to the diagnosis as they end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from heapq import heapify, heappop, heappush
from itertools import count
from random import Random

from bt_console.evaluate.belief import Belief
from bt_console.evaluate.diagnosis import Diagnosis, Situation, diagnose
from bt_console.evaluate.health import advance, age
from bt_console.evaluate.health import shifted as shifted_health
from bt_console.evaluate.incidents import shifted
from bt_console.evaluate.routes import RouteChange, Routes, fold, trace_of
from bt_console.evaluate.topology import Topology, build
from bt_console.model.health import CheckHealth, HealthState, TargetHealth, Transition
from bt_console.model.incident import Incident
from bt_console.model.inventory import Check, CheckId, Inventory, TargetId
from bt_console.model.observation import Observation
from probes.api import Reading
from tests.evaluate.world import Condition, World

START = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
NOT_SOONER_S = 1.0
"""An out-of-turn check starts no sooner than this after its last start."""
RECENT = timedelta(minutes=10)
TICK_S = 1.0
FIRST_WITHIN_S = 5.0


def instant(at_s: float) -> datetime:
    """Return the virtual time so many seconds after the start."""
    return START + timedelta(seconds=at_s)


def seconds(at: datetime) -> float:
    """Return how many seconds after the start an instant is."""
    return (at - START).total_seconds()


@dataclass(slots=True)
class Life:
    """One incident as it went."""

    first: Incident
    last: Incident
    kinds: list[tuple[str, str]] = field(default_factory=list)
    """(kind, target) as it was renamed, first one first."""

    def come_back(self, incident: Incident) -> None:
        """Live on after an end."""
        assert self.last.resolved_at is not None, f"incident {incident.id} came back without an end"
        assert incident.resolved_at is None
        assert incident.flaps_count == self.last.flaps_count + 1
        self.last = replace(self.last, resolved_at=None)
        self.take(incident)

    def take(self, incident: Incident) -> None:
        """Be as an incident is now."""
        assert self.last.resolved_at is None, f"incident {incident.id} lives on after its end"
        self.last = incident
        if _key(incident) != self.kinds[-1]:
            self.kinds.append(_key(incident))


@dataclass(slots=True)
class Engine:
    """The memory that the engine keeps between two diagnoses."""

    topology: Topology
    inventory: Inventory
    healths: dict[CheckId, CheckHealth] = field(default_factory=dict)
    targets: dict[TargetId, TargetHealth] = field(default_factory=dict)
    open: tuple[Incident, ...] = ()
    recent: tuple[Incident, ...] = ()
    next_id: int = 1
    beliefs: Mapping[TargetId, Belief] = field(default_factory=dict)
    lives: dict[int, Life] = field(default_factory=dict)
    transitions: list[Transition] = field(default_factory=list)
    routes: dict[CheckId, Routes] = field(default_factory=dict)
    route_changes: dict[TargetId, RouteChange] = field(default_factory=dict)

    @classmethod
    def of(cls, inventory: Inventory) -> Engine:
        """Return an engine that knows nothing yet."""
        return cls(topology=build(inventory), inventory=inventory)

    def learn(self, observation: Observation) -> None:
        """Take one observation in."""
        check = self.inventory.checks[observation.check_id]
        health = self.healths.get(check.id) or CheckHealth(check_id=check.id)
        self.healths[check.id] = advance(health, check, observation)
        if trace := trace_of(observation):
            found = fold(self.routes.get(check.id, Routes(known={})), trace, self.inventory.targets[check.target_id])
            self.routes[check.id] = found.after
            self.route_changes |= {check.target_id: found.change} if found.change else {}

    def grow_old(self, now: datetime) -> None:
        """Mark what was not heard of for too long."""
        checks = self.inventory.checks
        self.healths = {check_id: age(health, checks[check_id], now) for check_id, health in self.healths.items()}

    def restart(self) -> None:
        """Go on from what is stored."""
        self.beliefs = {}

    def shift(self, by: timedelta) -> None:
        """Follow the wall clock."""
        self.beliefs = {}
        self.healths = {check_id: shifted_health(known, by) for check_id, known in self.healths.items()}
        self.targets = {name: replace(known, since=known.since + by) for name, known in self.targets.items()}
        self.open = tuple(shifted(incident, by) for incident in self.open)
        self.recent = tuple(shifted(incident, by) for incident in self.recent)
        for incident in (*self.open, *self.recent):
            self.lives[incident.id].last = incident

    def situation(self) -> Situation:
        """Return what the diagnosis is given."""
        return Situation(
            topology=self.topology,
            units=self.inventory.units,
            healths=self.healths,
            targets=self.targets,
            open_incidents=self.open,
            recent_incidents=self.recent,
            next_incident_id=self.next_id,
            beliefs=self.beliefs,
            route_changes=self.route_changes,
        )

    def decide(self, now: datetime) -> Diagnosis:
        """Diagnose, and keep what follows."""
        result = diagnose(self.situation(), now)
        self.targets |= {target.target_id: target for target in result.targets}
        self.transitions += result.transitions
        self.beliefs = result.beliefs
        docket = result.docket
        self.next_id += len(docket.opened)
        back = {after.id for _, after in docket.reopened}
        fresh = [*docket.resolved, *(i for i in self.recent if i.id not in back)]
        self.recent = tuple(i for i in fresh if i.resolved_at and now - i.resolved_at <= RECENT)
        for _, incident in docket.reopened:
            self.lives[incident.id].come_back(incident)
        self._record(docket.opened, [after for _, after in docket.changed], docket.resolved)
        self.open = docket.open
        self._assert_sane(docket.resolved)
        return result

    def _record(self, opened: Iterable[Incident], changed: Iterable[Incident], resolved: Iterable[Incident]) -> None:
        for incident in opened:
            assert incident.id not in self.lives, f"incident {incident.id} opened twice"
            self.lives[incident.id] = Life(first=incident, last=incident, kinds=[_key(incident)])
        for incident in (*changed, *resolved):
            self.lives[incident.id].take(incident)

    def _assert_sane(self, resolved: Iterable[Incident]) -> None:
        keys = [_key(incident) for incident in self.open]
        assert len(keys) == len(set(keys)), f"two open incidents for one cause: {keys}"
        assert all(incident.resolved_at is None for incident in self.open)
        still_open = {incident.id for incident in self.open}
        assert not still_open & {incident.id for incident in resolved}
        known_open = {incident_id for incident_id, life in self.lives.items() if life.last.resolved_at is None}
        assert known_open == still_open, "an incident vanished without being resolved"

    def state(self, target_id: str) -> HealthState:
        """Return the published state of a target."""
        known = self.targets.get(TargetId(target_id))
        return known.state if known else HealthState.UNKNOWN


def _key(incident: Incident) -> tuple[str, str]:
    return str(incident.cause.kind), incident.cause.target_id


@dataclass(frozen=True, slots=True)
class Running:
    """A check that was started and has not ended."""

    check: Check
    started_s: float
    took_s: float
    reading: Reading
    is_confirmation: bool


Happening = Running | Check | tuple[Check] | Condition | None
_OURS = frozenset({"stall", "jump", "restart"})
"""Conditions of the monitor itself."""


class Simulation:
    """One run: conditions, a seed, and a clock that jumps from event to event."""

    def __init__(
        self,
        inventory: Inventory,
        conditions: Iterable[Condition],
        seed: int,
        phases: Mapping[str, float] | None = None,
    ) -> None:
        random = Random(seed)
        found = tuple(conditions)
        self.engine = Engine.of(inventory)
        self.now_s = 0.0
        self._stalls = [c for c in found if c.verb == "stall"]
        self._world = World(inventory, (c for c in found if c.verb not in _OURS), random)
        self._clock_is_ahead = timedelta()
        self._last_start: dict[CheckId, float] = {}
        self._running: set[CheckId] = set()
        self._asked: set[CheckId] = set()
        self._order, self._seq = count(), count(1)
        self._events: list[tuple[float, int, Happening]] = []
        for check in inventory.checks.values():
            self._at(self._phase(check, random, phases or {}), check)
        self._at(TICK_S, None)
        for condition in found:
            if condition.verb in ("jump", "restart"):
                self._at(condition.start_s, condition)

    def _instant(self, at_s: float) -> datetime:
        """Return what the monitor's clock says."""
        return instant(at_s) + self._clock_is_ahead

    @staticmethod
    def _phase(check: Check, random: Random, phases: Mapping[str, float]) -> float:
        # The engine runs rare checks early once, so that nothing stays unknown for a minute.
        drawn = random.uniform(0.0, min(check.interval_s, FIRST_WITHIN_S))
        fixed = [phase for pattern, phase in phases.items() if fnmatchcase(check.id, pattern)]
        return fixed[0] if fixed else drawn

    def _at(self, at_s: float, event: Happening) -> None:
        heappush(self._events, (at_s, next(self._order), event))

    def run(self, until_s: float) -> None:
        """Let time pass."""
        while self._events and self._events[0][0] <= until_s:
            self.now_s, _, event = heappop(self._events)
            if self._wait_out_stall(event):
                continue
            self._handle(event)
        self.now_s = until_s

    def _handle(self, event: Happening) -> None:
        if isinstance(event, Check):
            self._at(self.now_s + event.interval_s, event)
            self._start(event, is_confirmation=False)
        elif isinstance(event, tuple):
            self._asked.discard(event[0].id)
            self._start(event[0], is_confirmation=True)
        elif isinstance(event, Running):
            self._end(event)
        elif isinstance(event, Condition):
            self._befall(event)
        else:
            self._at(self.now_s + TICK_S, None)
            self.engine.grow_old(self._instant(self.now_s))
            self._decide()

    def _befall(self, condition: Condition) -> None:
        """Let something happen to the monitor itself."""
        if condition.verb == "jump":
            by = timedelta(seconds=condition.number)
            self._clock_is_ahead += by
            self.engine.shift(by)
            return
        self.engine.restart()
        self._events = [entry for entry in self._events if not isinstance(entry[2], Running | tuple)]
        heapify(self._events)
        self._running.clear()
        self._asked.clear()

    def _wait_out_stall(self, event: Happening) -> bool:
        """While the monitor is stalled nothing happens; what was under way then ends as an error of our own."""
        stall = next((c for c in self._stalls if c.start_s <= self.now_s < c.end_s), None)
        if stall is None:
            return False
        if isinstance(event, Running):
            lost = Condition.parse(f"0s.. error {event.check.id} stalled")
            reading, _ = World(self.engine.inventory, [lost], Random(0)).observe(event.check, self.now_s)
            event = replace(event, reading=reading, took_s=stall.end_s - event.started_s)
        self._at(stall.end_s, event)
        return True

    def _start(self, check: Check, *, is_confirmation: bool) -> None:
        if check.id in self._running:
            return
        if is_confirmation and self.now_s - self._last_start.get(check.id, -NOT_SOONER_S) < NOT_SOONER_S - 1e-9:
            return
        self._running.add(check.id)
        self._last_start[check.id] = self.now_s
        reading, took_s = self._world.observe(check, self.now_s)
        running = Running(check, self.now_s, took_s, reading, is_confirmation)
        self._at(self.now_s + took_s, running)

    def _end(self, running: Running) -> None:
        self._running.discard(running.check.id)
        self.engine.learn(
            Observation(
                seq=next(self._seq),
                check_id=running.check.id,
                vantage_id="hub",
                due_at=self._instant(running.started_s),
                started_at=self._instant(running.started_s),
                duration_s=running.took_s,
                reading=running.reading,
                is_confirmation=running.is_confirmation,
            )
        )
        if not self._ends_next_at(self.now_s):
            self._decide()

    def _ends_next_at(self, at_s: float) -> bool:
        """Return whether another result comes in the same step of the engine."""
        return bool(self._events) and self._events[0][0] == at_s and isinstance(self._events[0][2], Running)

    def _decide(self) -> None:
        result = self.engine.decide(self._instant(self.now_s))
        for check_id in sorted(result.wanted - self._running - self._asked):
            soonest_s = self._last_start.get(check_id, -NOT_SOONER_S) + NOT_SOONER_S
            self._asked.add(check_id)
            self._at(max(self.now_s, soonest_s), (self.engine.inventory.checks[check_id],))
