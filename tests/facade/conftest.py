"""A store that holds a district, its writer, and a console on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bt_console.facade import Console
from bt_console.store.writer import Writer
from tests.store.examples import district, everything


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def writer(path: Path) -> Iterator[Writer]:
    with closing(Writer(path)) as opened:
        opened.commit(everything(district()))
        yield opened


@pytest.fixture
def console(path: Path, writer: Writer) -> Iterator[Console]:
    with closing(Console(path)) as opened:
        yield opened
