"""A service's certificate is revoked: the authority's responder and list say so."""

from __future__ import annotations

from bt_console.lab.faults.api import TLS_SERVICE, Effect, FaultKind, ServiceEffect
from bt_console.lab.plan import Names


def _effects(names: Names, given: tuple[str, ...]) -> tuple[Effect, ...]:
    (service,) = given
    return (ServiceEffect(service=service, is_certificate_revoked=True),)


FAULT = FaultKind(
    name="cert-revoked",
    arguments=(TLS_SERVICE,),
    description=("chứng thư của một dịch vụ đã bị thu hồi", "a service's certificate has been revoked"),
    effects=_effects,
)
