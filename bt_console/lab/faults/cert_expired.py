"""A service shows a certificate that expired yesterday."""

from __future__ import annotations

from bt_console.lab.faults.api import TLS_SERVICE, Effect, FaultKind, ServiceEffect
from bt_console.lab.plan import Names


def _effects(names: Names, given: tuple[str, ...]) -> tuple[Effect, ...]:
    (service,) = given
    return (ServiceEffect(service=service, is_certificate_expired=True),)


FAULT = FaultKind(
    name="cert-expired",
    arguments=(TLS_SERVICE,),
    description=("chứng thư của một dịch vụ đã hết hạn", "a service's certificate has expired"),
    effects=_effects,
)
