"""From causes found now to the life of incidents: opened, changed, resolved; never two for one cause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bt_console.evaluate.belief import Belief
from bt_console.evaluate.causes import Found
from bt_console.evaluate.standing import SAME_FAULT
from bt_console.model.health import HealthState
from bt_console.model.incident import CauseKind, Impact, Incident, Step
from bt_console.model.inventory import TargetId
from bt_console.words import message


@dataclass(frozen=True, slots=True, kw_only=True)
class Docket:
    """Open incidents after a step, and what changed in it."""

    open: tuple[Incident, ...]
    opened: tuple[Incident, ...] = ()
    changed: tuple[tuple[Incident, Incident], ...] = ()
    """(before, after) of those whose cause, impact or severity changed."""
    resolved: tuple[Incident, ...] = ()


def step(
    open_incidents: Sequence[Incident],
    causes: Sequence[Found],
    beliefs: Mapping[TargetId, Belief],
    next_id: int,
    now: datetime,
) -> Docket:
    """Match causes with open incidents, open what is new, resolve what is verified over."""
    matched = _match(open_incidents, causes, now)
    fresh = [found for found in causes if found not in matched.values()]
    opened = tuple(_open(found, next_id + place, now) for place, found in enumerate(fresh))
    kept: list[Incident] = []
    changed: list[tuple[Incident, Incident]] = []
    resolved: list[Incident] = []
    for incident in open_incidents:
        found_now = matched.get(incident.id)
        is_early = found_now is not None and _is_early(incident, found_now, beliefs)
        after = _update(incident, found_now, now) if found_now and not is_early else incident
        if found_now is None and _is_over(incident, causes, beliefs):
            resolved.append(_resolve(incident, now))
            continue
        kept.append(after)
        if after != incident:
            changed.append((incident, after))
    return Docket(open=(*kept, *opened), opened=opened, changed=tuple(changed), resolved=tuple(resolved))


def _match(incidents: Sequence[Incident], causes: Sequence[Found], now: datetime) -> dict[int, Found]:
    """Give each cause to at most one incident: the same cause first, then the one it grew out of or shrank to."""
    matched: dict[int, Found] = {}
    left = list(causes)

    def grew(incident: Incident, found: Found) -> bool:
        return now - incident.opened_at <= SAME_FAULT and _grew(incident, found)

    for is_same in (_same_cause, _same_target, _shrank, grew):
        for incident in incidents:
            if incident.id in matched:
                continue
            found = next((found for found in left if is_same(incident, found)), None)
            if found is not None:
                matched[incident.id] = found
                left.remove(found)
    return matched


def _same_cause(incident: Incident, found: Found) -> bool:
    return (incident.cause.kind, incident.cause.target_id) == (found.cause.kind, found.cause.target_id)


def _same_target(incident: Incident, found: Found) -> bool:
    return incident.cause.target_id == found.cause.target_id and CauseKind.CANNOT_MEASURE not in (
        incident.cause.kind,
        found.cause.kind,
    )


_DOUBLE = frozenset({CauseKind.UNIT_DARK, CauseKind.OWN_LAN_DOWN})
_PROOF = 2
"""Misses after its other half recovered that make one half of a double fault a fault of its own."""
_GROWING = frozenset(
    {
        CauseKind.UNIT_DARK,
        CauseKind.TSLCD_DOWN,
        CauseKind.INTERNET_DOWN,
        CauseKind.OWN_LAN_DOWN,
        CauseKind.OWN_UPLINK_DOWN,
        CauseKind.TSLCD_CORE_DOWN,
        CauseKind.LAN_SWITCH_DOWN,
        CauseKind.DEVICE_MISSING,
    }
)


def _grew(incident: Incident, found: Found) -> bool:
    """Return whether a cause is an incident's own, now seen more widely."""
    is_wider = incident.cause.target_id in {*found.members, *found.impact.targets}
    return is_wider and {incident.cause.kind, found.cause.kind} <= _GROWING


def _shrank(incident: Incident, found: Found) -> bool:
    """Return whether a cause is what is left of a double fault."""
    is_part = bool(set(found.members) & set(_culprits(incident)))
    return is_part and incident.cause.kind in _DOUBLE and found.cause.kind in _GROWING


def _is_early(incident: Incident, found: Found, beliefs: Mapping[TargetId, Belief]) -> bool:
    """Return whether what is left of a double fault may only be slower to recover than its other half."""
    if incident.cause.kind not in _DOUBLE or incident.cause.kind is found.cause.kind:
        return False
    halves = [beliefs[t] for t in _culprits(incident) if t in beliefs and t not in found.members]
    recovered = max((half.recovered_at for half in halves if half.recovered_at), default=None)
    left = [beliefs[member] for member in found.members if member in beliefs]
    return recovered is None or any(len(belief.misses_since(recovered)) < _PROOF for belief in left)


def _open(found: Found, incident_id: int, now: datetime) -> Incident:
    return Incident(
        id=incident_id,
        cause=found.cause,
        impact=found.impact,
        severity=found.severity,
        opened_at=now,
        last_good_at=found.last_good_at,
    )


def _update(incident: Incident, found: Found, now: datetime) -> Incident:
    """Keep the first reasoning while the cause is the same; add a step when it was renamed."""
    wider = replace(incident, impact=_widened(incident, found), severity=found.severity)
    if _same_cause(incident, found):
        return wider
    renamed = Step(at=now, message=message("step.renamed", before=incident.cause.kind, after=found.cause.kind))
    steps = (*incident.cause.steps, renamed, *found.cause.steps)
    return replace(wider, cause=replace(found.cause, steps=steps), impact=found.impact)


def _widened(incident: Incident, found: Found) -> Impact:
    """Return the greatest impact so far: what has recovered since was hurt all the same."""
    before, after = incident.impact, found.impact
    return Impact(
        targets=tuple(dict.fromkeys((*before.targets, *after.targets))),
        units=tuple(dict.fromkeys((*before.units, *after.units))),
        services=tuple(dict.fromkeys((*before.services, *after.services))),
        unseen_units=tuple(dict.fromkeys((*before.unseen_units, *after.unseen_units))),
    )


def _is_over(incident: Incident, causes: Sequence[Found], beliefs: Mapping[TargetId, Belief]) -> bool:
    """An incident ends when its culprit was seen working, or is measured no more; or is part of a wider one."""
    if incident.cause.kind is CauseKind.CANNOT_MEASURE:
        return True
    suspects = _culprits(incident)
    known = [beliefs[target_id] for target_id in suspects if target_id in beliefs]
    if all(belief.state in (HealthState.UP, HealthState.DEGRADED) and not belief.is_stale for belief in known):
        return True
    wider = [found for found in causes if incident.cause.kind in _GROWING and found.cause.kind in _GROWING]
    return any(incident.cause.target_id in found.members for found in wider)


def _culprits(incident: Incident) -> tuple[TargetId, ...]:
    kind, target_id = incident.cause.kind, incident.cause.target_id
    if kind is CauseKind.UNIT_DARK:
        return (TargetId(f"{target_id}/tslcd"), TargetId(f"{target_id}/internet"))
    if kind is CauseKind.OWN_LAN_DOWN:
        return tuple(t for t in incident.impact.targets if "/uplink-" in t)
    return (target_id,)


def _resolve(incident: Incident, now: datetime) -> Incident:
    return replace(incident, resolved_at=now)
