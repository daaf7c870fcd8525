"""The district's name servers are stopped."""

from __future__ import annotations

from bt_console.lab.faults.api import ANY_PORT, Effect, FaultKind, ServiceEffect
from bt_console.lab.plan import Names


def _effects(names: Names, given: tuple[str, ...]) -> tuple[Effect, ...]:
    return tuple(ServiceEffect(service=server, closed_kinds=(ANY_PORT,)) for server in names.name_servers)


FAULT = FaultKind(
    name="dns-down",
    description=("máy chủ tên miền ngừng hoạt động", "the name server is stopped"),
    effects=_effects,
)
