from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bt_console.config.errors import ConfigErrors
from bt_console.config.yaml_reader import SIZE_LIMIT_OCTETS, Mark, parse, read_file, scalar


@pytest.mark.parametrize(
    "text", ["22:30", "10:11:12:13:14:15", "NO", "no", "yes", "on", "0010", "0x1F", "1_000", "00.5"]
)
def test_what_other_readers_convert_stays_text(text: str) -> None:
    assert parse(f"a: {text}\n".encode(), "f").data == {"a": text}


@pytest.mark.parametrize("text", [".", "-", "e5", ".e5", "1e999", "10.21.1.1", ".inf", ".nan", "9" * 41, "2026-11-24"])
def test_what_only_resembles_a_number_stays_text(text: str) -> None:
    assert scalar(text) == text


MEANINGS: dict[str, object] = {"": None, "~": None, "null": None, "true": True, "False": False}
MEANINGS |= {"-3": -3, "+4": 4, "0": 0, "1.5": 1.5, "1.": 1.0, ".5": 0.5, "1e3": 1000.0}


@pytest.mark.parametrize(("text", "value"), MEANINGS.items())
def test_core_schema_words_and_numbers_have_their_meaning(text: str, value: object) -> None:
    found = scalar(text)
    assert (found, type(found)) == (value, type(value))


@given(st.text(max_size=50))
def test_any_scalar_has_a_meaning(text: str) -> None:
    assert isinstance(scalar(text), str | int | float | bool | None)


def test_quoted_values_are_text() -> None:
    assert parse(b"a: '10'\nb: \"true\"\nc: |\n  12\n", "f").data == {"a": "10", "b": "true", "c": "12\n"}


def test_every_key_and_value_has_its_place() -> None:
    document = parse("a: Xã\nb: {c: [1, {d: x}]}\n".encode(), "f")
    assert document.data == {"a": "Xã", "b": {"c": [1, {"d": "x"}]}}
    assert document.keys[("b", "c", 1, "d")] == Mark(2, 13)
    assert document.values[("b", "c", 0)] == Mark(2, 9)
    assert document.mark(("b", "c", 7)) == Mark(2, 8)
    assert document.mark(("b", "x"), at_key=True) == Mark(2, 1)


def test_the_first_of_two_equal_keys_counts_and_the_rest_is_still_read() -> None:
    document = parse(b"a: 1\na: {b: 2, c: [3]}\nd: 4\n", "f")
    assert document.data == {"a": 1, "d": 4}
    assert [str(problem) for problem in document.problems] == [
        "f:2:1: `a` is written twice, first on line 1 (keep line 1 or line 2, or rename one)"
    ]


def test_a_byte_order_mark_is_skipped() -> None:
    assert parse("\ufeffa: 1".encode(), "f").data == {"a": 1}


def test_a_key_may_be_a_number_but_not_a_list() -> None:
    assert parse(b"10: a", "f").data == {"10": "a"}
    with pytest.raises(ConfigErrors, match="f:1:3: a key must be plain text"):
        parse(b"? [a]\n: 1", "f")


def test_duplicates_found_before_a_refusal_are_told_too() -> None:
    with pytest.raises(ConfigErrors) as caught:
        parse(b"a: 1\na: 2\nb: *c\n", "f")
    assert [problem.line for problem in caught.value.problems] == [2, 3]


def test_a_hundred_thousand_open_brackets_are_refused() -> None:
    with pytest.raises(ConfigErrors):
        parse(b"[" * 100_000, "f")


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes(b"a: 1\n")
    assert read_file(path) == b"a: 1\n"


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigErrors, match=r"gone\.yaml: there is no such file"):
        read_file(tmp_path / "gone.yaml")


def test_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigErrors, match="is not a regular file"):
        read_file(tmp_path)


def test_a_device_that_never_ends_is_refused() -> None:
    with pytest.raises(ConfigErrors, match="is not a regular file"):
        read_file(Path("/dev/zero"))


@pytest.mark.parametrize("name", ["x" * 300, "a\0b"])
def test_a_name_no_file_can_have_is_refused(name: str) -> None:
    with pytest.raises(ConfigErrors, match=r"cannot be read|no such file"):
        read_file(Path(name))


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_bytes(b"#" * (SIZE_LIMIT_OCTETS + 1))
    with pytest.raises(ConfigErrors, match="is larger than 4 MiB"):
        read_file(path)
