"""Everything about telling people while the monitor runs: the desk, its hands, its ears, and its look at itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

from bt_console.config.load import Settings
from bt_console.engine.author import Author
from bt_console.engine.clock import Timeline
from bt_console.engine.notifier import Notifier
from bt_console.engine.outside import Outside
from bt_console.engine.pipeline import Pipeline
from bt_console.engine.selfwatch import Selfwatch
from bt_console.engine.telling import Telling, is_empty, joined
from bt_console.model.change import Change, Command


class Office:
    """Made with a monitor's parts; run() works until cancelled."""

    def __init__(
        self, settings: Settings, pipeline: Pipeline, telling: Telling, author: Author, timeline: Timeline
    ) -> None:
        self._pipeline = pipeline
        self._telling = telling
        self._timeline = timeline
        now = timeline.instant
        self._notifier = Notifier(telling, author, now, settings)
        self._selfwatch = Selfwatch(settings, telling, pipeline, author, now)
        self._outside = Outside(settings, pipeline.open_incidents, self._selfwatch, now)

    async def run(self, lag_s: Callable[[], float], on_news: Callable[[], None]) -> None:
        """Send, listen and look after the monitor; says when something was heard that step() should take in."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._notifier.run())
            tasks.create_task(self._selfwatch.run(lag_s))
            tasks.create_task(self._outside.run(on_news))

    def apply(self, settings: Settings) -> None:
        """Take over a new configuration."""
        self._telling.oncall = settings.oncall
        self._notifier.settings = self._selfwatch.settings = settings
        self._outside.apply(settings)

    def shift(self, by: timedelta) -> None:
        """Move along after the wall clock jumped: deadlines, and when others were heard."""
        self._telling.shift(by)
        self._outside.shift(by)
        self._selfwatch.shift(by)

    def step(self) -> Change:
        """Return what follows for people from what is known now; to be stored with what led to it."""
        now = self._timeline.instant()
        change = joined([self._pipeline.hear(self._outside.told(), now), self._telling.advance(now)])
        if not is_empty(change):
            self._notifier.wake()
        return change

    def obey(self, command: Command) -> tuple[Change, str]:
        """Carry out an operator's order; return the Change and the answer."""
        found = self._telling.obey(command.verb, command.subject, command.by, self._timeline.instant())
        self._notifier.wake()
        return found
