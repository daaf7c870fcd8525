"""The only reader of wall time, and the engine's timeline that no clock step can bend."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

JUMP_S = 1.0
"""Wall and monotonic clocks apart by more than this: the clock was set, or the machine slept."""


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> datetime:
        """Return the present instant, UTC-aware."""

    def monotonic_s(self) -> float:
        """Return seconds on a clock that never steps."""


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        """Return the wall clock's instant, UTC-aware."""
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        """Return CLOCK_MONOTONIC, the clock of asyncio's loop.time()."""
        return time.monotonic()


class Timeline:
    """Instants counted from one anchor by the monotonic clock, so that order and durations are always true."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._anchor_at = clock.now()
        self._anchor_s = clock.monotonic_s()

    def instant(self, monotonic_s: float | None = None) -> datetime:
        """Return the instant of a monotonic reading, or the present one."""
        if monotonic_s is None:
            monotonic_s = self._clock.monotonic_s()
        return self._anchor_at + timedelta(seconds=monotonic_s - self._anchor_s)

    def offset_s(self) -> float:
        """Return how far the wall clock is ahead of the timeline, in seconds."""
        return (self._clock.now() - self.instant()).total_seconds()

    def follow_jump(self) -> timedelta | None:
        """Follow the wall clock after a jump and return by how much; None when it has not jumped."""
        offset_s = self.offset_s()
        if abs(offset_s) <= JUMP_S:
            return None
        self._anchor_at += timedelta(seconds=offset_s)
        return timedelta(seconds=offset_s)
