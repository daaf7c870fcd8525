"""A unit's access line on one path carries nothing."""

from __future__ import annotations

from bt_console.lab.faults.api import PATH, UNIT, Effect, FaultKind, LineEffect, unit_line
from bt_console.lab.plan import Names


def _effects(names: Names, given: tuple[str, ...]) -> tuple[Effect, ...]:
    path, unit = given
    return (LineEffect(line=unit_line(names, path, unit), is_cut=True),)


FAULT = FaultKind(
    name="link-down",
    arguments=(PATH, UNIT),
    description=("đứt đường truyền Internet hoặc TSLCD của một đơn vị", "a unit's Internet or TSLCD line is cut"),
    effects=_effects,
)
