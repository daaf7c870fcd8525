"""A download that fills a line: real datagrams from beyond the line to a machine that throws them away."""

from __future__ import annotations

import socket
from collections.abc import Callable

from bt_console.lab import kernel

TICK_S = 0.01
_DISCARD_PORT = 9
_PAYLOAD = bytes(1400)
_FRAME_OCTETS = len(_PAYLOAD) + 8 + 20 + 14
_DEMAND_RATIO = 1.02
"""More than the line carries, so that its queue stays full and some is lost."""
_HEAD_START_S = 0.2
"""Sent at once, to fill the queue."""
_CATCH_UP_S = 0.3


class Download:
    """From one namespace to an address of another, at a little more than a line's rate."""

    def __init__(self, spaces: tuple[int, int], address: str, rate_bps: float, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._frames_per_s = rate_bps * _DEMAND_RATIO / 8 / _FRAME_OCTETS
        self._sent_s = clock() - _HEAD_START_S
        """Up to which instant everything due was sent."""
        with kernel.inside(spaces[1]):
            self._sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sink.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)  # nobody reads: the kernel drops in silence
        self._sink.bind((address, _DISCARD_PORT))
        with kernel.inside(spaces[0]):
            self._source = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._source.connect((address, _DISCARD_PORT))

    def tick(self) -> None:
        """Send what has become due."""
        now_s = self._clock()
        self._sent_s = max(self._sent_s, now_s - _CATCH_UP_S)
        count = int((now_s - self._sent_s) * self._frames_per_s)
        self._sent_s += count / self._frames_per_s
        for _ in range(count):
            try:
                self._source.send(_PAYLOAD)
            except OSError:
                return

    def close(self) -> None:
        """Stop it."""
        self._source.close()
        self._sink.close()
