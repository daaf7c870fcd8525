"""Links and services that answer, but badly: one cause where the trouble begins, none for what lies beyond it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from bt_console.evaluate.belief import Belief, Memory
from bt_console.evaluate.culprits import QUALITY_KINDS
from bt_console.evaluate.health import PROMPT_K, breaches, is_beyond, valid_samples
from bt_console.evaluate.naming import kind_of_certificate, kind_of_degradation, last_miss_detail
from bt_console.evaluate.standing import Court, Place
from bt_console.model.health import HealthState, Verdict
from bt_console.model.incident import CauseKind
from bt_console.model.inventory import Role, TargetId, Threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class Degradation:
    """A measure beyond its threshold on a target nothing before which shows the same."""

    target_id: TargetId
    kind: CauseKind
    value: str
    """The measure's newest breaching value, for people."""
    last_good_at: datetime | None


def degradations(court: Court) -> Iterator[Degradation]:
    """Yield each place where loss, delay, slowness or a certificate's age begins."""
    for target_id, belief in court.beliefs.items():
        if belief.state is not HealthState.DEGRADED or court.standing(target_id).place is not Place.CLEAR:
            continue
        if any(health.state is HealthState.DOWN for _, health in belief.memories):
            yield _bad_certificate(belief)
            continue
        for threshold, memory in _exceeded(belief):
            kind = kind_of_degradation(threshold.measure)
            if kind and not _is_inherited(court, kind, threshold, memory):
                yield _degradation(target_id, kind, threshold, memory)
                break


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
    if (kind, check.target_id) in court.charges:
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
        least = 1 if threshold.k <= PROMPT_K else max(2, threshold.k // 3)
        if len(breaches(threshold, valid)) >= least:
            return True
    return False


def _cleared_at(court: Court, belief: Belief) -> datetime | None:
    """Return since when a target on the way is well again."""
    over = (i for i in court.incidents if i.resolved_at and i.cause.kind in QUALITY_KINDS)
    resolved = [i.resolved_at for i in over if i.resolved_at and i.cause.target_id == belief.target_id]
    return max([*resolved, *([belief.improved_at] if belief.improved_at else [])], default=None)


def still_shows(belief: Belief, kind: CauseKind) -> bool:
    """Return whether a target's own answers still are what an incident of a kind says."""
    for check, health in belief.memories:
        own = (t for t in check.thresholds if kind_of_degradation(t.measure) is kind)
        if any(is_beyond(t, valid_samples(health.samples), was=True) for t in own):
            return True
    return False


def _degradation(target_id: TargetId, kind: CauseKind, threshold: Threshold, memory: Memory) -> Degradation:
    _, health = memory
    good = [s.started_at for s in health.samples if s.verdict is Verdict.GOOD]
    return Degradation(
        target_id=target_id,
        kind=kind,
        value=shown_value(threshold.measure, _typical(threshold, memory)),
        last_good_at=max(good, default=None),
    )


def _typical(threshold: Threshold, memory: Memory) -> float:
    """Return the mean over the threshold's window where samples keep it, else the newest value."""
    _, health = memory
    window = [s for s in valid_samples(health.samples) if s.verdict is not Verdict.BAD][-threshold.n :]
    kept = {"loss_ratio": [s.loss_ratio for s in window], "rtt_median_s": [s.rtt_s for s in window]}
    values = [value for value in kept.get(threshold.measure, []) if value is not None]
    return sum(values) / len(values) if values else dict(health.measures).get(threshold.measure, threshold.limit)


def shown_value(measure: str, value: float) -> str:
    """Return a measure as people write it: 20 %, 300 ms, 12 d."""
    if measure.endswith("_ratio"):
        return f"{value * 100:.0f} %"
    if measure.endswith("_days_left"):
        return f"{value:.0f}"
    return f"{value * 1000:.0f} ms"
