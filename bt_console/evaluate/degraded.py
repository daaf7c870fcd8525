"""Links and services that answer, but badly: one cause where the trouble begins, none for what lies beyond it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bt_console.evaluate.belief import Belief, Memory
from bt_console.evaluate.culprits import LINE_KINDS, QUALITY_KINDS
from bt_console.evaluate.health import begins_at, breaches, is_beyond, valid_samples
from bt_console.evaluate.naming import kind_of_certificate, kind_of_degradation, last_miss_detail
from bt_console.evaluate.routes import RouteChange, shown
from bt_console.evaluate.standing import Court, Place
from bt_console.evaluate.strain import is_full, is_full_since, is_full_still, last_full_at, load_ratio
from bt_console.evaluate.topology import CLOCK_MEASURE
from bt_console.model.health import HealthState, Verdict
from bt_console.model.incident import CauseKind
from bt_console.model.inventory import Role, TargetId, Threshold
from bt_console.words import message


@dataclass(frozen=True, slots=True, kw_only=True)
class Degradation:
    """A measure beyond its threshold on a target nothing before which shows the same."""

    target_id: TargetId
    kind: CauseKind
    value: str
    """The measure's newest breaching value, for people."""
    last_good_at: datetime | None
    fields: Mapping[str, str] = field(default_factory=dict)
    """More for the words."""


def degradations(court: Court) -> Iterator[Degradation]:
    """Yield each place where loss, delay, slowness, too much traffic or a certificate's age begins."""
    for target_id, belief in court.beliefs.items():
        if belief.state not in _ANSWERING or court.standing(target_id).place is not Place.CLEAR:
            continue
        if any(health.state is HealthState.DOWN for _, health in belief.memories):
            yield _bad_certificate(belief)
            continue
        found = _begins_here(court, belief) if belief.state is HealthState.DEGRADED else None
        if found is None and is_full_line(court, belief):
            found = _full(belief, message("harm.none"))
        found = found or _wrong_clock(belief)
        if found is not None:
            yield found


def _wrong_clock(belief: Belief) -> Degradation | None:
    """Return that a target's clock is off by what a check says that decides nothing else about it."""
    for check, health in belief.loads:
        for threshold in check.thresholds:
            is_beyond_it = health.state is HealthState.DEGRADED and not health.is_stale
            if threshold.measure == CLOCK_MEASURE and is_beyond_it:
                return _degradation(belief.target_id, CauseKind.CLOCK_SKEW, threshold, (check, health))
    return None


_ANSWERING = (HealthState.UP, HealthState.DEGRADED)


def _begins_here(court: Court, belief: Belief) -> Degradation | None:
    for threshold, memory in _exceeded(belief):
        kind = kind_of_degradation(threshold.measure)
        if kind and not _is_inherited(court, kind, threshold, memory):
            found = _degradation(belief.target_id, kind, threshold, memory)
            return _explained(court, belief, found) if kind in LINE_KINDS else found
    return None


def _explained(court: Court, belief: Belief, found: Degradation) -> Degradation | None:
    """Return a line's loss or delay with what it comes from; None while the line's counters are being read."""
    began_at = harm_began_at(court, belief) or found.last_good_at
    is_full = is_full_since(belief, began_at) if began_at else False
    if is_full or is_full_line(court, belief) or _is_aftermath(court, belief, found.kind):
        return _full(belief, _harm(found), found.last_good_at)
    change = change_near(court, belief, began_at) if began_at else None
    if change is not None or (CauseKind.ROUTE_CHANGED, belief.target_id) in court.charges:
        return _rerouted(found, change)
    is_known = (found.kind, belief.target_id) in court.charges
    return None if is_full is None and not is_known else found


def _is_aftermath(court: Court, belief: Belief, kind: CauseKind) -> bool:
    """Return whether what a line shows is still of the time when it was full: too little of it came later."""
    if (CauseKind.LINK_SATURATED, belief.target_id) not in court.charges:
        return False
    full_at = last_full_at(belief)
    limits = [(t, h) for t, (_, h) in _exceeded(belief) if kind_of_degradation(t.measure) is kind]
    later = [[s for s in breaches(t, h.samples) if full_at is None or s.started_at > full_at] for t, h in limits]
    return not any(len(found) >= t.k for (t, _), found in zip(limits, later, strict=True))


def is_full_line(court: Court, belief: Belief) -> bool:
    """Return whether a line is full by its counters alone; one that was found full stays so a little longer."""
    is_charged = (CauseKind.LINK_SATURATED, belief.target_id) in court.charges
    return is_full(belief) or (is_charged and is_full_still(belief))


def harm_began_at(court: Court, belief: Belief) -> datetime | None:
    """Return when the loss or delay of a line began, as its incident or else its readings say."""
    of_it = (i for i in court.incidents if i.cause.target_id == belief.target_id and i.cause.kind in LINE_KINDS)
    opened = [incident.opened_at for incident in of_it if incident.resolved_at is None]
    return opened[0] if opened else belief.harmed_since


def change_near(court: Court, belief: Belief, began_at: datetime) -> RouteChange | None:
    """Return the change of the way to a target, or to what lies before it, that its trouble began with."""
    way = (belief.target_id, *court.topology.ancestors[belief.target_id])
    changes = (court.route_changes[target_id] for target_id in way if target_id in court.route_changes)
    return next((change for change in changes if abs(change.since - began_at) <= NEAR), None)


NEAR = timedelta(minutes=2)
"""Traces are rare: a change of route may have happened so long before or after its first trace."""


def _rerouted(found: Degradation, change: RouteChange | None) -> Degradation:
    """Return loss or delay blamed on a change of route; without the change, its incident has the words already."""
    hop, before, after = (change.hop, shown(change.before), shown(change.after)) if change else (0, "", "")
    fields = {"harm": _harm(found), "hop": str(hop), "before": before, "after": after}
    return replace(found, kind=CauseKind.ROUTE_CHANGED, fields=fields)


def _harm(found: Degradation) -> str:
    return message(f"harm.{found.kind}", value=found.value)


def _full(belief: Belief, harm: str, last_good_at: datetime | None = None) -> Degradation:
    return Degradation(
        target_id=belief.target_id,
        kind=CauseKind.LINK_SATURATED,
        value=shown_value("load_ratio", load_ratio(belief)),
        last_good_at=last_good_at,
        fields={"harm": harm},
    )


def _bad_certificate(belief: Belief) -> Degradation:
    """Return the fault of a target whose certificate check alone fails."""
    kind = kind_of_certificate(belief)
    good = [health.last_good_at for _, health in belief.memories if health.state is HealthState.DOWN]
    detail = last_miss_detail(belief)
    return Degradation(target_id=belief.target_id, kind=kind, value=detail, last_good_at=good[0] if good else None)


def _exceeded(belief: Belief) -> Iterator[tuple[Threshold, Memory]]:
    for check, health in belief.memories:
        if health.state is HealthState.DEGRADED:
            valid = valid_samples(health.samples)
            yield from ((t, (check, health)) for t in check.thresholds if is_beyond(t, valid, was=True))


_SLOWED_BY = {"total_s": frozenset({"total_s", "loss_ratio", "rtt_median_s"})}
"""Measures of the way that a measure beyond it suffers from; others suffer only from their own like."""


def _is_inherited(court: Court, kind: CauseKind, threshold: Threshold, memory: Memory) -> bool:
    """Return whether something on the way shows the same, is beginning to, has just ceased to, or must be asked."""
    check, health = memory
    measures = _SLOWED_BY.get(threshold.measure, frozenset({threshold.measure}))
    before = [court.beliefs[parent] for parent in court.topology.ancestors[check.target_id]]
    way = [belief for belief in before if belief.role is not Role.DNS and _limits(belief, measures)]
    if any(_shows(belief, measures) for belief in way):
        return True
    names = LINE_KINDS if kind in LINE_KINDS else {kind}
    if any((name, check.target_id) in court.charges for name in names):
        return False
    cleared_at = max((at for belief in way if (at := _cleared_at(court, belief))), default=None)
    own = [s for s in breaches(threshold, health.samples) if cleared_at is None or s.started_at >= cleared_at]
    if len(own) < threshold.k:
        return True
    return any(not belief.is_stale and not belief.has_been_measured_since(own[0].started_at) for belief in way)


def _limits(belief: Belief, measures: Collection[str]) -> list[tuple[Threshold, Memory]]:
    pairs = ((threshold, memory) for memory in belief.memories for threshold in memory[0].thresholds)
    return [pair for pair in pairs if pair[0].measure in measures]


def _shows(belief: Belief, measures: Collection[str]) -> bool:
    for threshold, (_, health) in _limits(belief, measures):
        valid = valid_samples(health.samples)
        if is_beyond(threshold, valid, was=health.state is HealthState.DEGRADED):
            return True
        if len(breaches(threshold, valid)) >= begins_at(threshold):
            return True
    return False


def _cleared_at(court: Court, belief: Belief) -> datetime | None:
    """Return since when a target on the way is well again."""
    over = (i for i in court.incidents if i.resolved_at and i.cause.kind in QUALITY_KINDS)
    resolved = [i.resolved_at for i in over if i.resolved_at and i.cause.target_id == belief.target_id]
    return max([*resolved, *([belief.improved_at] if belief.improved_at else [])], default=None)


def still_shows(belief: Belief, kind: CauseKind) -> bool:
    """Return whether a target's own answers still are what an incident of a kind says."""
    if kind is CauseKind.LINK_SATURATED and is_full_still(belief):
        return True
    for check, health in (*belief.memories, *belief.loads):
        own = (t for t in check.thresholds if _may_be_called(kind_of_degradation(t.measure), kind))
        if any(is_beyond(t, valid_samples(health.samples), was=True) for t in own):
            return True
    return False


def _may_be_called(found: CauseKind | None, kind: CauseKind) -> bool:
    is_of_line = kind in (CauseKind.LINK_SATURATED, CauseKind.ROUTE_CHANGED)
    return found in LINE_KINDS if is_of_line else found is kind


def _degradation(target_id: TargetId, kind: CauseKind, threshold: Threshold, memory: Memory) -> Degradation:
    _, health = memory
    good = [s.started_at for s in health.samples if s.verdict is Verdict.GOOD]
    return Degradation(
        target_id=target_id,
        kind=kind,
        value=shown_value(threshold.measure, typical(threshold, memory)),
        last_good_at=max(good, default=None),
    )


def typical(threshold: Threshold, memory: Memory) -> float:
    """Return the mean over the threshold's window where samples keep it, else the newest value."""
    _, health = memory
    window = [s for s in valid_samples(health.samples) if s.verdict is not Verdict.BAD][-threshold.n :]
    kept = {"loss_ratio": [s.loss_ratio for s in window], "rtt_median_s": [s.rtt_s for s in window]}
    values = [value for value in kept.get(threshold.measure, []) if value is not None]
    return sum(values) / len(values) if values else dict(health.measures).get(threshold.measure, threshold.limit)


_LONG_S = 10.0


def shown_value(measure: str, value: float) -> str:
    """Return a measure as people write it: 20 %, 300 ms, 12 d."""
    if measure.endswith("_ratio"):
        return f"{value * 100:.0f} %"
    if measure.endswith("_days_left"):
        return f"{value:.0f}"
    if abs(value) >= _LONG_S:
        return f"{value:.0f} s"
    return f"{value * 1000:.0f} ms"
