"""A service's programs are stopped; its machine refuses connections."""

from __future__ import annotations

from bt_console.lab.faults.api import ANY_PORT, SERVICE, Effect, FaultKind, ServiceEffect
from bt_console.lab.plan import Names


def _effects(names: Names, given: tuple[str, ...]) -> tuple[Effect, ...]:
    (service,) = given
    return (ServiceEffect(service=service, closed_kinds=(ANY_PORT,)),)


FAULT = FaultKind(
    name="service-down",
    arguments=(SERVICE,),
    description=("một dịch vụ ngừng, cổng từ chối kết nối", "a service is stopped, its ports refuse"),
    effects=_effects,
)
