"""The hub's own Internet line is cut on the provider's side."""

from __future__ import annotations

from bt_console.lab.faults.api import Effect, FaultKind, LineEffect
from bt_console.lab.plan import UPLINK_LINES, Names


def _effects(names: Names, given: tuple[str, ...]) -> tuple[Effect, ...]:
    return (LineEffect(line=UPLINK_LINES["internet"], is_cut=True),)


FAULT = FaultKind(
    name="hub-isp-down",
    description=("đường Internet của chính trung tâm bị đứt", "the hub's own Internet line is cut"),
    effects=_effects,
)
