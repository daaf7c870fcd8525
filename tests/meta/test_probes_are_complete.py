"""Every probe kind keeps the promises that config, CLI, docs and screens are made from."""

from __future__ import annotations

import dataclasses
import shlex
import subprocess
import sys
import types
import typing
from pathlib import Path

import pytest

import probes
from probes.api import ProbeKind

ROOT = Path(__file__).parents[2]
KINDS = sorted(probes.discover().items())
PARAM_UNITS = ("_s", "_ms", "_ratio", "_count", "_octets", "_bps", "_redirects", "_hops", "_port")
MEASURE_UNITS = ("_s", "_ratio", "_count", "_octets", "_bps", "_1m", "_days_left", "_celsius", "_code")
FACT_TYPES = {str, int, float, bool, tuple}

kinds = pytest.mark.parametrize(("name", "kind"), KINDS, ids=[name for name, _ in KINDS])


def test_all_kinds_of_the_product_are_found() -> None:
    expected = {"icmp_echo", "tcp_connect", "http_get", "tls_handshake", "dns_query", "host_health"}
    assert expected <= set(dict(KINDS))


@kinds
def test_a_kind_is_named_as_its_file(name: str, kind: ProbeKind) -> None:
    assert kind.name == name
    assert (ROOT / "tests" / "probes" / f"test_{name}.py").is_file()


@kinds
def test_params_are_a_frozen_slots_dataclass_that_needs_no_argument(name: str, kind: ProbeKind) -> None:
    made = kind.params()
    assert dataclasses.is_dataclass(made)
    assert not hasattr(made, "__dict__"), "slots=True is missing"
    field = dataclasses.fields(made)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(made, field, 0)


@kinds
def test_params_that_are_numbers_carry_their_unit(name: str, kind: ProbeKind) -> None:
    for field, annotation in typing.get_type_hints(kind.params).items():
        if annotation in (int, float):
            assert f"_{field}".endswith(PARAM_UNITS), f"{field} of {name} has no unit in its name"


@kinds
def test_measures_carry_their_unit_in_name_and_text(name: str, kind: ProbeKind) -> None:
    assert kind.measures
    for measure, unit in kind.measures.items():
        assert measure.endswith(MEASURE_UNITS), measure
        assert unit.strip() == unit != ""


@kinds
def test_facts_have_a_type_that_rules_can_use(name: str, kind: ProbeKind) -> None:
    assert set(kind.facts.values()) <= FACT_TYPES
    assert not set(kind.facts) & set(kind.measures), "a name is either a measure or a fact"
    assert kind.fleeting <= set(kind.facts), "only a declared fact can be fleeting"


@kinds
def test_a_kind_says_where_its_numbers_come_from(name: str, kind: ProbeKind) -> None:
    assert kind.source.strip()
    module = sys.modules[kind.observe.__module__]
    assert "Source:" in (module.__doc__ or "")
    assert kind.timeout_s > 0


@kinds
def test_the_example_is_a_command_line_that_works(name: str, kind: ProbeKind) -> None:
    address, *rest = shlex.split(kind.example)
    assert not address.startswith("-")
    assert rest[::2] == ["-p"] * (len(rest) // 2)
    assert len(rest) % 2 == 0
    given = dict(pair.split("=", 1) for pair in rest[1::2])
    hints = typing.get_type_hints(kind.params)
    assert set(given) <= set(hints), "the example names a param that does not exist"
    values = {field: _converted(text, hints[field]) for field, text in given.items()}
    made = kind.params(**values)
    assert {field: getattr(made, field) for field in values} == values


def _converted(text: str, annotation: object) -> object:
    options = typing.get_args(annotation) if isinstance(annotation, types.UnionType) else (annotation,)
    if bool in options:
        return {"true": True, "false": False}[text]
    for number in (int, float):
        if number in options:
            return number(text)
    return text


def test_listing_the_kinds_imports_none_of_them() -> None:
    script = "import sys, probes; probes.names(); print([m for m in sys.modules if m.startswith('probes.')])"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['probes.api']"


def test_a_kind_that_does_not_exist_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        probes.load("no_such_kind")
