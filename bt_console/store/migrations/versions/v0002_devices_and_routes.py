"""Devices on LANs, and routes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make both tables, empty."""
    op.create_table(
        "device",
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("mac", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("port", sa.String(), nullable=False),
        sa.Column("vendor", sa.String(), nullable=False),
        sa.Column("approved_unit_id", sa.String(), nullable=True),
        sa.Column("first_seen_at", BIG, nullable=True),
        sa.Column("last_seen_at", BIG, nullable=True),
        sa.Column("port_since", BIG, nullable=True),
        sa.Column("missed_since", BIG, nullable=True),
        sa.PrimaryKeyConstraint("unit_id", "mac"),
    )
    op.create_index("device_state", "device", ["unit_id", "state"], unique=False)
    op.create_table(
        "route",
        sa.Column("check_key", BIG, nullable=False),
        sa.Column("route_hash", sa.String(), nullable=False),
        sa.Column("hops", sa.String(), nullable=False),
        sa.Column("first_seen_at", BIG, nullable=False),
        sa.Column("last_seen_at", BIG, nullable=False),
        sa.Column("seen_count", BIG, nullable=False),
        sa.Column("accepted_at", BIG, nullable=True),
        sa.Column("alternated_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("check_key", "route_hash"),
    )
