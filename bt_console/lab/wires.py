"""Long-distance links in user space: one process carries frames between pairs of sockets, late, lossy or not at all.

A cut line drops silently: the carrier stays, routes stay, nobody is told, as with a broken leased line.

Source: packet(7) for AF_PACKET; linux/if_packet.h for the option numbers Python does not name.
"""

from __future__ import annotations

import heapq
import select
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

_FRAME_LIMIT = 2048
_QUEUE_LIMIT = 1000
"""Frames in flight per direction; a full router queue drops the newest."""
_QUEUE_S = 0.15
"""What a line of limited rate lets wait: a router's buffer, measured in time."""
_BURST = 64
"""Frames taken from one socket before the others get a turn."""
_SOL_PACKET = 263
_PACKET_IGNORE_OUTGOING = 23
_ETH_P_ALL = 0x0003


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """What a line does to the frames of one direction."""

    is_cut: bool = False
    loss_ratio: float = 0.0
    delay_s: float = 0.0
    jitter_s: float = 0.0
    rate_bps: float = 0.0
    """What it carries; 0: any amount."""


@dataclass(slots=True, kw_only=True)
class _Direction:
    out: socket.socket
    weather: Weather
    random: Random
    last_due_s: float = 0.0
    busy_until_s: float = 0.0
    """When the last frame queued will have left on the line."""
    queued_count: int = 0


_InFlight = tuple[float, int, _Direction, bytes]
"""Instant it is due, a number that keeps the order of arrival, its direction, the frame."""


class Wires:
    """All lines of a lab. Give it pairs of datagram sockets; call run_once for ever."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._epoll = select.epoll()
        self._directions: dict[int, tuple[socket.socket, _Direction]] = {}
        self._lines: dict[str, tuple[_Direction, _Direction]] = {}
        self._flight: list[_InFlight] = []
        self._seq = 0

    def join(self, line: str, near: socket.socket, far: socket.socket, calm: Weather) -> None:
        """Carry frames between two non-blocking sockets under a name."""
        toward = _Direction(out=far, weather=calm, random=Random(f"{line} toward"))  # noqa: S311 - repeatable
        back = _Direction(out=near, weather=calm, random=Random(f"{line} back"))  # noqa: S311
        self._lines[line] = (toward, back)
        for end, direction in ((near, toward), (far, back)):
            self._directions[end.fileno()] = (end, direction)
            self._epoll.register(end.fileno(), select.EPOLLIN)

    def watch(self, fd: int) -> None:
        """Have run_once return when something else becomes readable."""
        self._epoll.register(fd, select.EPOLLIN)

    def change(self, line: str, toward: Weather, back: Weather) -> None:
        """Set what a line does from now on, away from the hub and back to it."""
        for direction, weather in zip(self._lines[line], (toward, back), strict=True):
            direction.weather = weather

    def run_once(self, timeout_s: float) -> bool:
        """Wait for frames or for the time one is due, move them; True when a watched fd is readable."""
        if self._flight:
            timeout_s = min(timeout_s, max(0.0, self._flight[0][0] - self._clock()))
        # epoll itself counts whole milliseconds; select on the epoll counts microseconds.
        select.select([self._epoll], [], [], timeout_s)
        is_other_readable = False
        for fd, _ in self._epoll.poll(0):
            known = self._directions.get(fd)
            if known is None:
                is_other_readable = True
            else:
                self._take(*known)
        self._deliver()
        return is_other_readable

    def close(self) -> None:
        """Close every socket given to join."""
        self._epoll.close()
        for end, _ in self._directions.values():
            end.close()

    def _take(self, end: socket.socket, direction: _Direction) -> None:
        for _ in range(_BURST):
            try:
                frame = end.recv(_FRAME_LIMIT)
            except BlockingIOError:
                return
            except OSError:
                return  # the device went away with its namespace
            self._queue(direction, frame)

    def _queue(self, direction: _Direction, frame: bytes) -> None:
        weather = direction.weather
        if weather.is_cut or direction.queued_count >= _QUEUE_LIMIT:
            return
        if weather.loss_ratio and direction.random.random() < weather.loss_ratio:
            return
        now_s = self._clock()
        start_s = max(now_s, direction.busy_until_s)
        if start_s - now_s > _QUEUE_S:
            return
        if weather.rate_bps:
            start_s += len(frame) * 8 / weather.rate_bps
            direction.busy_until_s = start_s
        due_s = start_s + weather.delay_s
        if weather.jitter_s:
            due_s += direction.random.expovariate(1 / weather.jitter_s)
        direction.last_due_s = max(direction.last_due_s, due_s)  # a line never lets frames overtake each other
        direction.queued_count += 1
        self._seq += 1
        heapq.heappush(self._flight, (direction.last_due_s, self._seq, direction, frame))

    def _deliver(self) -> None:
        now_s = self._clock()
        while self._flight and self._flight[0][0] <= now_s:
            _, _, direction, frame = heapq.heappop(self._flight)
            direction.queued_count -= 1
            if direction.weather.is_cut:
                continue
            try:
                direction.out.send(frame)
            except OSError:
                continue  # no room or no carrier at the far end: the frame is lost


def open_device(device: str) -> socket.socket:
    """Return a non-blocking socket that gets each frame arriving at a device, and sends frames out of it."""
    # Protocol 0 until bind: otherwise frames of other devices come in before.
    end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
    end.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    end.bind((device, _ETH_P_ALL))
    return end
