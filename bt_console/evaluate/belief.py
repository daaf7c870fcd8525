"""What is believed of one target from its own checks alone, before the topology is asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bt_console.evaluate.health import bad_run, valid_samples
from bt_console.model.health import CheckHealth, HealthState, Sample, Verdict
from bt_console.model.inventory import Check, Role, Target, TargetId

Memory = tuple[Check, CheckHealth]


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """A target's checks rolled up."""

    target_id: TargetId
    role: Role
    state: HealthState
    """UNKNOWN, UP, DEGRADED or DOWN."""
    is_stale: bool
    """No check of it could be measured of late."""
    memories: tuple[Memory, ...]
    deciding: Memory | None
    """The check that made it DOWN or DEGRADED, else the first; None without checks."""

    @property
    def failing_since(self) -> datetime | None:
        """Start of the first miss of the present run of misses; None while it answers."""
        if self.deciding is None:
            return None
        if self.state is HealthState.DOWN:
            return self.deciding[1].since
        run = bad_run(valid_samples(self.deciding[1].samples))
        return run[0].started_at if run else None

    @property
    def answered_at(self) -> datetime | None:
        """Start of the newest reading that was an answer."""
        return max((h.last_good_at for _, h in self.memories if h.last_good_at), default=None)

    @property
    def measured_at(self) -> datetime | None:
        """Start of the newest reading that said anything."""
        newest = (valid_samples(health.samples) for _, health in self.memories)
        return max((samples[-1].started_at for samples in newest if samples), default=None)

    @property
    def recovered_at(self) -> datetime | None:
        """Start of the present run of answers; None unless UP or DEGRADED."""
        if self.deciding is None or self.state not in (HealthState.UP, HealthState.DEGRADED):
            return None
        return self.deciding[1].since

    def has_answered_since(self, instant: datetime) -> bool:
        """Return whether it answered a question asked at or after an instant."""
        return self.answered_at is not None and self.answered_at >= instant

    def has_been_measured_since(self, instant: datetime) -> bool:
        """Return whether anything was learnt of it at or after an instant."""
        return self.measured_at is not None and self.measured_at >= instant

    def misses_since(self, instant: datetime) -> list[Sample]:
        """Return the misses of the deciding check that were asked at or after an instant."""
        if self.deciding is None:
            return []
        return [s for s in self.deciding[1].samples if s.verdict is Verdict.BAD and s.started_at >= instant]


_WORST_FIRST = (HealthState.DOWN, HealthState.DEGRADED, HealthState.UNKNOWN, HealthState.UP)


def believe(target: Target, memories: tuple[Memory, ...]) -> Belief:
    """Roll a target's checks up: the worst decides; a certificate check alone only degrades."""
    ranked = sorted(memories, key=lambda memory: _WORST_FIRST.index(memory[1].state))
    deciding = ranked[0] if ranked else None
    return Belief(
        target_id=target.id,
        role=target.role,
        state=_rolled(ranked),
        is_stale=bool(memories) and all(health.is_stale for _, health in memories),
        memories=memories,
        deciding=deciding,
    )


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
