"""Where telling people stands: calls, messages, attempts, answers; what the desk keeps between its steps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bt_console.model.incident import Severity
from bt_console.model.oncall import Direction, EscalationPolicy, NoticeKind


class CallState(StrEnum):
    """Where the paging for one incident stands. Muted and flapping are overlays."""

    PENDING = "pending"
    """Known, nobody paged yet."""
    OPEN = "open"
    """Being paged, nobody has it."""
    ACKED = "acked"
    RESOLVED = "resolved"
    """Over for now; a relapse within hold_until is the same call."""
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """The paging for one incident: one per incident, same id."""

    incident_id: int
    policy: EscalationPolicy
    """A snapshot: a new configuration does not change what is under way."""
    state: CallState
    severity: Severity
    """The highest so far."""
    opened_at: datetime
    step: int = -1
    """Index of the step told last; -1 before the first."""
    next_at: datetime | None = None
    """PENDING and OPEN: when the next step is due; None only while paused_left_s is set."""
    prior: CallState | None = None
    """RESOLVED: the state a relapse returns to."""
    acked_by: str = ""
    acked_at: datetime | None = None
    ack_until: datetime | None = None
    hold_until: datetime | None = None
    paused_left_s: float | None = None
    """Muted or RESOLVED: what was left to next_at."""
    muted_by: tuple[int, ...] = ()
    """Mutes that cover it at present."""
    muted_at: datetime | None = None
    """When they began to; None while none does."""
    muted_s: float = 0.0
    """Time spent muted before `muted_at`."""
    claimed_by: str = ""
    flaps_count: int = 0
    closed_at: datetime | None = None
    close_reason: str = ""
    """`recovered`, `transient`, `recovered_while_muted`."""


class DeliveryState(StrEnum):
    """Where one message to one person over one channel stands."""

    QUEUED = "queued"
    HELD = "held"
    LEASED = "leased"
    """Being sent now."""
    ACCEPTED = "accepted"
    """The provider took it; nothing more is known."""
    DELIVERED = "delivered"
    """A receipt says so."""
    READ = "read"
    CANCELLED = "cancelled"
    DEAD = "dead"
    """The provider will never take it: blocked, unknown number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One row of the outbox."""

    id: int
    incident_id: int | None
    kind: NoticeKind
    contact: str
    channel: str
    state: DeliveryState
    created_at: datetime
    next_at: datetime
    """When it may be tried next."""
    title: str
    body: str
    short: str
    """At most 153 characters of plain letters for SMS."""
    code: str = ""
    """What the person may reply to acknowledge; never shown on screens of others."""
    step: int = -1
    cause_seq: int = 0
    """Number of the event that caused it: (incident, kind, contact, channel, cause_seq) is unique."""
    attempts_count: int = 0
    lease_until: datetime | None = None
    provider_id: str = ""
    why: str = ""
    """A message of words.say(): why it is held, cancelled or dead."""
    fallback_of: int | None = None
    done_at: datetime | None = None
    digest_id: int | None = None
    """HELD by storm or hours: the digest that names it."""


class SendOutcome(StrEnum):
    """What became of one attempt."""

    ACCEPTED = "accepted"
    TRANSIENT = "transient"
    RATE_LIMITED = "rate_limited"
    PERMANENT = "permanent"
    AMBIGUOUS = "ambiguous"
    """It may have arrived: repeated with the same id."""
    PATH_DOWN = "path_down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Append-only proof of one try; written before the first byte is sent."""

    delivery_id: int
    n: int
    """1, 2 ..."""
    started_at: datetime
    ended_at: datetime | None = None
    outcome: SendOutcome | None = None
    code: str = ""
    """The provider's answer: HTTP or SMTP status."""
    detail: str = ""
    provider_id: str = ""


class ChannelState(StrEnum):
    """Whether a channel works, as far as we know."""

    UNPROVEN = "unproven"
    UP = "up"
    SUSPECT = "suspect"
    DOWN = "down"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelHealth:
    """Memory of one channel."""

    channel: str
    state: ChannelState = ChannelState.UNPROVEN
    since: datetime | None = None
    fails_count: int = 0
    not_before: datetime | None = None
    """Rate limited: the whole channel waits."""
    proven_at: datetime | None = None
    """Newest accepted message."""
    reason: str = ""
    """A message of words.say()."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AckCode:
    """What one person may answer to acknowledge one incident."""

    code: str
    incident_id: int
    contact: str
    expires_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """A message that came back."""

    channel: str
    provider_id: str
    """Unique per channel: a message read twice counts once."""
    sender: str
    text: str
    at: datetime
    result: str = ""
    """A message of words.say()."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """State of a plan."""

    name: str
    direction: Direction
    last_at: datetime | None = None
    is_missed: bool = False
    detail: str = ""
    """A message of words.say()."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a person wrote into an incident."""

    incident_id: int
    at: datetime
    by: str
    text: str
