"""Each mistake in a rule has its own file, with the exact message beside it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bt_console.config.errors import ConfigErrors
from bt_console.config.rules import SIZE_LIMIT_OCTETS, read_rule_file
from tests.policies.shelf import builtin

BAD = Path(__file__).with_name("bad")
FILES = sorted(BAD.glob("*.yaml"))
NAME = "TS-BAD-01.yaml"
"""A rule's file is called as its id is."""


def told(path: Path, tmp_path: Path) -> str:
    """Return what is said of a file, without where it lies."""
    copy = tmp_path / NAME
    shutil.copyfile(path, copy)
    with pytest.raises(ConfigErrors) as caught:
        read_rule_file(copy, builtin())
    return str(caught.value).replace(str(copy), "FILE") + "\n"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_bad_file_gets_exactly_the_expected_messages(path: Path, tmp_path: Path) -> None:
    assert told(path, tmp_path) == path.with_suffix(".txt").read_text(encoding="utf-8")


def test_every_bad_file_has_its_message_and_every_message_its_file() -> None:
    assert {path.stem for path in FILES} == {path.stem for path in BAD.glob("*.txt")}
    assert len(FILES) > 50


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_message_has_a_place_and_says_what_to_do(path: Path) -> None:
    for line in path.with_suffix(".txt").read_text(encoding="utf-8").splitlines():
        place, _, rest = line.partition(": ")
        assert place.startswith("FILE:")
        assert place.count(":") == 2
        assert rest.endswith(")")


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_text("#" * (SIZE_LIMIT_OCTETS + 1), encoding="utf-8")
    with pytest.raises(ConfigErrors, match="larger than 64 KiB"):
        read_rule_file(path, builtin())


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigErrors, match="no such file"):
        read_rule_file(tmp_path / NAME, builtin())
