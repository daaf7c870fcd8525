"""First tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
APPLICATION_ID = 0x42544353
"""The letters BTCS: makes a file a store."""


def upgrade() -> None:
    """Make every table, empty but for the one row of the state."""
    op.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    make_memory()
    make_history()
    make_inbox()
    op.execute("INSERT INTO store_state VALUES (1, 0, 0, 0, 0)")


def make_memory() -> None:
    """Make what the engine goes on from."""
    op.create_table(
        "check_health",
        sa.Column("check_key", BIG, autoincrement=False, nullable=False),
        sa.Column("revision", BIG, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("since", BIG, nullable=True),
        sa.Column("last_good_at", BIG, nullable=True),
        sa.Column("is_stale", sa.Boolean(), nullable=False),
        sa.Column("facts", sa.String(), nullable=False),
        sa.Column("measures", sa.String(), nullable=False),
        sa.Column("samples", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("check_key"),
    )
    op.create_index(op.f("ix_check_health_revision"), "check_health", ["revision"], unique=False)
    op.create_table(
        "check_key",
        sa.Column("id", BIG, nullable=False),
        sa.Column("check_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("check_id"),
    )
    op.create_table(
        "engine",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("revision", BIG, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("started_at", BIG, nullable=True),
        sa.Column("last_tick_at", BIG, nullable=True),
        sa.Column("lag_s", sa.Float(), nullable=False),
        sa.Column("backlog_count", sa.Integer(), nullable=False),
        sa.Column("checks_per_s", sa.Float(), nullable=False),
        sa.Column("detect_p50_s", sa.Float(), nullable=True),
        sa.Column("detect_p95_s", sa.Float(), nullable=True),
        sa.Column("config_error", sa.String(), nullable=False),
        sa.Column("icmp_mode", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "inventory",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("revision", BIG, nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "store_state",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("revision", BIG, nullable=False),
        sa.Column("last_observation_seq", BIG, nullable=False),
        sa.Column("last_incident_id", BIG, nullable=False),
        sa.Column("last_event_seq", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "target_health",
        sa.Column("target_id", sa.String(), nullable=False),
        sa.Column("revision", BIG, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("since", BIG, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("explained_by", BIG, nullable=True),
        sa.Column("is_stale", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("target_id"),
    )
    op.create_index(op.f("ix_target_health_revision"), "target_health", ["revision"], unique=False)


def make_history() -> None:
    """Make what happened."""
    op.create_table(
        "event",
        sa.Column("seq", BIG, autoincrement=False, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("incident_id", BIG, nullable=True),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index(
        "event_of_incident",
        "event",
        ["incident_id", "seq"],
        unique=False,
        sqlite_where=sa.text("incident_id IS NOT NULL"),
    )
    op.create_table(
        "fact_set",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("check_key", BIG, nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_fact_set_check_key"), "fact_set", ["check_key"], unique=False)
    op.create_table(
        "incident",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("revision", BIG, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("target_id", sa.String(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("opened_at", BIG, nullable=False),
        sa.Column("last_good_at", BIG, nullable=True),
        sa.Column("resolved_at", BIG, nullable=True),
        sa.Column("acknowledged_at", BIG, nullable=True),
        sa.Column("acknowledged_by", sa.String(), nullable=False),
        sa.Column("impact", sa.String(), nullable=False),
        sa.Column("steps", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("incident_open", "incident", ["id"], unique=False, sqlite_where=sa.text("resolved_at IS NULL"))
    op.create_index(op.f("ix_incident_resolved_at"), "incident", ["resolved_at"], unique=False)
    op.create_index(op.f("ix_incident_revision"), "incident", ["revision"], unique=False)
    op.create_table(
        "observation",
        sa.Column("seq", BIG, autoincrement=False, nullable=False),
        sa.Column("check_key", BIG, nullable=False),
        sa.Column("due_at", BIG, nullable=False),
        sa.Column("confirmation_seq", BIG, nullable=False),
        sa.Column("started_at", BIG, nullable=False),
        sa.Column("duration_us", BIG, nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("failure", sa.String(), nullable=True),
        sa.Column("detail", sa.String(), nullable=True),
        sa.Column("facts_id", BIG, nullable=True),
        sa.Column("measures", sa.String(), nullable=False),
        sa.Column("vantage_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("observation_once", "observation", ["check_key", "due_at", "confirmation_seq"], unique=True)
    op.create_table(
        "transition",
        sa.Column("id", BIG, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("target_id", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("observation_seq", BIG, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("transition_of_target", "transition", ["target_id", "at"], unique=False)


def make_inbox() -> None:
    """Make what operators ask for."""
    op.create_table(
        "command",
        sa.Column("id", BIG, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("verb", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("handled_revision", BIG, nullable=True),
        sa.Column("result", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "command_waiting", "command", ["id"], unique=False, sqlite_where=sa.text("handled_revision IS NULL")
    )
