from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes._wire.perfdata import ROWS_COUNT, Row, parse_output, parse_perfdata


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("time=0.0042s;1;2;0;10", Row(label="time", value=0.0042, unit="s")),
        ("t=2us", Row(label="t", value=2e-6, unit="s")),
        ("'Disk ''C:'' used'=12,5%", Row(label="Disk 'C:' used", value=0.125, unit="ratio")),
        ("/=2MB;;;0;9", Row(label="/", value=2_097_152.0, unit="octets")),
        ("in=123c", Row(label="in", value=123.0, unit="counter")),
        ("load1=-1.5e2;5", Row(label="load1", value=-150.0, unit="")),
        ("temp=21C", Row(label="temp", value=21.0, unit="C")),
        ("power=3W", Row(label="power", value=3.0, unit="W")),
    ],
)
def test_one_value_is_read_with_its_unit(text: str, row: Row) -> None:
    assert parse_perfdata(text) == (row,)


@pytest.mark.parametrize("text", ["", "x=U", "x=", "=5", "'x=5", "x y z", "x=1e999", "''=1", "x=5;y=6;"])
def test_what_is_no_number_is_left_out(text: str) -> None:
    assert all(row.label == "x" for row in parse_perfdata(text))


def test_a_broken_item_does_not_hide_the_next() -> None:
    assert [row.label for row in parse_perfdata("a=1 b 'c d=3 e=4 f=U g=6")] == ["a", "d", "e", "g"]


def test_rows_are_bounded() -> None:
    assert len(parse_perfdata(" ".join(f"x{number}=1" for number in range(500)))) == ROWS_COUNT


@given(st.text(max_size=400))
@settings(max_examples=200, deadline=None)
def test_any_output_is_read(text: str) -> None:
    output = parse_output(text)
    assert len(output.message) <= 300
    assert all(math.isfinite(row.value) and row.label for row in output.rows)


@given(st.lists(st.sampled_from(["'", "''", "=", ";", " ", "|", "\n", "a", "1", "%", ".", ",", "e", "-", "MB"])))
@settings(max_examples=200, deadline=None)
def test_any_mixture_of_its_parts_is_read(parts: list[str]) -> None:
    assert all(math.isfinite(row.value) for row in parse_output("".join(parts)).rows)
