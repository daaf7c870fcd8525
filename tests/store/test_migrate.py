"""Migrations lead to exactly the tables of record, in one step that cannot be half done."""

from __future__ import annotations

import gzip
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool, StaticPool
from sqlmodel import SQLModel

from bt_console.facade import Console
from bt_console.model.change import Change, Paper
from bt_console.model.inventory import CheckId
from bt_console.store import oncall_tables, tables
from bt_console.store.errors import StoreError
from bt_console.store.migrate import MIGRATIONS, ensure_current, upgrade
from bt_console.store.schema import APPLICATION_ID, SCHEMA_VERSION, read_version
from bt_console.store.writer import Writer
from tests.store.examples import at, belief, device, district, event, health, incident, observation, route
from tests.store.oncall_examples import oncall, paper

VERSION_1 = Path(__file__).parent / "files" / "store-version-1.gz"
"""As version 1 wrote it: a district of one commune, two observations, one open incident, one waiting command."""
VERSION_2 = Path(__file__).parent / "files" / "store-version-2.gz"
"""As version 2 wrote it: the same, the incident acknowledged, two resolved ones, a device and a route."""


def test_a_store_of_version_1_is_upgraded_with_all_that_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(gzip.decompress(VERSION_1.read_bytes()))
    with pytest.raises(StoreError, match="old schema 0001"):
        Console(path)
    with closing(Writer(path)) as writer:
        memory = writer.load()
        (command,) = writer.pending_commands()
        revision = writer.commit(Change(devices=(device(1),), routes=(route("a"),)))
    inventory = district(communes=1)
    assert memory.healths == {check_id: health(check_id, 3) for check_id in inventory.checks}
    assert memory.targets == {target_id: belief(target_id) for target_id in inventory.targets}
    assert (memory.open_incidents, memory.next_seq, memory.next_event_seq) == ((incident(4),), 3, 9)
    assert (memory.devices, memory.routes) == ((), ())
    assert (command.verb, command.subject, revision) == ("acknowledge", "4", 3)
    with closing(Console(path)) as console:
        found = console.history(CheckId("xa-1/tslcd:icmp_echo"), at(0), at(100))
        assert found == (observation(1, "xa-1/tslcd:icmp_echo", facts={"mode": "raw", "hops": ("a", "b")}),)
        assert console.events() == (event(7), event(8, incident_id=4))
        assert console.devices() == (device(1),)


def test_a_store_of_version_2_is_upgraded_with_all_that_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(gzip.decompress(VERSION_2.read_bytes()))
    with pytest.raises(StoreError, match="old schema 0002"):
        Console(path)
    acknowledged = replace(incident(4), acknowledged_at=at(110), acknowledged_by="an")
    with closing(Writer(path)) as writer:
        memory = writer.load()
        (command,) = writer.pending_commands()
        writer.commit(Change(paper=paper(), oncall=oncall()))
        again = writer.load()
    inventory = district(communes=1)
    assert memory.healths == {check_id: health(check_id, 3) for check_id in inventory.checks}
    assert memory.open_incidents == (acknowledged,)
    assert memory.resolved_incidents == (replace(incident(3, opened=50), resolved_at=at(3000)),)
    assert (memory.devices, memory.routes) == ((device(1),), (route("a"),))
    assert (memory.next_seq, memory.next_event_seq, memory.next_incident_id) == (3, 9, 5)
    assert (memory.paper, memory.next_delivery_id, command.subject) == (Paper(), 1, "4")
    assert (again.next_delivery_id, again.paper.calls) == (4, paper().calls)


def test_a_store_of_version_1_stays_whole_when_its_upgrade_fails(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(gzip.decompress(VERSION_1.read_bytes()))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE route (in_the_way)")
        connection.commit()
    with pytest.raises(StoreError):
        Writer(path)
    with closing(sqlite3.connect(path)) as connection:
        assert read_version(connection, path) == 1
        assert connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'device'").fetchone() == (0,)


def test_migrations_lead_to_the_tables_of_record(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    ensure_current(path)
    assert tables.StateRow.__tablename__ in SQLModel.metadata.tables
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(path), poolclass=NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def clauses(connection: sqlite3.Connection, kind: str) -> dict[str, list[str]]:
    """Return the lines of what made each table or trigger of on-call, in no order."""
    names = {table.__tablename__ for table in vars(oncall_tables).values() if hasattr(table, "__tablename__")}
    found = connection.execute("SELECT name, tbl_name, sql FROM sqlite_schema WHERE type = ?", (kind,))
    return {
        name: sorted(line.strip(" \t,") for line in text.splitlines()) for name, table, text in found if table in names
    }


def test_migrations_lead_to_the_constraints_and_triggers_of_record(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    ensure_current(path)
    with closing(sqlite3.connect(path)) as migrated, closing(sqlite3.connect(":memory:")) as made:
        engine = create_engine("sqlite://", creator=lambda: made, poolclass=StaticPool)
        SQLModel.metadata.create_all(engine)
        assert len(clauses(made, "table")) == 12
        assert clauses(migrated, "table") == clauses(made, "table")
        assert set(clauses(made, "trigger")) == {"attempt_is_kept", "attempt_stays"}
        assert clauses(migrated, "trigger") == clauses(made, "trigger")


def test_migrations_are_numbered_without_gaps_up_to_the_version_this_program_knows() -> None:
    script = ScriptDirectory(str(MIGRATIONS))
    numbers = [revision.revision for revision in script.walk_revisions()]
    assert numbers == [f"{number:04}" for number in range(SCHEMA_VERSION, 0, -1)]


def test_a_new_store_carries_the_mark_and_the_version(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    ensure_current(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert read_version(connection, path) == SCHEMA_VERSION


def test_an_upgrade_that_fails_on_the_way_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute('CREATE TABLE "transition" (in_the_way)')
    error = None
    try:
        upgrade(path)
    except Exception as caught:  # noqa: BLE001 - whatever it is, nothing may have changed
        error = caught
    with closing(sqlite3.connect(path)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema")]
    assert "already exists" in str(error)
    assert names == ["transition"]


def test_opening_a_current_store_does_not_load_the_migration_tool(tmp_path: Path) -> None:
    source = MIGRATIONS.parent.joinpath("migrate.py").read_text()
    assert "\nfrom alembic" not in source
