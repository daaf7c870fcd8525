from __future__ import annotations

from collections.abc import Callable

import pytest

from bt_console.config.validate import validate
from bt_console.config.yaml_reader import parse

Refused = Callable[..., list[str]]
REST = """\
district: {name: Huyện}
hub: {name: Hub, internet: {gateway: 203.0.113.1}, tslcd: {gateway: 10.255.0.1}}
tslcd_core: {address: 10.255.255.1}
"""
UNITS = """\
units:
  a: {name: A, kind: department, lan: {subnet: 10.1.0.0/24, gateway: 10.1.0.1}}
  b: {name: B, kind: department, lan: {subnet: 10.2.0.0/24, gateway: 10.3.0.1}}
"""


def test_a_good_document_has_no_problems() -> None:
    spec, problems = validate(parse((REST + "units: {}\n").encode(), "f"))
    assert spec is not None
    assert problems == ()


def test_a_faulty_unit_is_left_out_and_the_others_stay() -> None:
    spec, problems = validate(parse((REST + UNITS).encode(), "f"))
    assert spec is not None
    assert list(spec.units) == ["a"]
    assert [(problem.line, problem.column) for problem in problems] == [(6, 70)]


def test_without_a_needed_section_nothing_is_left() -> None:
    spec, problems = validate(parse(UNITS.encode(), "f"))
    assert spec is None
    assert len(problems) == 4


@pytest.mark.parametrize(("text", "message"), [("", "is empty"), ("- a", "holds a list, not sections")])
def test_a_document_of_another_shape_is_told_what_it_is(text: str, message: str) -> None:
    spec, (problem,) = validate(parse(text.encode(), "f"))
    assert spec is None
    assert problem.message == message


@pytest.mark.parametrize(
    ("added", "problem"),
    [
        ("servces: {}\n", "22:1: unknown key `servces`"),
        ("store: {keep: 2d}\n", "22:9: unknown key `keep`"),
        ("store: {keep_observations: 2}\n", "22:28: 2 has no unit"),
        ("nameservers: [{a: b}]\n", "22:15: a section is not a name server"),
        ("    labels: {Tầng: '2'}\n", "22:14: `Tầng` is not an id: only a-z, 0-9 and single hyphens between them"),
        ("    labels: {floor: 2}\n", "22:21: `floor` must be text, not 2"),
        ("    checks: {lan: {icmp_echo: {params: {spacng: 1s}}}}\n", "22:41: icmp_echo has no param `spacng`"),
    ],
)
def test_a_problem_stands_at_the_key_or_value_it_is_about(refused: Refused, added: str, problem: str) -> None:
    assert refused(added) == [problem]


def test_items_of_lists_are_named_by_their_list(refused: Refused) -> None:
    assert refused("", ("    path: tslcd", "    depends_on: [dns, 5]\n    path: tslcd")) == [
        "11:23: `depends_on` must be text, not 5"
    ]
