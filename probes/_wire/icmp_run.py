"""What a run of pings keeps while it is under way: packets, their socket, and the clock they are timed with.

Source: linux net/core/skbuff.c and sock.c for what an unread packet costs the receive buffer.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from probes._wire.icmp import HEADER, Dialect, Template
from probes._wire.icmp_echoes import Echoes, Params, RouterError
from probes._wire.icmp_socket import CHARGE_OCTETS, EchoSocket, Stamp

_SMALL_OCTETS = 64
_STEP_NS = 1_000_000
"""More than the clock can be slewed (500 ppm) between two looks, which are at most a time-out apart."""
_SLACK_NS = 1_000_000
_MARGIN_S = 0.02
"""Sending and looking may each be this much late."""


class Packet:
    """One request on its way."""

    __slots__ = (
        "charge_octets",
        "index",
        "is_open",
        "is_stamp_valid",
        "key",
        "mono_ns",
        "run",
        "serial",
        "tx_ns",
        "wall_ns",
    )

    def __init__(self, run: Run, index: int, serial: int) -> None:
        self.run = run
        self.index = index
        self.serial = serial
        self.key = -1
        self.charge_octets = 0
        self.is_open = True
        self.is_stamp_valid = True
        """False once the wall clock, which the kernel stamps with, was set while the packet was on its way."""
        self.tx_ns = 0
        self.wall_ns = 0
        self.mono_ns = 0

    def accept_stamp(self, at_ns: int) -> None:
        """Keep a transmit stamp unless it is of another packet (keys restart after failed sends)."""
        if at_ns >= self.wall_ns:
            self.tx_ns = at_ns

    def round_trip_ns(self, rx_ns: int, mono_now_ns: int) -> tuple[int, bool]:
        """Return the round-trip time and whether both its ends are kernel stamps.

        Without trustworthy stamps it is the time until we looked, which a busy process makes too long.
        """
        elapsed_ns = mono_now_ns - self.mono_ns
        if rx_ns and self.is_stamp_valid:
            rtt_ns = rx_ns - (self.tx_ns or self.wall_ns)
            if 0 <= rtt_ns <= elapsed_ns + _SLACK_NS:
                return rtt_ns, self.tx_ns > 0
        return elapsed_ns, False


class Channel:
    """A socket and what is on its way through it."""

    __slots__ = ("_templates", "by_key", "open_octets", "socket")

    def __init__(self, dialect: Dialect, identifier: int) -> None:
        self.socket = EchoSocket(dialect, identifier)
        self.by_key: dict[int, Packet] = {}
        self.open_octets = 0
        self._templates: dict[int, Template] = {}

    def template(self, nonce: bytes, payload_octets: int) -> Template:
        found = self._templates.get(payload_octets)
        if found is None:
            found = Template(self.socket.dialect, self.socket.identifier, nonce, payload_octets)
            self._templates[payload_octets] = found
        return found

    def has_room(self, octets: int) -> bool:
        """Tell whether the buffer still holds every reply if none is read for a while.

        One packet is always allowed, or a small buffer would stop everything.
        """
        return self.open_octets == 0 or self.open_octets + octets <= self.socket.capacity_octets

    def start(self, packet: Packet) -> None:
        """Note a packet that was sent."""
        packet.charge_octets = packet.run.charge_octets
        self.open_octets += packet.charge_octets
        self.by_key[packet.key] = packet

    def settle(self, packet: Packet) -> None:
        """Give back the room of a packet whose fate is known."""
        packet.is_open = False
        self.open_octets -= packet.charge_octets
        packet.charge_octets = 0
        if self.by_key.get(packet.key) is packet:
            del self.by_key[packet.key]

    def stamp(self, stamp: Stamp) -> None:
        packet = self.by_key.pop(stamp.key, None)
        if packet is not None:
            packet.accept_stamp(stamp.at_ns)
            packet.charge_octets -= CHARGE_OCTETS
            self.open_octets -= CHARGE_OCTETS


class Run:
    """The pings of one address, in progress."""

    __slots__ = (
        "address",
        "channel",
        "charge_octets",
        "deadline_at",
        "duplicate_count",
        "errors",
        "expected_sender",
        "failure",
        "is_open",
        "late_count",
        "on_done",
        "open_count",
        "packets",
        "params",
        "retry_count",
        "rtts",
        "sent_count",
        "spacing_s",
        "ttl",
        "user_stamp_count",
        "wait_s",
    )

    def __init__(self, channel: Channel, address: str, params: Params, on_done: Callable[[], None]) -> None:
        self.channel = channel
        self.address = address
        self.expected_sender = address.partition("%")[0]
        self.params = params
        self.spacing_s = params.spacing_s
        self.wait_s = params.timeout_s
        self.deadline_at: float | None = None
        self.on_done = on_done
        self.charge_octets = charge_octets(params.payload_octets)
        self.packets: list[Packet] = []
        self.rtts: dict[int, float | None] = {}
        self.errors: list[RouterError] = []
        self.sent_count = self.open_count = self.retry_count = 0
        self.duplicate_count = self.late_count = self.user_stamp_count = self.ttl = 0
        self.failure: OSError | None = None
        self.is_open = True

    def limit(self, deadline_at: float, now: float) -> None:
        """Shorten the wait so that the last packet can still have it in full before the deadline."""
        self.deadline_at = deadline_at
        span_s = (self.params.count - 1) * self.spacing_s
        self.wait_s = min(self.params.timeout_s, max(0.0, deadline_at - now - span_s - _MARGIN_S))

    def start(self, packet: Packet) -> None:
        """Note a packet that was sent."""
        self.packets.append(packet)
        self.sent_count += 1
        self.open_count += 1

    def reply(self, packet: Packet, rtt_ns: int, *, is_kernel: bool, ttl: int) -> None:
        """Note a reply; one that comes later than the time-out, by the kernel's stamps, is a loss."""
        rtt_s = rtt_ns / 1e9
        self.ttl = ttl
        if is_kernel and rtt_s > self.wait_s:
            self.late_count += 1
            self.rtts[packet.index] = None
            return
        self.rtts[packet.index] = rtt_s
        if not is_kernel:
            self.user_stamp_count += 1

    def lose(self, packet: Packet) -> None:
        self.rtts[packet.index] = None

    def echoes(self, *, has_dropped: bool) -> Echoes:
        """Return the result; losses are not held against the target when our own buffer overflowed."""
        judged = [self.rtts[index] for index in sorted(self.rtts)]
        if has_dropped:
            judged = [rtt_s for rtt_s in judged if rtt_s is not None]
        return Echoes(
            address=self.address,
            mode=self.channel.socket.mode,
            rtts_s=tuple(judged),
            unjudged_count=self.params.count - len(judged),
            is_kernel_stamped=self.user_stamp_count == 0,
            ttl=self.ttl,
            errors=tuple(self.errors),
            duplicate_count=self.duplicate_count,
            late_count=self.late_count,
            failure=self.failure,
        )


def charge_octets(payload_octets: int) -> int:
    """Return what a request can cost the receive buffer: its transmit stamp and its reply, both unread."""
    beyond = max(0, payload_octets + HEADER.size - _SMALL_OCTETS)
    return 2 * CHARGE_OCTETS + 2 * beyond


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
