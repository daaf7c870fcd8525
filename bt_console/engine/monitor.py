"""The monitor while it runs: schedule, measure, decide, store, listen to operators."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from dataclasses import replace
from datetime import datetime, timedelta

from bt_console.config.load import Settings
from bt_console.engine.author import Author
from bt_console.engine.clock import Clock, Timeline
from bt_console.engine.events import engine_event
from bt_console.engine.office import Office
from bt_console.engine.pipeline import Pipeline, Step
from bt_console.engine.runner import Run, instruments, measure
from bt_console.engine.scheduler import Due, Scheduler
from bt_console.engine.status import Pulse
from bt_console.engine.telling import Telling
from bt_console.model.change import Change, Command
from bt_console.model.inventory import TargetId
from bt_console.model.snapshot import EngineStatus
from bt_console.words import message
from probes.api import Outcome, Shared

log = logging.getLogger(__name__)

TICK_S = 0.005
"""Runs due within one tick start together: fewer wake-ups, and jitter no one can see."""
GATHER_S = 0.25
"""Calm readings wait this long for company, so that one commit stores many."""
PROMPT_S = 0.02
"""Readings that may decide something wait only for those of the same moment."""
CARE_S = 0.5
"""How often the monitor looks after itself: clock, inbox, status."""
PRUNE_EVERY_S = 60.0
PRUNE_ROWS = 20_000


class Monitor:
    """Everything of one running engine. Made with settings in force; apply() takes new ones."""

    def __init__(self, settings: Settings, author: Author, pipeline: Pipeline, telling: Telling, clock: Clock) -> None:
        self._settings = settings
        self._author = author
        self._pipeline = pipeline
        self._clock = clock
        self._timeline = Timeline(clock)
        self._office = Office(settings, pipeline, telling, author, self._timeline)
        self._scheduler = Scheduler()
        self._shared = Shared()
        self._finished: deque[Run] = deque()
        self._news = asyncio.Event()
        self._prompt = asyncio.Event()
        self._asked = asyncio.Event()
        self._pulse = Pulse(started_at=self._timeline.instant())

    async def run(self) -> None:
        """Measure until cancelled."""
        self._scheduler.set_checks(self._settings.inventory.checks, self._clock.monotonic_s())
        settings = self._settings
        await self._author.commit(Change(inventory=settings.inventory, oncall=settings.oncall, engine=self._status()))
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._schedule(tasks))
                tasks.create_task(self._decide())
                tasks.create_task(self._care())
                tasks.create_task(self._prune())
                tasks.create_task(self._office.run(lambda: self._scheduler.lag_s, self._news.set))
        finally:
            self._shared.close()

    def apply(self, settings: Settings) -> None:
        """Take over a new configuration: only the checks that changed move."""
        self._settings = settings
        self._pulse.config_error = ""
        self._pipeline.set_inventory(settings.inventory)
        self._scheduler.set_checks(settings.inventory.checks, self._clock.monotonic_s())
        self._office.apply(settings)
        self._pulse.note(Change(inventory=settings.inventory, oncall=settings.oncall))
        self._pulse.note(self._pipeline.note([engine_event("configuration in force", self._timeline.instant())]))
        self._asked.set()

    def accept(self) -> None:
        """Say that the newest configuration file is the one in force."""
        self._pulse.config_error = ""

    def refuse(self, problem: str) -> None:
        """Keep the configuration in force and say why the newer one is not."""
        if problem != self._pulse.config_error:
            log.error("configuration refused, the last good one stays in force: %s", problem)
        self._pulse.config_error = problem

    async def _schedule(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            now_s = self._clock.monotonic_s()
            for due in self._scheduler.pop_due(now_s):
                tasks.create_task(self._run(due))
            next_s = self._scheduler.next_s()
            wait_s = CARE_S if next_s is None else max(TICK_S, next_s - self._clock.monotonic_s())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._asked.wait()
            self._asked.clear()

    async def _run(self, due: Due) -> None:
        check = due.check
        started_s = self._clock.monotonic_s()
        settings = self._settings
        tools = instruments(settings, self._shared, self._clock)
        try:
            reading, duration_s = await measure(check, tools)
        finally:
            self._scheduler.finished(check.id)
        at = self._timeline.instant
        run = Run(check, at(due.due_s), at(started_s), duration_s, reading, due.is_confirmation)
        self._finished.append(run)
        self._pulse.count(reading)
        self._news.set()
        if due.is_confirmation or reading.outcome is not Outcome.OK:
            self._prompt.set()

    async def _decide(self) -> None:
        while True:
            await self._news.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GATHER_S):
                    await self._prompt.wait()
                    await asyncio.sleep(PROMPT_S)
            self._news.clear()
            self._prompt.clear()
            await self._take(self._drain())

    def _drain(self) -> list[Run]:
        runs = list(self._finished)
        self._finished.clear()
        return runs

    async def _take(self, runs: list[Run]) -> None:
        step: Step = self._pipeline.ingest(runs, self._timeline.instant())
        if step.wanted:
            self._scheduler.ask(step.wanted, self._clock.monotonic_s())
            self._asked.set()
        await self._author.commit(replace(_both(step.change, self._office.step()), engine=self._status()))

    async def _care(self) -> None:
        while True:
            self._follow_clock()
            for command in await self._author.commands():
                await self._author.commit(self._obey(command))
            for change in self._pulse.take_notes():
                await self._author.commit(change)
            self._news.set()  # also without readings: what heard nothing ages, and the screens are told we live
            await asyncio.sleep(CARE_S)

    def _follow_clock(self) -> None:
        jump = self._timeline.follow_jump()
        if jump is None:
            return
        log.warning("the clock jumped by %.1f s", jump.total_seconds())
        self._pipeline.shift(jump)
        self._office.shift(jump)
        detail = f"clock jumped by {jump.total_seconds():+.1f} s"
        self._pulse.note(self._pipeline.note([engine_event(detail, self._timeline.instant())]))

    def _status(self) -> EngineStatus:
        return self._pulse.status(self._scheduler, self._pipeline, self._timeline.instant(), self._clock.monotonic_s())

    def _obey(self, command: Command) -> Change:
        if command.verb == "probe_now":
            return self._answer(command, self._probe_now(TargetId(command.subject)), Change())
        change, answer = self._office.obey(command)
        return self._answer(command, answer, change)

    @staticmethod
    def _answer(command: Command, result: str, change: Change) -> Change:
        return replace(change, handled_commands=(command.id,), command_results=((command.id, result),))

    def _probe_now(self, target_id: TargetId) -> str:
        checks = [check.id for check in self._settings.inventory.checks.values() if check.target_id == target_id]
        self._scheduler.ask(checks, self._clock.monotonic_s())
        self._asked.set()
        if not checks:
            return message("command.no_target", target=target_id)
        return message("command.asked", count=len(checks))

    async def _prune(self) -> None:
        while True:
            await asyncio.sleep(PRUNE_EVERY_S)
            before: datetime = self._timeline.instant() - timedelta(seconds=self._settings.keep_observations_s)
            await self._author.prune(before, PRUNE_ROWS)


def _both(measured: Change, told: Change) -> Change:
    """Return one Change, so that a decision and the messages about it are stored together."""
    return replace(
        measured,
        paper=told.paper,
        incidents=(*measured.incidents, *told.incidents),
        events=(*measured.events, *told.events),
    )
