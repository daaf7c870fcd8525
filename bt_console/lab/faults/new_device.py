"""A machine nobody registered is plugged into a LAN."""

from __future__ import annotations

from bt_console.lab.faults.api import LAN, NEW_DEVICE, Effect, FaultKind, LanEffect
from bt_console.lab.plan import Names


def _effects(names: Names, given: tuple[str, ...]) -> tuple[Effect, ...]:
    (lan,) = given
    return (LanEffect(lan=lan, guests=(NEW_DEVICE,)),)


FAULT = FaultKind(
    name="new-device",
    arguments=(LAN,),
    description=("một thiết bị lạ cắm vào mạng LAN", "an unknown machine is plugged into a LAN"),
    effects=_effects,
)
