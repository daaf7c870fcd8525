"""What others tell the monitor: alerts of other monitors, and signs of life that do not come."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from bt_console.config.load import Settings
from bt_console.config.oncall_schema import Listen
from bt_console.engine.listener import Ears, Listener, ListenerError
from bt_console.engine.selfwatch import Selfwatch
from bt_console.evaluate import external
from bt_console.evaluate.foreign import Told
from bt_console.evaluate.oncall import heartbeats
from bt_console.model.external import ExternalAlert
from bt_console.model.incident import Incident
from bt_console.model.inventory import Inventory, Role, TargetId, UnitId

RETRY_S = 10.0
log = logging.getLogger(__name__)


class Outside:
    """Listens where the configuration says so, and knows what is wrong by what was heard."""

    def __init__(
        self,
        settings: Settings,
        known: Iterable[Incident],
        selfwatch: Selfwatch,
        now: Callable[[], datetime],
    ) -> None:
        self.settings = settings
        self._selfwatch = selfwatch
        self._now = now
        self._on_news: Callable[[], None] = _nobody
        self._moved = asyncio.Event()
        self._firing = external.remembered(known, now())
        self._ears = Ears(
            now=now, on_alerts=self._take, on_heartbeat=selfwatch.heard, firing=lambda: self._firing.values()
        )

    async def _take(self, alerts: tuple[ExternalAlert, ...]) -> None:
        self._firing = external.advance(self._firing, alerts, self._now())
        self._on_news()

    def told(self) -> tuple[Told, ...]:
        """Return what is wrong at present."""
        self._firing = external.advance(self._firing, (), self._now())
        inventory = self.settings.inventory
        hub, unit_id = _hub(inventory)
        silent = heartbeats.told(self._selfwatch.rows.values(), hub, unit_id)
        return (*external.told(self._firing.values(), inventory.units, unit_id), *silent)

    def shift(self, by: timedelta) -> None:
        """Keep the age of what was heard after the wall clock jumped."""
        self._firing = {key: replace(alert, heard_at=alert.heard_at + by) for key, alert in self._firing.items()}

    def apply(self, settings: Settings) -> None:
        """Take over a new configuration; the ear moves if it must."""
        self.settings = settings
        self._moved.set()

    async def run(self, on_news: Callable[[], None]) -> None:
        """Listen as configured until cancelled."""
        self._on_news = on_news
        while True:
            self._moved.clear()
            where = self.settings.listen
            if where is None:
                await self._moved.wait()
            else:
                await self._listen(where)

    async def _listen(self, where: Listen) -> None:
        listener = Listener(where.address, where.port, where.token, self._ears)
        try:
            await listener.start()
        except ListenerError as error:
            log.error("%s", error)
            await asyncio.sleep(RETRY_S)
            return
        try:
            while self.settings.listen == where:
                self._moved.clear()
                await self._moved.wait()
        finally:
            await listener.stop()


def _nobody() -> None:
    """Nobody waits for news yet."""


def _hub(inventory: Inventory) -> tuple[TargetId, UnitId]:
    """Return the monitor's own target and unit, where what names no unit belongs."""
    found = next((target for target in inventory.targets.values() if target.role is Role.HUB), None)
    return (found.id, found.unit_id) if found else (TargetId("hub"), UnitId("hub"))
