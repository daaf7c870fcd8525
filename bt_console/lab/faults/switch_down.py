"""A unit's switch has no power: all machines are dark, the router still answers."""

from __future__ import annotations

from bt_console.lab.faults.api import UNIT_LAN, Effect, FaultKind, LanEffect
from bt_console.lab.plan import Names


def _effects(names: Names, given: tuple[str, ...]) -> tuple[Effect, ...]:
    (unit,) = given
    return (LanEffect(lan=unit, is_switch_off=True),)


FAULT = FaultKind(
    name="switch-down",
    arguments=(UNIT_LAN,),
    description=("bộ chuyển mạch của một đơn vị mất điện", "a unit's switch has no power"),
    effects=_effects,
)
