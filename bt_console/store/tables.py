"""The tables, with oncall_tables.py the schema of record: migrations and the SQL of reader and writer are tested on it.

Instants are whole microseconds since 1970-01-01 UTC. `revision` in a row is the store's revision that wrote it last.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, text
from sqlmodel import Field, SQLModel

from bt_console.store.columns import BIG, big, given_key, indexed, key, real


class StateRow(SQLModel, table=True):
    """One row: the revision, and the counters that must rise for ever even when old rows are pruned."""

    __tablename__ = "store_state"

    id: int = key()
    revision: int = big()
    last_observation_seq: int = big()
    last_incident_id: int = big()
    last_event_seq: int = big()
    last_delivery_id: int = big(default=0)
    last_mute_id: int = big(default=0)
    last_override_id: int = big(default=0)
    desk_revision: int = big(default=0)
    """The revision that last changed mutes, overrides, channels' health or the on-call configuration."""


class InventoryRow(SQLModel, table=True):
    """One row: the inventory in force as JSON, without the parameters of checks, which may hold secrets."""

    __tablename__ = "inventory"

    id: int = key()
    revision: int = big()
    document: str


class EngineRow(SQLModel, table=True):
    """One row: the monitor's own condition."""

    __tablename__ = "engine"

    id: int = key()
    revision: int = big()
    state: str
    started_at: int | None = big(nullable=True)
    last_tick_at: int | None = big(nullable=True)
    lag_s: float = real()
    backlog_count: int
    checks_per_s: float = real()
    detect_p50_s: float | None = real(nullable=True)
    detect_p95_s: float | None = real(nullable=True)
    config_error: str
    icmp_mode: str


class CheckRow(SQLModel, table=True):
    """A small number for every check id ever seen, so that observations need not repeat the text."""

    __tablename__ = "check_key"

    id: int | None = given_key()
    check_id: str = Field(unique=True)


class CheckHealthRow(SQLModel, table=True):
    """Memory of one check of the inventory in force."""

    __tablename__ = "check_health"

    check_key: int = key()
    revision: int = indexed()
    state: str
    since: int | None = big(nullable=True)
    last_good_at: int | None = big(nullable=True)
    is_stale: bool
    facts: str
    """JSON, [[name, text]...]."""
    measures: str
    """JSON, [[name, number]...]."""
    samples: str
    """JSON, [[seq, started_at, verdict, rtt_s, loss_ratio, failure, breached, detail]...]."""


class TargetHealthRow(SQLModel, table=True):
    """Belief about one target of the inventory in force."""

    __tablename__ = "target_health"

    target_id: str = Field(primary_key=True)
    revision: int = indexed()
    state: str
    since: int = big()
    reason: str
    explained_by: int | None = big(nullable=True)
    is_stale: bool


class FactSetRow(SQLModel, table=True):
    """Facts as a check first reported them; its id is the seq of that observation."""

    __tablename__ = "fact_set"

    id: int = key()
    check_key: int = indexed()
    document: str


class ObservationRow(SQLModel, table=True):
    """One observation, in order of arrival; the unique index is also the way to a check's history."""

    __tablename__ = "observation"
    __table_args__ = (Index("observation_once", "check_key", "due_at", "confirmation_seq", unique=True),)

    seq: int = key()
    check_key: int = big()
    due_at: int = big()
    confirmation_seq: int = big()
    """0 for a scheduled observation, of which there is one per due time; its own seq for a confirmation."""
    started_at: int = big()
    duration_us: int = big()
    outcome: str
    failure: str | None
    detail: str | None
    facts_id: int | None = big(nullable=True)
    """The fact set it reported, or NULL when it reported none."""
    measures: str
    vantage_id: str


class TransitionRow(SQLModel, table=True):
    """A change of a target's state."""

    __tablename__ = "transition"
    __table_args__ = (Index("transition_of_target", "target_id", "at"),)

    id: int | None = given_key()
    at: int = big()
    target_id: str
    before: str
    after: str
    reason: str
    observation_seq: int | None = big(nullable=True)


class IncidentRow(SQLModel, table=True):
    """One incident; impact and reasoning as JSON."""

    __tablename__ = "incident"
    __table_args__ = (Index("incident_open", "id", sqlite_where=text("resolved_at IS NULL")),)

    id: int = key()
    revision: int = indexed()
    kind: str
    target_id: str
    unit_id: str
    message: str
    severity: str
    opened_at: int = big()
    last_good_at: int | None = big(nullable=True)
    resolved_at: int | None = Field(sa_column=Column(BIG, nullable=True, index=True))
    acknowledged_at: int | None = big(nullable=True)
    acknowledged_by: str
    impact: str
    steps: str
    acknowledged_until: int | None = big(nullable=True)
    flaps_count: int = big(default=0)


class EventRow(SQLModel, table=True):
    """One line of the journal of what happened."""

    __tablename__ = "event"
    __table_args__ = (Index("event_of_incident", "incident_id", "seq", sqlite_where=text("incident_id IS NOT NULL")),)

    seq: int = key()
    at: int = big()
    kind: str
    subject: str
    unit_id: str
    message: str
    incident_id: int | None = big(nullable=True)


class DeviceRow(SQLModel, table=True):
    """One MAC in one unit."""

    __tablename__ = "device"
    __table_args__ = (Index("device_state", "unit_id", "state"),)

    unit_id: str = Field(primary_key=True)
    mac: str = Field(primary_key=True)
    state: str
    name: str
    address: str
    port: str
    vendor: str
    approved_unit_id: str | None
    first_seen_at: int | None = big(nullable=True)
    last_seen_at: int | None = big(nullable=True)
    port_since: int | None = big(nullable=True)
    missed_since: int | None = big(nullable=True)


class RouteRow(SQLModel, table=True):
    """One way to the target of one check."""

    __tablename__ = "route"

    check_key: int = key()
    route_hash: str = Field(primary_key=True)
    hops: str
    """JSON, [address...]."""
    first_seen_at: int = big()
    last_seen_at: int = big()
    seen_count: int = big()
    accepted_at: int | None = big(nullable=True)
    alternated_at: int | None = big(nullable=True)


class CommandRow(SQLModel, table=True):
    """The inbox: consoles add rows, the monitor answers them."""

    __tablename__ = "command"
    __table_args__ = (Index("command_waiting", "id", sqlite_where=text("handled_revision IS NULL")),)

    id: int | None = given_key()
    at: int = big()
    by: str
    verb: str
    subject: str
    handled_revision: int | None = big(nullable=True)
    """The revision that answered it; NULL while it waits."""
    result: str | None
