"""Params and thresholds of a check, read by the probe kind named beside them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

import probes
from bt_console.config import quantity
from bt_console.config.errors import did_you_mean
from bt_console.config.quantity import QuantityError, shown
from bt_console.config.values import Loc, complaint, complaints
from bt_console.model.health import SAMPLES_KEPT
from bt_console.model.inventory import Side, Threshold
from probes.api import ProbeKind

KEY = "[key]"
"""Last element of a place that means the key and not its value, as pydantic has it."""


def read_params(probe: str, written: Any) -> dict[str, Any]:
    """Return checked params of a probe by field name. Raises ValidationError with every mistake."""
    kind = probes.load(probe)
    fields = frozenset(field.name for field in dataclasses.fields(kind.params))
    params: dict[str, Any] = {}
    found: list[tuple[Loc, PydanticCustomError]] = []
    for name, value in quantity.lengthen(_section(written), fields).items():
        if name not in fields:
            hint = did_you_mean(name, {quantity.short_name(field) for field in fields})
            found.append(((name, KEY), complaint(f"{probe} has no param `{name}`", hint)))
            continue
        try:
            params[name] = _param(kind, name, value)
        except QuantityError as error:
            found.append(((name,), complaint(str(error), error.hint)))
    if found:
        raise complaints(found)
    return params


def _section(written: Any) -> Mapping[str, Any]:
    if written is None:
        return {}
    if not isinstance(written, dict):
        raise complaint(f"must be a section, not {shown(written)}", "write `key: value` lines below it")
    return written


def _param(kind: ProbeKind, name: str, value: Any) -> Any:
    if quantity.suffix_of(name) and value is not None:
        value = quantity.read(name, value)
    adapter, is_strict = _adapter(kind.name, name)
    try:
        return adapter.validate_python(tuple(value) if isinstance(value, list) else value, strict=is_strict)
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        is_text = "valid string" in reason and not isinstance(value, list | dict)
        hint = "put it in quotes" if is_text else f"the default is {_default(kind, name)}"
        raise QuantityError(f"`{name}` of {kind.name} cannot be {shown(value)}: {_lower(reason)}", hint) from error


def _default(kind: ProbeKind, name: str) -> str:
    default = next(field.default for field in dataclasses.fields(kind.params) if field.name == name)
    return "empty" if default in ("", (), dataclasses.MISSING) else str(default)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


@cache
def _adapter(probe: str, name: str) -> tuple[TypeAdapter[Any], bool]:
    hint = get_type_hints(probes.load(probe).params)[name]
    is_enum = isinstance(hint, type) and issubclass(hint, Enum)
    config = None if is_enum else ConfigDict(arbitrary_types_allowed=True)
    return TypeAdapter(hint, config=config), not is_enum


def read_thresholds(probe: str, written: Any) -> dict[str, Threshold | None]:
    """Return thresholds by measure, None for one switched off. Raises ValidationError with every mistake."""
    measures = probes.load(probe).measures
    thresholds: dict[str, Threshold | None] = {}
    found: list[tuple[Loc, PydanticCustomError]] = []
    for measure, entry in _section(written).items():
        if measure not in measures:
            error = complaint(f"{probe} has no measure `{measure}`", did_you_mean(measure, measures))
            found.append(((measure, KEY), error))
            continue
        try:
            thresholds[measure] = None if entry is False else _threshold(measure, entry)
        except QuantityError as error:
            found.append(((measure,), complaint(str(error), error.hint)))
    if found:
        raise complaints(found)
    return thresholds


def _threshold(measure: str, entry: Any) -> Threshold:
    example = "write `{above: LIMIT, for: 2 of 2}`, `{below: LIMIT}` or false"
    if not isinstance(entry, dict) or len({"above", "below"} & entry.keys()) != 1:
        raise QuantityError("a threshold is a section with either `above` or `below`", example)
    if unknown := entry.keys() - {"above", "below", "for"}:
        raise QuantityError(f"a threshold has no `{sorted(unknown)[0]}`", example)
    side = Side.ABOVE if "above" in entry else Side.BELOW
    limit = quantity.limit(measure, entry[side])
    k, n = quantity.k_of_n(entry.get("for", "2 of 2"), SAMPLES_KEPT)
    return Threshold(measure=measure, side=side, limit=limit, k=k, n=n)
