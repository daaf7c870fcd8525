"""A clock that tests set by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bt_console.engine.clock import SystemClock

START = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


class HandClock:
    """Both clocks of a machine, moved by the test."""

    def __init__(self) -> None:
        self.wall = START
        self.steady_s = 1000.0

    def now(self) -> datetime:
        return self.wall

    def monotonic_s(self) -> float:
        return self.steady_s

    def pass_s(self, seconds: float) -> None:
        """Let time pass on both clocks."""
        self.wall += timedelta(seconds=seconds)
        self.steady_s += seconds

    def step_s(self, seconds: float) -> None:
        """Set the wall clock, as NTP or a person would, or a sleep does."""
        self.wall += timedelta(seconds=seconds)


class SetClock(SystemClock):
    """The machine's clocks, the wall clock of which a test sets while they run."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.ahead
