"""Runs the real console over a real store without a terminal, and reads what it shows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from textual.pilot import Pilot

from bt_console.facade import Console
from bt_console.lab.client import Lab
from bt_console.model.change import Change
from bt_console.tui.app import ConsoleApp
from bt_console.tui.screens.page import ASKING
from tests.tui import district

SMALL, WIDE = (80, 24), (120, 40)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A running console."""

    app: ConsoleApp
    pilot: Pilot[None]
    store: Path

    async def settle(self) -> None:
        """Wait until everything asked of the store is answered and drawn; what a person is asked may stay open."""
        for _ in range(4):
            await self.pilot.pause()
            await self.app.workers.wait_for_complete(w for w in self.app.workers if w.group != ASKING)
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        """Press keys one after the other, each after the effects of the one before."""
        for key in keys:
            await self.pilot.press(key)
            await self.settle()

    async def until(self, is_true: Callable[[], bool]) -> None:
        """Wait for something that takes the timer's next rounds; a test that never gets there fails."""
        for _ in range(300):
            if is_true():
                return
            await self.pilot.pause(0.02)
        raise AssertionError("it did not happen:\n" + "\n".join(self.lines()))

    def lines(self) -> list[str]:
        """Return the screen as text, one string per line."""
        strips = self.app.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip) for strip in strips]

    def text(self) -> str:
        """Return the screen as one text."""
        return "\n".join(self.lines())

    def line_with(self, part: str) -> str:
        """Return the first line that contains a text."""
        return next((line for line in self.lines() if part in line), "")


@asynccontextmanager
async def shown(
    folder: Path,
    change: Change,
    *,
    size: tuple[int, int] = SMALL,
    language: str | None = None,
    theme: str | None = None,
    lab: Lab | None = None,
    now: Callable[[], datetime] = lambda: district.NOW,
) -> AsyncIterator[Shown]:
    """Write a district into a store and run the console on it."""
    store = folder / "store.db"
    district.write(store, change)
    console = Console(store)
    app = ConsoleApp(console, lab=lab, user="tho", language=language, theme=theme, now=now)
    try:
        async with app.run_test(size=size) as pilot:
            running = Shown(app=app, pilot=pilot, store=store)
            await running.settle()
            yield running
            app.exit()
    finally:
        console.close()
