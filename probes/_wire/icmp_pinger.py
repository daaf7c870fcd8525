"""The pinger all checks of one event loop share: one socket per IP version, paced sending, one timer.

Source: linux net/core/sock.c for what an unread packet costs the receive buffer (CHARGE_OCTETS).
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import os
import socket
import time
from collections.abc import Sequence
from heapq import heappop, heappush

from probes._wire.icmp import V4, V6, Echo, is_ours
from probes._wire.icmp_echoes import Echoes, Params, RouterError
from probes._wire.icmp_run import Channel, Packet, Run, StepWatch
from probes._wire.icmp_socket import Arrival, Stamp

RATE_PER_S = 5000.0
_TICK_S = 0.002
_BURST_S = 0.02
"""How much sending time may be caught up after a pause."""
_GRACE_S = 0.005
"""Looked at this much after the time-out; the kernel's stamps decide what was in time."""
_BUSY_PAUSE_S = 0.005
_BUSY_RETRIES = 200
_BUSY = frozenset({errno.ENOBUFS, errno.EAGAIN, errno.ENOMEM})
_OPEN_MAX = 32_000
"""Less than half of the sequence numbers, so that a free one is always near."""
_NEVER = float("inf")


class Pinger:
    """Sends echo requests to any number of addresses and matches what comes back."""

    def __init__(self, *, rate_per_s: float = RATE_PER_S) -> None:
        self._loop = asyncio.get_running_loop()
        self._interval_s = 1 / rate_per_s
        self._nonce = os.urandom(8)
        self._channels: dict[socket.AddressFamily, Channel] = {}
        self._packets: dict[int, Packet] = {}
        self._due: list[tuple[float, int, Run]] = []
        self._ends: list[tuple[float, int, Packet | Run]] = []
        self._order = 0
        self._serial = 0
        self._pace_at = 0.0
        self._pumped_at = 0.0
        self._open_count = 0
        self._is_blocked = False
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = _NEVER
        self._clock = StepWatch()
        self._waiting: set[asyncio.Future[None]] = set()

    async def run(self, addresses: Sequence[str], params: Params, *, deadline_at: float | None = None) -> list[Echoes]:
        """Ping every address and return the results in the same order.

        `deadline_at` is an instant of the loop's clock. Raises PermissionError when the system allows no ICMP socket,
        OSError when it does not speak the address's protocol, ValueError for what is not a numeric address.
        """
        done: asyncio.Future[None] = self._loop.create_future()
        left = len(addresses)

        def on_done() -> None:
            nonlocal left
            left -= 1
            if left == 0 and not done.done():
                done.set_result(None)

        runs = [Run(self._channel(address), address, params, on_done) for address in addresses]
        drops = {channel: channel.socket.drop_count() for channel in self._channels.values()}
        if runs:
            self._waiting.add(done)
            self._launch(runs, deadline_at)
            try:
                await done
            finally:
                self._waiting.discard(done)
                for run in runs:
                    self._abandon(run)
        has_dropped = {channel: channel.socket.drop_count() != before for channel, before in drops.items()}
        return [run.echoes(has_dropped=has_dropped[run.channel]) for run in runs]

    def _channel(self, address: str) -> Channel:
        """Return the channel for an address's IP version, opening it on first use."""
        dialect = V4 if ipaddress.ip_address(address).version == 4 else V6
        channel = self._channels.get(dialect.family)
        if channel is None:
            channel = Channel(dialect, int.from_bytes(os.urandom(2), "big"))
            self._channels[dialect.family] = channel
            self._loop.add_reader(channel.socket.fileno(), self._on_readable, channel)
        return channel

    def _launch(self, runs: Sequence[Run], deadline_at: float | None) -> None:
        """Schedule the first packets, spread over the time the pace needs so that others can slip in between."""
        now = self._loop.time()
        for number, run in enumerate(runs):
            run.spacing_s = max(run.params.spacing_s, len(runs) * self._interval_s)
            heappush(self._due, (now + number * self._interval_s, self._next_order(), run))
            if deadline_at is not None:
                run.limit(deadline_at, now)
                heappush(self._ends, (deadline_at, self._next_order(), run))
        self._arm()

    def _next_order(self) -> int:
        self._order += 1
        return self._order

    def _arm(self) -> None:
        """Set the one timer to the next thing to do, unless it already rings by then."""
        while self._ends and not self._ends[0][2].is_open:
            heappop(self._ends)
        at = self._ends[0][0] if self._ends else _NEVER
        if self._due and not self._is_blocked:
            at = min(at, max(self._due[0][0], self._pumped_at + _TICK_S))
        if at >= self._timer_at:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = at
        self._timer = self._loop.call_at(at, self._on_timer)

    def _on_timer(self) -> None:
        self._timer, self._timer_at = None, _NEVER
        self._pump()

    def _on_readable(self, channel: Channel) -> None:
        self._watch_clock()
        self._drain(channel)
        self._arm()

    def _pump(self) -> None:
        """Read what came before giving up what is late; send what is due and read what that brought at once."""
        now = self._loop.time()
        self._pumped_at = now
        self._watch_clock()
        if self._ends and self._ends[0][0] <= now:
            self._drain_all()
            self._expire(now)
        if self._send_due(now):
            self._drain_all()
        self._arm()

    def _drain_all(self) -> None:
        for channel in self._channels.values():
            self._drain(channel)

    def _watch_clock(self) -> None:
        if self._clock.has_stepped():
            for packet in self._packets.values():
                packet.is_stamp_valid = False

    def _send_due(self, now: float) -> bool:
        """Send as much as pace and receive buffers allow; tell whether anything was sent."""
        self._is_blocked = False
        self._pace_at = max(self._pace_at, now - _BURST_S)
        has_sent = False
        while self._due and self._due[0][0] <= now and self._pace_at <= now:
            run = self._due[0][2]
            if not run.is_open:
                heappop(self._due)
                continue
            if self._open_count >= _OPEN_MAX or not run.channel.has_room(run.charge_octets):
                self._is_blocked = True
                break
            heappop(self._due)
            self._send(run, now)
            has_sent = True
        return has_sent

    def _send(self, run: Run, now: float) -> None:
        packet = Packet(run, run.sent_count, self._free_serial())
        channel = run.channel
        message = channel.template(self._nonce, run.params.payload_octets).fill(packet.serial & 0xFFFF, packet.serial)
        packet.mono_ns = time.monotonic_ns()
        packet.wall_ns = time.time_ns()
        try:
            packet.key = channel.socket.send(message, run.address)
        except OSError as error:
            self._on_send_error(run, error, now)
            return
        self._pace_at += self._interval_s
        self._packets[packet.serial & 0xFFFF] = packet
        self._open_count += 1
        channel.start(packet)
        run.start(packet)
        heappush(self._ends, (now + run.wait_s + _GRACE_S, self._next_order(), packet))
        if run.sent_count < run.params.count:
            heappush(self._due, (now + run.spacing_s, self._next_order(), run))

    def _free_serial(self) -> int:
        while True:
            self._serial = (self._serial + 1) & 0xFFFFFFFF
            holder = self._packets.get(self._serial & 0xFFFF)
            if holder is None or not holder.is_open:
                return self._serial

    def _on_send_error(self, run: Run, error: OSError, now: float) -> None:
        run.retry_count += 1
        if error.errno in _BUSY and run.retry_count <= _BUSY_RETRIES:
            # The device's queue is full: everybody pauses, nothing is lost.
            self._pace_at = now + _BUSY_PAUSE_S
            heappush(self._due, (now + _BUSY_PAUSE_S, self._next_order(), run))
            return
        run.failure = error
        self._finish(run)

    def _drain(self, channel: Channel) -> None:
        self._is_blocked = False
        self._drain_errors(channel)
        for arrival in channel.socket.arrivals():
            self._on_arrival(channel, arrival)

    def _drain_errors(self, channel: Channel) -> None:
        for event in channel.socket.stamps_and_errors():
            if isinstance(event, Stamp):
                channel.stamp(event)
            else:
                self._on_arrival(channel, event)

    def _on_arrival(self, channel: Channel, arrival: Arrival) -> None:
        message = arrival.message
        packet = self._packets.get(message.sequence)
        if packet is None or message.identifier != channel.socket.identifier or packet.run.channel is not channel:
            return
        run = packet.run
        if not isinstance(message, Echo):
            if packet.is_open and message.destination == run.expected_sender:
                run.errors.append(RouterError(arrival.sender, message.kind, message.code))
                run.lose(packet)
                self._settle(packet)
            return
        if arrival.sender != run.expected_sender:
            return
        if not is_ours(message.payload, self._nonce, packet.serial, run.params.payload_octets):
            return
        if not packet.is_open:
            run.duplicate_count += 1
            return
        if packet.tx_ns == 0:
            # A device that queues is stamped late: the stamp may have come just after the last look.
            self._drain_errors(channel)
        if packet.is_open:
            self._on_reply(packet, arrival)

    def _on_reply(self, packet: Packet, arrival: Arrival) -> None:
        rtt_ns, is_kernel = packet.round_trip_ns(arrival.at_ns, time.monotonic_ns())
        ttl = arrival.ttl or (arrival.message.ttl if isinstance(arrival.message, Echo) else 0)
        packet.run.reply(packet, rtt_ns, is_kernel=is_kernel, ttl=ttl)
        self._settle(packet)

    def _settle(self, packet: Packet) -> None:
        """Note that a packet's fate is known. It stays listed while its run goes on, to recognise duplicates."""
        run = packet.run
        run.channel.settle(packet)
        run.open_count -= 1
        self._open_count -= 1
        self._is_blocked = False
        if run.open_count == 0 and run.sent_count == run.params.count:
            self._finish(run)

    def _expire(self, now: float) -> None:
        while self._ends and self._ends[0][0] <= now:
            item = heappop(self._ends)[2]
            if isinstance(item, Run):
                self._finish(item)
            elif item.is_open:
                item.run.lose(item)
                self._settle(item)

    def _finish(self, run: Run) -> None:
        """End a run once; packets still on their way are left out of the result."""
        if run.is_open:
            self._abandon(run)
            run.on_done()

    def _abandon(self, run: Run) -> None:
        run.is_open = False
        for packet in run.packets:
            if packet.is_open:
                run.channel.settle(packet)
                self._open_count -= 1
                self._is_blocked = False
            if self._packets.get(packet.serial & 0xFFFF) is packet:
                del self._packets[packet.serial & 0xFFFF]
        run.packets.clear()

    def close(self) -> None:
        """Close the sockets and cancel whoever still waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer, self._timer_at = None, _NEVER
        for channel in self._channels.values():
            self._loop.remove_reader(channel.socket.fileno())
            channel.socket.close()
        self._channels.clear()
        for future in self._waiting:
            future.cancel()
        self._waiting.clear()
