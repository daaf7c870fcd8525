"""A machine of a unit offers a telnet login."""

from __future__ import annotations

from bt_console.lab.exposures import exposure_id
from bt_console.lab.faults.api import UNIT_WITH_MACHINES, Effect, FaultKind, ServiceEffect
from bt_console.lab.plan import Names


def _effects(names: Names, given: tuple[str, ...]) -> tuple[Effect, ...]:
    (unit,) = given
    return (ServiceEffect(service=exposure_id(unit, "telnet"), opened_kinds=("telnet",)),)


FAULT = FaultKind(
    name="telnet-open",
    arguments=(UNIT_WITH_MACHINES,),
    description=("một thiết bị của đơn vị mở cổng Telnet", "a machine of a unit answers on the telnet port"),
    effects=_effects,
)
