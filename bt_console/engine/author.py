"""The one way from the engine to the store: changes in order, retried until the store takes them."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import ParamSpec, TypeVar

from bt_console.model.change import Change, Command
from bt_console.store.errors import StoreError
from bt_console.store.writer import Writer

P = ParamSpec("P")
R = TypeVar("R")
log = logging.getLogger(__name__)

OBSERVATIONS_HELD = 50_000
"""While the store refuses (disk full), so many observations wait in memory; then the oldest go."""


class Author:
    """Runs the Writer in one thread of its own, so that no commit holds the event loop."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._turn = asyncio.Lock()
        self._waiting: deque[Change] = deque()
        self.error = ""
        """Why the store refuses at present; empty when it does not."""

    async def commit(self, change: Change) -> None:
        """Store a change after those already waiting; keep it for the next call if the store refuses."""
        self._waiting.append(change)
        async with self._turn:
            while self._waiting:
                try:
                    await self._call(self._writer.commit, self._waiting[0])
                except StoreError as error:
                    self._keep(error)
                    return
                self._waiting.popleft()
            self.error = ""

    def _keep(self, error: StoreError) -> None:
        if str(error) != self.error:
            log.error("the store refuses: %s", error)
        self.error = str(error)
        held = sum(len(change.observations) for change in self._waiting)
        for place, change in enumerate(self._waiting):
            if held <= OBSERVATIONS_HELD:
                break
            held -= len(change.observations)
            self._waiting[place] = replace(change, observations=())

    async def commands(self) -> tuple[Command, ...]:
        """Return the operators' commands not handled yet; none while the store refuses."""
        try:
            return await self._call(self._writer.pending_commands)
        except StoreError as error:
            log.warning("cannot read the inbox: %s", error)
            return ()

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
        """Wait for the last commit and close the store."""
        self._thread.shutdown(wait=True)
        self._writer.close()
