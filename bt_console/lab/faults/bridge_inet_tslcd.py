"""The TSLCD and the Internet are joined at a unit: its router forwards between its lines, or a machine has both.

The router no longer keeps its lines apart, and its agent tells the addresses and routes of both as those of one
instance; a machine is on the TSLCD's LAN and on an Internet line of its own, and forwards between them.
"""

from __future__ import annotations

from bt_console.lab.faults.api import INTERNET_BRIDGE, UNIT_WITH_INTERNET, Argument, Effect, FaultKind, LanEffect
from bt_console.lab.plan import Names

_ROUTER, _MACHINE = "router", "machine"


def _effects(names: Names, given: tuple[str, ...]) -> tuple[Effect, ...]:
    unit, *named = given
    if _MACHINE in named:
        return (LanEffect(lan=unit, guests=(INTERNET_BRIDGE,)),)
    return (LanEffect(lan=unit, is_joined=True),)


FAULT = FaultKind(
    name="bridge-inet-tslcd",
    arguments=(
        UNIT_WITH_INTERNET,
        Argument(name="by", values=lambda names: (_ROUTER, _MACHINE), is_optional=True),
    ),
    description=(
        "bộ định tuyến (hoặc một máy) nối thông mạng TSLCD với Internet",
        "a router (or a machine) joins the TSLCD to the Internet",
    ),
    effects=_effects,
)
