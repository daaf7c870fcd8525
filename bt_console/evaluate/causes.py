"""From standings to causes: one per fault, with what it explains and the steps that led there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bt_console.evaluate import naming
from bt_console.evaluate.belief import Belief
from bt_console.evaluate.degraded import Degradation, degradations
from bt_console.evaluate.reasoning import steps_of
from bt_console.evaluate.standing import SAME_FAULT, Court, Place
from bt_console.evaluate.topology import LINK_ROLES, primary_of
from bt_console.model.health import HealthState
from bt_console.model.incident import Cause, CauseKind, Impact, Severity
from bt_console.model.inventory import Role, Target, TargetId, Unit, UnitId, UnitKind
from bt_console.words import message

_OWN_KINDS = frozenset({CauseKind.OWN_UPLINK_DOWN, CauseKind.OWN_LAN_DOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A cause as found now, before it is matched with the incidents already open."""

    cause: Cause
    impact: Impact
    severity: Severity
    members: tuple[TargetId, ...]
    """The targets that are to blame: both links of a dark unit."""
    last_good_at: datetime | None
    since: datetime | None = None
    """When the outage began, as far as we saw; None for what answers."""


def find_causes(court: Court, units: Mapping[UnitId, Unit], now: datetime) -> tuple[Found, ...]:
    """Return every cause there is at this instant, worst first."""
    blamed = [target_id for target_id, standing in court.not_clear().items() if standing.place is Place.ROOT]
    roots = sorted(blamed, key=lambda target_id: court.beliefs[target_id].role is not Role.UPLINK)
    outages = [f for group in _groups(court, roots) if (f := _outage(court, group, units, now))]
    slow = [_degraded(court, found, units, now) for found in degradations(court)]
    blind = _cannot_measure(court, now)
    found = [*([blind] if blind else []), *outages, *slow]
    return tuple(sorted(found, key=lambda f: -f.severity.gravity))


def _groups(court: Court, roots: list[TargetId]) -> list[tuple[TargetId, ...]]:
    """Put both links of a unit, both uplinks, and the devices of a LAN that failed together into one group."""
    groups: list[tuple[TargetId, ...]] = []
    taken: set[TargetId] = set()
    for root in roots:
        if root in taken:
            continue
        group = (root, *_failed_with(court, root, roots))
        taken.update(group)
        groups.append(group)
    return groups


def _failed_with(court: Court, root: TargetId, roots: list[TargetId]) -> list[TargetId]:
    topology, role = court.topology, court.topology.targets[root].role
    if role is Role.DEVICE:
        candidates = [r for r in roots if r in topology.sisters.get(root, ())]
        return [r for r in candidates if _is_together(court, root, r)]
    other = topology.other_path.get(root)
    if other is None or other not in roots or not _is_together(court, root, other):
        return []
    if role is not Role.UPLINK:
        return [other]
    beside = [r for r in roots if r in topology.sisters.get(root, ()) and r != other]
    return [other, *(r for r in beside if _is_together(court, root, r))]


def _is_together(court: Court, first: TargetId, second: TargetId) -> bool:
    one, two = court.silent_since(first), court.silent_since(second)
    return one is not None and two is not None and abs(one - two) <= SAME_FAULT


def _outage(court: Court, members: tuple[TargetId, ...], units: Mapping[UnitId, Unit], now: datetime) -> Found | None:
    target = court.topology.targets[members[0]]
    named = _name(court, target, members)
    if named is None:
        return None
    kind, target_id = named
    detail = naming.last_miss_detail(court.beliefs[members[0]])
    open_way = _open_way(court, target, members)
    code = "cause.one_way" if open_way else f"cause.{kind}"
    fields = _fields(target, units) | ({"other": _path_name(open_way), "kind": kind} if open_way else {})
    cause = Cause(
        kind=kind,
        target_id=target_id,
        unit_id=target.unit_id,
        message=message(code, detail=detail, **fields),
    )
    impact = _impact(court, kind, members, units)
    return Found(
        cause=_reasoned(court, cause, members, len(impact.targets), now),
        impact=impact,
        severity=Severity.WARNING if open_way else naming.severity_of(kind),
        members=members,
        last_good_at=_last_good(court, members),
        since=min((at for member in members if (at := court.silent_since(member))), default=None),
    )


def _open_way(court: Court, target: Target, members: tuple[TargetId, ...]) -> Target | None:
    """Return the other way into a service, when that one works."""
    other = court.topology.other_path.get(target.id)
    if target.role is not Role.SERVICE or other is None or other in members:
        return None
    belief = court.beliefs[other]
    is_open = belief.state in (HealthState.UP, HealthState.DEGRADED) and not belief.is_stale
    return court.topology.targets[other] if is_open else None


def _reasoned(court: Court, cause: Cause, members: tuple[TargetId, ...], explained_count: int, now: datetime) -> Cause:
    """Return a cause with its steps; one that an incident already holds keeps the steps it has there."""
    if (cause.kind, cause.target_id) in court.charges:
        return cause
    return replace(cause, steps=steps_of(court, cause, members, explained_count, now))


def _name(court: Court, target: Target, members: tuple[TargetId, ...]) -> tuple[CauseKind, TargetId] | None:
    if target.role is Role.DEVICE:
        return _name_device(court, target, members)
    if len(members) > 1 and target.role in LINK_ROLES:
        return CauseKind.UNIT_DARK, TargetId(target.unit_id)
    if len(members) > 1 and target.role is not Role.SERVICE:
        return CauseKind.OWN_LAN_DOWN, court.topology.hub_id
    kind = naming.kind_of_outage(target, court.beliefs[target.id])
    return (kind, primary_of(target)) if kind else None


def _name_device(court: Court, target: Target, members: tuple[TargetId, ...]) -> tuple[CauseKind, TargetId]:
    """Several devices, and all that a LAN has, point at what they are plugged into."""
    lan = target.depends_on[0] if target.depends_on else target.id
    neighbours = [c for c in court.topology.children.get(lan, ()) if court.topology.targets[c].role is Role.DEVICE]
    if len(members) > 1 and set(neighbours) <= set(members):
        return CauseKind.LAN_SWITCH_DOWN, lan
    return CauseKind.DEVICE_MISSING, target.id


_PATH_NAMES = {"internet": "Internet", "tslcd": "TSLCD"}


def _fields(target: Target, units: Mapping[UnitId, Unit]) -> dict[str, str]:
    unit = units.get(target.unit_id)
    return {
        "name": target.name,
        "target": target.id,
        "unit": unit.name if unit else target.unit_id,
        "path": _path_name(target),
    }


def _path_name(target: Target) -> str:
    path = target.labels.get("path", "")
    return _PATH_NAMES.get(path, path)


def _kind(units: Mapping[UnitId, Unit], unit_id: UnitId) -> UnitKind | None:
    unit = units.get(unit_id)
    return unit.kind if unit else None


def _last_good(court: Court, members: Iterable[TargetId]) -> datetime | None:
    return max((b.answered_at for m in members if (b := court.beliefs[m]).answered_at), default=None)


def _impact(court: Court, kind: CauseKind, members: tuple[TargetId, ...], units: Mapping[UnitId, Unit]) -> Impact:
    hit = (*members, *explained_targets(court, members))
    targets = court.topology.targets
    services = tuple(t for t in hit if targets[t].role is Role.SERVICE)
    hurt = dict.fromkeys(targets[t].unit_id for t in hit if targets[t].role is not Role.SERVICE)
    outer = tuple(u for u in hurt if _kind(units, u) is not UnitKind.HUB)
    if kind in _OWN_KINDS:
        inside = tuple(u.id for u in units.values() if u.kind in (UnitKind.HUB, UnitKind.DEPARTMENT))
        return Impact(targets=hit, units=inside, services=services, unseen_units=outer)
    return Impact(targets=hit, units=outer, services=services)


def explained_targets(court: Court, members: tuple[TargetId, ...]) -> tuple[TargetId, ...]:
    """Return what is behind the culprits and has not answered since they fell silent."""
    since = min((s for m in members if (s := court.silent_since(m))), default=None)
    if since is None:
        return ()
    below = frozenset[TargetId]().union(*(court.topology.descendants[member] for member in members))
    behind = [t for t in court.beliefs if t in below and t not in members and _is_behind(court, t, members)]
    return tuple(t for t in behind if _is_hit(court, t, since))


def _is_behind(court: Court, target_id: TargetId, members: tuple[TargetId, ...]) -> bool:
    above = court.topology.ancestors[target_id]
    return any(member in above and court.carries(member, target_id) for member in members)


def _is_hit(court: Court, target_id: TargetId, since: datetime) -> bool:
    """A ping is trusted to the topology at once; a service only when it has itself failed."""
    belief = court.beliefs[target_id]
    if not belief.memories or belief.has_served_since(since):
        return False
    is_service = belief.role is Role.SERVICE
    return not is_service or belief.state is HealthState.DOWN or _is_cut_off(court, target_id)


def _is_cut_off(court: Court, target_id: TargetId) -> bool:
    """Return whether the way to a target, other than by name, is broken."""
    above = court.topology.ancestors[target_id]
    roads = [p for p in above if court.topology.targets[p].role is not Role.DNS]
    return any(court.standing(road).place in (Place.ROOT, Place.EXPLAINED) for road in roads)


def _degraded(court: Court, found: Degradation, units: Mapping[UnitId, Unit], now: datetime) -> Found:
    target = court.topology.targets[found.target_id]
    said = {"value": found.value, "detail": found.value, **_fields(target, units), **found.fields}
    text = message(f"cause.{found.kind}", **said)
    cause = Cause(kind=found.kind, target_id=target.id, unit_id=target.unit_id, message=text)
    is_service = target.role is Role.SERVICE
    is_outer = _kind(units, target.unit_id) is not UnitKind.HUB
    impact = Impact(
        targets=(target.id,),
        units=(target.unit_id,) if is_outer and not is_service else (),
        services=(target.id,) if is_service else (),
    )
    return Found(
        cause=_reasoned(court, cause, (target.id,), 1, now),
        impact=impact,
        severity=naming.severity_of(found.kind),
        members=(target.id,),
        last_good_at=found.last_good_at,
    )


def _cannot_measure(court: Court, now: datetime) -> Found | None:
    """Report our own inability once, whatever the number of checks that suffer from it."""
    failures: dict[str, list[Belief]] = defaultdict(list)
    for belief in court.beliefs.values():
        for health in belief.unmeasured:
            failures[health.samples[-1].failure].append(belief)
    if not failures:
        return None
    failure, blind = max(failures.items(), key=lambda item: len(item[1]))
    total = sum(bool(belief.memories) for belief in court.beliefs.values())
    hub = court.topology.hub_id
    targets = tuple(dict.fromkeys(belief.target_id for beliefs in failures.values() for belief in beliefs))
    newest = (health.samples[-1] for health in blind[0].unmeasured)
    example = next(sample.detail for sample in newest if sample.failure == failure)
    cause = Cause(
        kind=CauseKind.CANNOT_MEASURE,
        target_id=hub,
        unit_id=court.topology.targets[hub].unit_id if hub in court.topology.targets else UnitId(hub),
        message=message("cause.cannot_measure", failure=failure, count=len(targets), total=total, detail=example),
    )
    cause = _reasoned(court, cause, (), len(targets), now)
    severity = Severity.CRITICAL if 2 * len(targets) > total else Severity.WARNING
    return Found(cause=cause, impact=Impact(targets=targets), severity=severity, members=(), last_good_at=None)
