"""Migrations lead to exactly the tables of record, in one step that cannot be half done."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool
from sqlmodel import SQLModel

from bt_console.store import tables
from bt_console.store.migrate import MIGRATIONS, ensure_current, upgrade
from bt_console.store.schema import APPLICATION_ID, SCHEMA_VERSION, read_version


def test_migrations_lead_to_the_tables_of_record(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    ensure_current(path)
    assert tables.StateRow.__tablename__ in SQLModel.metadata.tables
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(path), poolclass=NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


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
