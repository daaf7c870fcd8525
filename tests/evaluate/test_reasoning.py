"""The steps of a diagnosis, and that everything it says can be read in both languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from bt_console import evaluate, words
from bt_console.evaluate.causes import find_causes
from bt_console.evaluate.culprits import NOT_FOUND_HERE
from bt_console.evaluate.standing import Place
from bt_console.model.incident import CauseKind
from bt_console.words import LANGUAGES, say
from bt_console.words.causes import WORDS as CAUSES
from tests.evaluate.build import court_of
from tests.evaluate.district import district
from tests.evaluate.simulation import Simulation, instant
from tests.evaluate.test_scenarios import FAULTS
from tests.evaluate.world import Condition

WORDS: dict[str, tuple[str, str]] = {
    code: texts
    for found in iter_modules(words.__path__)
    for code, texts in import_module(f"bt_console.words.{found.name}").WORDS.items()
}
SOURCES = sorted(Path(evaluate.__file__).parent.glob("*.py"))
_FIELD = re.compile(r"{(\w+?)(?:_words|_said)?}")
_OF_CAUSES = {
    "name",
    "target",
    "unit",
    "path",
    "detail",
    "value",
    "failure",
    "count",
    "total",
    "text",
    "harm",
    "hop",
    "before",
    "after",
}
_NOT_NAMED_YET = {
    CauseKind.LINK_SATURATED,
    CauseKind.ROUTE_CHANGED,
    *NOT_FOUND_HERE,
}
"""Kinds of the contract that the diagnosis does not conclude."""


def messages() -> Iterator[tuple[str, set[str] | None]]:
    """Yield each code that evaluate/ stores, with its fields; None where they are gathered elsewhere."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "message":
                names = {keyword.arg for keyword in node.keywords}
                code = node.args[0]
                if isinstance(code, ast.Constant):
                    yield str(code.value), {n for n in names if n} if None not in names else None


def fields(code: str) -> set[str]:
    """Return the fields that both languages use together."""
    return {name for text in WORDS[code] for name in _FIELD.findall(text)}


def test_every_code_that_is_stored_has_words_and_the_fields_they_need() -> None:
    found = list(messages())

    assert len(found) >= 8
    for code, given in found:
        assert code in WORDS, code
        assert given is None or fields(code) <= given, code


def test_every_cause_has_words_in_both_languages_with_known_fields() -> None:
    for kind in set(CauseKind) - NOT_FOUND_HERE:
        assert fields(f"cause.{kind}") <= _OF_CAUSES, kind
    assert all(f"kind.{kind}" in WORDS for kind in CauseKind)


def test_every_group_asked_has_words_for_yes_and_no() -> None:
    for group in ("on_the_way", "sisters", "other_path", "beyond"):
        assert fields(f"step.{group}_yes") == fields(f"step.{group}_no") == {"names"}
    assert all(fields(f"reason.{place}") <= {"name"} for place in (Place.EXPLAINED, Place.HELD))


def test_both_languages_use_the_same_fields() -> None:
    for code, (vietnamese, english) in CAUSES.items():
        assert set(_FIELD.findall(vietnamese)) == set(_FIELD.findall(english)), code


def test_the_steps_are_in_the_order_in_which_they_were_learnt_and_end_in_the_conclusion() -> None:
    silent = ("cao-son/tslcd", "cao-son/lan", "cao-son/device/may-in", "cao-son/device/may-chu")
    court = court_of(dict.fromkeys(silent, "ok timeout timeout"))
    (found,) = find_causes(court, district(4).units, instant(20))

    codes = [step.message.partition("|")[0] for step in found.cause.steps]
    assert codes[0] == "step.missed"
    assert {"step.on_the_way_yes", "step.sisters_yes", "step.other_path_yes", "step.beyond_no"} <= set(codes)
    assert codes[-1] == "step.concluded"
    times = [step.at for step in found.cause.steps]
    assert times == sorted(times)


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - {"loss 20 %"}))
def test_what_is_said_about_a_fault_can_be_read(fault: str) -> None:
    simulation = Simulation(district(4), [Condition.parse(f"12s..40s {FAULTS[fault]}")], seed=4)

    simulation.run(60)

    causes = [life.last.cause for life in simulation.engine.lives.values()]
    stored = [text for cause in causes for text in (cause.message, *(step.message for step in cause.steps))]
    stored += [transition.reason for transition in simulation.engine.transitions if transition.reason]
    assert stored
    for text in stored:
        for language in LANGUAGES:
            read = say(language, text)
            assert "?" not in read
            assert not read.startswith(text.partition("|")[0]), read
            assert ": )" not in read
            assert not read.endswith((": ", " ()"))
