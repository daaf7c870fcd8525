"""What is believed of one target from its own checks alone, before the topology is asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bt_console.evaluate.health import (
    ERRORS_UNTIL_STALE,
    bad_run,
    begins_at,
    breaches,
    errors_in_a_row,
    is_unsettled,
    valid_samples,
)
from bt_console.model.health import CheckHealth, HealthState, Sample, Verdict
from bt_console.model.inventory import Check, CheckId, Role, Target, TargetId

Memory = tuple[Check, CheckHealth]


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """A target's checks rolled up; made once per new reading, looked at many times."""

    target_id: TargetId
    role: Role
    state: HealthState
    """UNKNOWN, UP, DEGRADED or DOWN."""
    is_stale: bool
    """No check of it could be measured of late."""
    memories: tuple[Memory, ...]
    deciding: Memory | None
    """The check that made it DOWN or DEGRADED, else the first; None without checks."""
    failing_since: datetime | None
    """Start of the first miss of the present run of misses; None while it answers."""
    is_answering: bool
    """The newest valid reading of the deciding check was an answer."""
    answered_at: datetime | None
    """Start of the newest reading that was an answer."""
    measured_at: datetime | None
    """Start of the newest reading that said anything."""
    unsettled: tuple[CheckId, ...]
    """Checks whose newest reading contradicts their state."""
    unmeasured: tuple[CheckHealth, ...]
    """Those checks that our side cannot measure: their newest readings are errors."""
    ignored: tuple[Memory, ...] = ()
    """Pings of a server that answers everything else."""
    loads: tuple[Memory, ...] = ()
    """Checks of how full its line or how wrong its clock is; they decide nothing."""
    traces: tuple[Memory, ...] = ()
    """Checks of the way to it; they decide nothing."""
    harmed_since: datetime | None = None
    """When loss or delay began, or may be beginning; None where there is none."""

    @property
    def recovered_at(self) -> datetime | None:
        """Start of the present run of answers after misses; None unless it is UP or DEGRADED and once missed."""
        return self._well_since(Verdict.BAD)

    @property
    def improved_at(self) -> datetime | None:
        """Start of the present good time after misses or bad answers; None unless there were such."""
        return self._well_since(Verdict.BAD, Verdict.DEGRADED)

    @property
    def silent_since(self) -> datetime | None:
        """Start of the misses at the end of what the deciding check read; None while it answers."""
        run = bad_run(valid_samples(self.deciding[1].samples)) if self.deciding else []
        return run[0].started_at if run else None

    @property
    def missed_at(self) -> datetime | None:
        """Start of the newest miss that is remembered."""
        samples = (sample for _, health in self.memories for sample in health.samples)
        return max((sample.started_at for sample in samples if sample.verdict is Verdict.BAD), default=None)

    def _well_since(self, *after: Verdict) -> datetime | None:
        if self.deciding is None or self.state not in (HealthState.UP, HealthState.DEGRADED):
            return None
        since, samples = self.deciding[1].since, self.deciding[1].samples
        was_ill = since is not None and any(s.verdict in after and s.started_at < since for s in samples)
        return since if was_ill else None

    def has_answered_since(self, instant: datetime) -> bool:
        """Return whether it answered a question asked at or after an instant."""
        return self.answered_at is not None and self.answered_at >= instant

    def has_served_since(self, instant: datetime) -> bool:
        """Return whether it did its work since: of a service, whose machine may answer pings all the while."""
        if self.role is not Role.SERVICE:
            return self.has_answered_since(instant)
        offers = (health.last_good_at for check, health in self.memories if check.probe != "icmp_echo")
        return any(at is not None and at >= instant for at in offers)

    def has_been_measured_since(self, instant: datetime) -> bool:
        """Return whether anything was learnt of it at or after an instant."""
        return self.measured_at is not None and self.measured_at >= instant

    def answered_between(self, first: datetime, last: datetime) -> bool:
        """Return whether it was asked and had answered between two instants, both included."""
        if not self.has_answered_since(first):
            return False
        samples = (sample for _, health in self.memories for sample in health.samples)
        good = (s for s in samples if s.verdict in (Verdict.GOOD, Verdict.DEGRADED) and s.started_at >= first)
        # A slow answer may have come at its end: a connection begun in an outage succeeds after the repair.
        return any(s.started_at + timedelta(seconds=s.rtt_s or 0.0) <= last for s in good)

    def misses_since(self, instant: datetime) -> list[Sample]:
        """Return the misses of the deciding check that were asked at or after an instant."""
        if self.deciding is None:
            return []
        return [s for s in self.deciding[1].samples if s.verdict is Verdict.BAD and s.started_at >= instant]


_WORST_FIRST = (HealthState.DOWN, HealthState.DEGRADED, HealthState.UNKNOWN, HealthState.UP)


def believe(
    target: Target, memories: tuple[Memory, ...], loads: tuple[Memory, ...] = (), traces: tuple[Memory, ...] = ()
) -> Belief:
    """Roll a target's checks up: the worst decides; a certificate check alone only degrades."""
    ignored = tuple(memory for memory in memories if _is_deaf_ping(target, memory, memories))
    memories = tuple(memory for memory in memories if memory not in ignored)
    ranked = sorted(memories, key=_badness)
    deciding = ranked[0] if ranked else None
    valid = [valid_samples(health.samples) for _, health in memories]
    own = valid[memories.index(deciding)] if deciding else []
    return Belief(
        target_id=target.id,
        role=target.role,
        state=_rolled(ranked),
        is_stale=bool(memories) and all(health.is_stale for _, health in memories),
        memories=memories,
        deciding=deciding,
        failing_since=_failing_since(_rolled(ranked), deciding, own),
        is_answering=bool(own) and own[-1].verdict is not Verdict.BAD,
        answered_at=max((h.last_good_at for _, h in memories if h.last_good_at), default=None),
        measured_at=max((samples[-1].started_at for samples in valid if samples), default=None),
        unsettled=tuple(check.id for check, health in memories if is_unsettled(check, health)),
        unmeasured=tuple(_unmeasured(memories)),
        ignored=ignored,
        loads=loads,
        traces=traces,
        harmed_since=min((run[0].started_at for run in _harms(memories)), default=None),
    )


def _is_deaf_ping(target: Target, memory: Memory, memories: tuple[Memory, ...]) -> bool:
    """Return whether a server that ignores pings does its work: only the silence of all it offers is an outage."""
    check, health = memory
    if target.role is not Role.SERVICE or check.probe != "icmp_echo" or health.state is not HealthState.DOWN:
        return False
    others = [other.last_good_at for known, other in memories if known is not check]
    heard_at = max((at for at in others if at), default=None)
    is_served = heard_at is not None and health.since is not None and heard_at >= health.since
    return bool(others) and (is_served or health.last_good_at is None)


HARMS = frozenset({"loss_ratio", "rtt_median_s"})
"""Measures of a line that suffer when it is full, or when its packets take another way."""


def _harms(memories: Iterable[Memory]) -> Iterable[list[Sample]]:
    for check, health in memories:
        for threshold in check.thresholds:
            run = breaches(threshold, valid_samples(health.samples)) if threshold.measure in HARMS else []
            if len(run) >= begins_at(threshold):
                yield run


def _badness(memory: Memory) -> int:
    return _WORST_FIRST.index(memory[1].state)


def _failing_since(state: HealthState, deciding: Memory | None, valid: list[Sample]) -> datetime | None:
    if deciding is None:
        return None
    if state is HealthState.DOWN:
        return deciding[1].since
    run = bad_run(valid)
    return run[0].started_at if run else None


def _unmeasured(memories: Iterable[Memory]) -> Iterable[CheckHealth]:
    found = (health for _, health in memories if health.is_stale)
    return (health for health in found if errors_in_a_row(health.samples) >= ERRORS_UNTIL_STALE)


def _rolled(ranked: list[Memory]) -> HealthState:
    if not ranked:
        return HealthState.UNKNOWN
    down = [memory for memory in ranked if memory[1].state is HealthState.DOWN]
    if down and len(down) < len(ranked) and all(_is_certificate_only(memory) for memory in down):
        return HealthState.DEGRADED
    return ranked[0][1].state


def _is_certificate_only(memory: Memory) -> bool:
    check, health = memory
    misses = bad_run(valid_samples(health.samples))
    return check.probe == "tls_handshake" and bool(misses) and misses[-1].failure == "tls"
