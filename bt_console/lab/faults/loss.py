"""A unit's access line loses a part of the packets."""

from __future__ import annotations

from bt_console.lab.faults.api import LOSS, PATH, UNIT, Effect, FaultKind, LineEffect, ratio, unit_line
from bt_console.lab.plan import Names


def _effects(names: Names, given: tuple[str, ...]) -> tuple[Effect, ...]:
    path, unit, loss = given
    return (LineEffect(line=unit_line(names, path, unit), loss_ratio=ratio(loss)),)


FAULT = FaultKind(
    name="loss",
    arguments=(PATH, UNIT, LOSS),
    description=("đường truyền của một đơn vị mất gói", "a unit's line loses packets"),
    effects=_effects,
)
