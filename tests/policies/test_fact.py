"""What a reading teaches, and what a value may be."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import pytest

from policies.fact import FactType, WrongType, is_name, learnt, read_value
from probes.api import Outcome


@pytest.mark.parametrize(
    ("outcome", "names"),
    [
        (Outcome.OK, {"port_scan.open_count", "port_scan.open_ports"}),
        (Outcome.FAIL, {"port_scan.open_count", "port_scan.open_ports"}),
        (Outcome.TIMEOUT, {"port_scan.open_count"}),
        (Outcome.ERROR, set()),
    ],
)
def test_a_target_that_fell_silent_teaches_no_more_than_its_silence(outcome: Outcome, names: set[str]) -> None:
    found = learnt("port_scan", outcome, {"open_count": 0.0, "odd_count": math.nan}, {"open_ports": ()})
    assert found.keys() == names


@pytest.mark.parametrize(
    ("type_", "value", "read"),
    [
        (FactType.DOUBLE, 3, 3.0),
        (FactType.INTS, [1, 2], (1, 2)),
        (FactType.DOUBLES, (1, 2.5), (1.0, 2.5)),
        (FactType.LIST, [1, "a", True], (1, "a", True)),
        (FactType.TIMESTAMP, "2026-11-25T08:00Z", datetime(2026, 11, 25, 8, tzinfo=UTC)),
        (FactType.STRING, "", ""),
    ],
)
def test_a_value_is_read_as_its_type_has_it(type_: FactType, value: Any, read: Any) -> None:
    found = read_value(type_, value)
    assert (found, type(found)) == (read, type(read))


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        (FactType.INT, True),
        (FactType.INT, 1.0),
        (FactType.BOOL, 1),
        (FactType.STRING, 1),
        (FactType.DOUBLE, "1"),
        (FactType.DOUBLE, True),
        (FactType.STRINGS, "ab"),
        (FactType.LIST, [None]),
        (FactType.LIST, [[1]]),
        (FactType.INT, 2**63),
        (FactType.TIMESTAMP, "2026-11-25"),
        (FactType.TIMESTAMP, "2026-11-25T08:00"),
        (FactType.TIMESTAMP, 1764032400),
    ],
)
def test_a_value_of_another_type_is_refused(type_: FactType, value: Any) -> None:
    with pytest.raises(WrongType):
        read_value(type_, value)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("a.b", True), ("port_scan.open_ports", True), ("a", False), ("a.b.c", False), ("A.b", False), ("a.in", False)],
)
def test_a_name_is_two_small_words(text: str, is_one: bool) -> None:
    assert is_name(text) is is_one
