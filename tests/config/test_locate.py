from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bt_console.config.errors import ConfigErrors
from bt_console.config.locate import expanded, find_config, read_store_path, state_directory, store_path_of


def test_the_file_given_comes_before_the_variable_and_that_before_the_systems(tmp_path: Path) -> None:
    system = tmp_path / "config.yaml"
    system.touch()
    environment = {"BT_CONSOLE_CONFIG": "/b.yaml"}
    assert find_config("/a.yaml", environment, system) == Path("/a.yaml")
    assert find_config(None, environment, system) == Path("/b.yaml")
    assert find_config(None, {}, system) == system


def test_without_any_the_three_places_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigErrors) as caught:
        find_config(None, {}, tmp_path / "config.yaml")
    text = str(caught.value)
    assert "-c FILE" in text
    assert "BT_CONSOLE_CONFIG" in text
    assert str(tmp_path / "config.yaml") in text


def test_a_file_of_the_system_that_cannot_be_looked_at_is_left_to_its_reader(tmp_path: Path) -> None:
    unreachable = tmp_path / ("x" * 300)
    assert find_config(None, {}, unreachable) == unreachable


def test_a_relative_store_starts_at_the_file(tmp_path: Path) -> None:
    config = tmp_path / "district.yaml"
    config.write_text("store: {path: data/here.sqlite}\nunits: {bad\n}\n")
    with pytest.raises(ConfigErrors):
        read_store_path(tmp_path / "other.yaml")
    config.write_text("store: {path: data/here.sqlite}\nnonsense: true\n")
    assert read_store_path(config, {}) == tmp_path / "data" / "here.sqlite"


@pytest.mark.parametrize("text", ["", "a: 1\n", "store:\n", "store: {path: 5}\n", 'store: {path: "a\\0b"}\n', "- x\n"])
def test_without_a_usable_path_the_store_is_in_the_state_directory(tmp_path: Path, text: str) -> None:
    config = tmp_path / "district.yaml"
    config.write_text(text)
    state = {"XDG_STATE_HOME": str(tmp_path / "state")}
    assert read_store_path(config, state) == tmp_path / "state" / "bt-console" / "district.sqlite"


def test_the_state_directory_follows_the_environment() -> None:
    assert state_directory({"XDG_STATE_HOME": "/s"}) == Path("/s/bt-console")
    assert state_directory({"XDG_STATE_HOME": "relative", "HOME": "/h"}) == Path("/h/.local/state/bt-console")
    assert state_directory({"HOME": "/h"}) == Path("/h/.local/state/bt-console")


def test_the_systems_configuration_has_its_store_among_the_systems_state() -> None:
    store = store_path_of(Path("/etc/bt-console/config.yaml"), None, {"HOME": "/h"})
    expected = "/var/lib/bt-console" if os.geteuid() == 0 else "/h/.local/state/bt-console"
    assert store == Path(expected) / "config.sqlite"


def test_the_home_of_nobody_stays_as_it_is_written() -> None:
    assert expanded("~no-such-user-here/x") == Path("~no-such-user-here/x")


def test_finding_the_store_loads_no_validation_library() -> None:
    code = (
        "import sys, bt_console.config.locate; print(sorted({'pydantic', 'sqlalchemy', 'textual'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
