"""Sends the packets of a trace at a pace and notes who answers: rounds over all distances, several in flight at once.

Source: RFC 792; RFC 2681 (round-trip delay).
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from probes._wire.icmp import V4, judge
from probes._wire.path_route import Path, Sent
from probes._wire.path_socket import REACHED, Answer, TraceSocket

_SLACK_NS = 1_000_000
_SETTLE_S = 0.01
"""The kernel starts to stamp a little after the first socket of the machine asks for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How to send."""

    count: int
    max_hops: int
    spacing_s: float
    wait_s: float
    end_at: float
    """Instant of the loop's clock by which to be done."""


@dataclass(slots=True)
class _Flight:
    sent: Sent
    mono_ns: int
    wall_ns: int
    tx_ns: int = 0


class PathRun:
    """One trace under way."""

    def __init__(self, sock: TraceSocket, ends: tuple[str, str], plan: Plan) -> None:
        """`ends` are our own address and the target's."""
        self._loop = asyncio.get_running_loop()
        self._socket, self._plan = sock, plan
        self._source, self._target = ends
        self.path = Path(plan.max_hops)
        self.is_kernel_stamped = True
        self._flights: dict[int, _Flight] = {}
        """By serial number, those not answered yet."""
        self._serial = 0
        self._settled = asyncio.Event()

    async def run(self) -> None:
        """Send every round and wait for the answers. Raises OSError when the system refuses to send."""
        filenos = self._socket.filenos()
        for fileno in filenos:
            self._loop.add_reader(fileno, self._read)
        try:
            await asyncio.sleep(_SETTLE_S)
            for number in range(self._plan.count):
                await self._send_round()
                # Once the end is known, the next round need not wait for those that are silent.
                if number == self._plan.count - 1 or self.path.end() == self._plan.max_hops:
                    await self._await_answers()
        finally:
            for fileno in filenos:
                self._loop.remove_reader(fileno)
        self._read()

    async def _send_round(self) -> None:
        ttl = 1
        while ttl <= self.path.end() and self._loop.time() < self._plan.end_at:
            self._send(ttl)
            await asyncio.sleep(self._plan.spacing_s)
            self._read()
            ttl += 1

    def _send(self, ttl: int) -> None:
        self._serial += 1
        flight = _Flight(Sent(ttl=ttl), time.monotonic_ns(), time.time_ns())
        self._socket.send(self._serial, ttl)
        self._flights[self._serial] = flight
        self.path.sent.append(flight.sent)

    async def _await_answers(self) -> None:
        """Wait until every packet up to the end of the way is answered or has waited long enough."""
        until_at = min(self._loop.time() + self._plan.wait_s, self._plan.end_at)
        while self._is_waiting() and self._loop.time() < until_at:
            self._settled.clear()
            try:
                async with asyncio.timeout_at(until_at):
                    await self._settled.wait()
            except TimeoutError:
                return

    def _is_waiting(self) -> bool:
        end = self.path.end()
        return any(flight.sent.ttl <= end for flight in self._flights.values())

    def _read(self) -> None:
        for serial, at_ns in self._socket.stamps():
            flight = self._flights.get(serial)
            if flight is not None and at_ns >= flight.wall_ns:
                flight.tx_ns = at_ns
        for answer in self._socket.answers():
            flight = self._flights.pop(answer.serial, None)
            if flight is not None:
                self._note(flight, answer)
        self._settled.set()

    def _note(self, flight: _Flight, answer: Answer) -> None:
        sent = flight.sent
        is_from_target = answer.sender == self._target
        if answer.sender != self._source or is_from_target:
            # This machine itself complains of a neighbour that does not answer: it is no hop.
            sent.address = answer.sender
            sent.rtt_s = self._round_trip_ns(flight, answer.at_ns) / 1e9
        if answer.kind == REACHED or (answer.kind == V4.unreachable and is_from_target):
            sent.is_target = True
        elif answer.kind != V4.time_exceeded:
            sent.failure, sent.text = judge(V4, answer.kind, answer.code)

    def _round_trip_ns(self, flight: _Flight, rx_ns: int) -> int:
        """Prefer the kernel's stamps: the time until we looked is too long in a busy program."""
        elapsed_ns = time.monotonic_ns() - flight.mono_ns
        rtt_ns = rx_ns - (flight.tx_ns or flight.wall_ns)
        if rx_ns and 0 <= rtt_ns <= elapsed_ns + _SLACK_NS:
            self.is_kernel_stamped = self.is_kernel_stamped and flight.tx_ns > 0
            return rtt_ns
        self.is_kernel_stamped = False
        return elapsed_ns
