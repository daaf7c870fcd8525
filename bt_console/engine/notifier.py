"""Sends what the desk has due, and listens to what comes back; an attempt is stored before its first byte leaves."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
from typing import Any, TypeVar

from bt_console import channels
from bt_console.channels.api import ChannelContext, ChannelError, ChannelKind, Received, Sent
from bt_console.config.load import Settings
from bt_console.engine.author import Author
from bt_console.engine.guard import Crash, contained
from bt_console.engine.telling import Telling, is_empty
from bt_console.model.change import Change
from bt_console.model.oncall import Channel
from bt_console.model.paging import Delivery, SendOutcome
from probes.api import ProbeFailure

SEND_LIMIT_S = 15.0
"""A whole attempt; the lease lasts longer, so that a live attempt is never taken for a lost one."""
LISTEN_EVERY_S = 1.0
RECEIPTS_EVERY_S = 2.0
FINISH_S = 5.0
"""A monitor that stops lets letters under way end, so that they are not sent again by the next."""
REST_S = 1.0
"""The desk is looked at no less often than this."""

T = TypeVar("T")
log = logging.getLogger(__name__)


class Notifier:
    """The monitor's hands for letters. Decides nothing."""

    def __init__(self, telling: Telling, author: Author, now: Callable[[], datetime], settings: Settings) -> None:
        self._telling = telling
        self._author = author
        self._now = now
        self._news = asyncio.Event()
        self._listening: set[str] = set()
        self._under_way: set[asyncio.Future[Any]] = set()
        self.settings = settings

    def wake(self) -> None:
        """Say that the desk may have something to send."""
        self._news.set()

    async def run(self) -> None:
        """Send and listen until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._drain())
                tasks.create_task(self._listen(tasks))
                tasks.create_task(self._collect_receipts())
        finally:
            await self._finish()

    async def _finish(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FINISH_S):
                while self._under_way:
                    await asyncio.wait(self._under_way)
        late = tuple(self._under_way)
        for letter in late:
            letter.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _drain(self) -> None:
        while True:
            await self._commit(self._telling.advance(self._now()))
            # A monitor told to stop in between would leave attempts that were written down and never made.
            if not await asyncio.shield(self._begin(self._hand_out())):
                await self._rest()

    async def _hand_out(self) -> int:
        """Store the attempts that are due, then begin them; return how many."""
        change, due = self._telling.lease(self._now())
        await self._commit(change)
        for delivery in due:
            self._begin(self._deliver(delivery))
        return len(due)

    def _begin(self, work: Coroutine[Any, Any, T]) -> asyncio.Future[T]:
        letter = asyncio.ensure_future(work)
        self._under_way.add(letter)
        letter.add_done_callback(self._ended)
        return letter

    def _ended(self, letter: asyncio.Future[Any]) -> None:
        self._under_way.discard(letter)
        if not letter.cancelled() and (error := letter.exception()) is not None:
            log.error("a letter could not be recorded", exc_info=error)

    async def _rest(self) -> None:
        wake_at = self._telling.next_wake()
        left_s = (wake_at - self._now()).total_seconds() if wake_at else REST_S
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(max(left_s, 0.02), REST_S)):
                await self._news.wait()
        self._news.clear()

    async def _commit(self, change: Change) -> None:
        if not is_empty(change):
            await self._author.commit(change)

    async def _deliver(self, delivery: Delivery) -> None:
        sent = await self._send(delivery)
        await self._commit(self._telling.settle(delivery.id, sent, self._now()))
        self.wake()

    async def _send(self, delivery: Delivery) -> Sent:
        channel = self._telling.oncall.channels.get(delivery.channel)
        if channel is None:
            return Sent(outcome=SendOutcome.PERMANENT, detail=f"channel {delivery.channel} is configured no more")
        kind, letter = channels.load(channel.kind), self._telling.letter(delivery)
        address = self._telling.address(delivery)
        work = _within(kind.send(channel.params, address, letter, self._context()))
        try:
            return await contained(work, f"channel {channel.id}")
        except Crash as crash:
            return Sent(outcome=SendOutcome.AMBIGUOUS, detail=str(crash))

    def _context(self) -> ChannelContext:
        return context(self.settings, self._now(), SEND_LIMIT_S)

    def _channels(self, ability: str) -> list[tuple[Channel, ChannelKind]]:
        """Return the configured channels whose kind can do something beside sending."""
        found = [(channel, channels.load(channel.kind)) for channel in self._telling.oncall.channels.values()]
        return [(channel, kind) for channel, kind in found if getattr(kind, ability) is not None]

    async def _listen(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            for channel, kind in self._channels("receive"):
                if channel.id not in self._listening:
                    self._listening.add(channel.id)
                    tasks.create_task(self._receive(channel, kind))
            await asyncio.sleep(LISTEN_EVERY_S)

    async def _receive(self, channel: Channel, kind: ChannelKind) -> None:
        try:
            received = await self._received(channel, kind)
        finally:
            self._listening.discard(channel.id)
        if received is not None:
            await self._commit(self._telling.heard(channel.id, received, self._now()))
            self.wake()

    async def _received(self, channel: Channel, kind: ChannelKind) -> Received | None:
        assert kind.receive is not None
        work = kind.receive(channel.params, self._telling.cursor(channel.id), self._context())
        with contextlib.suppress(Crash):
            return await contained(_quiet(work), f"listening to {channel.id}")
        return None

    async def _collect_receipts(self) -> None:
        while True:
            await asyncio.sleep(RECEIPTS_EVERY_S)
            for channel, kind in self._channels("receipt"):
                for delivery in self._telling.awaiting_receipts(channel.id, self._now()):
                    await self._collect(channel, kind, delivery)

    async def _collect(self, channel: Channel, kind: ChannelKind, delivery: Delivery) -> None:
        assert kind.receipt is not None
        work = kind.receipt(channel.params, delivery.provider_id, self._context())
        with contextlib.suppress(Crash):
            sent = await contained(_quiet(work), f"receipts of {channel.id}")
            if sent is not None:
                await self._commit(self._telling.receipt(delivery.id, sent, self._now()))
                self.wake()


def context(settings: Settings, now: datetime, timeout_s: float) -> ChannelContext:
    """Return what a configuration lets every channel use."""
    trust = str(settings.trust_file) if settings.trust_file else None
    return ChannelContext(now=now, timeout_s=timeout_s, trust_file=trust, nameservers=settings.nameservers)


async def _within(work: Awaitable[Sent]) -> Sent:
    """Return what became of an attempt; one that does not end in time may have arrived."""
    try:
        async with asyncio.timeout(SEND_LIMIT_S + 1):
            return await work
    except TimeoutError:
        return Sent(outcome=SendOutcome.AMBIGUOUS, detail=f"no end within {SEND_LIMIT_S:g} s")
    except ProbeFailure as failure:  # a secret that cannot be read
        return Sent(outcome=SendOutcome.TRANSIENT, detail=failure.detail)


async def _quiet(work: Awaitable[T]) -> T | None:
    """Return None where a channel could not listen: its sending says so already."""
    try:
        return await work
    except (ChannelError, ProbeFailure):
        return None
