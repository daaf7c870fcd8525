"""A machine on a LAN answers for the gateway, and so gets what is meant for it."""

from __future__ import annotations

from bt_console.lab.faults.api import ARP_SPOOFER, LAN, Effect, FaultKind, LanEffect
from bt_console.lab.plan import Names


def _effects(names: Names, given: tuple[str, ...]) -> tuple[Effect, ...]:
    (lan,) = given
    return (LanEffect(lan=lan, guests=(ARP_SPOOFER,)),)


FAULT = FaultKind(
    name="arp-spoof",
    arguments=(LAN,),
    description=("một máy trong LAN giả mạo cổng mặc định (ARP)", "a machine on a LAN claims the gateway's address"),
    effects=_effects,
)
