"""Params and thresholds of a check, and params of a channel, read by the kind named beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import PydanticCustomError

import probes
from bt_console import channels
from bt_console.config import quantity
from bt_console.config.errors import did_you_mean
from bt_console.config.fields import KEY, read_fields
from bt_console.config.quantity import QuantityError, shown
from bt_console.config.values import Loc, complaint, complaints
from bt_console.model.health import SAMPLES_KEPT
from bt_console.model.inventory import Side, Threshold


def read_params(probe: str, written: Any) -> dict[str, Any]:
    """Return checked params of a probe by field name. Raises ValidationError with every mistake."""
    return _params(probes.load(probe).params, probe, written)


def read_channel_params(kind: str, written: Any) -> dict[str, Any]:
    """Return checked params of a channel by field name. Raises ValidationError with every mistake."""
    return _params(channels.load(kind).params, kind, written)


def _params(cls: type, owner: str, written: Any) -> dict[str, Any]:
    params, found = read_fields(cls, owner, "param", _section(written))
    if found:
        raise complaints(found)
    return params


def _section(written: Any) -> Mapping[str, Any]:
    if written is None:
        return {}
    if not isinstance(written, dict):
        raise complaint(f"must be a section, not {shown(written)}", "write `key: value` lines below it")
    return written


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
