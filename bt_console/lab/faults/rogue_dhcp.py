"""A machine on a LAN hands out addresses with itself as the gateway."""

from __future__ import annotations

from bt_console.lab.faults.api import LAN, ROGUE_DHCP, Effect, FaultKind, LanEffect
from bt_console.lab.plan import Names


def _effects(names: Names, given: tuple[str, ...]) -> tuple[Effect, ...]:
    (lan,) = given
    return (LanEffect(lan=lan, guests=(ROGUE_DHCP,)),)


FAULT = FaultKind(
    name="rogue-dhcp",
    arguments=(LAN,),
    description=("một máy lạ cấp phát địa chỉ (DHCP) trong LAN", "a machine on a LAN hands out addresses"),
    effects=_effects,
)
