"""What a run of pings keeps while under way: the call it belongs to, its packets, their times; no input or output.

Source: RFC 2681 (round-trip delay), RFC 6673 (round-trip loss).
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from probes._wire.icmp_echoes import Echoes, Params, RouterError

if TYPE_CHECKING:
    from probes._wire.icmp_channel import Channel

_STEP_NS = 1_000_000
"""More than the clock can be slewed (500 ppm) between two looks, which are at most a time-out apart."""
_SLACK_NS = 1_000_000
NEVER = float("inf")
_GRACE_S = 0.005
"""Looked at this much after the time-out; the kernel's stamps decide what was in time."""
_MARGIN_S = 0.02
"""Sending and looking may each be this much late."""


class Batch:
    """The addresses of one call: pinged alike, in turns, and awaited together."""

    __slots__ = ("deadline_at", "done", "is_open", "left_count", "on_way", "params", "queue", "spacing_s", "wait_s")

    def __init__(self, params: Params, done: asyncio.Future[None], spacing_s: float) -> None:
        self.params = params
        self.done = done
        self.spacing_s = spacing_s
        self.wait_s = params.timeout_s
        self.queue: deque[tuple[float, Run]] = deque()
        """Runs that have packets left to send, with the instant the next one is due, earliest first."""
        self.on_way: deque[Packet] = deque()
        """Packets sent, earliest first; all wait equally long. Settled ones leave when they come to the front."""
        self.left_count = 0
        self.deadline_at = NEVER
        self.is_open = True

    def limit(self, deadline_at: float, now: float) -> None:
        """Shorten the wait so that the last packet can still have it in full before a deadline."""
        self.deadline_at = deadline_at
        span_s = (self.params.count - 1) * self.spacing_s
        self.wait_s = min(self.params.timeout_s, max(0.0, deadline_at - now - span_s - _MARGIN_S))

    def forget_settled(self) -> None:
        """Let go of packets whose fate is known, while their memory is still warm."""
        on_way = self.on_way
        while on_way and not on_way[0].is_open:
            on_way.popleft()

    def expired(self, now: float) -> list[Packet]:
        """Take out and return the packets that have waited long enough."""
        sent_before_ns = int((now - self.wait_s - _GRACE_S) * 1e9)
        found, on_way = [], self.on_way
        while on_way and (not on_way[0].is_open or on_way[0].mono_ns <= sent_before_ns):
            packet = on_way.popleft()
            if packet.is_open:
                found.append(packet)
        return found

    def next_end_at(self, now: float) -> float:
        """Return when to look for expired packets again; none that is still to be sent can expire earlier."""
        sent_at = self.on_way[0].mono_ns / 1e9 if self.on_way else now
        return min(self.deadline_at, sent_at + self.wait_s + _GRACE_S)

    def finish_one(self) -> None:
        self.left_count -= 1
        if self.left_count == 0:
            self.finish()

    def finish(self) -> None:
        self.is_open = False
        self.queue.clear()
        self.on_way.clear()
        if not self.done.done():
            self.done.set_result(None)


class Packet:
    """One request on its way, or its fate."""

    __slots__ = (
        "charge_octets",
        "is_answered",
        "is_open",
        "key",
        "mono_ns",
        "payload",
        "rtt_s",
        "run",
        "serial",
        "tx_ns",
        "wall_ns",
    )

    def __init__(self, run: Run, serial: int, payload: bytearray, charge_octets: int) -> None:
        self.run = run
        self.serial = serial
        self.payload = payload
        self.charge_octets = charge_octets
        self.is_open = True
        self.is_answered = False
        self.rtt_s: float | None = None
        self.key = -1
        self.tx_ns = 0
        """The kernel's transmit stamp; 0 = not known, -1 = the wall clock it is read from was set meanwhile."""
        self.mono_ns = time.monotonic_ns()
        self.wall_ns = time.time_ns()

    def accept_stamp(self, at_ns: int) -> None:
        """Keep a transmit stamp unless it is of an earlier packet (keys restart after failed sends)."""
        if at_ns >= self.wall_ns and self.tx_ns == 0:
            self.tx_ns = at_ns

    def round_trip_ns(self, rx_ns: int, mono_now_ns: int) -> tuple[int, bool]:
        """Return the round-trip time and whether both its ends are kernel stamps.

        Without trustworthy stamps it is the time until we looked, which a busy process makes too long.
        """
        elapsed_ns = mono_now_ns - self.mono_ns
        if rx_ns and self.tx_ns >= 0:
            rtt_ns = rx_ns - (self.tx_ns or self.wall_ns)
            if 0 <= rtt_ns <= elapsed_ns + _SLACK_NS:
                return rtt_ns, self.tx_ns > 0
        return elapsed_ns, False


class Run:
    """The pings of one address, in progress."""

    __slots__ = (
        "address",
        "batch",
        "channel",
        "duplicate_count",
        "errors",
        "failure",
        "is_open",
        "late_count",
        "open_count",
        "packets",
        "retry_count",
        "rtts_s",
        "sender",
        "template",
        "ttl",
        "user_stamp_count",
    )

    def __init__(self, batch: Batch, channel: Channel, address: str) -> None:
        self.batch = batch
        self.channel = channel
        self.address = address
        self.sender = channel.spelled(address)
        """The address as the kernel spells it when a reply comes from it."""
        self.template = channel.template(batch.params.payload_octets)
        self.packets: list[Packet] = []
        self.rtts_s: tuple[float | None, ...] = ()
        self.errors: list[RouterError] = []
        self.open_count = self.retry_count = 0
        self.duplicate_count = self.late_count = self.user_stamp_count = self.ttl = 0
        self.failure: OSError | None = None
        self.is_open = True

    def note_reply(self, packet: Packet, rtt_ns: int, *, is_kernel: bool) -> None:
        """Note a reply; one that comes later than the time-out, by the kernel's stamps, is a loss."""
        packet.is_answered = True
        rtt_s = rtt_ns / 1e9
        if not is_kernel:
            self.user_stamp_count += 1
        elif rtt_s > self.batch.wait_s:
            self.late_count += 1
            return
        packet.rtt_s = rtt_s

    def note_another(self, packet: Packet) -> None:
        """Note a reply to a packet that no longer waits: the first one came too late, any other is a duplicate."""
        if packet.is_answered:
            self.duplicate_count += 1
        else:
            self.late_count += 1
            packet.is_answered = True

    def finish(self) -> list[Packet]:
        """Keep what is known, leaving out packets still on their way, and give up all packets."""
        self.is_open = False
        packets, self.packets = self.packets, []
        self.rtts_s = tuple([packet.rtt_s for packet in packets if not packet.is_open])
        self.batch.finish_one()
        return packets

    def echoes(self, *, has_dropped: bool) -> Echoes:
        """Return the result; losses are not held against the target when our own buffer overflowed."""
        judged = tuple(rtt_s for rtt_s in self.rtts_s if rtt_s is not None) if has_dropped else self.rtts_s
        return Echoes(
            address=self.address,
            mode=self.channel.socket.mode,
            rtts_s=judged,
            unjudged_count=self.batch.params.count - len(judged),
            is_kernel_stamped=self.user_stamp_count == 0,
            ttl=self.ttl,
            errors=tuple(self.errors),
            duplicate_count=self.duplicate_count,
            late_count=self.late_count,
            failure=self.failure,
        )


def read_clocks() -> tuple[int, int]:
    """Return wall and monotonic clock of one instant, in nanoseconds."""
    for _ in range(3):
        before = time.monotonic_ns()
        wall = time.time_ns()
        after = time.monotonic_ns()
        if after - before < _STEP_NS // 10:
            break
    return wall, (before + after) // 2


class StepWatch:
    """Tells when the wall clock, which the kernel stamps packets with, was set."""

    __slots__ = ("_offset_ns", "_read")

    def __init__(self, read: Callable[[], tuple[int, int]] = read_clocks) -> None:
        self._read = read
        wall, mono = read()
        self._offset_ns = wall - mono

    def has_stepped(self) -> bool:
        """Tell whether the wall clock moved against the monotonic one since the last call."""
        wall, mono = self._read()
        before, self._offset_ns = self._offset_ns, wall - mono
        return abs(self._offset_ns - before) > _STEP_NS
