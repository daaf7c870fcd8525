"""Whatever is wrong with the place of a store is said, with what to do about it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bt_console.facade import Console
from bt_console.store.errors import StoreError
from bt_console.store.writer import Writer
from bt_console.words import LANGUAGES, say
from bt_console.words.store import WORDS
from tests.store.processes import UNPRIVILEGED, run, start

OPENERS = [Writer, Console]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


def create(path: Path) -> None:
    Writer(path).close()


def refusal(opener: Callable[[Path], object], path: Path) -> StoreError:
    with pytest.raises(StoreError) as caught:
        opener(path)
    return caught.value


def set_version(path: Path, version: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (version,))


@pytest.mark.parametrize("opener", OPENERS)
def test_a_store_of_a_newer_version_is_refused_and_left_alone(opener: Callable[[Path], object], path: Path) -> None:
    create(path)
    set_version(path, "0099")
    before = path.read_bytes()
    error = refusal(opener, path)
    assert error.code == "store.newer"
    assert "schema 0099" in str(error)
    assert "update bt-console" in str(error)
    assert path.read_bytes() == before


def test_a_console_asks_for_the_upgrade_of_an_older_store(path: Path) -> None:
    create(path)
    set_version(path, "0000")
    assert refusal(Console, path).code == "store.older"


@pytest.mark.parametrize("opener", OPENERS)
def test_a_text_file_is_not_a_store_and_is_left_alone(opener: Callable[[Path], object], path: Path) -> None:
    path.write_text("ghi chép của tôi\n" * 100)
    error = refusal(opener, path)
    assert error.code == "store.not_a_store"
    assert str(path) in str(error)
    assert path.read_text() == "ghi chép của tôi\n" * 100


@pytest.mark.parametrize("opener", OPENERS)
def test_another_programs_database_is_not_a_store(opener: Callable[[Path], object], path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE notes (text)")
    assert refusal(opener, path).code == "store.not_a_store"


@pytest.mark.parametrize("opener", OPENERS)
def test_a_directory_is_not_a_store(opener: Callable[[Path], object], tmp_path: Path) -> None:
    error = refusal(opener, tmp_path)
    assert error.code == "store.directory"
    assert f"{tmp_path}/store.db" in str(error)


@pytest.mark.parametrize("opener", OPENERS)
def test_a_path_through_a_file_cannot_be_a_store(opener: Callable[[Path], object], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert refusal(opener, tmp_path / "file" / "store.db").code == "store.no_directory"


@pytest.mark.parametrize("opener", OPENERS)
def test_a_damaged_store_is_called_damaged(opener: Callable[[Path], object], path: Path) -> None:
    create(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\xff" * 4000 + whole[4100:])
    assert refusal(opener, path).code == "store.damaged"


def test_a_console_says_how_to_start_the_monitor_that_has_not_run_yet(path: Path) -> None:
    error = refusal(Console, path)
    assert error.code == "store.missing"
    assert "start it with bt-console monitor -c CONFIG" in str(error)
    assert not path.exists()


def test_an_empty_file_counts_as_no_store_yet(path: Path) -> None:
    path.touch()
    assert refusal(Console, path).code == "store.missing"
    create(path)
    Console(path).close()


def test_a_second_monitor_is_told_who_writes_the_store(path: Path) -> None:
    with start("hold", path) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "open\n"
        error = refusal(Writer, path)
        child.communicate("")
    assert f"another monitor (pid {child.pid}) writes this store" in str(error)
    create(path)


def test_a_lock_left_by_a_killed_monitor_does_not_bar_the_next(path: Path) -> None:
    with start("hold", path) as child:
        assert child.stdout is not None
        child.stdout.readline()
        child.kill()
    create(path)


def test_a_leftover_of_an_interrupted_creation_does_not_bar_the_next(path: Path) -> None:
    path.with_name("store.db.new").write_bytes(b"half")
    create(path)
    assert not path.with_name("store.db.new").exists()


def test_a_failed_opening_gives_the_lock_back(path: Path) -> None:
    path.write_text("not a store " * 100)
    refusal(Writer, path)
    path.unlink()
    create(path)


def test_a_store_that_may_not_be_written_is_refused_by_the_monitor(path: Path) -> None:
    create(path)
    path.chmod(0o400)
    assert run("write", path, UNPRIVILEGED) == ["store.read_only"]


def test_a_store_that_may_not_be_read_is_refused(path: Path) -> None:
    create(path)
    path.chmod(0)
    assert run("read", path, UNPRIVILEGED) == ["store.permission"]


def test_a_directory_that_may_not_be_written_is_refused_by_the_monitor(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert run("write", tmp_path / "store.db", UNPRIVILEGED) == ["store.permission"]
    assert run("write", tmp_path / "new" / "store.db", UNPRIVILEGED) == ["store.permission"]


def test_a_symbolic_link_leads_to_the_store_and_stays_a_link(tmp_path: Path, path: Path) -> None:
    real = tmp_path / "real.db"
    path.symlink_to(real)
    create(path)
    assert path.is_symlink()
    assert real.stat().st_size > 0
    Console(path).close()


def test_every_error_has_words_in_both_languages() -> None:
    for code in WORDS:
        error = StoreError(code, Path("/x/y.db"), found="2", known="1", pid="3", error="e", field="verb", limit=40)
        texts = [say(language, error.message) for language in LANGUAGES]
        assert str(error) == texts[1] != texts[0]
        assert "?" not in "".join(texts)
