"""A unit's router and switch answer the community every scanner tries."""

from __future__ import annotations

from bt_console.lab.faults.api import UNIT_LAN, Effect, FaultKind, LanEffect
from bt_console.lab.plan import Names


def _effects(names: Names, given: tuple[str, ...]) -> tuple[Effect, ...]:
    (unit,) = given
    return (LanEffect(lan=unit, is_public=True),)


FAULT = FaultKind(
    name="snmp-public",
    arguments=(UNIT_LAN,),
    description=("thiết bị mạng trả lời chuỗi SNMP mặc định public", "network devices answer SNMP's default community"),
    effects=_effects,
)
