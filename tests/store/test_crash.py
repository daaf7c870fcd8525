"""A writer killed at any moment loses nothing it acknowledged and leaves nothing half done."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from bt_console.facade import Console
from tests.store.children import PER_COMMIT
from tests.store.examples import at
from tests.store.processes import start

KILLS = 10


def kill_after(path: Path, lines: int) -> int:
    """Let a writer acknowledge some commits, kill it, and return the last revision it acknowledged."""
    with start("commit_for_ever", path) as child:
        assert child.stdout is not None
        acknowledged = [int(child.stdout.readline()) for _ in range(lines)]
        child.kill()
        acknowledged += [int(line) for line in child.stdout.read().split("\n")[:-1]]
    return acknowledged[-1]


def check_whole(path: Path, acknowledged: int) -> None:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        (revision,) = connection.execute("SELECT revision FROM store_state").fetchone()
        commits = connection.execute("SELECT count(*), max(seq) FROM event").fetchone()
        observations = connection.execute("SELECT count(*), max(seq) FROM observation").fetchone()
        states = connection.execute("SELECT DISTINCT revision FROM target_health").fetchall()
        messages = connection.execute("SELECT count(*), max(id), max(attempts_count) FROM delivery").fetchone()
        tries = connection.execute("SELECT delivery_id, ended_at IS NULL FROM attempt ORDER BY delivery_id").fetchall()
        called = connection.execute("SELECT revision, (SELECT cursor FROM inbound_cursor) FROM call").fetchall()
        (last_tick,) = connection.execute("SELECT revision FROM engine").fetchone()
    assert acknowledged <= revision <= acknowledged + 1
    # The first commit is the inventory, so revision r holds r - 1 batches.
    assert commits == (revision - 1, revision - 1)
    assert observations == ((revision - 1) * PER_COMMIT, revision * PER_COMMIT - 1)
    assert states == [(revision,)]
    assert last_tick == revision
    assert messages == (revision - 1, revision - 1, revision - 1)
    # Each batch begins one attempt and completes the one of the batch before.
    assert tries == [(number, number == revision - 1) for number in range(1, revision)]
    assert called == [(revision, str(revision - 1))]


def test_nothing_acknowledged_is_lost_and_no_commit_is_torn_by_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    for number in range(KILLS):
        acknowledged = kill_after(path, 3 + 7 * number)
        check_whole(path, acknowledged)


def test_a_store_whose_writer_was_killed_is_read_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    acknowledged = kill_after(path, 20)
    with closing(Console(path)) as console:
        snapshot = console.snapshot(at(0))
    assert snapshot is not None
    assert snapshot.revision - acknowledged in (0, 1)
    assert {target.since for target in snapshot.infrastructure if target.since} == {at(snapshot.revision - 1)}
