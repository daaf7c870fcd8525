"""A service greets with 10 kB of escape sequences and markup."""

from __future__ import annotations

from bt_console.lab.faults.api import SERVICE, Effect, FaultKind, ServiceEffect
from bt_console.lab.plan import Names


def _effects(names: Names, given: tuple[str, ...]) -> tuple[Effect, ...]:
    (service,) = given
    return (ServiceEffect(service=service, is_banner_hostile=True),)


FAULT = FaultKind(
    name="hostile-banner",
    arguments=(SERVICE,),
    description=("lời chào của một dịch vụ chứa mã điều khiển độc hại", "a service greets with hostile text"),
    effects=_effects,
)
