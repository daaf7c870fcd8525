"""Storms over the town: faults, their ends, people's answers; and waiting until all is over."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bt_console.facade import Console, StoreError
from bt_console.model.paging import CallState, Delivery, DeliveryState
from tests.journeys.post import Post
from tests.journeys.town import CORE, NUMBERS, PATIENCE_S, UNITS, WAYS, MonitorProcess, Town, tslcd

BURST = 8
"""So many ways fail at once."""
CALM_S = 90.0
"""A way that failed does not fail again so soon: it would be one that flaps."""
END_S = 400.0
"""The longest back-off is five minutes."""

DIGEST_SOON = timedelta(minutes=5)
"""What passed before anybody was paged is told within a day, and not waited for."""

_ONCALL = """
oncall:
  contacts:
    an: {{name: An, addresses: {{hook: an, spare: an}}}}
    binh: {{name: Bình, addresses: {{spare: binh}}}}
  channels:
    hook: {{type: webhook, path: lan, params: {{url: "http://127.0.0.1:{port}/hook"}}}}
    spare: {{type: webhook, path: gsm, params: {{url: "http://127.0.0.1:{port}/spare"}}}}
  policies:
    all:
      steps:
        - {{notify: [an], via: [hook, spare], fallback_after: 5s, wait: 30s}}
        - {{notify: [binh], via: [spare], wait: 1h}}
      repeat: 1h
      hold: 2s
  routes: [{{policy: all}}]
  storm: {{per_contact: {pages}/1m, digest_every: 1m}}
"""


def oncall(port: int, *, pages: int) -> str:
    """Return a section of the configuration: two people, two channels, so many pages a minute for each."""
    return _ONCALL.format(port=port, pages=pages)


@dataclass
class Storm:
    """Faults, their ends and people's answers, at drawn instants until it is called off."""

    place: Town
    rng: random.Random
    console: Console
    is_over: bool = False
    cut_at: dict[str, float] = field(default_factory=dict)
    acknowledged: set[int] = field(default_factory=set)

    async def rage(self) -> None:
        """A burst, then the core, then what comes."""
        await self._cut(self.rng.sample(WAYS, BURST))
        await self._for(6.0)
        await self.place.cut_core()
        await self._for(8.0)
        await self.place.heal((CORE, *map(tslcd, NUMBERS)))
        while not self.is_over:
            await self._for(self.rng.uniform(0.5, 6.0))
            now = asyncio.get_running_loop().time()
            calm = [way for way in WAYS if now - self.cut_at.get(way, now - CALM_S) >= CALM_S]
            if calm and self.rng.random() < 0.7:
                await self._cut(self.rng.sample(calm, min(len(calm), self.rng.randint(1, 3))))
            elif self.cut_at:
                await self.place.heal(self.rng.sample(sorted(self.cut_at), min(3, len(self.cut_at))))

    async def _cut(self, ways: list[str]) -> None:
        self.cut_at |= dict.fromkeys(ways, asyncio.get_running_loop().time())
        await self.place.cut(ways)

    async def _for(self, seconds: float) -> None:
        """Let time pass, in which somebody may take what is open."""
        await asyncio.sleep(seconds / 2)
        await asyncio.to_thread(self._acknowledge)
        await asyncio.sleep(seconds / 2)

    def _acknowledge(self) -> None:
        calls = [call.incident_id for call in self.console.calls() if call.state is CallState.OPEN]
        fresh = [number for number in calls if number not in self.acknowledged]
        if fresh and self.rng.random() < 0.4:
            number = self.rng.choice(fresh)
            self.acknowledged.add(number)
            with suppress(StoreError):
                self.console.submit("acknowledge", str(number), "an", datetime.now(UTC))


async def killed(monitor: MonitorProcess, console: Console, post: Post, rng: random.Random) -> None:
    """Start it, and kill it at any instant: while it starts, while it measures, while a letter is under way."""
    if rng.random() < 0.2:
        await monitor.start()
        await asyncio.sleep(rng.uniform(0.0, 3.0))
    else:
        await ready_again(monitor, console)
        await _at_any_instant(post, rng)
    await monitor.kill()


async def _at_any_instant(post: Post, rng: random.Random) -> None:
    if rng.random() < 0.3:
        await asyncio.sleep(rng.uniform(0.0, 5.0))
        return
    await post.until_under_way(5.0)
    await asyncio.sleep(rng.choice((0.0, 0.0, rng.uniform(0.0, 1.5))))


async def all_over(console: Console) -> None:
    """Wait until no call is open and nothing waits to be sent, but for what is not due within minutes."""
    async with asyncio.timeout(END_S):
        while True:
            if await asyncio.to_thread(_is_over, console):
                return
            await asyncio.sleep(0.2)


def _is_over(console: Console) -> bool:
    """Look at messages last: the end of a call brings some, and after it nothing does."""
    snapshot = console.snapshot(datetime.now(UTC))
    if snapshot is None or snapshot.open_incidents or console.calls():
        return False
    return not any(_is_awaited(row) for row in console.deliveries(limit=100_000))


def _is_awaited(row: Delivery) -> bool:
    if row.state is DeliveryState.HELD:
        return row.done_at is None and row.next_at < datetime.now(UTC) + DIGEST_SOON
    return row.state in (DeliveryState.QUEUED, DeliveryState.LEASED)


async def ready(monitor: MonitorProcess) -> Console:
    """Start it and wait until all is seen to be well."""
    await monitor.start()
    console = await monitor.console()
    async with asyncio.timeout(PATIENCE_S):
        while True:
            snapshot = await asyncio.to_thread(console.snapshot, datetime.now(UTC))
            if snapshot is not None and sum(unit.state == "up" for unit in snapshot.units) >= UNITS:
                return console
            await asyncio.sleep(0.1)


async def ready_again(monitor: MonitorProcess, console: Console) -> None:
    """Start it once more and wait until it has looked at something."""
    before = console.snapshot(datetime.now(UTC))
    await monitor.start()
    async with asyncio.timeout(PATIENCE_S):
        while True:
            after = await asyncio.to_thread(console.snapshot, datetime.now(UTC))
            if before and after and after.revision > before.revision + 3:
                return
            await asyncio.sleep(0.1)
