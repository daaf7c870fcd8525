"""A clock is off: the time server or a unit's router tells a wrong time, or the time stamps bear one."""

from __future__ import annotations

import re

from bt_console.lab.clocks import clock_id
from bt_console.lab.errors import LabError
from bt_console.lab.faults.api import Argument, Effect, FaultKind, ServiceEffect
from bt_console.lab.plan import Names

_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_LIMIT_S = 86_400.0


def offset_s(text: str) -> float:
    """Parse `5m` or `-800ms` into seconds, at most a day."""
    match = re.fullmatch(r"(-?\d{1,6}(?:\.\d+)?)(ms|s|m|h)", text)
    seconds = float(match[1]) * _UNITS_S[match[2]] if match else 0.0
    if not 0 < abs(seconds) <= _LIMIT_S:
        raise LabError("lab.bad_offset", text=text)
    return seconds


def _effects(names: Names, given: tuple[str, ...]) -> tuple[Effect, ...]:
    server, offset = given
    if server not in (*names.services, *names.name_servers):
        server = clock_id(server)
    return (ServiceEffect(service=server, clock_offset_s=offset_s(offset)),)


FAULT = FaultKind(
    name="clock-skew",
    arguments=(
        Argument(name="target", values=lambda names: names.clocks),
        Argument(name="offset", values=lambda names: ("2s", "5m", "-5m"), check=offset_s),
    ),
    description=("đồng hồ của một máy chủ hoặc bộ định tuyến chạy sai", "a server's or a router's clock is off"),
    effects=_effects,
)
