"""A machine of a unit shares files by SMB version 1."""

from __future__ import annotations

from bt_console.lab.exposures import exposure_id
from bt_console.lab.faults.api import UNIT_WITH_MACHINES, Effect, FaultKind, ServiceEffect
from bt_console.lab.plan import Names


def _effects(names: Names, given: tuple[str, ...]) -> tuple[Effect, ...]:
    (unit,) = given
    return (ServiceEffect(service=exposure_id(unit, "smb"), opened_kinds=("smb",)),)


FAULT = FaultKind(
    name="smb-open",
    arguments=(UNIT_WITH_MACHINES,),
    description=("một máy của đơn vị chia sẻ tệp bằng SMB 1", "a machine of a unit answers SMB version 1"),
    effects=_effects,
)
