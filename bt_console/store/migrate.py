"""Creates a store, or brings an older one to this program's version of the tables, each in one transaction."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.pool import NullPool

from bt_console.store.errors import StoreError, speaking
from bt_console.store.schema import SCHEMA_VERSION, read_version

MIGRATIONS = Path(__file__).parent / "migrations"


def ensure_current(path: Path) -> None:
    """Make sure a store with the current tables is at path; raises StoreError for anything else that is there."""
    with speaking(path):
        if not path.exists() or path.stat().st_size == 0:
            _create(path)
            return
        if os.access(path, os.R_OK) and not os.access(path, os.W_OK):
            raise StoreError("store.read_only", path)
        with closing(sqlite3.connect(path)) as connection:
            found = read_version(connection, path)
    if found < SCHEMA_VERSION:
        upgrade(path)


def _create(path: Path) -> None:
    """Build the store beside its place and move it there, so that readers see a whole one or none."""
    draft = path.with_name(path.name + ".new")
    for leftover in (draft, draft.with_name(draft.name + "-journal")):
        leftover.unlink(missing_ok=True)
    try:
        os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        upgrade(draft)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    _sync_directory(path.parent)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def upgrade(path: Path) -> None:
    """Run the missing migrations in one transaction."""
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(path, isolation_level=None), poolclass=NullPool)
    event.listen(engine, "begin", begin_immediate)
    with engine.begin() as connection:
        _run(connection)
    engine.dispose()


def begin_immediate(connection: Connection) -> None:
    """Take the write lock at once: a transaction that reads first cannot always become a writing one."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _run(connection: Connection) -> None:
    # alembic takes a third of a second to load, and a store that is current does not need it.
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    command.upgrade(config, "head")
