"""An expression taken apart means the same, and what made a part false is found."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.cel import Answer, TypedCel
from policies.split import conjuncts, culprits
from tests.policies.shelf import TYPES

CEL = TypedCel()


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a.flag", ("a.flag",)),
        ("a.flag && b.flag", ("a.flag", "b.flag")),
        ("a.flag&&b.flag", ("a.flag", "b.flag")),
        ("(a.flag && b.flag) && a.count > 1", ("a.flag", "b.flag", "a.count > 1")),
        ("((a.flag) && ((b.flag)))", ("a.flag", "b.flag")),
        ("a.flag && (b.flag || a.count > 1)", ("a.flag", "b.flag || a.count > 1")),
        ("a.flag && b.flag || a.flag", ("a.flag && b.flag || a.flag",)),
        ("a.flag ? b.flag && a.flag : true && a.flag", ("a.flag ? b.flag && a.flag : true && a.flag",)),
        ("(a.flag) && (b.flag)", ("a.flag", "b.flag")),
        ("!(a.flag && b.flag)", ("!(a.flag && b.flag)",)),
        ("a.ports.all(p, p > 1 && p < 9) && a.flag", ("a.ports.all(p, p > 1 && p < 9)", "a.flag")),
        ('a.name == "x && (y" && a.flag', ('a.name == "x && (y"', "a.flag")),
        (r'a.name == "x\" && y" && a.flag', (r'a.name == "x\" && y"', "a.flag")),
        (r"a.name == r'\' && a.flag", (r"a.name == r'\'", "a.flag")),
        ("a.name == '''x' && \"y''' && a.flag", ("a.name == '''x' && \"y'''", "a.flag")),
        ("", ("",)),
        ("a.flag && ((", ("a.flag", "((")),
        (") && a.flag", (") && a.flag",)),
    ],
)
def test_only_what_must_all_be_true_is_taken_apart(text: str, parts: tuple[str, ...]) -> None:
    assert conjuncts(text) == parts


LEAF = st.sampled_from(
    [
        "a.flag",
        "b.flag",
        "!a.flag",
        'a.name == "x && (y"',
        "a.count > 1",
        "a.ports.exists(p, p > 1 && p < 9)",
        "(a.flag ? b.flag : a.count == 0)",
    ]
)
TREE = st.recursive(
    LEAF,
    lambda inner: st.tuples(inner, st.sampled_from([" && ", "&&", " || "]), inner).map(lambda t: f"({''.join(t)})"),
    max_leaves=6,
)
VALUES = st.fixed_dictionaries(
    {
        "a.flag": st.booleans(),
        "b.flag": st.booleans(),
        "a.name": st.sampled_from(["x && (y", "z"]),
        "a.count": st.integers(0, 3),
        "a.ports": st.lists(st.integers(0, 10), max_size=3),
    }
)


@settings(max_examples=150, deadline=None)
@given(text=TREE, values=VALUES)
def test_the_parts_are_true_together_exactly_when_the_whole_is(text: str, values: dict[str, Any]) -> None:
    whole = CEL.question(text, TYPES).ask(values)[0]
    parts = [CEL.question(part, TYPES).ask(values)[0] for part in conjuncts(text)]
    assert whole is (Answer.NO if Answer.NO in parts else Answer.YES)


@settings(max_examples=200)
@given(st.text(alphabet="ab.&|?:()[]{}\"'\\r/ \n", max_size=40))
def test_no_text_whatever_breaks_the_taking_apart(text: str) -> None:
    for part in conjuncts(text):
        culprits(part)


@pytest.mark.parametrize(
    ("part", "ports", "found"),
    [
        ("!a.ports.exists(p, p in [21, 23])", [80, 23, 21], (23, 21)),
        ("! a.ports.exists (p, p in [21, 23])", [23], (23,)),
        ("a.ports.all(p, p < 100)", [80, 443], (443,)),
        ("a.ports.all(p, p < 100 || p == 443)", [80, 443, 8080], (8080,)),
        ("size(a.ports) == 0", [80, 443], (80, 443)),
        ("a.ports.size() == 0", [80], (80,)),
    ],
)
def test_the_elements_that_make_a_part_false_are_found(part: str, ports: list[int], found: tuple[int, ...]) -> None:
    listing = CEL.listing(culprits(part), TYPES)
    assert listing.items({"a.ports": ports}) == found


@pytest.mark.parametrize(
    "part",
    ["a.flag", "a.ports.exists(p, p > 1)", "!a.ports.all(p, p > 1)", "a.ports.all(p, p > 1) == a.flag", "a.ports.all("],
)
def test_of_other_parts_no_elements_are_named(part: str) -> None:
    assert culprits(part) == ""
