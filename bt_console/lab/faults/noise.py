"""Every line of the district loses a few packets and takes uneven times, as real ones do."""

from __future__ import annotations

from bt_console.lab.faults.api import Argument, Effect, FaultKind, LineEffect, duration_s, ratio
from bt_console.lab.plan import Names


def _effects(names: Names, given: tuple[str, ...]) -> tuple[Effect, ...]:
    loss, jitter = given
    return tuple(LineEffect(line=line, loss_ratio=ratio(loss), jitter_s=duration_s(jitter)) for line in names.lines)


FAULT = FaultKind(
    name="noise",
    arguments=(
        Argument(name="loss", values=lambda names: ("1%", "3%"), check=ratio),
        Argument(name="jitter", values=lambda names: ("5ms", "20ms"), check=duration_s),
    ),
    description=(
        "mọi đường truyền mất ít gói và trễ không đều",
        "every line loses a few packets and takes uneven times",
    ),
    effects=_effects,
)
