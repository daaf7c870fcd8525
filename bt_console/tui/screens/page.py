"""What every page has in common: a frame to draw, a filter, and a way to ask for other pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ClassVar

from textual.containers import Container
from textual.message import Message

from bt_console.model.snapshot import Snapshot
from bt_console.tui.feed import Feed
from bt_console.tui.view.filters import Filter, parse
from bt_console.tui.view.look import Look
from bt_console.tui.widgets.board import Board

ASKING = "asking"
"""Group of the workers that wait for a person."""
WIDE = 120
"""From this many columns on a page shows its second pane."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What is to be shown now, and how."""

    snapshot: Snapshot
    look: Look


class Go(Message):
    """Open a page, about something."""

    def __init__(self, page: str, subject: str = "") -> None:
        super().__init__()
        self.page, self.subject = page, subject


class Wish(Message):
    """Something the engine is asked to do; `about` is what a person calls it."""

    def __init__(self, verb: str, subject: str, *, about: str = "") -> None:
        super().__init__()
        self.verb, self.subject, self.about = verb, subject, about or subject


class Said(Message):
    """Something worth a line for a few seconds."""

    def __init__(self, text: str, *, is_bad: bool = False) -> None:
        super().__init__()
        self.text, self.is_bad = text, is_bad


class Page(Container):
    """One page; only the visible one draws."""

    DEFAULT_CSS = "Page { height: 1fr; layout: vertical; display: none; } Page.-open { display: block; }"
    page: ClassVar[str]

    def __init__(self, feed: Feed) -> None:
        super().__init__(id=self.page)
        self.feed = feed
        self.frame: Frame | None = None
        self.is_asking = False
        """Between two questions no key is taken for a command: it was meant for the next question."""
        self.wanted: Filter = parse("")

    @property
    def is_open(self) -> bool:
        """Whether this page is the visible one."""
        return self.has_class("-open")

    @property
    def is_wide(self) -> bool:
        """Whether there is room for the second pane."""
        return self.app.size.width >= WIDE

    def show(self, frame: Frame) -> None:
        """Take a new frame and draw it if visible; what was read while the console closes is drawn no more."""
        self.frame = frame
        if self.is_open and self.size.width and self.is_attached:
            self.draw(frame)

    def redraw(self) -> None:
        """Draw again, after a change of size, filter or selection."""
        if self.frame is not None:
            self.show(self.frame)

    def on_board_resized(self, event: Board.Resized) -> None:
        """Rows are as wide as their board: make them again."""
        event.stop()
        self.redraw()

    def draw(self, frame: Frame) -> None:
        """Put the frame on the page's widgets."""
        raise NotImplementedError

    def open(self, subject: str) -> None:
        """Prepare to be shown, about something or about what was there before."""

    def ask(self, flow: Callable[[], Awaitable[Wish | Said | None]]) -> None:
        """Ask a person step by step, and pass on what comes of it."""
        self.is_asking = True
        self.run_worker(self._pass_on(flow), group=ASKING)

    async def _pass_on(self, flow: Callable[[], Awaitable[Wish | Said | None]]) -> None:
        try:
            answer = await flow()
        finally:
            self.is_asking = False
        if answer is not None:
            self.post_message(answer)

    def perform(self, action: str) -> bool:
        """Do an action of this page; return whether it was one."""
        return False

    def probe_subject(self) -> str:
        """Return the target to probe now, or nothing."""
        return ""

    def counts(self) -> tuple[int, int]:
        """Return how many rows pass the filter, and of how many."""
        return 0, 0
