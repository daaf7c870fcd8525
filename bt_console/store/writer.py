"""The one author of the store: everything the engine wants kept passes here, one transaction per change.

Source: https://sqlite.org/wal.html and https://sqlite.org/pragma.html#pragma_synchronous (FULL keeps what was
acknowledged through a loss of power; NORMAL does not).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any, cast

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from bt_console.model.change import Change, Command, Memory
from bt_console.model.inventory import Inventory
from bt_console.store import decode, encode, oncall_encode, sql
from bt_console.store.codec import dump_inventory, instant, micros
from bt_console.store.errors import StoreError, from_sqlite, speaking
from bt_console.store.keys import Counters, Keys
from bt_console.store.lock import StoreLock
from bt_console.store.migrate import begin_immediate, ensure_current
from bt_console.store.recall import recall
from bt_console.store.reserve import Reserve

DETECT_TIMES_KEPT = 200
RESOLVED_KEPT = timedelta(hours=1)
BUSY_TIMEOUT_MS = 5000
WAL_LIMIT_OCTETS = 64 << 20
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}",
    f"PRAGMA journal_size_limit = {WAL_LIMIT_OCTETS}",
)


class Writer:
    """One per store. Calls come one at a time, from any thread; each raises StoreError."""

    def __init__(self, path: Path) -> None:
        """Take the lock, create or upgrade the store, and open it."""
        self.path = path.absolute()
        self._turn = Lock()
        self._is_full = False
        with ExitStack() as undo:
            self._make_directories()
            with speaking(self.path):
                self.path = self.path.resolve()
            lock = StoreLock(self.path)
            undo.callback(lock.release)
            with self._speaking():
                ensure_current(self.path)
                self._connection = _open(self.path)
                undo.callback(self._connection.engine.dispose)
                undo.callback(self._connection.close)
                self._reserve = Reserve(self.path)
                with self._connection.begin():
                    self._counters = Counters.read(self._connection)
                    self._keys = Keys.read(self._connection)
            self._undo = undo.pop_all()

    def _make_directories(self) -> None:
        with speaking(self.path):
            missing = [parent for parent in self.path.parents if not parent.exists()]
            for directory in reversed(missing):
                directory.mkdir(mode=0o700, exist_ok=True)
            if self.path.is_dir():
                raise StoreError("store.directory", self.path)

    def close(self) -> None:
        """Fold the log into the store and let another monitor in."""
        with self._turn, self._speaking():
            self._undo.close()

    def load(self) -> Memory:
        """Return what the engine had believed at the last commit."""
        with self._turn, self._transaction():
            healths = [decode.health(row) for row in self._all(sql.HEALTHS, -1)]
            targets = [decode.target(row) for row in self._all(sql.TARGETS, -1)]
            detect_us = [row[0] for row in self._all(sql.DETECT_TIMES, DETECT_TIMES_KEPT)]
            incidents = tuple(decode.incident(row) for row in self._all(sql.INCIDENTS_OPEN))
            devices = tuple(decode.device(row) for row in self._all(sql.DEVICES))
            routes = tuple(decode.route(row) for row in self._all(sql.ROUTES))
            now = instant(self._all(sql.NEWEST_MOMENT)[0][0])
            resolved_since_us = micros(now - RESOLVED_KEPT)
            resolved = tuple(decode.incident(row) for row in self._all(sql.INCIDENTS_RESOLVED, resolved_since_us))
            paper = recall(self._all, now)
        return Memory(
            healths={health.check_id: health for health in healths},
            targets={target.target_id: target for target in targets},
            open_incidents=incidents,
            devices=devices,
            routes=routes,
            resolved_incidents=resolved,
            paper=paper,
            next_delivery_id=self._counters.delivery_id + 1,
            next_mute_id=self._counters.mute_id + 1,
            next_override_id=self._counters.override_id + 1,
            next_seq=self._counters.observation_seq + 1,
            next_incident_id=self._counters.incident_id + 1,
            next_event_seq=self._counters.event_seq + 1,
            detect_s=tuple(us / 1e6 for us in reversed(detect_us)),
        )

    def commit(self, change: Change) -> int:
        """Store a change whole or not at all, durably; return the new revision."""
        with self._turn:
            counters = self._counters.after(change)
            keys = self._keys.copy()
            with self._noting_full_disk(), self._transaction():
                self._put_states(change, keys, counters.revision)
                self._put_finds(change, keys)
                self._add_observations(change, keys)
                self._add_happenings(change, counters.revision)
                for statement, rows in oncall_encode.batches(change, counters.revision):
                    self._run(statement, rows)
                self._run(sql.PUT_STATE, [counters.row()])
            self._counters, self._keys = counters, keys
            return counters.revision

    def pending_commands(self) -> tuple[Command, ...]:
        """Return what operators asked for and nobody answered yet, oldest first."""
        with self._turn, self._transaction():
            return tuple(decode.command(row) for row in self._all(sql.COMMANDS_WAITING))

    def prune(self, before: datetime, limit: int) -> int:
        """Delete at most `limit` of the oldest observations due before an instant; return how many went.

        After a commit found the disk full, this is what makes room for the next one.
        """
        with self._turn:
            if self._is_full:
                self._reserve.release()
                self._fold_log()
            with self._transaction():
                gone = self._connection.exec_driver_sql(sql.PRUNE, (limit, micros(before))).rowcount
                if gone:
                    self._connection.exec_driver_sql(sql.PRUNE_FACTS)
            with self._speaking():
                self._settle()
            return gone

    def _settle(self) -> None:
        """Use the room just made, or keep some for next time."""
        if self._is_full:
            self._fold_log()
            self._is_full = False
        else:
            self._reserve.refill()

    def _fold_log(self) -> None:
        """Move the log into the store, after which it is written again from its beginning and needs no new room."""
        with self._speaking():
            raw = cast("sqlite3.Connection", self._connection.connection.driver_connection)
            raw.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def _put_states(self, change: Change, keys: Keys, revision: int) -> None:
        if change.inventory is not None:
            self._run(sql.PUT_INVENTORY, [(revision, dump_inventory(change.inventory))])
            self._drop_vanished(change.inventory)
        rows = [encode.health(value, self._key(keys, value.check_id), revision) for value in change.healths]
        self._run(sql.PUT_HEALTH, rows)
        self._run(sql.PUT_TARGET, [encode.target(value, revision) for value in change.targets])
        if change.engine is not None:
            self._run(sql.PUT_ENGINE, [encode.engine(change.engine, revision)])

    def _drop_vanished(self, inventory: Inventory) -> None:
        for stored, drop in ((sql.STORED_HEALTH_KEYS, sql.DROP_HEALTH), (sql.STORED_ROUTE_KEYS, sql.DROP_ROUTES)):
            self._run(drop, [(key,) for check_id, key in self._all(stored) if check_id not in inventory.checks])
        targets = [row[0] for row in self._all(sql.STORED_TARGET_IDS)]
        self._run(sql.DROP_TARGET, [(target_id,) for target_id in targets if target_id not in inventory.targets])
        units = [row[0] for row in self._all(sql.STORED_DEVICE_UNITS)]
        self._run(sql.DROP_DEVICES, [(unit_id,) for unit_id in units if unit_id not in inventory.units])

    def _put_finds(self, change: Change, keys: Keys) -> None:
        self._run(sql.DROP_DEVICE, [(value.unit_id, value.mac) for value in change.devices_gone])
        self._run(sql.PUT_DEVICE, [encode.device(value) for value in change.devices])
        gone = [(self._key(keys, value.check_id), value.route_hash) for value in change.routes_gone]
        self._run(sql.DROP_ROUTE, gone)
        self._run(sql.PUT_ROUTE, [encode.route(value, self._key(keys, value.check_id)) for value in change.routes])

    def _add_observations(self, change: Change, keys: Keys) -> None:
        fact_rows, rows = [], []
        for value in sorted(change.observations, key=lambda value: value.seq):
            check_key = self._key(keys, value.check_id)
            facts_id, new_facts = keys.facts_id(check_key, value)
            if new_facts is not None:
                fact_rows.append((facts_id, check_key, new_facts))
            rows.append(encode.observation(value, check_key, facts_id))
        self._run(sql.ADD_FACTS, fact_rows)
        self._run(sql.ADD_OBSERVATION, rows)

    def _add_happenings(self, change: Change, revision: int) -> None:
        self._run(sql.ADD_TRANSITION, [encode.transition(value) for value in change.transitions])
        self._run(sql.PUT_INCIDENT, [encode.incident(value, revision) for value in change.incidents])
        self._run(sql.ADD_EVENT, [encode.event(value) for value in change.events])
        results = dict.fromkeys(change.handled_commands, "") | dict(change.command_results)
        self._run(sql.ANSWER_COMMAND, [(revision, result, key) for key, result in results.items()])

    def _key(self, keys: Keys, check_id: str) -> int:
        if check_id not in keys.checks:
            (key,) = self._connection.exec_driver_sql(sql.ADD_CHECK_KEY, (check_id,)).one()
            keys.checks[check_id] = key
        return keys.checks[check_id]

    def _run(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        if rows:
            self._connection.exec_driver_sql(statement, list(rows))

    def _all(self, statement: str, *values: object) -> Sequence[Any]:
        return self._connection.exec_driver_sql(statement, values).all()

    @contextmanager
    def _noting_full_disk(self) -> Iterator[None]:
        try:
            yield
        except StoreError as error:
            self._is_full = error.code == "store.full"
            raise

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._speaking(), self._connection.begin():
            yield

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        with speaking(self.path):
            try:
                yield
            except DBAPIError as error:
                if isinstance(error.orig, sqlite3.Error):
                    raise from_sqlite(error.orig, self.path) from error
                raise


def _open(path: Path) -> Connection:
    engine = create_engine("sqlite://", creator=lambda: _connect(path), poolclass=StaticPool)
    event.listen(engine, "begin", begin_immediate)
    return engine.connect()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        for pragma in _PRAGMAS:
            connection.execute(pragma)
    except sqlite3.Error:
        connection.close()
        raise
    return connection
