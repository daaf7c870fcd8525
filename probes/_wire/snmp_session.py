"""Asks one agent: several values at once, or a column of a table, with bounded retries.

Source: RFC 3416 (GETBULK, end of view), RFC 2576 (version 1 answers nothing when one name is missing).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from itertools import islice
from typing import TypeVar, cast

from probes._wire.snmp_socket import AgentSocket, GetIter, NothingMore, SnmpV1ClientSocket, TooLarge, Value
from probes.api import FailureKind, ProbeFailure

T = TypeVar("T")

UPTIME = "1.3.6.1.2.1.1.3.0"
GET_COUNT = 24
"""Values asked for in one request: the answer should fit into 1,400 octets."""
REPETITIONS_COUNT = 25
"""Rows asked for in one request."""
ROWS_MAX = 4096


class Session:
    """A conversation with one agent. Raises TimeoutError when no try is answered."""

    def __init__(self, sock: AgentSocket, *, try_s: float, retries_count: int) -> None:
        self._sock = sock
        self._try_s = try_s
        self._tries_count = retries_count + 1
        self._version = sock.credential.version
        self.repetitions_count = REPETITIONS_COUNT
        self.request_count = 0
        self.value_count = 0
        self.engine_id = b""

    async def start(self) -> None:
        """Make the agent known, for version 3."""
        if self._version == "3":
            self.engine_id = await self._with_retries(self._sock.discover)
            await self._with_retries(self._sock.synchronise)

    async def get(self, names: Sequence[str]) -> dict[str, Value]:
        """Return the values of these names, without those the agent does not have."""
        found: dict[str, Value] = {}
        size = 1 if self._version == "1" else GET_COUNT
        for first in range(0, len(names), size):
            found |= await self._get_few(list(names[first : first + size]))
        self.value_count += len(found)
        return found

    async def _get_few(self, names: list[str]) -> dict[str, Value]:
        """The uptime, which every agent has, goes along: an answer without it is an error the library hides."""
        gufo = self._sock.gufo
        asked = names if self._version == "1" or UPTIME in names else [*names, UPTIME]
        try:
            found = await self._exchange(partial(gufo.send_get_many, asked), gufo.recv_get_many)
        except TooLarge:
            found = {}
        if self._version != "1" and UPTIME not in found:
            if len(names) == 1:
                return {}
            return await self._get_singly(names)
        return {name: found[name] for name in names if found.get(name) is not None}

    async def _get_singly(self, names: list[str]) -> dict[str, Value]:
        """Some agents fail a whole request for one value they cannot read."""
        gufo = self._sock.gufo
        found: dict[str, Value] = {}
        for name in names:
            one = await self._exchange(partial(gufo.send_get_many, [name]), gufo.recv_get_many)
            found |= {name: value for name, value in one.items() if value is not None}
        if not found:
            raise ProbeFailure(FailureKind.PROTOCOL, "the agent answers, but none of what was asked")
        return {name: found[name] for name in names if name in found}

    async def column(self, name: str, rows_max: int = ROWS_MAX) -> dict[str, Value]:
        """Return a column as {index: value} in the agent's order, at most rows_max of them.

        Raises ProbeFailure when the agent's names do not increase: such a walk never ends.
        """
        repetitions = min(self.repetitions_count, rows_max + 1)
        while True:
            try:
                return await self._walk(name, repetitions, rows_max)
            except TooLarge:
                if repetitions == 1:
                    raise ProbeFailure(
                        FailureKind.PROTOCOL, "the agent says that not even one value fits into an answer"
                    ) from None
                repetitions = max(1, repetitions // 4)

    async def _walk(self, name: str, repetitions: int, rows_max: int) -> dict[str, Value]:
        place = GetIter(name, repetitions)
        step = self._next if self._version == "1" else self._bulk
        found: dict[str, Value] = {}
        base = len(name) + 1
        last: tuple[int, ...] = ()
        is_ended = False
        while not is_ended and len(found) < rows_max:
            rows, is_ended = await step(place)
            if rows:
                # The library goes on from the last name: if that one moves on, the walk ends.
                last = _after(last, rows[-1][0][base:])
                found |= {full_name[base:]: value for full_name, value in rows}
        self.value_count += len(found)
        return dict(islice(found.items(), rows_max)) if len(found) > rows_max else found

    async def columns(self, names: Iterable[str], rows_max: int = ROWS_MAX) -> dict[str, dict[str, Value]]:
        """Return several columns by name."""
        return {name: await self.column(name, rows_max) for name in names}

    async def _bulk(self, place: GetIter) -> tuple[list[tuple[str, Value]], bool]:
        gufo = self._sock.gufo
        assert not isinstance(gufo, SnmpV1ClientSocket)
        try:
            rows = await self._exchange(partial(gufo.send_get_bulk, place), partial(gufo.recv_get_bulk, place))
        except NothingMore:
            return [], True
        is_ended = not rows or rows[-1] is None
        if is_ended and rows:
            del rows[-1]
        return cast("list[tuple[str, Value]]", rows), is_ended

    async def _next(self, place: GetIter) -> tuple[list[tuple[str, Value]], bool]:
        gufo = self._sock.gufo
        try:
            row = await self._exchange(partial(gufo.send_get_next, place), partial(gufo.recv_get_next, place))
        except NothingMore:
            return [], True
        return [row], False

    async def _exchange(self, send: Callable[[], None], receive: Callable[[], T]) -> T:
        return await self._with_retries(partial(self._sock.ask, send, receive))

    async def _with_retries(self, ask: Callable[[float], Awaitable[T]]) -> T:
        self.request_count += 1
        self._sock.problem = ""
        for retry in range(self._tries_count):
            try:
                return await ask(self._try_s * 2**retry)
            except TimeoutError:
                continue
        if self._sock.problem:
            raise ProbeFailure(FailureKind.PROTOCOL, f"only useless answers, the last {self._sock.problem}")
        raise TimeoutError

    def close(self) -> None:
        self._sock.close()


def _after(last: tuple[int, ...], index: str) -> tuple[int, ...]:
    """Return an index's parts. Raises ProbeFailure when it does not come after the last one."""
    if not index:
        raise ProbeFailure(FailureKind.PROTOCOL, "the agent answered something else than was asked")
    parts = tuple(map(int, index.split(".")))
    if parts <= last:
        raise ProbeFailure(FailureKind.PROTOCOL, "the agent's table runs in circles: its names do not increase")
    return parts
