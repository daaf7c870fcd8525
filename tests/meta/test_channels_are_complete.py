"""Every kind of channel keeps the promises that configuration, documentation and tests are made from."""

from __future__ import annotations

import dataclasses
import inspect
import re
import subprocess
import sys
import typing

import pytest

from bt_console import channels
from bt_console.channels.api import ChannelKind
from bt_console.model.oncall import ChannelPath
from probes.secret import Secret
from tests.meta.tree import ROOT, read

KINDS = [(name, channels.load(name)) for name in channels.names()]
PAGE = read(ROOT / "docs" / "channels.md")
ROWS = dict(re.findall(r"^\| `([a-z_]+)` \| ([a-z]+) \|", PAGE, re.MULTILINE))
PARAM_UNITS = ("_s", "_count", "_octets")

kinds = pytest.mark.parametrize(("name", "kind"), KINDS, ids=[name for name, _ in KINDS])


def test_the_ways_of_the_product_are_all_there() -> None:
    expected = {"alertmanager", "apprise", "console", "smstools", "smtp", "telegram", "wall", "webhook", "zalo_bot"}
    assert expected <= set(channels.names())


@kinds
def test_a_kind_is_named_as_its_file_and_has_its_tests(name: str, kind: ChannelKind) -> None:
    assert kind.name == name
    assert (ROOT / "tests" / "channels" / f"test_{name}.py").is_file()


@kinds
def test_a_kind_has_its_row_and_its_path_in_the_manual(name: str, kind: ChannelKind) -> None:
    assert ROWS[name] == kind.path.value


def test_the_manual_describes_no_kind_that_is_none() -> None:
    assert set(ROWS) == set(channels.names())


@kinds
def test_every_param_is_described(name: str, kind: ChannelKind) -> None:
    for field in dataclasses.fields(kind.params):
        assert f"`{field.name}`" in PAGE, f"{field.name} of {name}"


@kinds
def test_params_are_a_frozen_slots_dataclass_whose_numbers_carry_their_unit(name: str, kind: ChannelKind) -> None:
    assert dataclasses.is_dataclass(kind.params)
    assert kind.params.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert "__dict__" not in dir(kind.params)
    for field, hint in typing.get_type_hints(kind.params).items():
        assert hint not in (int, float) or field.endswith(PARAM_UNITS), f"{field} of {name} has no unit in its name"


@kinds
def test_the_example_makes_params_that_show_no_secret(name: str, kind: ChannelKind) -> None:
    hints = typing.get_type_hints(kind.params)
    assert set(kind.params_example) <= set(hints)
    given = {field: _made(hints[field], text) for field, text in kind.params_example.items()}
    assert kind.params(**given) == kind.params(**given)


def _made(hint: object, text: str) -> object:
    return Secret(text) if hint is Secret or Secret in typing.get_args(hint) else text


@kinds
def test_the_address_of_the_example_is_one_and_nonsense_is_none(name: str, kind: ChannelKind) -> None:
    kind.check_address(kind.address_example)
    for nonsense in () if kind.is_broadcast else ("", "\n", "a\x00b"):
        with pytest.raises(ValueError, match=r"\w"):
            kind.check_address(nonsense)


@kinds
def test_who_can_be_reached_by_an_address_has_one_in_the_manual(name: str, kind: ChannelKind) -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |"))
    assert kind.is_broadcast == ("nothing" in row)
    assert kind.is_broadcast or kind.address_example in row


@kinds
def test_only_what_can_listen_is_said_to_hear_answers(name: str, kind: ChannelKind) -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |"))
    assert ("| yes |" in row) == (kind.receive is not None)


@kinds
def test_a_module_says_where_its_numbers_come_from(name: str, kind: ChannelKind) -> None:
    module = sys.modules[f"bt_console.channels.{name}"]
    assert kind.path is ChannelPath.LOCAL or "Source:" in (module.__doc__ or "")
    for function in (kind.send, kind.receive, kind.check, kind.receipt):
        assert function is None or inspect.iscoroutinefunction(function)


def test_listing_the_kinds_imports_none_of_them() -> None:
    script = "import sys\nfrom bt_console import channels\nchannels.names()\n"
    script += "print(sorted(m for m in sys.modules if m.startswith('bt_console.channels.')))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['bt_console.channels.api']"


def test_a_kind_that_does_not_exist_is_a_key_error() -> None:
    for name in ("no_such_kind", "api", "_http"):
        with pytest.raises(KeyError):
            channels.load(name)
