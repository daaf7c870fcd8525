"""A machine of a unit is on the TSLCD's LAN and on an Internet line of its own, and forwards between them."""

from __future__ import annotations

from bt_console.lab.faults.api import INTERNET_BRIDGE, UNIT_WITH_INTERNET, Effect, FaultKind, LanEffect
from bt_console.lab.plan import Names


def _effects(names: Names, given: tuple[str, ...]) -> tuple[Effect, ...]:
    (unit,) = given
    return (LanEffect(lan=unit, guests=(INTERNET_BRIDGE,)),)


FAULT = FaultKind(
    name="bridge-inet-tslcd",
    arguments=(UNIT_WITH_INTERNET,),
    description=("một máy nối thông mạng TSLCD với Internet", "a machine joins the TSLCD to the Internet"),
    effects=_effects,
)
