"""Messages are stored without a language and read in two."""

from __future__ import annotations

from collections import Counter
from importlib import import_module
from pkgutil import iter_modules
from string import Formatter

import pytest

import bt_console.words as words
from bt_console.words import message, say, tell

CATALOGUES = {m.name: import_module(f"bt_console.words.{m.name}").WORDS for m in iter_modules(words.__path__)}
ENTRIES = [(name, code, texts) for name, catalogue in CATALOGUES.items() for code, texts in catalogue.items()]


def test_no_code_is_defined_twice() -> None:
    counts = Counter(code for _, code, _ in ENTRIES)
    assert [code for code, count in counts.items() if count > 1] == []


@pytest.mark.parametrize(("code", "texts"), [(code, texts) for _, code, texts in ENTRIES])
def test_both_languages_say_something_with_the_same_fields(code: str, texts: tuple[str, str]) -> None:
    vietnamese, english = ({field for _, field, _, _ in Formatter().parse(text) if field} for text in texts)
    assert all(texts), code
    assert vietnamese == english


def test_values_may_hold_the_characters_that_divide_a_message() -> None:
    stored = message("cause.service_down", name="A|B=C", detail="100% {x} [/b] é")
    assert say("en", stored) == "A|B=C is down: 100% {x} [/b] é"


def test_a_message_within_a_message_is_said_in_the_same_language() -> None:
    inner = message("cause.device_missing", name="Máy in")
    stored = message("event.opened", id=3, text=inner)
    assert say("vi", stored) == "Mở sự cố #3: Máy in không trả lời"
    assert say("en", stored) == "Incident #3 opened: Máy in does not answer"


def test_kinds_and_states_within_a_message_are_named() -> None:
    assert say("en", message("step.concluded", kind="tslcd_down", names="Xã A", count=2)) == (
        "Concluded: TSLCD link down, Xã A; explains 2 targets"
    )


def test_an_unknown_code_and_a_missing_field_are_shown_rather_than_raised() -> None:
    assert say("vi", "no.such.code|a=1") == "no.such.code a=1"
    assert "?" in tell("en", "cause.service_down", name="X")
