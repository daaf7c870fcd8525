"""A reader sees one revision at a time, never half a change, and only what is new."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bt_console.model.change import Change
from bt_console.model.health import HealthState
from bt_console.store import sql
from bt_console.store.reader import Reader, add_command
from bt_console.store.writer import Writer
from tests.store.children import batch
from tests.store.examples import at, belief, district, everything, health, incident
from tests.store.processes import start

CHECK = "xa-1/tslcd:icmp_echo"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def writer(path: Path) -> Iterator[Writer]:
    with closing(Writer(path)) as opened:
        opened.commit(everything(district()))
        yield opened


@pytest.fixture
def reader(path: Path, writer: Writer) -> Iterator[Reader]:
    with closing(Reader(path)) as opened:
        yield opened


def test_a_commit_in_the_middle_of_a_reading_is_not_seen_in_it(path: Path, writer: Writer, reader: Reader) -> None:
    with reader.reading():
        before = reader._rows(sql.REVISION)
        writer.commit(Change(targets=(belief("dns", HealthState.DOWN),)))
        states = {row[0]: row[1] for row in reader._rows(sql.TARGETS, -1)}
        assert reader._rows(sql.REVISION) == before
        assert states["dns"] == "up"
    news = reader.news(1, at(0))
    assert news is not None
    assert [(target.target_id, target.state) for target in news.targets] == [("dns", HealthState.DOWN)]


def test_a_reader_beside_a_busy_writer_never_sees_half_a_change(path: Path) -> None:
    with start("commit_for_ever", path) as child:
        assert child.stdout is not None
        child.stdout.readline()
        with closing(Reader(path)) as reader:
            seen = {check_one_news(reader) for _ in range(200)}
        child.kill()
    assert len(seen) > 1


def check_one_news(reader: Reader) -> int:
    """Compare what one look shows with the batch its revision stands for."""
    news = reader.news(-1, at(0))
    assert news is not None
    if news.revision > 1:
        expected = batch(news.revision - 1)
        assert set(news.targets) == set(expected.targets)
        assert news.healths == expected.healths
        assert news.engine == expected.engine
    return news.revision


def test_there_is_no_news_at_the_same_revision(reader: Reader) -> None:
    assert reader.news(1, at(0)) is None


def test_news_has_only_what_changed_after_the_revision_asked_about(writer: Writer, reader: Reader) -> None:
    writer.commit(Change(healths=(health(CHECK, 30),)))
    writer.commit(Change(targets=(belief("dns", since=7),), incidents=(incident(1),)))
    news = reader.news(2, at(0))
    assert news is not None
    assert (news.revision, news.inventory, news.healths) == (3, None, ())
    assert (news.targets, news.incidents) == ((belief("dns", since=7),), (incident(1),))


def test_news_is_whole_when_the_inventory_changed(writer: Writer, reader: Reader) -> None:
    smaller = district(communes=1)
    writer.commit(Change(inventory=smaller))
    news = reader.news(1, at(0))
    assert news is not None
    assert news.inventory is not None
    assert list(news.inventory.targets.values()) == list(smaller.targets.values())
    assert {target.target_id for target in news.targets} == set(smaller.targets)
    assert {known.check_id for known in news.healths} == set(smaller.checks)


def test_whole_news_leaves_old_incidents_out(writer: Writer, reader: Reader) -> None:
    old, recent = (replace(incident(key), resolved_at=at(100 * key)) for key in (1, 2))
    writer.commit(Change(incidents=(old, recent, incident(3))))
    news = reader.news(-1, at(150))
    assert news is not None
    assert news.incidents == (recent, incident(3))


def test_the_data_version_changes_with_every_commit_and_only_then(writer: Writer, reader: Reader) -> None:
    first = reader.data_version()
    assert reader.data_version() == first
    writer.commit(Change())
    assert reader.data_version() != first


def test_a_reader_cannot_write(reader: Reader) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader._connection.execute("DELETE FROM event")


def test_a_reader_that_dawdles_does_not_stop_the_writer(writer: Writer, reader: Reader) -> None:
    with reader.reading():
        reader._rows(sql.REVISION)
        assert [writer.commit(Change()) for _ in range(5)] == [2, 3, 4, 5, 6]


def test_a_command_waits_until_the_engine_answers_it(path: Path, writer: Writer, reader: Reader) -> None:
    number = add_command(path, at(3), "an@10.0.0.9", "probe_now", "xa-1/tslcd")
    other = add_command(path, at(4), "binh", "acknowledge", "7")
    waiting = writer.pending_commands()
    assert [(command.id, command.at, command.by, command.verb, command.subject) for command in waiting] == [
        (number, at(3), "an@10.0.0.9", "probe_now", "xa-1/tslcd"),
        (other, at(4), "binh", "acknowledge", "7"),
    ]
    assert reader.command_result(number) is None
    writer.commit(Change(handled_commands=(number,), command_results=((number, "command.done|n=1"),)))
    assert reader.command_result(number) == "command.done|n=1"
    assert [command.id for command in writer.pending_commands()] == [other]
    writer.commit(Change(handled_commands=(other,)))
    assert reader.command_result(other) == ""
    assert writer.pending_commands() == ()
    assert reader.command_result(999) is None
