from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bt_console.evaluate.oncall.orders import (
    Acknowledge,
    AddMaintenance,
    AddNote,
    AddOverride,
    AddSilence,
    EndMute,
    Order,
    SendTest,
    read_match,
    read_order,
    write_match,
    write_order,
)
from bt_console.model.incident import CauseKind, Severity
from bt_console.model.inventory import Role, TargetId, UnitId
from bt_console.model.oncall import Match

AT = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
WIDE = Match(
    kinds=frozenset({CauseKind.TSLCD_DOWN}),
    min_severity=Severity.WARNING,
    units=frozenset({UnitId("cao-son")}),
    targets=frozenset({TargetId("cao-son/tslcd")}),
    roles=frozenset({Role.TSLCD}),
    labels={"isp": "vnpt"},
)


@pytest.mark.parametrize(
    "order",
    [
        Acknowledge(incident=3),
        Acknowledge(incident=3, until=AT),
        AddNote(incident=3, text="Đã gọi VNPT"),
        AddSilence(match=WIDE, ends_at=AT, reason="thay bộ định tuyến"),
        AddMaintenance(match=WIDE, starts_at=AT, ends_at=AT, reason="kế hoạch", rrule="FREQ=WEEKLY"),
        EndMute(id=7),
        AddOverride(schedule="it", in_contact="an", starts_at=AT, ends_at=AT),
        SendTest(contact="an"),
    ],
)
def test_an_order_is_read_as_it_was_written(order: Order) -> None:
    assert read_order(*write_order(order)) == order


def test_an_acknowledgement_may_be_a_bare_number() -> None:
    assert read_order("acknowledge", "12") == Acknowledge(incident=12)


@pytest.mark.parametrize(
    ("verb", "subject"),
    [
        ("sing", "{}"),
        ("acknowledge", "{}"),
        ("acknowledge", "[]"),
        ("acknowledge", "null"),
        ("acknowledge", '{"incident": true}'),
        ("acknowledge", '{"incident": "3"}'),
        ("acknowledge", '{"incident": 3, "until": "2026-11-24T20:00:00"}'),
        ("acknowledge", '{"incident": 3, "loud": 1}'),
        ("note", '{"incident": 3}'),
        ("note", '{"incident": 3, "text": "' + "x" * 1001 + '"}'),
        ("silence", '{"match": {"kinds": ["nothing"]}, "ends_at": "2026-11-24T20:00:00+00:00", "reason": "why so"}'),
        ("silence", '{"match": {"colour": "red"}, "ends_at": "2026-11-24T20:00:00+00:00", "reason": "why so"}'),
        ("end_mute", '{"id": 1e400}'),
    ],
)
def test_what_is_no_order_is_refused(verb: str, subject: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_order(verb, subject)


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(JSON)
def test_any_json_is_a_match_or_a_value_error(document: Any) -> None:
    try:
        found = read_match(document)
    except ValueError:
        return
    assert read_match(write_match(found)) == found
