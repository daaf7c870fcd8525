"""A service's pages and greetings come late."""

from __future__ import annotations

from bt_console.lab.faults.api import SERVICE, WAIT, Effect, FaultKind, ServiceEffect, duration_s
from bt_console.lab.plan import Names


def _effects(names: Names, given: tuple[str, ...]) -> tuple[Effect, ...]:
    service, wait = given
    return (ServiceEffect(service=service, delay_s=duration_s(wait)),)


FAULT = FaultKind(
    name="service-slow",
    arguments=(SERVICE, WAIT),
    description=("một dịch vụ trả lời chậm", "a service answers slowly"),
    effects=_effects,
)
