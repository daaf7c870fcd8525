"""Lines of toned text measured in terminal cells: what every view returns and every widget draws."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from probes.api import clean


class Tone(StrEnum):
    """What a piece of text means; a theme gives each tone its colour, and a glyph or word always says the same."""

    TEXT = "text"
    MUTED = "muted"
    STRONG = "strong"
    HEAD = "head"
    ACCENT = "accent"
    OK = "ok"
    WARN = "warn"
    BAD = "bad"
    HIDDEN = "hidden"
    """Not judged, because something before it is down."""
    UNKNOWN = "unknown"
    KEY = "key"
    ALARM = "alarm"
    BADGE = "badge"
    CHIP = "chip"
    RULE = "rule"
    SMOKE = "smoke"


class Span(NamedTuple):
    """A run of text in one tone."""

    text: str
    tone: Tone = Tone.TEXT


Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a board; only rows with a key can be selected."""

    line: Line
    key: str = ""


def cells(text: str) -> int:
    """Return how many terminal columns a text takes."""
    return len(text) if text.isascii() else sum(map(_char_cells, text))


@lru_cache(maxsize=4096)
def _char_cells(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def plain(text: str) -> str:
    """Return text safe to draw: one line, NFC, control characters visible, no variation selectors."""
    if text.isascii() and text.isprintable():
        return text
    return clean(text, 2000).replace("\ufe0e", "").replace("\ufe0f", "")


def cut(text: str, width: int) -> str:
    """Return the text in at most that many columns, ending in … when something is left out."""
    text = plain(text)
    if cells(text) <= width:
        return text
    kept, used = [], 0
    for char in text:
        used += _char_cells(char)
        if used > width - 1:
            break
        kept.append(char)
    return "".join(kept).rstrip() + "…" if width > 0 else ""


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Return the text in exactly that many columns."""
    shown = cut(text, width)
    room = " " * (width - cells(shown))
    return room + shown if right else shown + room


def line_cells(line: Iterable[Span]) -> int:
    """Return the width of a line."""
    return sum(cells(span.text) for span in line)


def cut_line(line: Sequence[Span], width: int) -> Line:
    """Return a line in at most that many columns."""
    kept: list[Span] = []
    for span in line:
        room = width - line_cells(kept)
        if room <= 0:
            break
        kept.append(Span(cut(span.text, room), span.tone))
        if cells(span.text) > room:
            break
    return tuple(kept)


def spread(left: Sequence[Span], right: Sequence[Span], width: int) -> Line:
    """Return a line with one part at each end; the left part gives way."""
    room = width - line_cells(right)
    shown = cut_line(left, max(0, room - 1))
    gap = Span(" " * max(0, room - line_cells(shown)))
    return (*shown, gap, *cut_line(right, width))


def wrap(text: str, width: int) -> list[str]:
    """Return the text as lines of at most that many columns, broken at spaces (not no-break ones) where possible."""
    lines, current = [], ""
    for word in plain(text).split(" "):
        if not word:
            continue
        if current and cells(current) + 1 + cells(word) > width:
            lines.append(current)
            current = ""
        current = f"{current} {word}" if current else word
        while cells(current) > max(2, width):
            head = _filled(current, max(2, width))
            lines.append(head)
            current = current[len(head) :]
    kept = [*lines, current] if current else lines
    return [line.replace("\u00a0", " ") for line in kept]


def _filled(text: str, width: int) -> str:
    """Return as much of a text's beginning as fits, one character at least."""
    used = 0
    for index, char in enumerate(text):
        used += _char_cells(char)
        if used > width and index:
            return text[:index]
    return text


def fold(text: str) -> str:
    """Return text for searching: lower case, no diacritics, đ as d."""
    parts = unicodedata.normalize("NFD", text.casefold())
    bare = "".join(char for char in parts if not unicodedata.combining(char))
    return bare.replace("đ", "d")


def blank() -> Row:
    """Return an empty row."""
    return Row(line=())


def heading(text: str, width: int, note: str = "") -> Row:
    """Return a section title with a rule to the right edge and an optional note at its end."""
    tail = f" {note}" if note else ""
    title = cut(text, max(1, width - cells(tail) - 3))
    rule = "─" * max(0, width - cells(title) - cells(tail) - 1)
    return Row(line=(Span(title, Tone.HEAD), Span(" " + rule, Tone.RULE), Span(tail, Tone.MUTED)))


STAMP = 8
"""Columns of a time of day."""


def paragraph(text: str, width: int, tone: Tone = Tone.TEXT) -> list[Row]:
    """Return a text as rows."""
    return [Row(line=(Span(line, tone),)) for line in wrap(text, width)]


def stamped(stamp: str, text: str, width: int, tone: Tone = Tone.TEXT) -> list[Row]:
    """Return a text as rows that hang beside a time."""
    first, *others = wrap(text, width - STAMP - 2) or [""]
    found = [Row(line=(Span(fit(stamp, STAMP) + "  ", Tone.MUTED), Span(first, tone)))]
    return found + [Row(line=(Span(" " * (STAMP + 2) + line, tone),)) for line in others]
