"""From causes found now to the life of incidents: opened, changed, resolved; never two for one cause."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bt_console.evaluate.causes import Found
from bt_console.evaluate.culprits import NOT_FOUND_HERE, QUALITY_KINDS, culprits_of
from bt_console.evaluate.degraded import still_shows
from bt_console.evaluate.flapping import (
    HOLD,
    HOLD_LOOKS,
    began_at,
    is_calm,
    is_lasting,
    is_same_again,
    message_within,
    paused,
    plain,
    returned,
    spread,
)
from bt_console.evaluate.naming import severity_of
from bt_console.evaluate.standing import SAME_FAULT, Court, Place
from bt_console.model.health import HealthState
from bt_console.model.incident import CauseKind, Impact, Incident, Step
from bt_console.model.inventory import TargetId
from bt_console.words import message


@dataclass(frozen=True, slots=True, kw_only=True)
class Docket:
    """Open incidents after a step, and what changed in it."""

    open: tuple[Incident, ...]
    opened: tuple[Incident, ...] = ()
    reopened: tuple[tuple[Incident, Incident], ...] = ()
    """(before, after) of those that had been resolved and came back."""
    changed: tuple[tuple[Incident, Incident], ...] = ()
    """(before, after) of those whose cause, impact or severity changed."""
    resolved: tuple[Incident, ...] = ()

    @property
    def altered(self) -> tuple[Incident, ...]:
        """Every incident that is not as it was before."""
        return (*self.opened, *(after for _, after in (*self.reopened, *self.changed)), *self.resolved)

    @property
    def is_news(self) -> bool:
        """Whether anything happened to any incident."""
        return bool(self.altered)


def step(
    open_incidents: Sequence[Incident],
    ended_incidents: Sequence[Incident],
    causes: Sequence[Found],
    court: Court,
    next_id: int,
    now: datetime,
) -> Docket:
    """Match causes with open incidents, then with what ended lately; open what is new, resolve what is over."""
    views = [plain(i) for i in open_incidents if i.cause.kind not in NOT_FOUND_HERE]
    flapping = frozenset(i.id for i in open_incidents if i.cause.kind is CauseKind.FLAPPING)
    matched = _match(views, flapping, causes, court, now)
    left = [found for found in causes if found not in matched.values()]
    left = [found for found in left if not _is_remnant(found, views, court)]
    reopened = _reopened(ended_incidents, left, court, now)
    fresh = [found for found in left if found not in [found for _, _, found in reopened]]
    opened = tuple(_open(found, next_id + place, now) for place, found in enumerate(fresh))
    stepped = [(i, _advanced(i, matched.get(i.id), causes, court, now)) for i in open_incidents]
    kept = [after for _, after in stepped if after.resolved_at is None]
    return Docket(
        open=(*kept, *(after for _, after, _ in reopened), *opened),
        opened=opened,
        reopened=tuple((before, after) for before, after, _ in reopened),
        changed=tuple((i, after) for i, after in stepped if after != i and after.resolved_at is None),
        resolved=tuple(after for _, after in stepped if after.resolved_at is not None),
    )


def _reopened(
    ended: Sequence[Incident], causes: Sequence[Found], court: Court, now: datetime
) -> list[tuple[Incident, Incident, Found]]:
    """Give each cause that is back so soon to the newest incident that said the same."""
    newest_first = sorted((i for i in ended if i.resolved_at), key=lambda i: (i.resolved_at or now, i.id), reverse=True)
    found: list[tuple[Incident, Incident, Found]] = []
    for cause in causes:
        taken = {before.id for before, _, _ in found}
        same = (i for i in newest_first if i.id not in taken and _is_back(i, cause, court, now))
        before = next(same, None)
        if before is not None:
            found.append((before, _returned(before, cause, now), cause))
    return found


def _is_back(ended: Incident, found: Found, court: Court, now: datetime) -> bool:
    since, resolved_at = found.since or now, ended.resolved_at or now
    if since - resolved_at > hold_of(ended, court):
        return False
    return is_same_again(ended, found.cause, found.members, court.topology)


def hold_of(ended: Incident, court: Court) -> timedelta:
    """Return within how long of its end an incident may come back as the same."""
    beliefs = [court.beliefs[t] for t in culprits_of(plain(ended), court.topology) if t in court.beliefs]
    intervals = [belief.deciding[0].interval_s for belief in beliefs if belief.deciding]
    return max(HOLD, timedelta(seconds=HOLD_LOOKS * max(intervals, default=0.0)))


def _returned(ended: Incident, found: Found, now: datetime) -> Incident:
    """Keep the earlier name where only a part of the fault is back so far; it may yet be the whole."""
    before = plain(ended).cause
    is_part = before.kind in _DOUBLE and found.cause.kind not in _DOUBLE
    cause = replace(before, message=message_within(ended.cause)) if is_part else found.cause
    severity = severity_of(before.kind) if is_part else found.severity
    return returned(ended, cause, _widened(ended, found), severity, now)


def _advanced(
    incident: Incident, found: Found | None, causes: Sequence[Found], court: Court, now: datetime
) -> Incident:
    """Return an open incident after a look at the district, with `resolved_at` set if it is over."""
    if incident.cause.kind in NOT_FOUND_HERE:
        return incident
    if incident.cause.kind is CauseKind.FLAPPING:
        return _flapped(incident, found, causes, court, now)
    if found is None:
        return _resolve(incident, now) if _is_over(incident, causes, court) else incident
    return incident if _is_early(incident, found, court) else _update(incident, found, now)


def _flapped(incident: Incident, found: Found | None, causes: Sequence[Found], court: Court, now: datetime) -> Incident:
    view = plain(incident)
    if found is None:
        is_gone = not any(t in court.beliefs for t in culprits_of(view, court.topology))
        if is_gone or is_calm(incident, now) or _is_absorbed(view, causes):
            return _resolve(incident, now)
        return paused(incident, now) if view.resolved_at is None and _is_over(view, causes, court) else incident
    if view.resolved_at is not None:
        return _returned(incident, found, now)
    if is_lasting(incident, now) and not _is_early(view, found, court):
        return _update(incident, found, now)
    wider = replace(incident, impact=_widened(incident, found))
    is_spread = found.cause.kind in _DOUBLE and view.cause.kind not in _DOUBLE
    return spread(wider, found.cause) if is_spread else wider


def _is_remnant(found: Found, open_incidents: Sequence[Incident], court: Court) -> bool:
    """Return whether a cause is a part of a wider fault that is just being repaired."""
    return any(_shrank(i, found, court) and _is_early(i, found, court) for i in open_incidents)


def _match(
    incidents: Sequence[Incident], flapping: Collection[int], causes: Sequence[Found], court: Court, now: datetime
) -> dict[int, Found]:
    """Give each cause to at most one incident: the same cause first, then the one it grew out of or shrank to."""
    matched: dict[int, Found] = {}
    left = list(causes)

    def grew(incident: Incident, found: Found) -> bool:
        is_young = incident.id not in flapping and now - began_at(incident) <= SAME_FAULT
        return is_young and _grew(incident, found, court)

    def shrank(incident: Incident, found: Found) -> bool:
        return incident.id not in flapping and _shrank(incident, found, court)

    def flaps(incident: Incident, found: Found) -> bool:
        return incident.id in flapping and is_same_again(incident, found.cause, found.members, court.topology)

    for is_same in (_same_cause, _same_target, shrank, flaps, grew):
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
    before, after = incident.cause.kind, found.cause.kind
    is_apart = bool({before, after} & _APART) and not {before, after} <= _CERTIFICATE
    return incident.cause.target_id == found.cause.target_id and not is_apart


_CERTIFICATE = frozenset({CauseKind.CERTIFICATE_EXPIRING, CauseKind.CERTIFICATE_EXPIRED, CauseKind.CERTIFICATE_INVALID})
_APART = frozenset({CauseKind.CANNOT_MEASURE, CauseKind.CERTIFICATE_EXPIRING})
"""What lasts for days must not swallow an outage of the same target: whoever acknowledged it has not seen the other."""
_DOUBLE = frozenset({CauseKind.UNIT_DARK, CauseKind.OWN_LAN_DOWN, CauseKind.LAN_SWITCH_DOWN})
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
        CauseKind.LAN_GATEWAY_DOWN,
        CauseKind.LAN_SWITCH_DOWN,
        CauseKind.DEVICE_MISSING,
        CauseKind.DNS_DOWN,
    }
)
_SAME_START = timedelta(seconds=15)
"""A culprit that fell silent so shortly before what is behind it was only noticed late."""


def _grew(incident: Incident, found: Found, court: Court) -> bool:
    """Return whether a cause is an incident's own, now seen more widely."""
    if not {incident.cause.kind, found.cause.kind} <= _GROWING:
        return False
    if incident.cause.target_id in found.members:
        return True
    starts = [at for t in culprits_of(incident, court.topology) if t in court.beliefs and (at := court.silent_since(t))]
    is_behind = incident.cause.target_id in found.impact.targets
    return is_behind and found.since is not None and bool(starts) and found.since - min(starts) <= _SAME_START


def _shrank(incident: Incident, found: Found, court: Court) -> bool:
    """Return whether a cause is what is left of a double fault."""
    is_part = bool(set(found.members) & set(culprits_of(incident, court.topology)))
    return is_part and incident.cause.kind in _DOUBLE and found.cause.kind in _GROWING


def _is_early(incident: Incident, found: Found, court: Court) -> bool:
    """Return whether a new name may only be due to a recovery that is not complete."""
    if _same_cause(incident, found) or found.cause.kind in QUALITY_KINDS:
        return False
    left = [court.beliefs[member] for member in found.members if member in court.beliefs]
    if any(belief.is_answering for belief in left):
        return True
    if incident.cause.kind not in _DOUBLE or incident.cause.kind is found.cause.kind:
        return False
    culprits = culprits_of(incident, court.topology)
    halves = [court.beliefs[t] for t in culprits if t in court.beliefs and t not in found.members]
    recovered = max((half.recovered_at for half in halves if half.recovered_at), default=None)
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
        return wider if _says_the_same(incident, found) else _reworded(wider, found, now)
    renamed = Step(at=now, message=message("step.renamed", before=incident.cause.kind, after=found.cause.kind))
    steps = (*incident.cause.steps, renamed, *found.cause.steps)
    return replace(wider, cause=replace(found.cause, steps=steps), impact=found.impact)


def _says_the_same(incident: Incident, found: Found) -> bool:
    """Return whether a cause is told in the same sentence; figures in it may have changed."""
    return incident.cause.message.partition("|")[0] == found.cause.message.partition("|")[0]


def _reworded(incident: Incident, found: Found, now: datetime) -> Incident:
    """Tell the same cause otherwise: the last way into a service is lost, or one is open again."""
    seen = Step(at=now, message=found.cause.message)
    cause = replace(incident.cause, message=found.cause.message, steps=(*incident.cause.steps, seen))
    return replace(incident, cause=cause)


def _widened(incident: Incident, found: Found) -> Impact:
    """Return the greatest impact so far: what has recovered since was hurt all the same."""
    before, after = incident.impact, found.impact
    return Impact(
        targets=tuple(dict.fromkeys((*before.targets, *after.targets))),
        units=tuple(dict.fromkeys((*before.units, *after.units))),
        services=tuple(dict.fromkeys((*before.services, *after.services))),
        unseen_units=tuple(dict.fromkeys((*before.unseen_units, *after.unseen_units))),
    )


def _is_over(incident: Incident, causes: Sequence[Found], court: Court) -> bool:
    """An incident ends when its culprit was seen working, or is measured no more; or is part of a wider one."""
    if incident.cause.kind is CauseKind.CANNOT_MEASURE:
        return True
    kind, culprits = incident.cause.kind, [t for t in culprits_of(incident, court.topology) if t in court.beliefs]
    if all(_works(court, culprit) for culprit in culprits):
        is_bad_still = any(still_shows(court.beliefs[culprit], kind) for culprit in culprits)
        return not is_bad_still and (kind not in _ROUTERS or _forwards(court, incident, causes))
    return _is_absorbed(incident, causes)


def _is_absorbed(incident: Incident, causes: Sequence[Found]) -> bool:
    wider = [found for found in causes if incident.cause.kind in _GROWING and found.cause.kind in _GROWING]
    return any(incident.cause.target_id in found.members for found in wider)


_ROUTERS = frozenset({CauseKind.TSLCD_CORE_DOWN, CauseKind.OWN_UPLINK_DOWN})


def _works(court: Court, target_id: TargetId) -> bool:
    belief = court.beliefs[target_id]
    if belief.state in (HealthState.UP, HealthState.DEGRADED):
        return not belief.is_stale
    return court.standing(target_id).place is Place.SILENT


def _forwards(court: Court, incident: Incident, causes: Sequence[Found]) -> bool:
    """Return whether something beyond a router was heard since, or has been found to be at fault itself."""
    beyond = [
        t for t in incident.impact.targets if t in court.beliefs and t not in culprits_of(incident, court.topology)
    ]
    silent = [t for t in beyond if court.beliefs[t].state is HealthState.DOWN]
    is_heard = any(court.beliefs[t].has_answered_since(began_at(incident)) for t in beyond)
    return not silent or is_heard or any(member in beyond for found in causes for member in found.members)


def _resolve(incident: Incident, now: datetime) -> Incident:
    return replace(incident, resolved_at=now)


def shifted(incident: Incident, by: timedelta) -> Incident:
    """Return an incident with its instants moved, for when the wall clock was set."""
    steps = tuple(replace(known, at=known.at + by) for known in incident.cause.steps)
    return replace(
        incident,
        cause=replace(incident.cause, steps=steps),
        opened_at=incident.opened_at + by,
        last_good_at=incident.last_good_at + by if incident.last_good_at else None,
        resolved_at=incident.resolved_at + by if incident.resolved_at else None,
    )
