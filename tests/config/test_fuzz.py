"""Whatever is done to the example file, reading it ends in settings or in ConfigErrors that name places in the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from bt_console.config.load import ConfigErrors, ConfigProblem, load_config

EXAMPLE = (Path(__file__).parents[2] / "config.example.yaml").read_bytes()
LINES = EXAMPLE.decode().split("\n")
WORTH = [at for at, line in enumerate(LINES) if line.strip() and not line.strip().startswith("#")]
SYNTAX = [
    "",
    "-",
    ": ",
    "[",
    "}",
    "'",
    '"',
    "&a ",
    "*a",
    "<<: {}",
    "!!str ",
    "?",
    "\t",
    "#",
    "|",
    "%",
    "\x00",
    "\u2028",
]
VALUES = [
    "null",
    "none",
    "1e9",
    "-1",
    "0010",
    "22:30",
    "NO",
    "10.21.2.0/24",
    "::1",
    "0.0.0.0",
    "{}",
    "[]",
    "{a: [b]}",
    "5s",
]
FRAGMENTS = st.sampled_from(SYNTAX + VALUES)
Edit = Callable[[list[str]], None]


@st.composite
def edits(draw: st.DrawFn) -> Edit:
    at = draw(st.sampled_from(WORTH))
    fragment = draw(FRAGMENTS | st.text(max_size=8))
    kind = draw(st.sampled_from(["delete", "repeat", "move", "value", "insert", "replace", "indent"]))

    def edit(lines: list[str]) -> None:
        line = lines[at]
        key, colon, _ = line.partition(":")
        column = draw(st.integers(0, len(line)))
        lines[at] = {
            "delete": "",
            "repeat": f"{line}\n{line}",
            "move": lines[draw(st.sampled_from(WORTH))],
            "value": f"{key}{colon} {fragment}",
            "insert": line[:column] + fragment + line[column:],
            "replace": line[:column] + fragment,
            "indent": f"  {line}",
        }[kind]

    return edit


def outcome(content: bytes) -> str:
    revision, problems = loaded(content)
    last = content.count(b"\n") + content.count(b"\r") + content.count("\u2028".encode()) + 2
    assert revision or problems
    assert all(0 < problem.line <= last and problem.message and problem.hint for problem in problems)
    return revision


def loaded(content: bytes) -> tuple[str, tuple[ConfigProblem, ...]]:
    with TemporaryDirectory() as directory:
        path = Path(directory) / "config.yaml"
        path.write_bytes(content)
        try:
            return load_config(path).revision, ()
        except ConfigErrors as errors:
            return "", errors.problems


@settings(deadline=None, max_examples=40)
@given(st.lists(edits(), min_size=1, max_size=4))
def test_an_edited_example_is_read_or_refused_with_places(changes: list[Edit]) -> None:
    lines = list(LINES)
    for change in changes:
        change(lines)
    outcome("\n".join(lines).encode("utf-8", "surrogatepass"))


@settings(deadline=None, max_examples=40)
@given(st.integers(0, len(EXAMPLE) - 1))
def test_a_truncated_example_is_read_or_refused_with_places(length: int) -> None:
    outcome(EXAMPLE[:length])


@settings(deadline=None, max_examples=40)
@given(st.integers(0, len(EXAMPLE) - 1), st.binary(min_size=1, max_size=4))
def test_an_example_with_foreign_bytes_is_read_or_refused_with_places(at: int, foreign: bytes) -> None:
    outcome(EXAMPLE[:at] + foreign + EXAMPLE[at + len(foreign) :])


@settings(deadline=None, max_examples=40)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_with_places(content: bytes) -> None:
    assert outcome(content) == ""
