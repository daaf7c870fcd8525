"""What makes a file a store, and which version of the tables this program knows.

Source: https://sqlite.org/pragma.html#pragma_application_id.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from bt_console.store.errors import StoreError

APPLICATION_ID = int.from_bytes(b"BTCS", "big")
SCHEMA_VERSION = 3
"""Number of the newest migration; migrations are named 0001, 0002 and so on."""


def read_version(connection: sqlite3.Connection, path: Path) -> int:
    """Return the version of the tables in an open file; raises StoreError when it is no store or a newer one."""
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise StoreError("store.not_a_store", path)
    (found,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    if not found.isdecimal() or int(found) > SCHEMA_VERSION:
        raise StoreError("store.newer", path, found=found, known=f"{SCHEMA_VERSION:04}")
    return int(found)
