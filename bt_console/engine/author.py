"""The one way from the engine to the store: changes in order, retried until the store takes them."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, ParamSpec, TypeVar

from bt_console.model.change import Change, Command, Paper
from bt_console.model.inventory import CheckId, TargetId
from bt_console.store.errors import CONTRADICTION, StoreError
from bt_console.store.writer import Writer

P = ParamSpec("P")
R = TypeVar("R")
log = logging.getLogger(__name__)

OBSERVATIONS_HELD = 50_000
"""While the store refuses (disk full), so many observations wait in memory; then the oldest go. Of states that change
every second only the newest wait: what they led to, incidents and messages, waits whole."""


_UNSAID = frozenset({"code", "title", "body", "short", "text", "policy"})
"""Never written into the log: codes people answer with, and what may repeat them; and what is only long."""


class Author:
    """Runs the Writer in one thread of its own, so that no commit holds the event loop."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._waiting: deque[Change] = deque()
        """Put in by the event loop, taken out by the thread alone."""
        self.error = ""
        """Why the store refuses at present; empty when it does not."""

    async def commit(self, change: Change) -> None:
        """Store a change after those already waiting; keep it for the next call if the store refuses.

        A caller that is cancelled meanwhile changes nothing: the change is stored all the same, and once.
        """
        self._waiting.append(change)
        await self._call(self._write)

    def _write(self) -> None:
        """Store what waits, in the thread."""
        while self._waiting:
            try:
                self._store(self._waiting[0])
            except StoreError as error:
                self._keep(error)
                return
            self._waiting.popleft()
        self.error = ""

    def _store(self, change: Change) -> None:
        """Store a change, or what is left of one that can never be stored: it must not hold up all that follow."""
        try:
            self._writer.commit(change)
            return
        except StoreError as error:
            if error.code != CONTRADICTION:
                raise
            log.critical("given up, a mistake of this program: %s; it was: %s", error, _said(change))
        for rest in _remains(change):
            try:
                self._writer.commit(rest)
                return
            except StoreError as error:
                if error.code != CONTRADICTION:
                    raise
                log.critical("nor can it be stored without what tells people: %s", error)

    def _keep(self, error: StoreError) -> None:
        if str(error) != self.error:
            log.error("the store refuses: %s", error)
        self.error = str(error)
        waiting = tuple(self._waiting)
        for place, change in _slimmed(waiting):
            self._waiting[place] = change

    async def commands(self) -> tuple[Command, ...]:
        """Return the operators' commands not handled yet; none while the store refuses."""
        try:
            return await self._call(self._unanswered)
        except StoreError as error:
            log.warning("cannot read the inbox: %s", error)
            return ()

    def _unanswered(self) -> tuple[Command, ...]:
        """Return, in the thread, what is not obeyed yet: an answer the store still refuses is an answer."""
        answered = {number for change in tuple(self._waiting) for number in change.handled_commands}
        return tuple(command for command in self._writer.pending_commands() if command.id not in answered)

    async def prune(self, before: datetime, limit: int) -> int:
        """Delete some observations older than an instant; return how many went."""
        try:
            return await self._call(self._writer.prune, before, limit)
        except StoreError as error:
            log.warning("cannot prune: %s", error)
            return 0

    async def _call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(function, *args, **kwargs))

    def close(self) -> None:
        """Wait for the last commit, store what still waits, and close the store."""
        self._thread.submit(self._write).result()
        self._thread.shutdown(wait=True)
        if self._waiting:
            log.critical("%d changes are lost, the store refuses: %s", len(self._waiting), self.error)
        self._writer.close()


def _slimmed(waiting: tuple[Change, ...]) -> Iterator[tuple[int, Change]]:
    """Return those changes that can do with less, by place: without states that later ones replace, or readings."""
    checks: set[CheckId] = set()
    targets: set[TargetId] = set()
    held = 0
    for place in reversed(range(len(waiting))):
        change = waiting[place]
        if not _weight(change):
            continue
        held += len(change.observations)
        slim = replace(
            change,
            healths=tuple(row for row in change.healths if row.check_id not in checks),
            targets=tuple(row for row in change.targets if row.target_id not in targets),
            observations=change.observations if held <= OBSERVATIONS_HELD else (),
            engine=change.engine if place == len(waiting) - 1 else None,
        )
        checks.update(row.check_id for row in slim.healths)
        targets.update(row.target_id for row in slim.targets)
        if _weight(slim) < _weight(change):
            yield place, slim


def _weight(change: Change) -> int:
    return len(change.healths) + len(change.targets) + len(change.observations) + (change.engine is not None)


def _remains(change: Change) -> Iterator[Change]:
    """Return what may be stored of a change that cannot: what was measured, else at least what operators asked for."""
    yield replace(change, paper=Paper())
    if change.handled_commands:
        yield Change(handled_commands=change.handled_commands, command_results=change.command_results)


def _said(change: Change) -> str:
    """Return what of a change is worth reading in the log: rows by their numbers, states and times."""
    kept = {f.name: getattr(change.paper, f.name) for f in fields(Paper)}
    told = {name: [_row(row) for row in rows] for name, rows in kept.items() if rows}
    counts = {f.name: len(rows) for f in fields(Change) if isinstance(rows := getattr(change, f.name), tuple) and rows}
    return f"{told} beside {counts}"


def _row(row: Any) -> object:
    if not is_dataclass(row):
        return row[0]
    found = {f.name: getattr(row, f.name) for f in fields(row) if f.name not in _UNSAID}
    return {name: str(value) for name, value in found.items() if value not in (None, "")}
