"""Every statement fits the tables, and what consoles ask often uses an index."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from types import ModuleType

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool
from sqlmodel import SQLModel

from bt_console.store import oncall_sql, oncall_tables, sql, tables

MODULES = (sql, oncall_sql)


@pytest.fixture(scope="module")
def connection() -> Iterator[sqlite3.Connection]:
    """An empty store made from the tables themselves, not by migrations."""
    with closing(sqlite3.connect(":memory:")) as opened:
        engine = create_engine("sqlite://", creator=lambda: opened, poolclass=StaticPool)
        SQLModel.metadata.create_all(engine)
        assert {tables.StateRow.__tablename__, oncall_tables.CallRow.__tablename__} <= set(SQLModel.metadata.tables)
        yield opened


def plan(connection: sqlite3.Connection, statement: str) -> str:
    values = (0,) * statement.count("?")
    return "\n".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", values))


@pytest.mark.parametrize("statement", [part for module in MODULES for part in (*module.READS, *module.WRITES)])
def test_a_statement_names_only_what_the_tables_have(connection: sqlite3.Connection, statement: str) -> None:
    plan(connection, statement)


@pytest.mark.parametrize("module", MODULES)
def test_every_statement_is_listed_for_these_tests(module: ModuleType) -> None:
    named = {name: value for name, value in vars(module).items() if name.isupper() and isinstance(value, str)}
    assert {value for name, value in named.items() if name[0] != "_"} == {*module.READS, *module.WRITES}


SCANS_ALLOWED = ("SCAN command USING", "SCAN incident USING", "SCAN mute USING INDEX", "SCAN inbound USING INDEX")
"""Scans of an index that holds no more than what is asked for."""


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (sql.HEALTHS, "ix_check_health_revision"),
        (sql.TARGETS, "ix_target_health_revision"),
        (sql.INCIDENTS_CHANGED, "ix_incident_revision"),
        (sql.INCIDENTS_OPEN, "incident"),
        (sql.EVENTS, "PRIMARY KEY"),
        (sql.RECENT_UNIT_EVENTS, "PRIMARY KEY"),
        (sql.INCIDENT_EVENTS, "event_of_incident"),
        (sql.HISTORY, "observation_once"),
        (sql.UNIT_DEVICES, "unit_id=?"),
        (sql.CHECK_ROUTES, "check_key=?"),
        (sql.COMMANDS_WAITING, "command_waiting"),
        (oncall_sql.CALL, "PRIMARY KEY"),
        (oncall_sql.CALLS_CHANGED, "ix_call_revision"),
        (oncall_sql.CALLS_SHOWN, "PRIMARY KEY"),
        (oncall_sql.TOLD_ON_CHANNEL, "delivery_told"),
        (oncall_sql.OUTBOX_DEAD, "INDEX delivery_dead"),
        (oncall_sql.ATTEMPTS, "sqlite_autoindex_attempt_1"),
        (oncall_sql.MUTES_ONGOING, "mute_ongoing"),
        (oncall_sql.INBOUNDS, "ix_inbound_at"),
    ],
)
def test_a_question_asked_often_uses_its_index(connection: sqlite3.Connection, statement: str, index: str) -> None:
    found = plan(connection, statement)
    assert f"{index}" in found
    for scan in SCANS_ALLOWED:
        found = found.replace(scan, "")
    assert "SCAN" not in found
    assert "TEMP B-TREE" not in found


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (oncall_sql.OUTBOX, "SCAN delivery USING INDEX delivery_waiting"),
        (oncall_sql.DELIVERIES, "SCAN delivery"),
        (
            oncall_sql.INCIDENT_DELIVERIES,
            "SEARCH delivery USING INDEX delivery_once (incident_id=?)\nUSE TEMP B-TREE FOR ORDER BY",
        ),
    ],
)
def test_messages_are_found_without_looking_at_all_of_them(
    connection: sqlite3.Connection, statement: str, found: str
) -> None:
    """Newest first is the order of the rows themselves, so a limit ends that scan; an incident has few messages."""
    assert plan(connection, statement) == found


def test_devices_are_counted_from_an_index_alone(connection: sqlite3.Connection) -> None:
    assert plan(connection, sql.DEVICE_COUNTS) == "SCAN device USING COVERING INDEX device_state"
