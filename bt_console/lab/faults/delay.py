"""A unit's access line is slow to answer."""

from __future__ import annotations

from bt_console.lab.faults.api import DELAY, PATH, UNIT, Effect, FaultKind, LineEffect, duration_s, unit_line
from bt_console.lab.plan import Names


def _effects(names: Names, given: tuple[str, ...]) -> tuple[Effect, ...]:
    path, unit, delay = given
    return (LineEffect(line=unit_line(names, path, unit), delay_s=duration_s(delay)),)


FAULT = FaultKind(
    name="delay",
    arguments=(PATH, UNIT, DELAY),
    description=("đường truyền của một đơn vị trễ cao", "a unit's line has a high delay"),
    effects=_effects,
)
