"""The tables of on-call, paging and proof; part of the schema of record.

What the rest of the program relies on is refused here when it does not hold: an open call has a clock, an
acknowledgement an end, a message is queued once, and a finished attempt is never rewritten.
"""

from __future__ import annotations

from sqlalchemy import DDL, CheckConstraint, Index, Table, event, text
from sqlmodel import Field, SQLModel

from bt_console.store.columns import big, given_key, indexed, key, real


class CallRow(SQLModel, table=True):
    """The paging for one incident."""

    __tablename__ = "call"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'open', 'acked', 'resolved', 'closed')", name="call_state"),
        CheckConstraint(
            "state NOT IN ('pending', 'open') OR next_at IS NOT NULL OR paused_left_s IS NOT NULL",
            name="call_has_clock",
        ),
        CheckConstraint("state <> 'acked' OR (ack_until IS NOT NULL AND acked_by <> '')", name="call_ack_ends"),
        CheckConstraint("state <> 'resolved' OR hold_until IS NOT NULL", name="call_hold_ends"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="call_closed"),
        Index("call_ongoing", "incident_id", sqlite_where=text("state <> 'closed'")),
        Index("call_opened", "opened_at"),
    )

    incident_id: int = key()
    revision: int = indexed()
    policy: str
    """JSON of the policy as it was when the call began."""
    state: str
    severity: str
    opened_at: int = big()
    step: int
    next_at: int | None = big(nullable=True)
    prior: str | None
    acked_by: str
    acked_at: int | None = big(nullable=True)
    ack_until: int | None = big(nullable=True)
    hold_until: int | None = big(nullable=True)
    paused_left_s: float | None = real(nullable=True)
    muted_by: str
    """JSON, [mute id...]."""
    muted_at: int | None = big(nullable=True)
    muted_s: float = real()
    claimed_by: str
    flaps_count: int
    closed_at: int | None = big(nullable=True)
    close_reason: str


class DeliveryRow(SQLModel, table=True):
    """One row of the outbox, written in the transaction of the decision that caused it."""

    __tablename__ = "delivery"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('page', 'update', 'resolve', 'late', 'digest', 'test', 'drill', 'meta')", name="delivery_kind"
        ),
        CheckConstraint(
            "state IN ('queued', 'held', 'leased', 'accepted', 'delivered', 'read', 'cancelled', 'dead')",
            name="delivery_state",
        ),
        CheckConstraint("(state = 'leased') = (lease_until IS NOT NULL)", name="delivery_lease_ends"),
        CheckConstraint("state NOT IN ('held', 'cancelled', 'dead') OR why <> ''", name="delivery_has_why"),
        CheckConstraint("state IN ('queued', 'held', 'leased') OR done_at IS NOT NULL", name="delivery_done"),
        Index("delivery_once", "incident_id", "kind", "contact", "channel", "cause_seq", unique=True),
        Index("delivery_not_done", "incident_id", sqlite_where=text("done_at IS NULL")),
        Index("delivery_waiting", "created_at", sqlite_where=text("state IN ('queued', 'leased')")),
        Index("delivery_dead", "done_at", sqlite_where=text("state = 'dead'")),
        Index("delivery_told", "channel", "done_at", sqlite_where=text("state IN ('accepted', 'delivered', 'read')")),
    )

    id: int = key()
    incident_id: int | None = big(nullable=True)
    kind: str
    contact: str
    channel: str
    state: str
    created_at: int = big()
    next_at: int = big()
    title: str
    body: str
    short: str
    code: str
    """In the texts `{code}` stands in its place; it is put there only when a message is sent."""
    step: int
    cause_seq: int = big()
    attempts_count: int
    lease_until: int | None = big(nullable=True)
    provider_id: str
    why: str
    fallback_of: int | None = big(nullable=True)
    done_at: int | None = big(nullable=True)
    digest_id: int | None = big(nullable=True)


class AttemptRow(SQLModel, table=True):
    """Proof of one try: written before the first byte goes out, completed once, then never changed."""

    __tablename__ = "attempt"
    __table_args__ = (
        CheckConstraint(
            "outcome IN ('accepted', 'transient', 'rate_limited', 'permanent', 'ambiguous', 'path_down')",
            name="attempt_outcome",
        ),
        CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="attempt_ended"),
        Index("attempt_under_way", "delivery_id", sqlite_where=text("ended_at IS NULL")),
    )

    delivery_id: int = key()
    n: int = key()
    started_at: int = big()
    ended_at: int | None = big(nullable=True)
    outcome: str | None
    code: str
    detail: str
    provider_id: str


ATTEMPT_TRIGGERS = (
    """
CREATE TRIGGER attempt_is_kept BEFORE UPDATE ON attempt
WHEN new.delivery_id <> old.delivery_id OR new.n <> old.n OR new.started_at <> old.started_at
    OR (old.ended_at IS NOT NULL AND (
        new.ended_at IS NOT old.ended_at OR new.outcome IS NOT old.outcome OR new.code <> old.code
        OR new.detail <> old.detail OR new.provider_id <> old.provider_id))
BEGIN SELECT RAISE(ABORT, 'a finished attempt is proof: it is never changed'); END""",
    """
CREATE TRIGGER attempt_stays BEFORE DELETE ON attempt
BEGIN SELECT RAISE(ABORT, 'an attempt is proof: it is never removed'); END""",
)


def _keep_attempts(table: Table) -> None:
    for trigger in ATTEMPT_TRIGGERS:
        event.listen(table, "after_create", DDL(trigger))  # type: ignore[no-untyped-call]  # SQLAlchemy says nothing of it


_keep_attempts(SQLModel.metadata.tables["attempt"])


class AckCodeRow(SQLModel, table=True):
    """What one person may answer to acknowledge one incident."""

    __tablename__ = "ack_code"

    code: str = Field(primary_key=True)
    incident_id: int = big()
    contact: str
    expires_at: int = indexed()
    used_at: int | None = big(nullable=True)


class MuteRow(SQLModel, table=True):
    """A silence or planned work that people asked for; that of the configuration file is in `oncall`."""

    __tablename__ = "mute"
    __table_args__ = (
        CheckConstraint("id > 0", name="mute_is_asked_for"),
        CheckConstraint("kind IN ('silence', 'maintenance')", name="mute_kind"),
        CheckConstraint("ends_at > starts_at", name="mute_ends"),
        CheckConstraint("author <> '' AND reason <> ''", name="mute_has_reason"),
        Index("mute_ongoing", "id", sqlite_where=text("ended_at IS NULL")),
    )

    id: int = key()
    kind: str
    matcher: str
    """JSON of the match."""
    starts_at: int = big()
    ends_at: int = big()
    author: str
    reason: str
    rrule: str
    timezone: str
    idle_expire_s: float | None = real(nullable=True)
    ended_at: int | None = big(nullable=True)


class OverrideRow(SQLModel, table=True):
    """Somebody stands in on a schedule."""

    __tablename__ = "duty_override"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="duty_override_ends"),
        CheckConstraint("in_contact <> '' AND author <> ''", name="duty_override_names"),
    )

    id: int = key()
    schedule: str
    starts_at: int = big()
    ends_at: int = indexed()
    in_contact: str
    out_contact: str | None
    author: str
    reason: str


class ChannelHealthRow(SQLModel, table=True):
    """Memory of one channel of the configuration in force."""

    __tablename__ = "channel_health"
    __table_args__ = (CheckConstraint("state IN ('unproven', 'up', 'suspect', 'down')", name="channel_health_state"),)

    channel: str = Field(primary_key=True)
    state: str
    since: int | None = big(nullable=True)
    fails_count: int
    not_before: int | None = big(nullable=True)
    proven_at: int | None = big(nullable=True)
    reason: str


class InboundRow(SQLModel, table=True):
    """A message that came back, once."""

    __tablename__ = "inbound"

    channel: str = Field(primary_key=True)
    provider_id: str = Field(primary_key=True)
    sender: str
    text: str
    at: int = indexed()
    result: str


class CursorRow(SQLModel, table=True):
    """Where to go on listening on a channel; stored with what the messages before it led to."""

    __tablename__ = "inbound_cursor"

    channel: str = Field(primary_key=True)
    cursor: str


class HeartbeatRow(SQLModel, table=True):
    """State of one heartbeat of the configuration in force."""

    __tablename__ = "heartbeat"
    __table_args__ = (CheckConstraint("direction IN ('in', 'out', 'self')", name="heartbeat_direction"),)

    direction: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    last_at: int | None = big(nullable=True)
    is_missed: bool
    detail: str


class NoteRow(SQLModel, table=True):
    """What a person wrote into an incident."""

    __tablename__ = "note"
    __table_args__ = (Index("note_once", "incident_id", "at", "by", "text", unique=True),)

    id: int | None = given_key()
    incident_id: int = big()
    at: int = big()
    by: str
    text: str


class OnCallRow(SQLModel, table=True):
    """One row: the on-call configuration in force as JSON, without parameters of channels and secret addresses."""

    __tablename__ = "oncall"

    id: int = key()
    revision: int = big()
    document: str
