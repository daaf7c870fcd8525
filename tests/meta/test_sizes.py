"""Files stay small enough to read in one go; the three that get away everywhere are watched by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.meta.tree import PACKAGES, ROOT, files, read

LIMIT = 400
TEST_LIMIT = 600
CLOSE_LIMITS = {"bt_console/tui/app.py": 200, "bt_console/__main__.py": 200}
CODE = [path for name in (*PACKAGES, "benchmarks") for path in files(".py", under=name)]
TESTS = list(files(".py", under="tests"))


def _lines(path: Path) -> int:
    return len(read(path).splitlines())


def test_there_is_code_to_look_at() -> None:
    assert len(CODE) > 50
    assert len(TESTS) > 20


def test_no_file_of_code_is_longer_than_its_limit() -> None:
    names = {str(path.relative_to(ROOT)): _lines(path) for path in CODE}
    assert {name: lines for name, lines in names.items() if lines > CLOSE_LIMITS.get(name, LIMIT)} == {}


def test_no_file_of_tests_is_longer_than_its_limit() -> None:
    assert {str(path.relative_to(ROOT)): _lines(path) for path in TESTS if _lines(path) > TEST_LIMIT} == {}


@pytest.mark.parametrize("name", CLOSE_LIMITS)
def test_the_files_watched_by_name_exist(name: str) -> None:
    assert (ROOT / name).is_file()


def test_importing_a_package_runs_nothing() -> None:
    assert (ROOT / "bt_console" / "__init__.py").read_bytes() == b""
