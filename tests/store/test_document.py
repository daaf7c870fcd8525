"""Documents come back as they were, whatever is in them, but for what may be secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass, replace
from datetime import UTC, date, datetime, time
from types import NoneType, UnionType
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bt_console.model.incident import CauseKind, Severity
from bt_console.model.oncall import Contact, EscalationPolicy, Match, Mute, OnCall, Storm
from bt_console.store.codec import dump, parse
from bt_console.store.document import dump_document, parse_document
from tests.store.oncall_examples import POLICY, mute, oncall

LEAVES: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=8),
    float: st.floats(allow_nan=False),
    datetime: st.datetimes(timezones=st.just(UTC)),
    date: st.dates(),
    time: st.times(),
    Any: st.none(),
}


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Return values of a type, every field of a dataclass drawn."""
    if hint in LEAVES:
        return LEAVES[hint]
    if isinstance(hint, NewType):
        return values_of(hint.__supertype__)
    if is_dataclass(hint) and isinstance(hint, type):
        return st.builds(hint, **{name: values_of(kind) for name, kind in get_type_hints(hint).items()})
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return st.one_of(st.none(), *(values_of(arg) for arg in args if arg is not NoneType))
    if origin is frozenset:
        return st.frozensets(values_of(args[0]), max_size=3)
    if origin is tuple:
        fixed = st.tuples(*(values_of(arg) for arg in args if arg is not ...))
        return st.lists(values_of(args[0]), max_size=2).map(tuple) if args[1:] == (...,) else fixed
    if origin is not None and issubclass(origin, Mapping):
        return st.dictionaries(values_of(args[0]), values_of(args[1]), max_size=2)
    return st.from_type(hint)


@pytest.mark.parametrize("kind", [OnCall, EscalationPolicy, Match, Mute])
def test_a_document_is_kept_whatever_is_in_it(kind: type) -> None:
    @settings(max_examples=60, deadline=None)
    @given(values_of(kind))
    def is_kept(value: Any) -> None:
        assert parse_document(kind, dump_document(value)) == value

    is_kept()


@pytest.mark.parametrize("value", [oncall(), POLICY, mute(3).match])
def test_an_example_is_kept_with_its_types(value: Any) -> None:
    kept = parse_document(type(value), dump_document(value))
    assert kept == value
    assert dump_document(kept) == dump_document(value)


def test_members_of_enumerations_come_back_as_members() -> None:
    match = mute(3).match
    kept = parse_document(Match, dump_document(match))
    assert {type(kind) for kind in kept.kinds} == {CauseKind}
    assert (type(kept.min_severity), type(kept.kinds)) == (Severity, frozenset)


def test_what_may_be_secret_is_not_written() -> None:
    text = dump_document(oncall(params={"token": "bi-mat-1"}, url="https://bi-mat-2"))
    assert "bi-mat" not in text
    assert parse_document(OnCall, text) == oncall()


def test_every_value_is_written_so_that_new_defaults_change_nothing_that_is_under_way() -> None:
    document = parse(dump_document(POLICY))
    assert document["ack_max_s"] == POLICY.ack_max_s
    assert document["steps"][1]["fallback_after_s"] == 60.0


def test_a_document_of_another_version_is_read_with_defaults_and_without_what_is_unknown() -> None:
    older = dump({"timezone": "UTC", "contacts": {"an": {"id": "an", "name": "An", "nickname": "x"}}, "extra": [1]})
    known = OnCall(timezone="UTC", contacts={"an": Contact(id="an", name="An")})
    assert parse_document(OnCall, older) == replace(known, storm=Storm())
