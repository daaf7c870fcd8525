"""Fits a letter into what a provider takes: whole graphemes, valid Unicode, and the way to answer kept.

Source: Unicode Standard Annex 29 (the extenders that matter in names and emoji).
"""

from __future__ import annotations

import json
import unicodedata
from typing import Any

from bt_console.channels.api import Letter

_JOINER = "\u200d"
_MARKS = frozenset({"Mn", "Mc", "Me"})


def valid(text: str) -> str:
    """Return text that every encoding can carry: halves of surrogate pairs are joined, lone ones replaced."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def octets_of(document: Any) -> bytes:
    """Return a JSON document in UTF-8, which it always is."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def fitted(letter: Letter, limit: int) -> str:
    """Return title and body within `limit` UTF-16 units; what is cut short ends in the short text with its code."""
    whole = valid(f"{letter.title}\n\n{letter.body}".strip())
    if units(whole) <= limit:
        return whole
    ending = f"…\n{valid(letter.short)}"
    return cut(whole, max(limit - units(ending), 0)) + cut(ending, limit)


def units(text: str) -> int:
    """Return the length in UTF-16 code units, in which chat services count."""
    return len(text) + sum(char > "\uffff" for char in text)


def cut(text: str, limit: int) -> str:
    """Return at most `limit` units of the start, never half of a letter."""
    count, end = 0, 0
    for index, char in enumerate(text):
        if not _extends(text, index):
            end = index
        count += units(char)
        if count > limit:
            return text[:end]
    return text


def _extends(text: str, index: int) -> bool:
    char = text[index]
    if unicodedata.category(char) in _MARKS or char == _JOINER or "\U0001f3fb" <= char <= "\U0001f3ff":
        return index > 0
    return index > 0 and text[index - 1] == _JOINER
