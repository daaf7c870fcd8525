"""Reads loaded YAML strictly: what is unknown, missing or of the wrong type is a problem with its place.

Whoever loads the file knows where every value stands, and gives that along as a Marked.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from policies.fact import shown
from policies.rule import Delay, Text

Loc = tuple[str | int, ...]
E = TypeVar("E", bound=StrEnum)

TEXT_LIMIT = 2000
_UNITS_S = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SPAN = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)(s|m|h|d)")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SPAN_HINT = "write a number and s, m, h or d, such as 26h"


class Place(Protocol):
    """Line and column, counted from 1."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


class Marked(Protocol):
    """A file as plain values, and where each of them stands."""

    @property
    def file(self) -> str: ...
    @property
    def data(self) -> Any: ...
    def mark(self, loc: Loc, *, at_key: bool = False) -> Place:
        """Return the place of a value or its key, or of the closest key around it."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """One mistake."""

    file: str
    line: int
    column: int
    message: str
    hint: str = ""
    """What to do, as a phrase without a full stop."""

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.file}:{self.line}:{self.column}: {self.message}{hint}"


def near(word: str, known: Iterable[str]) -> str:
    """Return a hint with the known word closest to a mistyped one, or with those there are."""
    words = sorted(known)
    close = get_close_matches(word, words, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]}?"
    return f"known: {', '.join(words[:12])}{', ...' if len(words) > 12 else ''}" if words else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads one file, collecting problems. What cannot be read is None, and has its problem."""

    source: Marked
    problems: list[Problem] = field(default_factory=list)

    def report(self, loc: Loc, message: str, hint: str = "", *, at_key: bool = False) -> None:
        """Note a problem at a value, or at its key."""
        mark = self.source.mark(loc, at_key=at_key)
        self.report_at((mark.line, mark.column), message, hint)

    def report_at(self, place: tuple[int, int], message: str, hint: str) -> None:
        """Note a problem at a line and column."""
        problem = Problem(file=self.source.file, line=place[0], column=place[1], message=message, hint=hint)
        self.problems.append(problem)

    def value(self, loc: Loc) -> Any:
        """Return what is written at a place; None where nothing is."""
        found = self.source.data
        for step in loc:
            found = found[step]
        return found

    def section(self, loc: Loc, required: Collection[str], optional: Collection[str] = ()) -> dict[str, Any] | None:
        """Return a mapping with these keys and no others; None when it is none."""
        found = self.mapping(loc)
        if found is None:
            return None
        known = {*required, *optional}
        for key in found.keys() - known:
            self.report((*loc, key), f"unknown key `{key}`", near(key, known), at_key=True)
        for key in sorted(set(required) - found.keys()):
            self.report(loc, f"`{key}` is missing", f"add `{key}:`", at_key=True)
        return found

    def mapping(self, loc: Loc) -> dict[str, Any] | None:
        """Return a mapping with any keys."""
        found = self.value(loc)
        if isinstance(found, dict):
            return found
        self.report(loc, f"must be a section, not {_told(found)}", "write `key: value` lines below it")
        return None

    def entries(self, loc: Loc, *, least: int = 0, most: int = 200) -> Iterator[Loc]:
        """Yield the places of a list's entries."""
        found = self.value(loc)
        if not isinstance(found, list):
            self.report(loc, f"must be a list, not {_told(found)}", "write `- ...` lines below it")
            return
        if not least <= len(found) <= most:
            self.report(loc, f"has {len(found)} entries", f"give {least} to {most}")
            return
        yield from ((*loc, at) for at in range(len(found)))

    def text(self, loc: Loc, limit: int = TEXT_LIMIT) -> str:
        """Return text that is not empty; "" after a problem."""
        found = self.value(loc)
        if not isinstance(found, str) or not found.strip():
            self.report(loc, f"must be text, not {_told(found)}", "put it in quotes if it looks like a number")
            return ""
        if len(found) > limit:
            self.report(loc, f"is longer than {limit} characters", "shorten it")
            return ""
        return found.strip()

    def words(self, loc: Loc) -> Text | None:
        """Return a text in both languages."""
        if self.section(loc, ("vi", "en")) is None:
            return None
        texts = {name: self.text((*loc, name)) for name in ("vi", "en") if name in self.value(loc)}
        return Text(**texts) if len(texts) == 2 and all(texts.values()) else None

    def choice(self, loc: Loc, kind: type[E]) -> E | None:
        """Return one of a closed list of words."""
        found = self.value(loc)
        words = [member.value for member in kind]
        if found in words:
            return kind(found)
        close = get_close_matches(str(found), words, n=1)
        hint = f"did you mean {close[0]}?" if close else "write one of them"
        self.report(loc, f"{_told(found)} is not one of {', '.join(words)}", hint)
        return None

    def whole(self, loc: Loc, least: int, most: int) -> int | None:
        """Return a whole number within bounds."""
        found = self.value(loc)
        if isinstance(found, int) and not isinstance(found, bool) and least <= found <= most:
            return found
        self.report(loc, f"must be a whole number from {least} to {most}, not {_told(found)}", "correct it")
        return None

    def span_s(self, loc: Loc) -> float | None:
        """Return a length of time in seconds."""
        found = self.value(loc)
        match = _SPAN.fullmatch(found) if isinstance(found, str) else None
        if match and float(match[1]) > 0:
            return float(match[1]) * _UNITS_S[match[2]]
        self.report(loc, f"{_told(found)} is not a length of time", _SPAN_HINT)
        return None

    def delay(self, loc: Loc) -> Delay:
        """Return a number of rounds, or a length of time."""
        found = self.value(loc)
        if isinstance(found, str):
            return Delay(duration_s=self.span_s(loc) or 0.0)
        return Delay(rounds_count=self.whole(loc, 1, 100) or 1)

    def day(self, loc: Loc) -> date | None:
        """Return a date."""
        found = self.value(loc)
        if isinstance(found, str) and _DAY.fullmatch(found):
            try:
                return date.fromisoformat(found)
            except ValueError:
                pass
        self.report(loc, f"{_told(found)} is not a date", "write one such as 2026-07-01")
        return None


def _told(value: Any) -> str:
    if value is None or value == "":
        return "nothing"
    if isinstance(value, dict | list):
        return "a section" if isinstance(value, dict) else "a list"
    return shown(value)
