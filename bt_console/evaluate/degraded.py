"""Links and services that answer, but badly: one cause where the trouble begins, none for what lies beyond it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bt_console.evaluate.belief import Belief, Memory
from bt_console.evaluate.health import breaches, is_beyond, valid_samples
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
            if kind and not _begins_earlier(court, target_id, threshold.measure):
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


def _begins_earlier(court: Court, target_id: TargetId, measure: str) -> bool:
    """Return whether something on the way shows the same, or is beginning to."""
    above = court.topology.ancestors[target_id]
    return any(_shows(court.beliefs[p], measure) for p in above if court.beliefs[p].role is not Role.DNS)


def _shows(belief: Belief, measure: str) -> bool:
    for check, health in belief.memories:
        valid = valid_samples(health.samples)
        for threshold in check.thresholds:
            if threshold.measure == measure and breaches(threshold, valid) >= max(2, threshold.k // 2):
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
    window = valid_samples(health.samples)[-threshold.n :]
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
