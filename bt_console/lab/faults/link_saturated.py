"""Somebody at a unit downloads more than its line carries."""

from __future__ import annotations

from bt_console.lab.faults.api import PATH, UNIT, Effect, FaultKind, LineEffect, unit_line
from bt_console.lab.plan import Names


def _effects(names: Names, given: tuple[str, ...]) -> tuple[Effect, ...]:
    path, unit = given
    return (LineEffect(line=unit_line(names, path, unit), is_saturated=True),)


FAULT = FaultKind(
    name="link-saturated",
    arguments=(PATH, UNIT),
    description=("đường truyền của một đơn vị bị dùng hết băng thông", "a unit's line is filled by a download"),
    effects=_effects,
)
