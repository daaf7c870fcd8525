"""Every statement fits the tables, and what consoles ask often uses an index."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool
from sqlmodel import SQLModel

from bt_console.store import sql, tables


@pytest.fixture(scope="module")
def connection() -> Iterator[sqlite3.Connection]:
    """An empty store made from the tables themselves, not by migrations."""
    with closing(sqlite3.connect(":memory:")) as opened:
        engine = create_engine("sqlite://", creator=lambda: opened, poolclass=StaticPool)
        SQLModel.metadata.create_all(engine)
        assert tables.StateRow.__tablename__ in SQLModel.metadata.tables
        yield opened


def plan(connection: sqlite3.Connection, statement: str) -> str:
    values = (0,) * statement.count("?")
    return "\n".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", values))


@pytest.mark.parametrize("statement", [*sql.READS, *sql.WRITES])
def test_a_statement_names_only_what_the_tables_have(connection: sqlite3.Connection, statement: str) -> None:
    plan(connection, statement)


def test_every_statement_is_listed_for_these_tests() -> None:
    named = {value for name, value in vars(sql).items() if name.isupper() and isinstance(value, str) and name[0] != "_"}
    assert named == {*sql.READS, *sql.WRITES}


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
    ],
)
def test_a_question_asked_often_uses_its_index(connection: sqlite3.Connection, statement: str, index: str) -> None:
    found = plan(connection, statement)
    assert f"{index}" in found
    assert "SCAN" not in found.replace("SCAN command USING", "").replace("SCAN incident USING", "")
    assert "TEMP B-TREE" not in found


def test_devices_are_counted_from_an_index_alone(connection: sqlite3.Connection) -> None:
    assert plan(connection, sql.DEVICE_COUNTS) == "SCAN device USING COVERING INDEX device_state"
