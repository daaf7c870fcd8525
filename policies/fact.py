"""What can be known, of which type, and how a value is read as that type."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import isfinite

Scalar = str | int | float | bool | datetime
Value = Scalar | tuple[Scalar, ...]

INT_LIMIT = 2**63


class FactType(StrEnum):
    """Types of the expression language that facts have."""

    BOOL = "bool"
    INT = "int"
    DOUBLE = "double"
    STRING = "string"
    TIMESTAMP = "timestamp"
    BOOLS = "list<bool>"
    INTS = "list<int>"
    DOUBLES = "list<double>"
    STRINGS = "list<string>"
    LIST = "list<dyn>"
    """A list of anything: nothing about its elements is checked when a rule is loaded."""

    @property
    def element(self) -> FactType | None:
        """Return the type of a list's elements; None when it is no list or may hold anything."""
        return _ELEMENTS.get(self)

    @property
    def is_list(self) -> bool:
        """Return whether values are lists."""
        return self.value.startswith("list")


_ELEMENTS = {
    FactType.BOOLS: FactType.BOOL,
    FactType.INTS: FactType.INT,
    FactType.DOUBLES: FactType.DOUBLE,
    FactType.STRINGS: FactType.STRING,
}


class Source(StrEnum):
    """Who says a fact."""

    PROBE = "probe"
    IMPORT = "import"
    """A person's record or statement, with date and author."""
    PRODUCT = "product"
    """What this program knows of itself: its configuration, register and history."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactDeclaration:
    """A fact rules may use."""

    name: str
    type: FactType
    source: Source
    is_of_unit: bool = False
    """Known of a unit as a whole, and so of all its targets; otherwise of one target."""
    vi: str = ""
    en: str = ""
    """What it is, in both languages; empty for what a probe gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactValue:
    """What is known of one fact of one subject."""

    value: Value
    at: datetime
    """When it was learnt; UTC-aware."""
    seq: int | None = None
    """Number of the observation it comes from."""
    by: str = ""
    """Who stated it, where a person did."""


Facts = Mapping[str, FactValue]

ANSWERED = frozenset({"ok", "fail"})
"""Outcomes of readings in which the target answered, be it wrongly."""
SILENT = "timeout"


def learnt(probe: str, outcome: str, measures: Mapping[str, float], facts: Mapping[str, Value]) -> dict[str, Value]:
    """Return what a reading teaches, as rules name it.

    A target that fell silent half-way has told half the truth: no open port found, no old version accepted. So of such
    a reading only the measures count (all packets lost), and of one we could not take nothing does.
    """
    found: dict[str, Value] = {}
    if outcome in ANSWERED or outcome == SILENT:
        found |= {f"{probe}.{name}": value for name, value in measures.items() if isfinite(value)}
    if outcome in ANSWERED:
        found |= {f"{probe}.{name}": value for name, value in facts.items()}
    return found


NAME = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
RESERVED = frozenset(
    (
        *("as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop"),
        *("namespace", "null", "package", "return", "true", "var", "void", "while"),
    )
)
"""Words of the expression language that no part of a name may be."""


def is_name(text: str) -> bool:
    """Return whether a text can be a fact's name."""
    return bool(NAME.fullmatch(text)) and not RESERVED & set(text.split("."))


class WrongType(ValueError):
    """A value is not of the type its fact has; str() says what it is."""


def read_value(type_: FactType, value: object) -> Value:
    """Return a value as its type has it. Raises WrongType."""
    if not type_.is_list:
        return _scalar(type_, value)
    if isinstance(value, str | bytes) or not isinstance(value, Sequence):
        raise WrongType(f"{shown(value)} is not a list")
    if type_.element is None:
        return tuple(_any_scalar(element) for element in value)
    return tuple(_scalar(type_.element, element) for element in value)


def _scalar(type_: FactType, value: object) -> Scalar:
    if type_ is FactType.DOUBLE and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type_ is FactType.TIMESTAMP and isinstance(value, str):
        return _instant(value)
    if isinstance(value, datetime) and type_ is FactType.TIMESTAMP:
        return _aware(value)
    if type(value) is not _PYTHON_TYPES.get(type_):
        raise WrongType(f"{shown(value)} is not {_NOUNS[type_]}")
    return _bounded(value)


def _any_scalar(value: object) -> Scalar:
    if isinstance(value, str | int | float):
        return _bounded(value)
    raise WrongType(f"{shown(value)} is neither text nor number nor true or false")


def _bounded(value: object) -> Scalar:
    if isinstance(value, int) and not -INT_LIMIT <= value < INT_LIMIT:
        raise WrongType(f"{shown(value)} is beyond 64 bits")
    return value  # type: ignore[return-value]  # its type was compared just before


def _instant(text: str) -> datetime:
    try:
        return _aware(datetime.fromisoformat(text))
    except ValueError as error:
        raise WrongType(f"{shown(text)} is not an instant with its offset, such as 2026-11-25T08:00+07:00") from error


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise WrongType(f"{at.isoformat()} has no offset from UTC")
    return at


_PYTHON_TYPES: Mapping[FactType, type] = {
    FactType.BOOL: bool,
    FactType.INT: int,
    FactType.DOUBLE: float,
    FactType.STRING: str,
}
_NOUNS: Mapping[FactType, str] = {
    FactType.BOOL: "true or false",
    FactType.INT: "a whole number",
    FactType.DOUBLE: "a number",
    FactType.STRING: "text",
    FactType.TIMESTAMP: "an instant",
}


def shown(value: object, limit: int = 60) -> str:
    """Return a value as a message shows it: bounded, on one line."""
    text = f"`{value}`" if isinstance(value, str) else repr(value)
    bounded = text if len(text) <= limit else f"{text[: limit - 1]}…"
    return "".join(letter if letter.isprintable() else "?" for letter in bounded)
