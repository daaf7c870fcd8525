"""Waits for descriptors and for instants in one thread: what the lab's small processes run on."""

from __future__ import annotations

import selectors
import time
from collections.abc import Callable

Work = Callable[[], None]
_LONG_S = 60.0


class Loop:
    """Things to do when a descriptor is readable, and things to do again and again."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._selector = selectors.DefaultSelector()
        self._repeated: dict[int, tuple[float, float, Work]] = {}
        """Number -> when it is due, after how many seconds again, what."""
        self._number = 0

    def watch(self, fd: int, work: Work) -> None:
        """Do something whenever a descriptor is readable."""
        self._selector.register(fd, selectors.EVENT_READ, work)

    def forget(self, fd: int) -> None:
        """Watch a descriptor no longer."""
        self._selector.unregister(fd)

    def every(self, seconds: float, work: Work) -> int:
        """Do something now and again every so often; return a number to cancel it by."""
        self._number += 1
        self._repeated[self._number] = (self.clock(), seconds, work)
        return self._number

    def cancel(self, number: int) -> None:
        """Do it no longer."""
        self._repeated.pop(number, None)

    def run_once(self) -> None:
        """Wait for the next thing to do, and do what there is."""
        next_s = min((due_s for due_s, _, _ in self._repeated.values()), default=self.clock() + _LONG_S)
        for key, _ in self._selector.select(max(0.0, next_s - self.clock())):
            key.data()
        for number, (due_s, seconds, work) in list(self._repeated.items()):
            if due_s <= self.clock() and number in self._repeated:
                self._repeated[number] = (self.clock() + seconds, seconds, work)
                work()
