"""Reads a store without ever writing to it: short transactions, each one consistent, and only what changed.

Source: https://sqlite.org/wal.html#read_only_databases, https://sqlite.org/pragma.html#pragma_data_version.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bt_console.model.device import Device
from bt_console.model.health import CheckHealth, TargetHealth
from bt_console.model.incident import Incident
from bt_console.model.inventory import CheckId, Inventory, UnitId
from bt_console.model.observation import Observation
from bt_console.model.paging import Call
from bt_console.model.route import Route
from bt_console.model.snapshot import DeviceCounts, EngineStatus, Event, OutboxView
from bt_console.store import decode, sql
from bt_console.store.codec import micros, parse_inventory
from bt_console.store.errors import StoreError, speaking
from bt_console.store.oncall_reader import DeskNews, OnCallReader
from bt_console.store.schema import SCHEMA_VERSION, read_version

BUSY_TIMEOUT_S = 2.0
INBOX_TIMEOUT_S = 15.0
"""SQLite's waiting is not fair: beside a writer that never pauses, a wish may be passed over many times."""
EVENTS_LOOKED_BACK_COUNT = 50_000
"""How far back one unit's events are looked for: bounds a reading on a store that is years old."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What changed in the store after a revision; everything, when the inventory did."""

    revision: int
    inventory: Inventory | None
    """Set when a new inventory came into force: then the rest is complete, not a difference."""
    healths: tuple[CheckHealth, ...]
    targets: tuple[TargetHealth, ...]
    incidents: tuple[Incident, ...]
    engine: EngineStatus | None
    device_counts: Mapping[UnitId, DeviceCounts] = field(default_factory=dict)
    """Of every unit with devices, changed or not."""
    calls: tuple[Call, ...] = ()
    desk: DeskNews | None = None
    """Set when any of it changed."""
    outbox: OutboxView = field(default_factory=OutboxView)


class Reader:
    """One read-only connection. Not for two threads at once. Methods raise StoreError."""

    def __init__(self, path: Path) -> None:
        """Open the store at path and make sure this program can read it."""
        self.path = path.absolute()
        with self._speaking():
            identity = self.path.stat()
            if self.path.is_dir():
                raise StoreError("store.directory", self.path)
            if identity.st_size == 0:
                raise StoreError("store.missing", self.path)
            self._identity = (identity.st_dev, identity.st_ino)
            self._connection, self.is_frozen = _open(self.path)
            self._require_current()
        self.oncall = OnCallReader(self._rows)

    def _require_current(self) -> None:
        try:
            found = read_version(self._connection, self.path)
            if found < SCHEMA_VERSION:
                raise StoreError("store.older", self.path, found=f"{found:04}", known=f"{SCHEMA_VERSION:04}")
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Let go of the store."""
        self._connection.close()

    def is_replaced(self) -> bool:
        """Say whether another file stands in the store's place, or a monitor started on one read as frozen."""
        with self._speaking():
            found = self.path.stat()
            replaced = (found.st_dev, found.st_ino) != self._identity
            return replaced or (self.is_frozen and _log(self.path).exists())

    def data_version(self) -> int:
        """Return a number that changes whenever another connection committed something."""
        with self._speaking():
            return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def news(self, revision: int, resolved_since: datetime) -> News | None:
        """Return what changed after a revision (-1 for everything), or None; incidents resolved before are left out."""
        with self.reading():
            (current,) = self._connection.execute(sql.REVISION).fetchone()
            if current == revision:
                return None
            row = self._connection.execute(sql.INVENTORY_REVISION).fetchone()
            is_whole = revision < 0 or (row is not None and row[0] > revision)
            return (
                self._whole(current, resolved_since)
                if is_whole
                else self._difference(current, revision, resolved_since)
            )

    def _whole(self, current: int, resolved_since: datetime) -> News:
        row = self._connection.execute(sql.INVENTORY).fetchone()
        inventory = parse_inventory(row[1]) if row else NO_INVENTORY
        incidents = self._connection.execute(sql.INCIDENTS_SHOWN, (micros(resolved_since),))
        news = self._collect(current, -1, resolved_since)
        return replace(news, inventory=inventory, incidents=tuple(map(decode.incident, incidents)))

    def _difference(self, current: int, revision: int, resolved_since: datetime) -> News:
        incidents = self._connection.execute(sql.INCIDENTS_CHANGED, (revision,))
        news = self._collect(current, revision, resolved_since)
        return replace(news, incidents=tuple(map(decode.incident, incidents)))

    def _collect(self, current: int, revision: int, resolved_since: datetime) -> News:
        engine = self._connection.execute(sql.ENGINE).fetchone()
        return News(
            revision=current,
            inventory=None,
            healths=tuple(map(decode.health, self._connection.execute(sql.HEALTHS, (revision,)))),
            targets=tuple(map(decode.target, self._connection.execute(sql.TARGETS, (revision,)))),
            incidents=(),
            engine=decode.engine(engine) if engine else None,
            device_counts=decode.device_counts(self._connection.execute(sql.DEVICE_COUNTS)),
            calls=self.oncall.calls_changed(revision, resolved_since),
            desk=self.oncall.desk(revision, resolved_since),
            outbox=self.oncall.outbox(resolved_since),
        )

    def events(self, after_seq: int, limit: int) -> tuple[Event, ...]:
        """Return events after a number, oldest first."""
        return tuple(map(decode.event, self._rows(sql.EVENTS, after_seq, limit)))

    def recent_events(self, unit_id: UnitId | None, limit: int) -> tuple[Event, ...]:
        """Return the newest events of one unit or of all, oldest first."""
        if unit_id is None:
            rows = self._rows(sql.RECENT_EVENTS, limit)
        else:
            rows = self._rows(sql.RECENT_UNIT_EVENTS, EVENTS_LOOKED_BACK_COUNT, unit_id, limit)
        return tuple(map(decode.event, reversed(rows)))

    def incident(self, incident_id: int) -> Incident | None:
        """Return one incident, however old."""
        rows = self._rows(sql.INCIDENT, incident_id)
        return decode.incident(rows[0]) if rows else None

    def incidents_between(self, start: datetime, end: datetime) -> tuple[Incident, ...]:
        """Return incidents that were open at any time from start up to, not including, end; by number."""
        return tuple(map(decode.incident, self._rows(sql.INCIDENTS_BETWEEN, micros(start), micros(end))))

    def incident_events(self, incident_id: int) -> tuple[Event, ...]:
        """Return what happened in an incident, oldest first."""
        return tuple(map(decode.event, self._rows(sql.INCIDENT_EVENTS, incident_id)))

    def history(self, check_id: CheckId, start: datetime, end: datetime) -> tuple[Observation, ...]:
        """Return a check's observations due from start up to, not including, end; oldest first."""
        rows = self._rows(sql.HISTORY, check_id, micros(start), micros(end))
        return tuple(decode.observation(check_id, row) for row in rows)

    def devices(self, unit_id: UnitId | None) -> tuple[Device, ...]:
        """Return the devices of one unit or of all, by unit and MAC."""
        rows = self._rows(sql.DEVICES) if unit_id is None else self._rows(sql.UNIT_DEVICES, unit_id)
        return tuple(map(decode.device, rows))

    def routes(self, check_id: CheckId) -> tuple[Route, ...]:
        """Return the routes of one check."""
        return tuple(map(decode.route, self._rows(sql.CHECK_ROUTES, check_id)))

    def command_result(self, command_id: int) -> str | None:
        """Return the engine's answer to a command, None while there is none."""
        rows = self._rows(sql.COMMAND_RESULT, command_id)
        return rows[0][1] if rows and rows[0][0] is not None else None

    @contextmanager
    def reading(self) -> Iterator[None]:
        """See one revision of the store from the first statement of the block to its last."""
        with self._speaking():
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                self._connection.execute("ROLLBACK")

    def _rows(self, statement: str, *values: object) -> list[Any]:
        with self._speaking():
            return self._connection.execute(statement, values).fetchall()

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        with speaking(self.path):
            yield


NO_INVENTORY = Inventory(district="", timezone="Asia/Ho_Chi_Minh", language="vi", units={}, targets={}, checks={})
"""Before the first configuration came into force."""


_NO_LOG_ERRORS = ("SQLITE_CANTOPEN", "SQLITE_READONLY")


def _log(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def _open(path: Path) -> tuple[sqlite3.Connection, bool]:
    """Return a connection, and whether it takes the file as frozen.

    Beside a store whose monitor has ended there is no log, and in a directory that cannot be written SQLite cannot
    make one: then, and only then, the file may be read as one that never changes.
    """
    connection = _connect(path, "mode=ro")
    try:
        connection.execute("SELECT 1 FROM sqlite_schema").fetchone()
    except sqlite3.Error as error:
        connection.close()
        if getattr(error, "sqlite_errorname", "").startswith(_NO_LOG_ERRORS) and _is_frozen(path):
            return _connect(path, "immutable=1"), True
        raise
    return connection, False


def _is_frozen(path: Path) -> bool:
    return os.access(path, os.R_OK) and not _log(path).exists()


def _connect(path: Path, mode: str, timeout_s: float = BUSY_TIMEOUT_S) -> sqlite3.Connection:
    uri = f"file:{quote(str(path))}?{mode}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=timeout_s, check_same_thread=False)


def add_command(path: Path, at: datetime, by: str, verb: str, subject: str) -> int:
    """Put a command into the inbox and return its number."""
    with speaking(path):
        connection = _connect(path, "mode=rw", INBOX_TIMEOUT_S)
        try:
            read_version(connection, path)
            connection.execute("PRAGMA synchronous = FULL")
            cursor = connection.execute(sql.ADD_COMMAND, (micros(at), by, verb, subject))
            return int(cursor.lastrowid or 0)
        finally:
            connection.close()
