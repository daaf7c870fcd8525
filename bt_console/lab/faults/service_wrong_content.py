"""A service answers 200 OK with a page that is not its own."""

from __future__ import annotations

from bt_console.lab.faults.api import WEB_SERVICE, Effect, FaultKind, ServiceEffect
from bt_console.lab.plan import Names


def _effects(names: Names, given: tuple[str, ...]) -> tuple[Effect, ...]:
    (service,) = given
    return (ServiceEffect(service=service, is_content_wrong=True),)


FAULT = FaultKind(
    name="service-wrong-content",
    arguments=(WEB_SERVICE,),
    description=("một dịch vụ trả về trang không đúng", "a service answers with a wrong page"),
    effects=_effects,
)
