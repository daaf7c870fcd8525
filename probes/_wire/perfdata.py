"""Reads what a monitoring plugin prints: its message and its performance data; pure.

Times become seconds, percentages ratios, sizes octets with binary prefixes (as check_disk means them).

Source: Monitoring Plugins Development Guidelines, sections 2.1 to 2.6; Nagios Core "Plugin API" (several lines).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from probes.api import clean

ROWS_COUNT = 64
LABEL_LENGTH = 100
_UNITS = {
    "s": (1.0, "s"),
    "ms": (1e-3, "s"),
    "us": (1e-6, "s"),
    "%": (0.01, "ratio"),
    "c": (1.0, "counter"),
}
_SIZES = {
    "b": (1.0, "octets"),
    "kb": (2.0**10, "octets"),
    "mb": (2.0**20, "octets"),
    "gb": (2.0**30, "octets"),
    "tb": (2.0**40, "octets"),
    "pb": (2.0**50, "octets"),
    "kib": (2.0**10, "octets"),
    "mib": (2.0**20, "octets"),
    "gib": (2.0**30, "octets"),
    "tib": (2.0**40, "octets"),
}
_ITEM = re.compile(r"\s*(?:'((?:[^']|'')*)'|([^\s='|]+))=([^\s;]*)(\S*)")
_VALUE = re.compile(r"([-+]?(?:[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)(?:[eE][-+]?[0-9]{1,3})?)([^0-9;]{0,8})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One value of the performance data."""

    label: str
    value: float
    unit: str
    """`s`, `ratio`, `octets`, `counter`, "" for a plain number, or what the plugin wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What a plugin printed."""

    message: str
    """Its first line."""
    rows: tuple[Row, ...]


def parse_output(text: str) -> Output:
    """Read all that a plugin printed; what is no performance data is left out."""
    first, _, rest = text.strip("\r\n").partition("\n")
    message, _, data = first.partition("|")
    long_data = rest.partition("|")[2]
    return Output(message=clean(message.strip()), rows=parse_perfdata(f"{data} {long_data}"))


def parse_perfdata(text: str) -> tuple[Row, ...]:
    """Return the rows that hold a number, at most ROWS_COUNT; `U` means that the plugin could not tell."""
    rows: list[Row] = []
    position = 0
    while len(rows) < ROWS_COUNT and position < len(text):
        match = _ITEM.match(text, position)
        if match is None:
            position = _next_word(text, position)
            continue
        position = match.end()
        row = _row(match)
        if row is not None:
            rows.append(row)
    return tuple(rows)


def _next_word(text: str, position: int) -> int:
    """Return where to go on after something that is no item."""
    space = re.compile(r"\s*\S+").match(text, position)
    return space.end() if space else len(text)


def _row(match: re.Match[str]) -> Row | None:
    label = match[2] if match[1] is None else match[1].replace("''", "'")
    number = _VALUE.fullmatch(match[3])
    if number is None or not label.strip():
        return None
    factor, unit = _UNITS.get(number[2]) or _SIZES.get(number[2].lower()) or (1.0, clean(number[2], 8))
    value = float(number[1].replace(",", ".")) * factor
    return Row(label=clean(label, LABEL_LENGTH), value=value, unit=unit) if math.isfinite(value) else None
