"""A machine's cable has a loose contact: its port of the switch goes down and up every few seconds."""

from __future__ import annotations

from bt_console.lab.errors import LabError
from bt_console.lab.faults.api import DEVICE, UNIT_WITH_MACHINES, Effect, FaultKind, LanEffect
from bt_console.lab.plan import Names


def _effects(names: Names, given: tuple[str, ...]) -> tuple[Effect, ...]:
    unit, *named = given
    known = [name.partition(":")[2] for name in names.machines if name.startswith(f"{unit}:")]
    machine = named[0] if named else known[0]
    if machine not in known:
        raise LabError("lab.no_machine", unit=unit, machine=machine)
    return (LanEffect(lan=unit, flapping_machines=(machine,)),)


FAULT = FaultKind(
    name="port-flap",
    arguments=(UNIT_WITH_MACHINES, DEVICE),
    description=(
        "cổng của một thiết bị trên bộ chuyển mạch chập chờn",
        "a machine's port goes down and up",
    ),
    effects=_effects,
)
