"""A store of the example district, and command lines run against it in this process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from bt_console.cli.main import main
from bt_console.config.load import Settings, load_config
from bt_console.model.inventory import CheckId
from bt_console.store.writer import Writer
from tests.cli.desk import Desk
from tests.cli.example import BROKEN, EXAMPLE, NOW, Filled, Run, district, traced


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    found = load_config(EXAMPLE, store_path=tmp_path_factory.mktemp("unused") / "store.db")
    return replace(found, inventory=traced(found.inventory))


@pytest.fixture
def filled(settings: Settings, tmp_path: Path) -> Iterator[Filled]:
    path = tmp_path / "store.db"
    writer = Writer(path)
    writer.commit(district(settings))
    yield Filled(path, writer, settings)
    writer.close()


@pytest.fixture
def desk(filled: Filled) -> Desk:
    """The store with its incident paged, and the monitor's desk to answer orders."""
    found = Desk(filled)
    found.page()
    return found


@pytest.fixture
def told(filled: Filled) -> Desk:
    """The store with everything that telling people leaves behind."""
    found = Desk(filled)
    found.tell_all()
    return found


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line at NOW and return exit code, stdout and stderr."""

    def run_once(*argv: object, now: datetime = NOW) -> tuple[int, str, str]:
        code = main([str(word) for word in argv], now=lambda: now)
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return run_once


@pytest.fixture(autouse=True)
def _own_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the developer's own settings and state away from the tests."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in ("BT_CONSOLE_CONFIG", "BT_CONSOLE_LANGUAGE", "STATE_DIRECTORY", "SSH_CONNECTION"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def check_id(settings: Settings) -> CheckId:
    """The check of the broken line."""
    return next(check.id for check in settings.inventory.checks.values() if check.target_id == BROKEN)
