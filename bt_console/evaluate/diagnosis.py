"""One look at the whole district: states of all targets, incidents, and whom to ask at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bt_console.evaluate import incidents as docket
from bt_console.evaluate.asks import wanted_checks, watched
from bt_console.evaluate.belief import Belief, Memory, believe
from bt_console.evaluate.causes import find_causes
from bt_console.evaluate.culprits import culprits_of
from bt_console.evaluate.flapping import plain
from bt_console.evaluate.health import bad_run, valid_samples
from bt_console.evaluate.incidents import Docket
from bt_console.evaluate.reasoning import key_of
from bt_console.evaluate.routes import RouteChange
from bt_console.evaluate.standing import Court, Place
from bt_console.evaluate.topology import Topology
from bt_console.model.health import CheckHealth, HealthState, TargetHealth, Transition
from bt_console.model.incident import CauseKind, Incident
from bt_console.model.inventory import Check, CheckId, Role, Target, TargetId, Unit, UnitId
from bt_console.words import message


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that the diagnosis looks at."""

    topology: Topology
    units: Mapping[UnitId, Unit]
    healths: Mapping[CheckId, CheckHealth]
    targets: Mapping[TargetId, TargetHealth]
    """Beliefs published before."""
    open_incidents: tuple[Incident, ...]
    recent_incidents: tuple[Incident, ...]
    """Resolved in the last minutes."""
    next_incident_id: int
    beliefs: Mapping[TargetId, Belief] = field(default_factory=dict)
    """Those of the diagnosis before, to spare the work for what was not measured since; may be left out."""
    route_changes: Mapping[TargetId, RouteChange] = field(default_factory=dict)
    """The newest accepted change of the way to each target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What follows from a situation."""

    targets: tuple[TargetHealth, ...]
    """Only those that changed."""
    transitions: tuple[Transition, ...]
    docket: Docket
    wanted: frozenset[CheckId]
    beliefs: Mapping[TargetId, Belief]
    """To be handed on to the next situation."""
    is_watching: bool = False
    """Something is to be asked again in a few seconds, whatever is read until then."""


def diagnose(situation: Situation, now: datetime) -> Diagnosis:
    """Return what the present readings mean."""
    beliefs = _beliefs(situation)
    known = (*situation.open_incidents, *situation.recent_incidents)
    court = Court(situation.topology, beliefs, tuple(plain(incident) for incident in known), situation.route_changes)
    causes = find_causes(court, situation.units, now)
    result = docket.step(
        situation.open_incidents, situation.recent_incidents, causes, court, situation.next_incident_id, now
    )
    published = _publish(situation, court, result, now)
    return Diagnosis(
        targets=tuple(after for _, after in published),
        transitions=tuple(
            _transition(before, after, beliefs, now) for before, after in published if _moved(before, after)
        ),
        docket=result,
        wanted=wanted_checks(court, now),
        beliefs=beliefs,
        is_watching=bool(watched(court, now)),
    )


def _flapping(incidents: Sequence[Incident], topology: Topology) -> dict[TargetId, int]:
    """Return the incident of each target that comes and goes."""
    found = [incident for incident in incidents if incident.cause.kind is CauseKind.FLAPPING]
    return {target_id: i.id for i in found for target_id in culprits_of(plain(i), topology)}


def _beliefs(situation: Situation) -> dict[TargetId, Belief]:
    return {target_id: _belief(situation, target) for target_id, target in situation.topology.targets.items()}


def _belief(situation: Situation, target: Target) -> Belief:
    healths, known = situation.healths, situation.beliefs.get(target.id)
    if known is not None and _is_same(known, healths):
        return known
    topology = situation.topology
    kinds = (topology.checks, topology.load_checks, topology.trace_checks)
    memories, loads, traces = (_memories(healths, checks.get(target.id, ())) for checks in kinds)
    return believe(target, memories, loads, traces)


def _is_same(known: Belief, healths: Mapping[CheckId, CheckHealth]) -> bool:
    memories = (*known.memories, *known.ignored, *known.loads, *known.traces)
    return all(healths.get(check.id) is health for check, health in memories)


def _memories(healths: Mapping[CheckId, CheckHealth], checks: Sequence[Check]) -> tuple[Memory, ...]:
    return tuple((check, healths.get(check.id) or CheckHealth(check_id=check.id)) for check in checks)


def _publish(
    situation: Situation, court: Court, result: Docket, now: datetime
) -> list[tuple[TargetHealth | None, TargetHealth]]:
    explained = _explained(result.open)
    flapping = _flapping(result.open, court.topology)
    shadow = _shadow(court) | flapping.keys()
    changes: list[tuple[TargetHealth | None, TargetHealth]] = []
    for target_id, belief in court.beliefs.items():
        before = situation.targets.get(target_id)
        if before is not None and target_id not in shadow and _is_still_up(before, belief):
            continue
        after = _shown(court, target_id, before, explained.get(target_id), now)
        if target_id in flapping and after.state is HealthState.UP:
            after = replace(after, reason=message("reason.flapping"), explained_by=flapping[target_id])
        if after != before:
            changes.append((before, after))
    return changes


def _shadow(court: Court) -> frozenset[TargetId]:
    """Return all that miss, are blamed, or lie behind such."""
    suspects = court.not_clear()
    return frozenset(suspects).union(*(court.topology.descendants[target_id] for target_id in suspects))


def _is_still_up(before: TargetHealth, belief: Belief) -> bool:
    """Return whether nothing about a healthy target outside every shadow can have changed."""
    was_up = before.state is HealthState.UP and not before.reason and before.explained_by is None
    return was_up and belief.state is HealthState.UP and before.is_stale is belief.is_stale


def _explained(open_incidents: Sequence[Incident]) -> dict[TargetId, int]:
    """Return the incident that explains each target: the newest of the widest wins."""
    explained: dict[TargetId, int] = {}
    present = [incident for incident in open_incidents if plain(incident).resolved_at is None]
    for incident in sorted(present, key=lambda i: len(i.impact.targets)):
        explained |= dict.fromkeys(incident.impact.targets, incident.id)
    return explained


def _shown(
    court: Court, target_id: TargetId, before: TargetHealth | None, incident_id: int | None, now: datetime
) -> TargetHealth:
    belief = court.beliefs[target_id]
    state, reason = _state(court, target_id, before)
    is_same = before is not None and before.state is state
    is_hurt = state not in (HealthState.UP, HealthState.UNKNOWN) or court.standing(target_id).is_inferred
    return TargetHealth(
        target_id=target_id,
        state=state,
        since=before.since if before is not None and is_same else _since(belief, state, before, now),
        reason=reason,
        explained_by=incident_id if is_hurt else None,
        is_stale=belief.is_stale,
    )


def _since(belief: Belief, state: HealthState, before: TargetHealth | None, now: datetime) -> datetime:
    if state is HealthState.DOWN and belief.failing_since:
        return belief.failing_since
    well_since = belief.deciding[1].since if belief.deciding else None
    # It may have been well all the while that it was hidden: it is seen to be so only now.
    is_news = well_since is not None and (before is None or well_since >= before.since)
    return well_since if state is HealthState.UP and well_since and is_news else now


def _state(court: Court, target_id: TargetId, before: TargetHealth | None) -> tuple[HealthState, str]:
    belief, standing = court.beliefs[target_id], court.standing(target_id)
    names = court.topology.targets
    if standing.place in (Place.EXPLAINED, Place.HELD) and standing.blame is not None:
        return HealthState.UNREACHABLE, message(f"reason.{standing.place}", name=names[standing.blame].name)
    if standing.place is Place.PENDING:
        state = before.state if before else HealthState.UNKNOWN
        return state, message("reason.pending")
    if standing.place is Place.SILENT:
        return HealthState.DEGRADED, message("reason.silent")
    if standing.is_inferred:
        return HealthState.DOWN, message("reason.mute")
    hidden_by = _hidden_by(court, target_id)
    if hidden_by is not None:
        return HealthState.UNREACHABLE, message("reason.explained", name=names[hidden_by].name)
    return belief.state, _reason(belief)


def _hidden_by(court: Court, target_id: TargetId) -> TargetId | None:
    """Return the culprit on the way to a target that has not answered since the culprit fell silent."""
    belief = court.beliefs[target_id]
    if belief.state is HealthState.DOWN:
        return None
    roads = [p for p in court.topology.ancestors[target_id] if court.topology.targets[p].role is not Role.DNS]
    for parent in roads:
        standing = court.standing(parent)
        if standing.place not in (Place.ROOT, Place.EXPLAINED):
            continue
        since = court.silent_since(parent)
        if since is not None and not belief.has_answered_since(since):
            return standing.blame
    return None


def _reason(belief: Belief) -> str:
    if belief.deciding is None or belief.state in (HealthState.UP, HealthState.UNKNOWN):
        return ""
    check, health = belief.deciding
    if belief.state is HealthState.DEGRADED:
        breached = sorted({m for s in health.samples for m in s.breached})
        return message("reason.degraded", probe=key_of(check), measures=", ".join(breached))
    misses = bad_run(valid_samples(health.samples))
    detail = (misses[-1].detail or misses[-1].failure) if misses else ""
    return message("reason.down", probe=key_of(check), detail=detail)


def _moved(before: TargetHealth | None, after: TargetHealth) -> bool:
    return after.state is not (before.state if before else HealthState.UNKNOWN)


def _transition(
    before: TargetHealth | None, after: TargetHealth, beliefs: Mapping[TargetId, Belief], now: datetime
) -> Transition:
    deciding = beliefs[after.target_id].deciding
    samples = deciding[1].samples if deciding else ()
    return Transition(
        at=now,
        target_id=after.target_id,
        before=before.state if before else HealthState.UNKNOWN,
        after=after.state,
        reason=after.reason,
        observation_seq=samples[-1].seq if samples else None,
    )
