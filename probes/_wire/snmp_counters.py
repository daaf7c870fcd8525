"""Turns two readings of an agent's counters into rates, and refuses where a restart or a wrap hides the truth.

Source: RFC 2578 (7.1.6, 7.1.8, 7.1.10: counters and ticks), RFC 2863 (3.1.6: counter sizes).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

TICKS_PER_S = 100
_TICKS = 1 << 32
_WRAP_32 = 1 << 32
_STEP_TICKS = 500
"""Five seconds: what a slow answer or a coarse clock of the agent explains."""
_CLOCK_RATIO = 0.05
"""How wrong an agent's clock may run."""
SPEED_MARGIN = 1.5
"""A rate this far above the line's speed comes from a counter that was cleared, not from traffic."""


class Continuity(StrEnum):
    """What the agent's uptime says about the time between two readings."""

    STEADY = "steady"
    RESTARTED = "restarted"
    UNCLEAR = "unclear"
    """The agent's clock and ours disagree about how much time passed: no rate can be right."""


def continuity(before_ticks: int, now_ticks: int, elapsed_s: float) -> Continuity:
    """Compare two uptimes in hundredths of a second with the time that passed here; 497 days wrap to zero."""
    passed_ticks = elapsed_s * TICKS_PER_S
    tolerance = _STEP_TICKS + passed_ticks * _CLOCK_RATIO
    expected = before_ticks + passed_ticks
    behind = expected - now_ticks
    if abs(behind) <= tolerance or abs(behind - _TICKS) <= tolerance:
        return Continuity.STEADY
    return Continuity.RESTARTED if behind > 0 else Continuity.UNCLEAR


@dataclass(frozen=True, slots=True)
class Count:
    """A counter at an instant of the loop's clock."""

    at_s: float
    value: int
    is_wide: bool
    """64 bits."""


def octet_rate_bps(before: Count | None, now: Count | None, speed_bps: float) -> float | None:
    """Return bit/s between two readings of an octet counter, None when it cannot be known.

    A 32-bit counter that went back wrapped once, unless the line is fast enough to wrap twice meanwhile.
    """
    if before is None or now is None or before.is_wide != now.is_wide:
        return None
    elapsed_s = now.at_s - before.at_s
    if elapsed_s <= 0:
        return None
    delta = now.value - before.value
    if not now.is_wide and speed_bps * elapsed_s / 8 >= _WRAP_32:
        return None
    if delta < 0:
        if now.is_wide:
            return None
        delta += _WRAP_32
    rate = delta * 8 / elapsed_s
    return None if 0 < speed_bps * SPEED_MARGIN < rate and now.value < before.value else rate


def event_rate_per_s(before: Count | None, now: Count | None) -> float | None:
    """Return events a second; a counter of events that went back was cleared."""
    if before is None or now is None or now.at_s <= before.at_s or now.value < before.value:
        return None
    return (now.value - before.value) / (now.at_s - before.at_s)
