"""The TSLCD core is lost: everything behind the provider edge."""

from __future__ import annotations

from bt_console.lab.faults.api import Effect, FaultKind, LineEffect
from bt_console.lab.plan import CORE_LINE, Names


def _effects(names: Names, given: tuple[str, ...]) -> tuple[Effect, ...]:
    return (LineEffect(line=CORE_LINE, is_cut=True),)


FAULT = FaultKind(
    name="tslcd-core-down",
    description=("mạng lõi TSLCD ngừng hoạt động", "the TSLCD core is down"),
    effects=_effects,
)
