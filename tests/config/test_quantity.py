from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bt_console.config import quantity
from bt_console.config.quantity import QuantityError, WithUnit


@pytest.mark.parametrize(
    ("name", "written", "value"),
    [
        ("interval_s", "10s", 10.0),
        ("interval_s", "800ms", 0.8),
        ("interval_s", "150 us", 0.00015),
        ("interval_s", "5m", 300.0),
        ("interval_s", "1.5h", 5400.0),
        ("interval_s", "2d", 172_800.0),
        ("loss_ratio", "2%", 0.02),
        ("size_octets", "1MiB", 1_048_576),
        ("size_octets", "1MB", 1_000_000),
        ("line_bps", "10Mbps", 10_000_000.0),
    ],
)
def test_a_quantity_is_read_in_the_unit_of_its_field(name: str, written: str, value: float) -> None:
    found = quantity.read(name, WithUnit(written))
    assert found == value
    assert isinstance(found, type(value))


def test_a_plain_number_is_in_the_unit_of_the_full_name() -> None:
    assert quantity.read("interval_s", 2.5) == 2.5


@pytest.mark.parametrize(
    ("name", "written", "message", "hint"),
    [
        ("interval_s", WithUnit(5), "5 has no unit", "write for example `interval: 5s`"),
        ("interval_s", WithUnit("5"), "5 has no unit", "write for example `interval: 5s`"),
        ("interval_s", WithUnit("5 sec"), "unknown unit sec in `5 sec`", "units: us, ms, s, m, min, h, d"),
        ("interval_s", WithUnit("soon"), "`soon` is not a quantity", "such as 5s"),
        ("interval_s", WithUnit(True), "true is not a quantity", "such as 5s"),
        ("interval_s", "5s", "`interval_s` takes a plain number (seconds), not `5s`", "write `interval: 5s`"),
        ("loss_ratio", True, "`loss_ratio` takes a plain number (a share of 1), not true", "write `loss: 2%`"),
    ],
)
def test_a_quantity_that_cannot_be_read_says_what_to_write(name: str, written: Any, message: str, hint: str) -> None:
    with pytest.raises(QuantityError) as caught:
        quantity.read(name, written)
    assert str(caught.value) == message
    assert hint in caught.value.hint


@given(st.one_of(st.text(), st.integers(), st.floats(), st.none(), st.lists(st.text())))
def test_anything_is_a_quantity_or_a_quantity_error(written: Any) -> None:
    try:
        assert isinstance(quantity.read("interval_s", WithUnit(written)), float)
    except QuantityError as error:
        assert error.hint  # noqa: PT017


def test_short_names_become_full_ones_and_unknown_ones_stay() -> None:
    fields = frozenset({"interval_s", "name"})
    found = quantity.lengthen({"interval": "5s", "name": "x", "other": 1}, fields)
    assert found == {"interval_s": WithUnit("5s"), "name": "x", "other": 1}


@pytest.mark.parametrize("order", [("interval", "interval_s"), ("interval_s", "interval")])
def test_both_names_at_once_leave_the_short_one_as_a_stranger(order: tuple[str, str]) -> None:
    found = quantity.lengthen(dict.fromkeys(order, 5), frozenset({"interval_s"}))
    assert found == {"interval_s": 5, "interval": WithUnit(5)}


def test_a_limit_has_the_unit_of_its_measure() -> None:
    assert quantity.limit("loss_ratio", "10%") == 0.1
    assert quantity.limit("rtt_median_s", "150ms") == 0.15
    assert quantity.limit("rtt_median_s", 0.15) == 0.15
    assert quantity.limit("certificate_days_left", 21) == 21.0
    with pytest.raises(QuantityError, match="is not a number"):
        quantity.limit("certificate_days_left", "21d")


@pytest.mark.parametrize(("written", "found"), [("2 of 3", (2, 3)), ("1 of 1", (1, 1)), ("20 of 20", (20, 20))])
def test_k_of_n_is_read(written: str, found: tuple[int, int]) -> None:
    assert quantity.k_of_n(written, 20) == found


@pytest.mark.parametrize("written", ["3 of 2", "0 of 2", "2 of 21", "2of3", "two", 2, None])
def test_k_of_n_that_cannot_be_met_or_read_is_refused(written: Any) -> None:
    with pytest.raises(QuantityError):
        quantity.k_of_n(written, 20)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "nothing"),
        (True, "true"),
        (1, "1"),
        ("a", "`a`"),
        ([1], "a list"),
        ({}, "a section"),
        (WithUnit("5"), "`5`"),
        ("a\nb", "`a\u240ab`"),
    ],
)
def test_values_are_shown_on_one_line(value: Any, text: str) -> None:
    assert quantity.shown(value) == text


def test_long_values_are_shown_shortened() -> None:
    assert len(quantity.shown("x" * 10_000)) == 60
