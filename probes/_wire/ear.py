"""Listens on one interface for as long as the monitor runs: what sensors have in common.

Source: packet(7).
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable

from probes._wire.errors import network_errors
from probes._wire.interfaces import Interface, read_interface
from probes._wire.packet_ring import PacketRing, Wanted
from probes._wire.trace import MARGIN_S
from probes.api import FailureKind, ProbeContext, ProbeFailure

_PAUSE_S = 0.02
"""The ring holds seconds of a flood, so frames are taken together instead of waking for each."""
NOT_ALLOWED = "no packet socket is allowed: give the program CAP_NET_RAW"


class Ear:
    """Hands every wanted frame of an interface to `hear(frame, stamp_ns)`, also of one made anew."""

    def __init__(
        self, interface: str, wanted: Wanted, hear: Callable[[bytes, int], None], *, is_promiscuous: bool
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._name, self._wanted, self._hear, self._is_promiscuous = interface, wanted, hear, is_promiscuous
        self._ring: PacketRing | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._since_at = 0.0
        self._drop_count = 0

    async def listen(self, wait_s: float, ctx: ProbeContext, *, is_waiting: bool = False) -> None:
        """See to it that we listen; the very first time, or when answers are awaited, stay for `wait_s`.

        Raises ProbeFailure when we cannot.
        """
        self.ensure()
        if is_waiting or not self._since_at:
            self._since_at = self._since_at or self._loop.time()
            await asyncio.sleep(max(0.0, min(wait_s, ctx.deadline_s - MARGIN_S - self._loop.time())))
        self._drain()

    def ensure(self) -> Interface:
        """Open the socket unless it is open, again when the interface was made anew."""
        interface = read_interface(self._name)
        if self._ring is not None and self._ring.ifindex != interface.index:
            self._stop()
        if self._ring is None:
            self._ring = open_ring(self._name, self._wanted, is_promiscuous=self._is_promiscuous)
            self._loop.add_reader(self._ring.fileno(), self._on_readable)
        return interface

    def take_period(self) -> tuple[float, int]:
        """Return for how long we listened since the last call, and how many wanted frames the kernel dropped."""
        now = self._loop.time()
        listened_s, self._since_at = now - self._since_at, now
        dropped, self._drop_count = self._drop_count, 0
        return listened_s, dropped + (self._ring.take_drop_count() if self._ring else 0)

    def send(self, frame: bytes) -> None:
        """Put one frame on the wire."""
        self.ensure()
        if self._ring is not None:
            with network_errors(f"sending on {self._name}"):
                self._ring.send(frame)

    def _on_readable(self) -> None:
        if self._ring is None:
            return
        self._drain()
        self._ring.take_error()  # an interface that went down: it would be reported again and again
        self._loop.remove_reader(self._ring.fileno())
        self._timer = self._loop.call_later(_PAUSE_S, self._resume)

    def _resume(self) -> None:
        self._timer = None
        if self._ring is not None:
            self._loop.add_reader(self._ring.fileno(), self._on_readable)

    def _drain(self) -> None:
        if self._ring is not None:
            hear = self._hear
            for frame, at_ns in self._ring.frames():
                hear(frame, at_ns)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._ring is not None:
            self._loop.remove_reader(self._ring.fileno())
            self._drop_count += self._ring.take_drop_count()
            self._ring.close()
            self._ring = None

    def close(self) -> None:
        self._stop()


def open_ring(interface: str, wanted: Wanted, *, is_promiscuous: bool = False) -> PacketRing:
    """Return the socket. Raises ProbeFailure saying what is missing."""
    try:
        return PacketRing(interface, wanted, is_promiscuous=is_promiscuous)
    except PermissionError as error:
        raise ProbeFailure(FailureKind.PERMISSION, NOT_ALLOWED) from error
    except OSError as error:
        if error.errno not in (errno.ENODEV, errno.ENXIO, errno.ENETDOWN):
            raise
        raise ProbeFailure(FailureKind.NO_ROUTE, f"the interface {interface} went away") from error
