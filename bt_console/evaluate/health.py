"""From readings to the state of one check: soft suspicion to hard state by k of n."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bt_console.model.health import SAMPLES_KEPT, CheckHealth, HealthState, Sample, Verdict
from bt_console.model.inventory import Check, Side, Threshold
from bt_console.model.observation import Observation
from probes.api import Outcome, Reading

_TIME_MEASURES = ("rtt_median_s", "rtt_s", "total_s", "query_s", "handshake_s", "connect_s")
_DETAIL_LIMIT = 160
_FACT_LIMIT = 300
_ITEMS_SHOWN = 64
STALE_AFTER_INTERVALS = 3
ERRORS_UNTIL_STALE = 2


def judge(check: Check, observation: Observation) -> Sample:
    """Return what one observation says about its check."""
    reading = observation.reading
    answered = reading.outcome is Outcome.OK
    breached = tuple(t.measure for t in check.thresholds if answered and is_breached(t, reading.measures))
    return Sample(
        seq=observation.seq,
        started_at=observation.started_at,
        verdict=_verdict(reading, breached),
        rtt_s=next((reading.measures[m] for m in _TIME_MEASURES if m in reading.measures), None),
        loss_ratio=reading.measures.get("loss_ratio"),
        failure=reading.failure or (str(reading.outcome) if reading.outcome is not Outcome.OK else ""),
        breached=breached,
        detail=reading.detail[:_DETAIL_LIMIT],
    )


def is_breached(threshold: Threshold, measures: Mapping[str, float]) -> bool:
    """Return whether a reading has the threshold's measure on its bad side."""
    value = measures.get(threshold.measure)
    if value is None:
        return False
    return value > threshold.limit if threshold.side is Side.ABOVE else value < threshold.limit


def _verdict(reading: Reading, breached: Sequence[str]) -> Verdict:
    if reading.outcome is Outcome.ERROR:
        return Verdict.ERROR
    if reading.outcome is not Outcome.OK:
        return Verdict.BAD
    return Verdict.DEGRADED if breached else Verdict.GOOD


def advance(health: CheckHealth, check: Check, observation: Observation) -> CheckHealth:
    """Return the memory of a check after one more observation. An ERROR never moves the state."""
    sample = judge(check, observation)
    samples = tuple(sorted((*health.samples, sample), key=_started))[-SAMPLES_KEPT:]
    state = next_state(health.state, samples, check)
    kept = replace(health, samples=samples, state=state)
    if state is not health.state:
        kept = replace(kept, since=_began_at(health.state, samples, state))
    if sample.verdict is Verdict.ERROR:
        return replace(kept, is_stale=health.is_stale or errors_in_a_row(samples) >= ERRORS_UNTIL_STALE)
    return replace(
        kept,
        is_stale=False,
        last_good_at=health.last_good_at if sample.verdict is Verdict.BAD else sample.started_at,
        facts=tuple((name, _as_text(value)) for name, value in observation.reading.facts.items()),
        measures=tuple(observation.reading.measures.items()),
    )


def _started(sample: Sample) -> datetime:
    return sample.started_at


def _as_text(value: object) -> str:
    text = ", ".join(str(item) for item in value[:_ITEMS_SHOWN]) if isinstance(value, tuple) else str(value)
    return text if len(text) <= _FACT_LIMIT else text[: _FACT_LIMIT - 1] + "…"


def next_state(state: HealthState, samples: Sequence[Sample], check: Check) -> HealthState:
    """Return the state after samples (oldest first), the newest just added."""
    valid = valid_samples(samples)
    if not valid or samples[-1].verdict is Verdict.ERROR:
        return state
    if valid[-1].verdict is Verdict.BAD:
        recent = valid[-check.down_n :]
        misses = sum(sample.verdict is Verdict.BAD for sample in recent)
        return HealthState.DOWN if misses >= check.down_k else state
    if state is HealthState.DOWN and len(good_run(valid)) < check.up_k:
        return state
    return HealthState.DEGRADED if _is_degraded(state, valid, check) else HealthState.UP


def _is_degraded(state: HealthState, valid: Sequence[Sample], check: Check) -> bool:
    return any(is_beyond(threshold, valid, was=state is HealthState.DEGRADED) for threshold in check.thresholds)


def is_beyond(threshold: Threshold, valid: Sequence[Sample], *, was: bool) -> bool:
    """Return whether k of the last n answers breach a threshold; once beyond, it takes few breaches to stay so."""
    needed = (threshold.k - 1) // 2 + 1 if was else threshold.k
    return len(breaches(threshold, valid)) >= needed


def breaches(threshold: Threshold, valid: Sequence[Sample]) -> list[Sample]:
    """Return the breaches among the last n answers; a miss says nothing about quality."""
    answers = [sample for sample in valid if sample.verdict is not Verdict.BAD]
    return [sample for sample in answers[-threshold.n :] if threshold.measure in sample.breached]


PROMPT_K = 2
"""Thresholds decided by so few readings are worth asking about at once."""


def begins_at(threshold: Threshold) -> int:
    """Return after how many breaches a threshold may be about to be exceeded: one of many readings is noise."""
    return 1 if threshold.k <= PROMPT_K else max(2, threshold.k // 3)


def is_unsettled(check: Check, health: CheckHealth) -> bool:
    """Return whether a check's newest reading contradicts its state."""
    if not health.samples:
        return False
    newest = health.samples[-1]
    if newest.verdict is Verdict.ERROR:
        return not health.is_stale
    if newest.verdict is Verdict.BAD:
        return health.state is not HealthState.DOWN
    if health.state is HealthState.DOWN:
        return True
    prompt = [threshold for threshold in check.thresholds if threshold.k <= PROMPT_K]
    valid = valid_samples(health.samples) if prompt else []
    was = health.state is HealthState.DEGRADED
    return any((t.measure in newest.breached) is not is_beyond(t, valid, was=was) for t in prompt)


def valid_samples(samples: Sequence[Sample]) -> list[Sample]:
    """Return the samples that say something about the target."""
    return [sample for sample in samples if sample.verdict is not Verdict.ERROR]


def bad_run(valid: Sequence[Sample]) -> list[Sample]:
    """Return the misses at the end of valid samples, oldest first."""
    return _tail(valid, bad=True)


def good_run(valid: Sequence[Sample]) -> list[Sample]:
    """Return the answers at the end of valid samples, oldest first."""
    return _tail(valid, bad=False)


def _tail(valid: Sequence[Sample], *, bad: bool) -> list[Sample]:
    run: list[Sample] = []
    for sample in reversed(valid):
        if (sample.verdict is Verdict.BAD) is not bad:
            break
        run.append(sample)
    return run[::-1]


def _began_at(before: HealthState, samples: Sequence[Sample], state: HealthState) -> datetime:
    """Return since when a new state holds: the start of its run, or the reading that tipped it where both answer."""
    valid = valid_samples(samples)
    if HealthState.DEGRADED in (before, state) and state is not HealthState.DOWN:
        return valid[-1].started_at
    return _tail(valid, bad=state is HealthState.DOWN)[0].started_at


def errors_in_a_row(samples: Sequence[Sample]) -> int:
    count = 0
    for sample in reversed(samples):
        if sample.verdict is not Verdict.ERROR:
            break
        count += 1
    return count


def age(health: CheckHealth, check: Check, now: datetime) -> CheckHealth:
    """Return the memory marked stale when nothing was heard of the check for too long."""
    patience = timedelta(seconds=STALE_AFTER_INTERVALS * check.interval_s + check.timeout_s)
    if health.is_stale or not health.samples or now - health.samples[-1].started_at <= patience:
        return health
    return replace(health, is_stale=True)


def shifted(health: CheckHealth, by: timedelta) -> CheckHealth:
    """Return the memory with every instant moved, for when the wall clock was set."""
    return replace(
        health,
        since=health.since + by if health.since else None,
        last_good_at=health.last_good_at + by if health.last_good_at else None,
        samples=tuple(replace(sample, started_at=sample.started_at + by) for sample in health.samples),
    )
