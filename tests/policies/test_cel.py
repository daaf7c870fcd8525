"""The adapter refuses when a rule is loaded what would surprise when it is asked."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.cel import LENGTH_LIMIT, Answer, ExpressionError, TypedCel, blank_literals, loop_depth
from tests.policies.shelf import TYPES

CEL = TypedCel()


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("a.prots.size() == 0", "`a.prots` is not among the facts", "add it to `needs`"),
        ("ports == 0", "`ports` is not among the facts", "add it to `needs`"),
        ("a.share > 21", "no matching overload", "21.0 for measures"),
        ("a.name > 3", "no matching overload", "compare like with like"),
        ('a.ports.exists(p, p == "ssh")', "no matching overload", "compare like with like"),
        ("a.name", "gives string, not true or false", "compare it"),
        ("a.ports", "gives list", "compare it"),
        ("size(a.ports)", "gives int", "compare it"),
        ("a.flag &&", "Syntax error", ""),
        ("", "Syntax error", ""),
        ("a.flag b.flag", "Syntax error", ""),
        ("unheard_of(a.flag)", "`unheard_of`", ""),
        ("(" * 40 + "a.flag" + ")" * 40, "recursion limit", "simpler"),
        ("a.flag || " * 300 + "a.flag", f"longer than {LENGTH_LIMIT} characters", "split it"),
        ("a.ports.all(x, a.ports.all(y, a.ports.all(z, x + y + z > 0)))", "nested 3 deep", "leave the innermost"),
        ("[1].map(a, [1].map(b, [1].map(c, [1].map(d, 1)))).size() == 1", "nested 4 deep", ""),
    ],
)
def test_an_expression_at_fault_is_refused_with_what_to_do(text: str, message: str, hint: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        CEL.question(text, TYPES)
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert "\n" not in caught.value.message


def test_the_place_of_a_misspelt_fact_is_its_first_letter() -> None:
    with pytest.raises(ExpressionError) as caught:
        CEL.question("a.flag &&\n  a.prots.size() == 0", TYPES)
    assert (caught.value.line, caught.value.column) == (1, 2)


def test_an_error_while_reckoning_is_not_taken_for_true() -> None:
    answer, detail = CEL.question("1 / a.count == 1", TYPES).ask({"a.count": 0})
    assert (answer, detail) == (Answer.NONE, "divide by zero")


def test_what_gives_no_list_is_no_listing() -> None:
    with pytest.raises(ExpressionError, match="not a list"):
        CEL.listing("a.flag", TYPES)


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("a.flag", 0),
        ("a.ports.all(p, p > 0)", 1),
        ("a.ports.all(p, p > 0) && a.ports.exists(p, p > 0)", 1),
        ("a.ports.all(p, a.ports.exists(q, p == q))", 2),
        ("a.ports.filter(p, p > 0).all(q, q > 1)", 1),
        ('a.name == ".all(.all(.all("', 0),
        ("a.ports.all (p, a.ports .map (q, q).size() > 0)", 2),
        ("a.ports.all(p, (((p > 0))))", 1),
        (")))a.ports.all(p, p > 0)", 1),
    ],
)
def test_loops_within_loops_are_counted(text: str, depth: int) -> None:
    assert loop_depth(text)[0] == depth


@settings(max_examples=200)
@given(st.text(alphabet="a.&|()\"'\\r/ \n", max_size=40))
def test_blanking_literals_keeps_every_place(text: str) -> None:
    blank = blank_literals(text)
    assert len(blank) == len(text)
    assert all(new in (old, " ") for new, old in zip(blank, text, strict=True))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_compiled_or_refused(text: str) -> None:
    with contextlib.suppress(ExpressionError):
        CEL.question(text, TYPES)
