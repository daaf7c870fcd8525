"""Whatever a file holds instead of what it should, the answer is problems with their places, never an exception."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bt_console.config.errors import ConfigErrors
from bt_console.config.fact_file import read_fact_file
from bt_console.config.rules import BUILTIN
from bt_console.config.yaml_reader import parse
from policies.parse import read_rule
from policies.parse_pack import check_rules, read_columns, read_facts, read_pack
from policies.reader import Reader
from tests.policies.shelf import NOW, builtin

DOCUMENTS = frozenset({"c06", "tcvn-14423", "tcvn-11930"})
NAME = "BT-SEG-07.yaml"


def plain(path: Path) -> Any:
    return parse(path.read_bytes(), path.name).data


RULE, PACK = plain(BUILTIN / "rules" / NAME), plain(BUILTIN / "packs" / "vn-2026.yaml")
FACTS, COLUMNS = plain(BUILTIN / "facts" / "imports.yaml"), plain(BUILTIN / "facts" / "columns.yaml")
JUNK = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-3, 10**6),
        st.floats(allow_nan=False),
        st.sampled_from(["", "x", "26h", "2026-02-30", "fail", "device", "port_scan.open_ports", "a && (", "now"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["vi", "en", "facts", "want", "doc", "x"]), inner, max_size=3),
    ),
    max_leaves=5,
)


def places(data: Any, loc: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the place of everything in a document."""
    yield loc
    if isinstance(data, dict | list):
        for key in data if isinstance(data, dict) else range(len(data)):
            yield from places(data[key], (*loc, key))


def replaced(data: Any, loc: tuple[Any, ...], junk: Any) -> Any:
    if not loc:
        return junk
    whole = copy.deepcopy(data)
    inner = whole
    for step in loc[:-1]:
        inner = inner[step]
    inner[loc[-1]] = junk
    return whole


def reader(data: Any, name: str) -> Reader:
    return Reader(source=parse(json.dumps(data).encode(), name))


def check(found: Reader) -> None:
    for problem in found.problems:
        assert problem.line >= 1
        assert problem.message
        assert "\n" not in str(problem)


@settings(max_examples=200, deadline=None)
@given(loc=st.sampled_from(list(places(RULE))), junk=JUNK)
def test_a_rule_with_anything_anywhere_is_read_or_refused(loc: tuple[Any, ...], junk: Any) -> None:
    found = reader(replaced(RULE, loc, junk), NAME)
    rule = read_rule(found, builtin().declarations, DOCUMENTS)
    assert (rule is None) == bool(found.problems)
    check(found)


@settings(max_examples=200, deadline=None)
@given(loc=st.sampled_from(list(places(PACK))), junk=JUNK)
def test_a_pack_with_anything_anywhere_is_read_or_refused(loc: tuple[Any, ...], junk: Any) -> None:
    found = reader(replaced(PACK, loc, junk), "vn-2026.yaml")
    pack = read_pack(found)
    assert (pack is None) == bool(found.problems)
    if pack is not None:
        check_rules(found, builtin().rules)
    check(found)


@settings(max_examples=100, deadline=None)
@given(loc=st.sampled_from(list(places(FACTS))), junk=JUNK)
def test_facts_with_anything_anywhere_are_read_or_refused(loc: tuple[Any, ...], junk: Any) -> None:
    found = reader(replaced(FACTS, loc, junk), "facts.yaml")
    read_facts(found)
    check(found)


@settings(max_examples=100, deadline=None)
@given(loc=st.sampled_from(list(places(COLUMNS))), junk=JUNK)
def test_columns_with_anything_anywhere_are_read_or_refused(loc: tuple[Any, ...], junk: Any) -> None:
    found = reader(replaced(COLUMNS, loc, junk), "columns.yaml")
    read_columns(found)
    check(found)


@settings(max_examples=100, deadline=None)
@given(junk=JUNK)
def test_given_facts_with_anything_are_read_or_refused(junk: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "given.json"
    path.write_text(json.dumps({"port_scan.open_ports": junk}), encoding="utf-8")
    try:
        read_fact_file(path, builtin().declarations, NOW)
    except ConfigErrors as error:
        check_text = str(error)
    else:
        return
    assert "given.json:" in check_text


def test_a_rule_read_from_its_file_is_the_one_written_there() -> None:
    found = reader(RULE, NAME)
    rule = read_rule(found, builtin().declarations, DOCUMENTS)
    assert rule is not None
    raw = yaml.safe_load((BUILTIN / "rules" / NAME).read_text(encoding="utf-8"))
    assert (rule.id, rule.revision, rule.severity, list(rule.scope)) == (
        *(raw["id"], raw["rev"], raw["severity"]),
        raw["scope"],
    )
    assert rule.passes == raw["pass"].strip()
    assert {need.fact for need in rule.needs} == set(raw["needs"])
    assert len(rule.cases) == len(raw["cases"])
