"""Until when: the ends that people choose from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from bt_console.model.walltime import DAY, instant, local_day
from bt_console.tui.view.look import Look

_MORNING = time(7, 30)
"""Before the offices open."""
HOUR_S, DAY_S = 3600.0, 86400.0
ACKNOWLEDGE = (HOUR_S / 2, HOUR_S, 2 * HOUR_S, 4 * HOUR_S, 8 * HOUR_S)
SILENCE = (HOUR_S / 2, HOUR_S, 4 * HOUR_S, 12 * HOUR_S, DAY_S, 3 * DAY_S, 7 * DAY_S)
STAND_IN = (2 * HOUR_S, 4 * HOUR_S, 12 * HOUR_S, DAY_S, 3 * DAY_S, 7 * DAY_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """One end to choose."""

    at: datetime
    text: str
    is_longest: bool = False


def ends(spans_s: Iterable[float], longest_s: float | None, timezone: str, look: Look) -> tuple[End, ...]:
    """Return the spans that are shorter than the longest, tomorrow's opening, and the longest; the nearest first."""
    now = look.now
    found = [
        End(at=now + timedelta(seconds=span_s), text=look.span(span_s))
        for span_s in spans_s
        if longest_s is None or span_s < longest_s
    ]
    morning = instant(local_day(now, timezone) + DAY, _MORNING, timezone)
    if longest_s is None or morning < now + timedelta(seconds=longest_s):
        found.append(End(at=morning, text=look.tell("told.span.morning")))
    if longest_s is not None:
        text = look.tell("told.span.max", span=look.span(longest_s))
        found.append(End(at=now + timedelta(seconds=longest_s), text=text, is_longest=True))
    return tuple(sorted(found, key=lambda end: end.at))
