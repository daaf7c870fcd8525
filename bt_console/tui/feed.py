"""The console's line to the store: one thread reads, the screen never waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TypeVar

from bt_console.facade import Console, StoreError
from bt_console.model.device import Device
from bt_console.model.incident import Incident
from bt_console.model.inventory import CheckId, UnitId
from bt_console.model.observation import Observation
from bt_console.model.oncall import Override
from bt_console.model.paging import Attempt, Delivery, Heartbeat, Inbound, Note
from bt_console.model.route import Route
from bt_console.model.snapshot import Event, Snapshot

Now = Callable[[], datetime]
T = TypeVar("T")
Events = tuple[Event, ...]
Deliveries = tuple[Delivery, ...]
Notes = tuple[Note, ...]
Overrides = tuple[Override, ...]


class Feed:
    """Reads the store in a thread of its own and remembers the newest snapshot and the last trouble."""

    def __init__(self, console: Console, now: Now) -> None:
        self.now = now
        self.snapshot: Snapshot | None = None
        self.trouble = ""
        """Why the store could not be read last time, as a message of words.say(); empty when it could."""
        self._console = console
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store-reader")

    async def poll(self) -> bool:
        """Read the store; return whether there is a new snapshot."""
        known = None if self.snapshot is None else self.snapshot.revision
        fresh = await self._ask(lambda: self._console.snapshot(self.now(), known))
        if fresh is None:
            return False
        self.snapshot = fresh
        return True

    async def history(self, check_id: CheckId, start: datetime, end: datetime) -> tuple[Observation, ...]:
        """Return a check's observations, oldest first; none when the store cannot be read."""
        return await self._ask(lambda: self._console.history(check_id, start, end)) or ()

    async def recent_events(self, unit_id: UnitId, limit: int) -> tuple[Event, ...]:
        """Return the newest journal lines of a unit, newest last."""
        return await self._ask(lambda: self._console.recent_events(unit_id, limit)) or ()

    async def devices(self, unit_id: UnitId) -> tuple[Device, ...]:
        """Return the devices known on a unit's LAN."""
        return await self._ask(lambda: self._console.devices(unit_id)) or ()

    async def newest_routes(self, check_ids: Sequence[CheckId]) -> dict[CheckId, Route]:
        """Return the route in force of each check that has one."""
        found = await self._ask(lambda: [(check_id, self._console.routes(check_id)) for check_id in check_ids])
        return {check_id: routes[0] for check_id, routes in found or () if routes}

    async def incidents_between(self, start: datetime, end: datetime) -> tuple[Incident, ...]:
        """Return incidents that were open at any time within a stretch."""
        return await self._ask(lambda: self._console.incidents_between(start, end)) or ()

    async def story(self, incident_id: int, limit: int) -> tuple[Events, Deliveries, Notes, Overrides]:
        """Return what happened in an incident, who was told, what people wrote, and every stand-in."""
        console = self._console
        found = await self._ask(
            lambda: (
                console.incident_events(incident_id),
                console.deliveries(incident_id, limit),
                console.notes(incident_id),
                console.overrides(),
            )
        )
        return found or ((), (), (), ())

    async def desk(self, limit: int) -> tuple[Deliveries, tuple[Heartbeat, ...], Overrides, tuple[Inbound, ...]]:
        """Return the newest messages, signs of life, stand-ins and the newest answers."""
        console = self._console
        found = await self._ask(
            lambda: (console.deliveries(None, limit), console.heartbeats(), console.overrides(), console.inbounds(20))
        )
        return found or ((), (), (), ())

    async def attempts(self, delivery_id: int) -> tuple[Attempt, ...]:
        """Return every try of a message."""
        return await self._ask(lambda: self._console.attempts(delivery_id)) or ()

    async def banners(self, since: datetime) -> tuple[Delivery, ...]:
        """Return the newest messages for whoever sits at a console, oldest first."""
        return await self._ask(lambda: self._console.banners(since)) or ()

    async def overrides(self) -> tuple[Override, ...]:
        """Return every stand-in, past ones too."""
        return await self._ask(self._console.overrides) or ()

    async def submit(self, verb: str, subject: str, by: str) -> int | None:
        """Leave a wish for the engine; None when the store took it not."""
        return await self._ask(lambda: self._console.submit(verb, subject, by, self.now()))

    async def command_result(self, command_id: int) -> str | None:
        """Return what the engine answered, or None while it has not."""
        return await self._ask(lambda: self._console.command_result(command_id))

    async def run(self, work: Callable[[], T]) -> T:
        """Run any slow call outside the loop, not in the reader's thread."""
        return await asyncio.to_thread(work)

    async def _ask(self, work: Callable[[], T]) -> T | None:
        try:
            answer = await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except StoreError as error:
            self.trouble = error.message
            return None
        self.trouble = ""
        return answer

    def close(self) -> None:
        """Stop reading; what hangs is left behind."""
        self._thread.shutdown(wait=False, cancel_futures=True)
