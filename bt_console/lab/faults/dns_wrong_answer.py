"""The district's name servers answer with an address that is not the service's."""

from __future__ import annotations

from bt_console.lab.faults.api import Effect, FaultKind, ServiceEffect
from bt_console.lab.plan import Names


def _effects(names: Names, given: tuple[str, ...]) -> tuple[Effect, ...]:
    return tuple(ServiceEffect(service=server, is_answer_wrong=True) for server in names.name_servers)


FAULT = FaultKind(
    name="dns-wrong-answer",
    description=("máy chủ tên miền trả lời sai địa chỉ", "the name server answers with wrong addresses"),
    effects=_effects,
)
