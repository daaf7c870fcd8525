"""What is believed about a check or target, and how the belief changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bt_console.model.inventory import CheckId, TargetId


class HealthState(StrEnum):
    """Belief about a check, target, unit or service. Stale, muted and flapping are flags beside it."""

    UNKNOWN = "unknown"
    """Not measured yet, or we could not measure: neither fine nor down."""
    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    UNREACHABLE = "unreachable"
    """Not judged: something between us and it is down."""


class Verdict(StrEnum):
    """What one reading says."""

    GOOD = "good"
    DEGRADED = "degraded"
    BAD = "bad"
    ERROR = "error"
    """We could not measure; moves no state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One reading boiled down to what health and the smoke line need."""

    seq: int
    started_at: datetime
    verdict: Verdict
    rtt_s: float | None = None
    """Median RTT of an icmp_echo, connect or total time of others; None = no answer."""
    loss_ratio: float | None = None
    failure: str = ""
    """FailureKind of a BAD or ERROR verdict."""
    breached: tuple[str, ...] = ()
    """Measures beyond their thresholds."""
    detail: str = ""


SAMPLES_KEPT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckHealth:
    """Memory of one check: enough to go on after a restart as if nothing had happened."""

    check_id: CheckId
    state: HealthState = HealthState.UNKNOWN
    """UNKNOWN, UP, DEGRADED or DOWN; never UNREACHABLE, which only a topology can say."""
    since: datetime | None = None
    samples: tuple[Sample, ...] = ()
    """The last SAMPLES_KEPT readings, oldest first."""
    last_good_at: datetime | None = None
    """Start of the newest GOOD or DEGRADED reading."""
    is_stale: bool = False
    """True when the newest readings were errors of our own, or none came for three intervals."""
    facts: tuple[tuple[str, str], ...] = ()
    """Facts of the newest valid reading as text, for screens and causes."""
    measures: tuple[tuple[str, float], ...] = ()
    """Measures of the newest valid reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetHealth:
    """Belief about a target: its checks rolled up, then seen through the topology."""

    target_id: TargetId
    state: HealthState
    since: datetime
    reason: str = ""
    """A message of words.say(): `code|key=value|...`."""
    explained_by: int | None = None
    """Id of the incident that explains it, if any."""
    is_stale: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A change of a target's state: an event for the journal and the screens."""

    at: datetime
    target_id: TargetId
    before: HealthState
    after: HealthState
    reason: str
    observation_seq: int | None = None
