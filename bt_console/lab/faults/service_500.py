"""A service's page answers 500 Internal Server Error."""

from __future__ import annotations

from bt_console.lab.faults.api import WEB_SERVICE, Effect, FaultKind, ServiceEffect
from bt_console.lab.plan import Names


def _effects(names: Names, given: tuple[str, ...]) -> tuple[Effect, ...]:
    (service,) = given
    return (ServiceEffect(service=service, status=500),)


FAULT = FaultKind(
    name="service-500",
    arguments=(WEB_SERVICE,),
    description=("trang của một dịch vụ báo lỗi 500", "a service's page answers with error 500"),
    effects=_effects,
)
