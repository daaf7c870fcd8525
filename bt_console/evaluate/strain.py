"""How full a line is, from its router's counters: what a loss or delay on it may come from.

A check of utilisation decides nothing about its target (`decides: false`): a full line works. Only this looks at it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bt_console.evaluate.belief import Belief, Memory
from bt_console.evaluate.health import is_beyond, valid_samples
from bt_console.evaluate.topology import LINE_ROLES
from bt_console.model.health import HealthState, Sample, Verdict
from bt_console.model.inventory import Role, Threshold

PROOFS = 2
"""So many readings, and it is settled whether a line is full."""


def is_full(belief: Belief) -> bool:
    """Return whether a line has been full for as many readings as its thresholds say."""
    return any(_is_beyond(threshold, memory) for threshold, memory in _limits(belief))


def is_full_since(belief: Belief, since: datetime) -> bool | None:
    """Return whether a line that does harm since an instant is full; None while its counters must be read again."""
    if is_full(belief):
        return True
    verdicts = [_is_filled(threshold, memory, since) for threshold, memory in _limits(belief)]
    if any(verdicts):
        return True
    return None if None in verdicts else False


def _is_filled(threshold: Threshold, memory: Memory, since: datetime) -> bool | None:
    _, health = memory
    fresh = [sample for sample in health.samples if sample.started_at >= since]
    if health.is_stale or not _answers(health.samples) or not all(map(_is_answer, fresh)):
        return False
    # The first reading's rate still reaches back before the harm; agents count in steps, so one of the others will do.
    true_rates = fresh[1:]
    if any(threshold.measure in sample.breached for sample in true_rates):
        return True
    return False if len(true_rates) >= PROOFS else None


def is_full_still(belief: Belief) -> bool:
    """Return whether any of the newest readings found a line full."""
    newest = [(t, _answers(h.samples)[-PROOFS:]) for t, (_, h) in _limits(belief) if not h.is_stale]
    return any(threshold.measure in sample.breached for threshold, samples in newest for sample in samples)


def _answers(samples: tuple[Sample, ...]) -> list[Sample]:
    return [sample for sample in samples if _is_answer(sample)]


def _is_answer(sample: Sample) -> bool:
    return sample.verdict in (Verdict.GOOD, Verdict.DEGRADED)


def _is_beyond(threshold: Threshold, memory: Memory) -> bool:
    _, health = memory
    valid = valid_samples(health.samples)
    if health.is_stale or not valid or threshold.measure not in valid[-1].breached:
        return False
    return is_beyond(threshold, valid, was=health.state is HealthState.DEGRADED)


def last_full_at(belief: Belief) -> datetime | None:
    """Return when a line was last found full."""
    found = (s.started_at for t, (_, h) in _limits(belief) for s in h.samples if t.measure in s.breached)
    return max(found, default=None)


def _limits(belief: Belief) -> Iterator[tuple[Threshold, Memory]]:
    """Yield what says how full a line is; a router of many lines only where the check names one of them."""
    for memory in belief.loads:
        check, _ = memory
        is_of_one_line = belief.role in LINE_ROLES or bool(getattr(check.params, "interface", ""))
        if is_of_one_line and belief.role is not Role.DEVICE:
            yield from ((t, memory) for t in check.thresholds if t.measure.endswith("_utilisation_ratio"))


def load_ratio(belief: Belief) -> float:
    """Return the greatest newest share of a line's speed in use; 0 where none is known."""
    found = (dict(memory[1].measures).get(threshold.measure, 0.0) for threshold, memory in _limits(belief))
    return max(found, default=0.0)
