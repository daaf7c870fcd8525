"""Cutting and encoding of what is sent, whatever is in it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bt_console.channels._http import RETRY_AFTER_S, wanted_pause_s
from bt_console.channels._text import cut, fitted, octets_of, units, valid
from bt_console.channels._verdict import outcome_of
from bt_console.model.paging import SendOutcome
from tests.channels.letters import LETTER

ANYTHING = st.text(st.characters(codec=None))


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("đường", 5, "đường"),
        ("đu\u031bo\u031b\u0300ng", 3, "đu\u031b"),
        ("đu\u031bo\u031b\u0300ng", 6, "đu\u031bo\u031b\u0300"),
        ("a👩🏽b", 3, "a"),
        ("a👩🏽b", 5, "a👩🏽"),
        ("👩\u200d🚒!", 4, ""),
        ("👩\u200d🚒!", 5, "👩\u200d🚒"),
        ("abc", 0, ""),
    ],
)
def test_a_cut_goes_between_letters_as_people_see_them(text: str, limit: int, expected: str) -> None:
    assert cut(text, limit) == expected


@given(ANYTHING, st.integers(0, 50))
def test_a_cut_is_a_start_of_the_text_and_not_too_long(text: str, limit: int) -> None:
    start = cut(text, limit)
    assert text.startswith(start)
    assert units(start) <= limit


@given(ANYTHING, ANYTHING, st.integers(200, 2000))
def test_a_fitted_letter_is_valid_within_the_limit_and_has_the_code(title: str, body: str, limit: int) -> None:
    text = fitted(replace(LETTER, title=title, body=f"{body} {LETTER.code}"), limit)
    assert len(text.encode("utf-16-le")) // 2 <= limit
    assert LETTER.code in text


@given(ANYTHING)
def test_text_made_valid_can_be_encoded_and_good_text_is_left_alone(text: str) -> None:
    valid(text).encode()
    if not any("\ud800" <= char <= "\udfff" for char in text):
        assert valid(text) == text


@given(
    st.recursive(ANYTHING | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(ANYTHING, inner))
)
def test_any_document_is_json_in_utf_8(document: object) -> None:
    json.loads(octets_of(document).decode("utf-8", "strict"))


@given(st.integers(100, 599))
def test_every_status_has_one_meaning(status: int) -> None:
    outcome = outcome_of(status)
    assert (outcome is SendOutcome.ACCEPTED) == (200 <= status < 300)
    assert (outcome is SendOutcome.RATE_LIMITED) == (status == 429)
    if status >= 500:
        assert outcome is SendOutcome.TRANSIENT


@given(
    st.text(max_size=40)
    | st.integers().map(str)
    | st.datetimes().map(lambda at: at.strftime("%a, %d %b %Y %H:%M:%S GMT"))
)
def test_whatever_retry_after_says_the_pause_is_sane(text: str) -> None:
    pause_s = wanted_pause_s({"retry-after": text}, datetime(2026, 11, 24, tzinfo=UTC))
    assert pause_s is None or 0 < pause_s <= RETRY_AFTER_S
