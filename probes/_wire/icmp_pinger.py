"""The pinger all checks of one event loop share: one socket per IP version, one pace, one timer.

Source: the pace is that of a sweep of 17 /24 networks in less than a second.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Sequence
from heapq import heappop, heappush, heapreplace

from probes._wire.icmp import V4, V6
from probes._wire.icmp_channel import Channel, charge_octets
from probes._wire.icmp_echoes import Echoes, Params
from probes._wire.icmp_run import NEVER, Batch, Run, StepWatch
from probes._wire.icmp_socket import RECEIVE_BUFFER_OCTETS

RATE_PER_S = 5000.0
_TICK_S = 0.008
_BURST_S = 0.02
"""How much sending time may be caught up after a pause."""
_SETTLE_S = 0.005
"""The kernel starts to stamp a little after the first socket of the machine asks for it."""
_BUSY_PAUSE_S = 0.005
_BUSY_RETRIES = 200
_BUSY = frozenset({errno.ENOBUFS, errno.EAGAIN, errno.ENOMEM})
_TURN_COUNT = 20
"""How many packets one call may send before the next call has its turn."""


class Pinger:
    """Sends echo requests to any number of addresses and matches what comes back."""

    def __init__(self, *, rate_per_s: float = RATE_PER_S, receive_buffer_octets: int = RECEIVE_BUFFER_OCTETS) -> None:
        self._loop = asyncio.get_running_loop()
        self._receive_buffer_octets = receive_buffer_octets
        self._interval_s = 1 / rate_per_s
        self._channels: dict[socket.AddressFamily, Channel] = {}
        self._due: list[tuple[float, int, Batch]] = []
        self._ends: list[tuple[float, int, Batch]] = []
        self._order = 0
        self._pace_at = 0.0
        self._pumped_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = NEVER
        self._clock = StepWatch()
        self._waiting: set[asyncio.Future[None]] = set()

    async def run(self, addresses: Sequence[str], params: Params, *, deadline_at: float | None = None) -> list[Echoes]:
        """Ping every address and return the results in the same order.

        `deadline_at` is an instant of the loop's clock. Raises PermissionError when the system allows no ICMP socket,
        OSError when it does not speak the address's protocol or the address is not numeric.
        """
        batch = Batch(params, self._loop.create_future(), max(params.spacing_s, len(addresses) * self._interval_s))
        runs = [Run(batch, self._channel(address), address) for address in addresses]
        drops = {channel: channel.socket.drop_count() for channel in self._channels.values()}
        if runs:
            self._launch(batch, runs, deadline_at)
            self._waiting.add(batch.done)
            try:
                await batch.done
            finally:
                self._waiting.discard(batch.done)
                self._finish(runs)
        has_dropped = {channel: channel.socket.drop_count() != before for channel, before in drops.items()}
        return [run.echoes(has_dropped=has_dropped[run.channel]) for run in runs]

    def _channel(self, address: str) -> Channel:
        """Return the channel for an address's IP version, opening it on first use."""
        dialect = V6 if ":" in address else V4
        channel = self._channels.get(dialect.family)
        if channel is None:
            channel = Channel(dialect, int.from_bytes(os.urandom(2), "big"), self._receive_buffer_octets)
            self._channels[dialect.family] = channel
            self._pace_at = self._loop.time() + _SETTLE_S
            self._loop.add_reader(channel.socket.fileno(), self._on_readable, channel)
        return channel

    def _launch(self, batch: Batch, runs: Sequence[Run], deadline_at: float | None) -> None:
        """Schedule the first packets, spread over the time the pace needs so that others can slip in between."""
        now = self._loop.time()
        batch.left_count = len(runs)
        batch.queue.extend((now + number * self._interval_s, run) for number, run in enumerate(runs))
        heappush(self._due, (now, self._next_order(), batch))
        if deadline_at is not None:
            batch.limit(deadline_at, now)
        heappush(self._ends, (batch.next_end_at(now), self._next_order(), batch))
        self._arm()

    def _next_order(self) -> int:
        self._order += 1
        return self._order

    def _arm(self) -> None:
        """Set the one timer to the next thing to do, unless it already rings by then."""
        while self._ends and not self._ends[0][2].is_open:
            heappop(self._ends)
        at = self._ends[0][0] if self._ends else NEVER
        if self._due and self._has_room(self._due[0][2]):
            at = min(at, max(self._due[0][0], self._pumped_at + _TICK_S))
        if at >= self._timer_at:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = at
        self._timer = self._loop.call_at(at, self._on_timer)

    def _has_room(self, batch: Batch) -> bool:
        """Tell whether the next packet of a batch may be sent; one that has ended is only to be dropped."""
        if not batch.queue:
            return True
        return batch.queue[0][1].channel.has_room(charge_octets(batch.params.payload_octets))

    def _on_timer(self) -> None:
        """Read what came before giving up what is late; send what is due and read what that brought at once."""
        self._timer, self._timer_at = None, NEVER
        now = self._pumped_at = self._loop.time()
        self._watch_clock()
        if self._ends and self._ends[0][0] <= now:
            # The event loop happens to run readers before timers; whether a reply counts must not hang on that.
            self._read_all()
            self._expire(now)
        if self._send_due(now):
            self._read_all()
        self._arm()

    def _on_readable(self, channel: Channel) -> None:
        self._watch_clock()
        channel.read()
        self._arm()

    def _read_all(self) -> None:
        for channel in self._channels.values():
            if channel.open_count:
                channel.read()

    def _watch_clock(self) -> None:
        if self._clock.has_stepped():
            for channel in self._channels.values():
                channel.distrust_stamps()

    def _send_due(self, now: float) -> bool:
        """Send as much as pace and receive buffers allow; tell whether anything was sent."""
        self._pace_at = max(self._pace_at, now - _BURST_S)
        due, has_sent = self._due, False
        while due and due[0][0] <= now and self._pace_at <= now:
            batch = due[0][2]
            if not self._has_room(batch):
                break
            has_sent = self._take_turn(batch, now) or has_sent
            if batch.queue:
                heapreplace(due, (batch.queue[0][0], self._next_order(), batch))
            else:
                heappop(due)
        return has_sent

    def _take_turn(self, batch: Batch, now: float) -> bool:
        """Send a few packets of one batch, then let the others have their turn."""
        octets, queue, sent_count = charge_octets(batch.params.payload_octets), batch.queue, 0
        batch.forget_settled()
        while queue and queue[0][0] <= now and self._pace_at <= now and sent_count < _TURN_COUNT:
            run = queue[0][1]
            if not run.channel.has_room(octets):
                break
            queue.popleft()
            if run.is_open:
                self._send(run, octets, now)
                sent_count += 1
        return sent_count > 0

    def _send(self, run: Run, octets: int, now: float) -> None:
        batch = run.batch
        try:
            packet = run.channel.send(run, octets)
        except OSError as error:
            self._on_send_error(run, error, now)
            return
        self._pace_at += self._interval_s
        batch.on_way.append(packet)
        if len(run.packets) < batch.params.count:
            batch.queue.append((now + batch.spacing_s, run))

    def _on_send_error(self, run: Run, error: OSError, now: float) -> None:
        run.retry_count += 1
        if error.errno in _BUSY and run.retry_count <= _BUSY_RETRIES:
            # The device's queue is full: everybody pauses, nothing is lost.
            self._pace_at = now + _BUSY_PAUSE_S
            run.batch.queue.appendleft((now + _BUSY_PAUSE_S, run))
            return
        run.failure = error
        run.channel.finish(run)

    def _expire(self, now: float) -> None:
        while self._ends and self._ends[0][0] <= now:
            batch = heappop(self._ends)[2]
            for packet in batch.expired(now):
                packet.run.channel.settle(packet)
            if batch.is_open and batch.deadline_at <= now:
                batch.finish()
            elif batch.is_open:
                heappush(self._ends, (batch.next_end_at(now), self._next_order(), batch))

    def _finish(self, runs: Sequence[Run]) -> None:
        for run in runs:
            run.channel.finish(run)

    def close(self) -> None:
        """Close the sockets and cancel whoever still waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer, self._timer_at = None, NEVER
        for channel in self._channels.values():
            self._loop.remove_reader(channel.socket.fileno())
            channel.close()
        self._channels.clear()
        for done in self._waiting:
            done.cancel()
        self._waiting.clear()
