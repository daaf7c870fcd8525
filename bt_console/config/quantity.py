"""Quantities as people write them: 10s, 800ms, 2%, 1MiB, 10Mbps, `2 of 2`.

The end of a field's name says its unit: `interval_s: 5` is a plain number, `interval: 5s` carries the unit itself.

Source: unit symbols of SI and IEC 80000-13; binary prefixes only for octets, decimal ones for bit/s.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from probes.api import clean

_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_OCTETS = {"B": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30}
_BIT_RATES = {"bps": 1.0, "kbps": 1e3, "Mbps": 1e6, "Gbps": 1e9}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """The units a field may be written in."""

    units: Mapping[str, float]
    noun: str
    example: str


DIMENSIONS: Mapping[str, Dimension] = {
    "_s": Dimension(units=_SECONDS, noun="seconds", example="5s"),
    "_ratio": Dimension(units={"%": 0.01}, noun="a share of 1", example="2%"),
    "_octets": Dimension(units=_OCTETS, noun="octets", example="1MiB"),
    "_bps": Dimension(units=_BIT_RATES, noun="bit/s", example="10Mbps"),
}
_WRITTEN = re.compile(r"\s*([-+]?[0-9]+(?:\.[0-9]+)?)\s*([A-Za-z%]*)\s*")


class QuantityError(ValueError):
    """A quantity that cannot be read: str() says why, `hint` what to write."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class WithUnit:
    """A value written under a name without unit, so it must carry its own."""

    written: Any


def suffix_of(name: str) -> str:
    """Return the unit suffix a field name ends in, or nothing."""
    return next((suffix for suffix in DIMENSIONS if name.endswith(suffix)), "")


def short_name(name: str) -> str:
    """Return a field's name without its unit suffix."""
    return name.removesuffix(suffix_of(name))


def lengthen(entries: Mapping[str, Any], fields: frozenset[str]) -> dict[str, Any]:
    """Return entries under the full names of fields; those written short are marked WithUnit.

    Where both names are written, the short one stays, as a key that no field has.
    """
    short = {short_name(name): name for name in fields if suffix_of(name)}
    found: dict[str, Any] = {}
    for key, value in entries.items():
        name = short.get(key, key) if key not in fields else key
        is_twice = name != key and name in entries
        found[key if is_twice else name] = WithUnit(value) if name != key else value
    return found


def read(name: str, value: Any) -> float | int:
    """Return a quantity in the unit of a field's name. Raises QuantityError."""
    suffix = suffix_of(name)
    dimension = DIMENSIONS[suffix]
    if isinstance(value, WithUnit):
        return with_unit(value.written, dimension, short_name(name))
    if isinstance(value, bool) or not isinstance(value, int | float):
        example = dimension.example
        message = f"`{name}` takes a plain number ({dimension.noun}), not {shown(value)}"
        raise QuantityError(message, f"write `{short_name(name)}: {example}` to give a unit")
    return value


def with_unit(value: Any, dimension: Dimension, name: str) -> float | int:
    """Return a quantity that must carry its unit. Raises QuantityError."""
    match = _WRITTEN.fullmatch(value) if isinstance(value, str) else None
    units = ", ".join(dimension.units)
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise QuantityError(f"{value} has no unit", f"write for example `{name}: {dimension.example}`; units: {units}")
    if match is None:
        hint = f"write a number and a unit, such as {dimension.example}"
        raise QuantityError(f"{shown(value)} is not a quantity", hint)
    number, unit = match.groups()
    if not unit:
        raise QuantityError(f"{number} has no unit", f"write for example `{name}: {dimension.example}`; units: {units}")
    if unit not in dimension.units:
        raise QuantityError(f"unknown unit {unit} in {shown(value)}", f"units: {units}")
    scaled = round(float(number) * dimension.units[unit], 9)
    return int(scaled) if dimension.units is _OCTETS else scaled


def limit(measure: str, value: Any) -> float:
    """Return a limit for a measure: a plain number, or one with a unit of the measure's kind. Raises QuantityError."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    suffix = suffix_of(measure)
    if not suffix:
        raise QuantityError(f"{shown(value)} is not a number", f"{measure} is compared with a plain number")
    return float(with_unit(value, DIMENSIONS[suffix], measure))


_OF = re.compile(r"([0-9]{1,3}) of ([0-9]{1,3})")


def k_of_n(value: Any, most: int) -> tuple[int, int]:
    """Return (k, n) of `2 of 3`. Raises QuantityError."""
    match = _OF.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise QuantityError(f"{shown(value)} is not a count of readings", "write it as `2 of 3`")
    k, n = int(match[1]), int(match[2])
    if not 1 <= k <= n <= most:
        raise QuantityError(f"`{k} of {n}` cannot be met", f"the first number is 1 to the second, that at most {most}")
    return k, n


def shown(value: Any) -> str:
    """Return a value as a message shows it: bounded, on one line."""
    if value is None:
        return "nothing"
    if isinstance(value, WithUnit):
        return shown(value.written)
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a section"
    text = str(value).lower() if isinstance(value, bool) else f"`{value}`" if isinstance(value, str) else str(value)
    text = clean(text, 400)
    return text if len(text) <= 60 else f"{text[:58]}…`"
