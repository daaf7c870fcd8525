"""On-call: calls, the outbox with its proof, answers, mutes, overrides; acknowledgements with an end."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables of on-call, empty, and room for it in those that were there."""
    op.add_column("incident", sa.Column("acknowledged_until", BIG, nullable=True))
    op.add_column("incident", sa.Column("flaps_count", BIG, server_default="0", nullable=False))
    for name in ("last_delivery_id", "last_mute_id", "last_override_id", "desk_revision"):
        op.add_column("store_state", sa.Column(name, BIG, server_default="0", nullable=False))
    make_calls()
    make_outbox()
    make_desk()
    make_answers()


def make_calls() -> None:
    """Make the paging of incidents."""
    op.create_table(
        "call",
        sa.Column("incident_id", BIG, autoincrement=False, nullable=False),
        sa.Column("revision", BIG, nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("opened_at", BIG, nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("next_at", BIG, nullable=True),
        sa.Column("prior", sa.String(), nullable=True),
        sa.Column("acked_by", sa.String(), nullable=False),
        sa.Column("acked_at", BIG, nullable=True),
        sa.Column("ack_until", BIG, nullable=True),
        sa.Column("hold_until", BIG, nullable=True),
        sa.Column("paused_left_s", sa.Float(), nullable=True),
        sa.Column("muted_by", sa.String(), nullable=False),
        sa.Column("muted_at", BIG, nullable=True),
        sa.Column("muted_s", sa.Float(), nullable=False),
        sa.Column("claimed_by", sa.String(), nullable=False),
        sa.Column("flaps_count", sa.Integer(), nullable=False),
        sa.Column("closed_at", BIG, nullable=True),
        sa.Column("close_reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("incident_id"),
        sa.CheckConstraint("state IN ('pending', 'open', 'acked', 'resolved', 'closed')", name="call_state"),
        sa.CheckConstraint(
            "state NOT IN ('pending', 'open') OR next_at IS NOT NULL OR paused_left_s IS NOT NULL",
            name="call_has_clock",
        ),
        sa.CheckConstraint("state <> 'acked' OR (ack_until IS NOT NULL AND acked_by <> '')", name="call_ack_ends"),
        sa.CheckConstraint("state <> 'resolved' OR hold_until IS NOT NULL", name="call_hold_ends"),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="call_closed"),
    )
    op.create_index("call_ongoing", "call", ["incident_id"], unique=False, sqlite_where=sa.text("state <> 'closed'"))
    op.create_index("call_opened", "call", ["opened_at"], unique=False)
    op.create_index(op.f("ix_call_revision"), "call", ["revision"], unique=False)
    op.create_table(
        "note",
        sa.Column("id", BIG, nullable=False),
        sa.Column("incident_id", BIG, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("note_once", "note", ["incident_id", "at", "by", "text"], unique=True)


def make_outbox() -> None:
    """Make messages and the proof of what became of them."""
    op.create_table(
        "delivery",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("incident_id", BIG, nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("next_at", BIG, nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("short", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("cause_seq", BIG, nullable=False),
        sa.Column("attempts_count", sa.Integer(), nullable=False),
        sa.Column("lease_until", BIG, nullable=True),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("fallback_of", BIG, nullable=True),
        sa.Column("done_at", BIG, nullable=True),
        sa.Column("digest_id", BIG, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.CheckConstraint(
            "kind IN ('page', 'update', 'resolve', 'late', 'digest', 'test', 'drill', 'meta')", name="delivery_kind"
        ),
        sa.CheckConstraint(
            "state IN ('queued', 'held', 'leased', 'accepted', 'delivered', 'read', 'cancelled', 'dead')",
            name="delivery_state",
        ),
        sa.CheckConstraint("(state = 'leased') = (lease_until IS NOT NULL)", name="delivery_lease_ends"),
        sa.CheckConstraint("state NOT IN ('held', 'cancelled', 'dead') OR why <> ''", name="delivery_has_why"),
        sa.CheckConstraint("state IN ('queued', 'held', 'leased') OR done_at IS NOT NULL", name="delivery_done"),
    )
    op.create_index("delivery_dead", "delivery", ["done_at"], unique=False, sqlite_where=sa.text("state = 'dead'"))
    op.create_index(
        "delivery_not_done", "delivery", ["incident_id"], unique=False, sqlite_where=sa.text("done_at IS NULL")
    )
    op.create_index(
        "delivery_once", "delivery", ["incident_id", "kind", "contact", "channel", "cause_seq"], unique=True
    )
    op.create_index(
        "delivery_told",
        "delivery",
        ["channel", "done_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('accepted', 'delivered', 'read')"),
    )
    op.create_index(
        "delivery_waiting",
        "delivery",
        ["created_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('queued', 'leased')"),
    )
    op.create_table(
        "attempt",
        sa.Column("delivery_id", BIG, autoincrement=False, nullable=False),
        sa.Column("n", BIG, autoincrement=False, nullable=False),
        sa.Column("started_at", BIG, nullable=False),
        sa.Column("ended_at", BIG, nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("delivery_id", "n"),
        sa.CheckConstraint(
            "outcome IN ('accepted', 'transient', 'rate_limited', 'permanent', 'ambiguous', 'path_down')",
            name="attempt_outcome",
        ),
        sa.CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="attempt_ended"),
    )
    op.create_index(
        "attempt_under_way", "attempt", ["delivery_id"], unique=False, sqlite_where=sa.text("ended_at IS NULL")
    )
    op.execute("""
CREATE TRIGGER attempt_is_kept BEFORE UPDATE ON attempt
WHEN new.delivery_id <> old.delivery_id OR new.n <> old.n OR new.started_at <> old.started_at
    OR (old.ended_at IS NOT NULL AND (
        new.ended_at IS NOT old.ended_at OR new.outcome IS NOT old.outcome OR new.code <> old.code
        OR new.detail <> old.detail OR new.provider_id <> old.provider_id))
BEGIN SELECT RAISE(ABORT, 'a finished attempt is proof: it is never changed'); END""")
    op.execute("""
CREATE TRIGGER attempt_stays BEFORE DELETE ON attempt
BEGIN SELECT RAISE(ABORT, 'an attempt is proof: it is never removed'); END""")


def make_desk() -> None:
    """Make what decides who is told."""
    op.create_table(
        "mute",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("matcher", sa.String(), nullable=False),
        sa.Column("starts_at", BIG, nullable=False),
        sa.Column("ends_at", BIG, nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("rrule", sa.String(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("idle_expire_s", sa.Float(), nullable=True),
        sa.Column("ended_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.CheckConstraint("id > 0", name="mute_is_asked_for"),
        sa.CheckConstraint("kind IN ('silence', 'maintenance')", name="mute_kind"),
        sa.CheckConstraint("ends_at > starts_at", name="mute_ends"),
        sa.CheckConstraint("author <> '' AND reason <> ''", name="mute_has_reason"),
    )
    op.create_index("mute_ongoing", "mute", ["id"], unique=False, sqlite_where=sa.text("ended_at IS NULL"))
    op.create_table(
        "duty_override",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("schedule", sa.String(), nullable=False),
        sa.Column("starts_at", BIG, nullable=False),
        sa.Column("ends_at", BIG, nullable=False),
        sa.Column("in_contact", sa.String(), nullable=False),
        sa.Column("out_contact", sa.String(), nullable=True),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.CheckConstraint("ends_at > starts_at", name="duty_override_ends"),
        sa.CheckConstraint("in_contact <> '' AND author <> ''", name="duty_override_names"),
    )
    op.create_index(op.f("ix_duty_override_ends_at"), "duty_override", ["ends_at"], unique=False)
    op.create_table(
        "channel_health",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("since", BIG, nullable=True),
        sa.Column("fails_count", sa.Integer(), nullable=False),
        sa.Column("not_before", BIG, nullable=True),
        sa.Column("proven_at", BIG, nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("channel"),
        sa.CheckConstraint("state IN ('unproven', 'up', 'suspect', 'down')", name="channel_health_state"),
    )
    op.create_table(
        "heartbeat",
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("last_at", BIG, nullable=True),
        sa.Column("is_missed", sa.Boolean(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("direction", "name"),
        sa.CheckConstraint("direction IN ('in', 'out', 'self')", name="heartbeat_direction"),
    )
    op.create_table(
        "oncall",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("revision", BIG, nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def make_answers() -> None:
    """Make what comes back."""
    op.create_table(
        "ack_code",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("incident_id", BIG, nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("expires_at", BIG, nullable=False),
        sa.Column("used_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_index(op.f("ix_ack_code_expires_at"), "ack_code", ["expires_at"], unique=False)
    op.create_table(
        "inbound",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "provider_id"),
    )
    op.create_index(op.f("ix_inbound_at"), "inbound", ["at"], unique=False)
    op.create_table(
        "inbound_cursor",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("cursor", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("channel"),
    )
