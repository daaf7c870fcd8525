"""Looks after the monitor itself once a minute, and tells a watcher outside that all is well only when it is."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bt_console import channels
from bt_console.channels.api import ChannelError, ChannelKind
from bt_console.config.load import Settings
from bt_console.engine.author import Author
from bt_console.engine.beat import give_sign
from bt_console.engine.guard import Crash, contained
from bt_console.engine.notifier import context
from bt_console.engine.pipeline import Pipeline
from bt_console.engine.telling import Telling, is_empty
from bt_console.evaluate.oncall import audit, drillpage, heartbeats
from bt_console.model.change import Change, Paper
from bt_console.model.oncall import Channel, Direction, HeartbeatPlan
from bt_console.model.paging import Heartbeat
from bt_console.words import message
from probes.api import ProbeFailure

AUDIT_EVERY_S = 60.0
FIRST_AFTER_S = 10.0
LOOK_S = 1.0
CHECK_LIMIT_S = 10.0


class Selfwatch:
    """Holds the newest audit and the signs of life, in and out."""

    def __init__(
        self, settings: Settings, telling: Telling, pipeline: Pipeline, author: Author, now: Callable[[], datetime]
    ) -> None:
        self.settings = settings
        self._telling = telling
        self._pipeline = pipeline
        self._author = author
        self._now = now
        self._started_at = now()
        self._rows: dict[str, Heartbeat] = {row.name: row for row in telling.heartbeats}

    @property
    def rows(self) -> Mapping[str, Heartbeat]:
        """The newest state of everything watched, by name."""
        return self._rows

    async def run(self, lag_s: Callable[[], float]) -> None:
        """Watch until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._audit(lag_s))
            tasks.create_task(self._beat())

    async def heard(self, name: str) -> bool:
        """Take in a sign of life; False for one nobody expects."""
        if not any(plan.name == name and plan.direction is Direction.IN for plan in self._plans()):
            return False
        known = self._rows.get(name) or Heartbeat(name=name, direction=Direction.IN)
        await self._keep((replace(known, last_at=self._now(), is_missed=False, detail=""),))
        return True

    def shift(self, by: timedelta) -> None:
        """Keep the age of signs of life after the wall clock jumped; cron and the weekly drill are appointments."""
        self._started_at += by
        every = {plan.name for plan in self._plans() if plan.direction is Direction.IN and not plan.cron}
        heard = [row for name, row in self._rows.items() if name in every and row.last_at]
        self._rows |= {row.name: replace(row, last_at=row.last_at + by) for row in heard if row.last_at}

    def _plans(self) -> tuple[HeartbeatPlan, ...]:
        return self._telling.oncall.heartbeats

    async def _keep(self, rows: tuple[Heartbeat, ...]) -> None:
        news = tuple(row for row in rows if self._rows.get(row.name) != row)
        self._rows |= {row.name: row for row in news}
        if news:
            await self._author.commit(Change(paper=Paper(heartbeats=news)))

    async def _audit(self, lag_s: Callable[[], float]) -> None:
        await asyncio.sleep(FIRST_AFTER_S)
        while True:
            rows = audit.audit(await self._facts(lag_s()), self._now())
            await self._keep((*rows, *self._gone(rows)))
            await asyncio.sleep(AUDIT_EVERY_S)

    def _gone(self, rows: tuple[Heartbeat, ...]) -> tuple[Heartbeat, ...]:
        """Return items audited no more as well: what nobody looks at must not stay red."""
        names = {row.name for row in rows}
        left = (row for row in self._audited() if row.name not in names)
        return tuple(replace(row, is_missed=False, detail="") for row in left if row.is_missed)

    def _audited(self) -> list[Heartbeat]:
        return [row for row in self._rows.values() if row.direction is Direction.SELF and row.name != drillpage.NAME]

    async def _facts(self, lag_s: float) -> audit.Facts:
        blind, total = self._pipeline.blind_checks()
        return audit.Facts(
            oncall=self._telling.oncall,
            overrides=self._telling.overrides,
            deliveries=self._telling.deliveries,
            channel_healths=self._telling.channel_healths,
            lag_s=lag_s,
            clock_offset_s=self._pipeline.clock_offset_s(),
            disk_free_ratio=await asyncio.to_thread(self._disk_free_ratio),
            store_error=self._author.error,
            blind_checks_count=blind,
            checks_count=total,
            channel_errors=await self._channel_errors(),
        )

    def _disk_free_ratio(self) -> float:
        usage = shutil.disk_usage(self.settings.store_path.parent)
        return usage.free / usage.total if usage.total else 1.0

    async def _channel_errors(self) -> dict[str, str]:
        found = {}
        for channel in self._telling.oncall.channels.values():
            kind = channels.load(channel.kind)
            if kind.check is not None:
                found[channel.id] = await self._checked(channel, kind)
        return found

    async def _checked(self, channel: Channel, kind: ChannelKind) -> str:
        assert kind.check is not None
        ctx = context(self.settings, self._now(), CHECK_LIMIT_S)
        try:
            return await contained(_said(kind.check(channel.params, ctx)), f"check of channel {channel.id}")
        except Crash as crash:
            return str(crash)

    async def _beat(self) -> None:
        """Judge incoming signs every second, and give outgoing ones when they are due."""
        due: dict[str, datetime] = {}
        while True:
            await asyncio.sleep(LOOK_S)
            now = self._now()
            timezone = self._telling.oncall.timezone
            await self._keep(heartbeats.watch(self._plans(), self._rows, self._started_at, timezone, now))
            await self._drill(now)
            for plan in self._plans():
                if plan.direction is Direction.OUT and now >= due.get(plan.name, now):
                    due[plan.name] = now + timedelta(seconds=plan.every_s)
                    await self._give(plan, now)

    async def _drill(self, now: datetime) -> None:
        change = self._telling.drill(self._rows.get(drillpage.NAME), self._started_at, now)
        self._rows |= {row.name: row for row in change.paper.heartbeats}
        if not is_empty(change):
            await self._author.commit(change)

    async def _give(self, plan: HeartbeatPlan, now: datetime) -> None:
        audited = self._audited()
        if not audit.is_well(audited) or not audited:
            detail = message("heartbeat.withheld", name=plan.name)
            last_at = self._rows[plan.name].last_at if plan.name in self._rows else None
        else:
            detail = await give_sign(plan.url, context(self.settings, now, CHECK_LIMIT_S))
            last_at = now
        row = Heartbeat(name=plan.name, direction=Direction.OUT, last_at=last_at, is_missed=bool(detail), detail=detail)
        await self._keep((row,))


async def _said(work: Awaitable[None]) -> str:
    """Return what a channel's check complains of; empty when all is well."""
    try:
        async with asyncio.timeout(CHECK_LIMIT_S + 1):
            await work
    except TimeoutError:
        return f"no answer within {CHECK_LIMIT_S:g} s"
    except ProbeFailure as failure:
        return failure.detail
    except ChannelError as error:
        return str(error)
    return ""
