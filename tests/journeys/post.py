"""A receiver of webhooks that keeps a record of all that reached it, and answers as badly as it is told to."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from bt_console.channels.webhook import ID_HEADER

CHANNELS = ("hook", "spare")
MOODS = ("take", "take", "take", "linger", "linger", "linger", "refuse", "drop")
LINGER_S = (0.3, 2.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One request that came in whole."""

    at: datetime
    channel: str
    id: int
    mood: str
    letter: dict[str, Any]

    @property
    def is_taken(self) -> bool:
        """Whether somebody reads it, whatever the sender was told."""
        return self.mood != "refuse"

    @property
    def incident_id(self) -> int:
        """The incident it is about; 0 for none."""
        return (self.letter["incident"] or {"id": 0})["id"]  # type: ignore[no-any-return]  # JSON

    @property
    def kind(self) -> str:
        """What kind of notice it is."""
        return str(self.letter["kind"])


@dataclass
class Post:
    """Two channels' far end. Its moods are drawn, so that a seed gives the same trouble again."""

    rng: random.Random
    is_well: bool = False
    moods: tuple[str, ...] = MOODS
    bad_times: int = 1
    """So often a letter meets a mood; later it is taken at once."""
    port: int = 0
    arrivals: list[Arrival] = field(default_factory=list)
    under_way: int = 0
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    def taken(self, *kinds: str) -> Iterator[Arrival]:
        """Return what was taken, of some kinds or of all."""
        return (found for found in self.arrivals if found.is_taken and (not kinds or found.kind in kinds))

    async def take(self, request: web.Request) -> web.Response:
        """Take one letter in."""
        letter, number = await request.json(), int(request.headers[ID_HEADER])
        mood = self._mood(number)
        self.arrivals.append(
            Arrival(at=datetime.now(UTC), channel=request.match_info["name"], id=number, mood=mood, letter=letter)
        )
        await self._noticed(1)
        try:
            return await self._answer(request, mood)
        finally:
            await self._noticed(-1)

    def _mood(self, number: int) -> str:
        before = sum(arrival.id == number for arrival in self.arrivals)
        return "take" if self.is_well or before >= self.bad_times else self.rng.choice(self.moods)

    async def _noticed(self, more: int) -> None:
        async with self.news:
            self.under_way += more
            self.news.notify_all()

    async def _answer(self, request: web.Request, mood: str) -> web.Response:
        if mood == "linger":
            await asyncio.sleep(self.rng.uniform(*LINGER_S))
        if mood == "drop" and request.transport is not None:
            request.transport.abort()
        return web.Response(status=503 if mood == "refuse" else 200)

    async def until_under_way(self, patience_s: float) -> None:
        """Wait for a letter that is not answered yet, but not for ever."""
        try:
            async with asyncio.timeout(patience_s), self.news:
                await self.news.wait_for(lambda: self.under_way > 0)
        except TimeoutError:
            return


@asynccontextmanager
async def post_office(rng: random.Random) -> AsyncIterator[Post]:
    """Give a receiver on loopback; `/hook` and `/spare` are its doors."""
    post = Post(rng)
    app = web.Application()
    app.router.add_post("/{name}", post.take)
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    post.port = runner.addresses[0][1]
    try:
        yield post
    finally:
        await runner.cleanup()
