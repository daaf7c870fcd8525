"""A unit has no power: none of its lines carries anything."""

from __future__ import annotations

from bt_console.lab.faults.api import UNIT, Effect, FaultKind, LineEffect
from bt_console.lab.plan import Names


def _effects(names: Names, given: tuple[str, ...]) -> tuple[Effect, ...]:
    (unit,) = given
    return tuple(LineEffect(line=line, is_cut=True) for line in names.lines if line.partition(":")[2] == unit)


FAULT = FaultKind(
    name="unit-dark",
    arguments=(UNIT,),
    description=("một đơn vị mất điện", "a unit has no power"),
    effects=_effects,
)
