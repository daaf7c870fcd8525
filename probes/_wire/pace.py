"""Keeps all runs of a scanning probe together within one rate."""

from __future__ import annotations

import asyncio

_CATCH_UP_S = 0.02
"""How much of a pause may be caught up at once: timers ring a little late."""


class Pace:
    """Gives turns, `rate_per_s` of them a second, in the order they were asked for."""

    def __init__(self, purpose: str, rate_per_s: float) -> None:
        """`purpose` only tells one pace from another of the same rate."""
        self._loop = asyncio.get_running_loop()
        self._interval_s = 1 / rate_per_s
        self._next_at = 0.0

    async def turn(self) -> None:
        """Wait for the next turn."""
        now = self._loop.time()
        at = max(self._next_at, now - _CATCH_UP_S)
        self._next_at = at + self._interval_s
        if at > now:
            await asyncio.sleep(at - now)

    def delay_s(self) -> float:
        """Return how long a turn asked for now would have to wait."""
        return max(0.0, self._next_at - self._loop.time())

    def close(self) -> None:
        """There is nothing to release."""
