"""The one error of the store, and how errors of the system and of SQLite become it.

StoreError
    carries a message of words.say(); str() is its English text.

Source: https://sqlite.org/rescode.html (result code names).
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bt_console.words import message, say

CONTRADICTION = "store.contradiction"
"""A row breaks a rule of the schema or cannot be written at all: a mistake of this program, no later try succeeds."""
_NEVER = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError, sqlite3.InterfaceError)
"""What Python's driver raises for those, also where SQLite itself was never asked."""
_BY_ERRNO = {
    errno.EACCES: "store.permission",
    errno.EPERM: "store.permission",
    errno.EROFS: "store.read_only",
    errno.ENOSPC: "store.full",
    errno.EDQUOT: "store.full",
    errno.EISDIR: "store.directory",
    errno.ENOTDIR: "store.no_directory",
    errno.ENOENT: "store.missing",
}
_BY_SQLITE_CODE = {
    sqlite3.SQLITE_FULL: "store.full",
    sqlite3.SQLITE_READONLY: "store.read_only",
    sqlite3.SQLITE_CANTOPEN: "store.permission",
    sqlite3.SQLITE_PERM: "store.permission",
    sqlite3.SQLITE_NOTADB: "store.not_a_store",
    sqlite3.SQLITE_CORRUPT: "store.damaged",
    sqlite3.SQLITE_BUSY: "store.busy",
}
_PRIMARY_CODE = 0xFF
"""The low byte of an extended result code is the primary one."""


class StoreError(Exception):
    """The store cannot be used; says which, why and what to do."""

    def __init__(self, code: str, path: Path, **values: object) -> None:
        self.code = code
        self.message = message(code, path=path, **values)
        """A message of words.say()."""
        super().__init__(say("en", self.message))


def from_system(error: OSError, path: Path) -> StoreError:
    """Return what an error of the operating system means for the store."""
    code = _BY_ERRNO.get(error.errno or 0)
    return StoreError(code, path) if code else StoreError("store.failed", path, error=error.strerror or error)


def from_sqlite(error: sqlite3.Error, path: Path) -> StoreError:
    """Return what an error of SQLite means for the store."""
    if isinstance(error, _NEVER):
        return StoreError(CONTRADICTION, path, error=error)
    extended = getattr(error, "sqlite_errorcode", None)
    code = _BY_SQLITE_CODE.get((extended or 0) & _PRIMARY_CODE)
    return StoreError(code, path) if code else StoreError("store.failed", path, error=error)


@contextmanager
def speaking(path: Path) -> Iterator[None]:
    """Turn errors of the system and of SQLite inside the block into StoreError."""
    try:
        yield
    except sqlite3.Error as error:
        raise from_sqlite(error, path) from error
    except OSError as error:
        raise from_system(error, path) from error
    except (OverflowError, UnicodeError) as error:  # a number or a text SQLite cannot hold
        raise StoreError(CONTRADICTION, path, error=error) from error
