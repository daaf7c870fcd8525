"""Sends only the cells that changed: Textual repaints whole regions, which a slow line feels.

Overrides App._display, which is private to Textual; the version is pinned and a test compares the terminal's screen
with Textual's own. Hyperlinks (OSC 8) are dropped on purpose.
Source: ECMA-48 (CUP, SGR).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from rich.color import ColorSystem
from rich.console import Console
from rich.style import Style
from textual._cells import cell_len
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.app import App
from textual.screen import Screen
from textual.strip import Strip

Cell = tuple[str, str]
"""A character and its SGR parameters."""
Piece = tuple[int, int, Strip]
"""Line, column, content."""


class _Raw(CompositorUpdate):
    """An update that is text already."""

    def __init__(self, text: str) -> None:
        self._text = text

    def render_segments(self, console: Console) -> str:
        """Return the text."""
        return self._text


class Frame:
    """What the terminal shows, cell by cell, and what must be sent to make it show something else."""

    def __init__(self, width: int, height: int, system: ColorSystem) -> None:
        self.size = (width, height)
        self._system = system
        self._rows: list[list[Cell | None]] = [[None] * width for _ in range(height)]

    def changes(self, update: LayoutUpdate | ChopsUpdate) -> str:
        """Return the shortest text we know that brings the terminal from the old picture to the new."""
        pen = _Pen()
        for y, x, strip in _pieces(update):
            if 0 <= y < self.size[1]:
                self._draw(pen, y, x, strip)
        return pen.text()

    def _draw(self, pen: _Pen, y: int, x: int, strip: Strip) -> None:
        for text, style, control in strip:
            if control or not text:
                continue
            codes = self._codes(style)
            is_plain = text.isascii()
            for char in text:
                size = 1 if is_plain else cell_len(char)
                if size == 0:
                    pen.join(char, x)
                elif x + size <= self.size[0]:
                    self._put(pen, y, x, (char, codes), size)
                x += size

    def _codes(self, style: Style | None) -> str:
        if style is None:
            return ""
        return style._ansi if style._ansi is not None else Strip.render_ansi(style, self._system)

    def _put(self, pen: _Pen, y: int, x: int, cell: Cell, size: int) -> None:
        row = self._rows[y]
        if row[x] == cell:
            return
        pen.write(y, x, cell, size)
        row[x] = cell
        if x > 0 and row[x - 1] is not None and cell_len(row[x - 1][0]) == 2:  # type: ignore[index]
            row[x - 1] = None  # half of a wide character was overwritten
        if size == 2:
            row[x + 1] = ("", cell[1])


class _Pen:
    """Collects cursor moves, colours and characters, leaving out what the terminal already has."""

    def __init__(self) -> None:
        self._out: list[str] = []
        self._at: tuple[int, int] | None = None
        self._codes = ""

    def write(self, y: int, x: int, cell: Cell, size: int) -> None:
        """Write one cell."""
        char, codes = cell
        if self._at != (y, x):
            self._out.append(f"\x1b[{y + 1};{x + 1}H")
        if codes != self._codes:
            self._out.append(f"\x1b[0;{codes}m" if codes else "\x1b[0m")
            self._codes = codes
        self._out.append(char)
        self._at = (y, x + size)

    def join(self, char: str, x: int) -> None:
        """Write a combining mark, if the character it belongs to has just been written."""
        if self._at is not None and self._at[1] == x:
            self._out.append(char)

    def text(self) -> str:
        """Return everything collected."""
        return "".join([*self._out, "\x1b[0m"]) if self._codes else "".join(self._out)


def _pieces(update: LayoutUpdate | ChopsUpdate) -> Iterator[Piece]:
    if isinstance(update, LayoutUpdate):
        for y, line in enumerate(update.strips, update.region.y):
            x = update.region.x
            for strip in line:
                yield y, x, strip
                x += strip.cell_length
        return
    for y, first, last in update.spans:
        ends = update.chop_ends[y]
        for end, (x, chop) in zip(ends, update.chops[y].items(), strict=False):
            if chop is not None and x <= last and end > first:
                yield y, x, chop


class CellDiffApp(App[None]):
    """An app that sends changed cells only, unless told to leave that to Textual."""

    is_diffing = True
    _frame: Frame | None = None

    def forget_frame(self) -> None:
        """Send everything once more: something else wrote on the terminal."""
        self._frame = None
        self.screen.refresh(layout=True)

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        if not isinstance(renderable, (LayoutUpdate, ChopsUpdate)) or not self._may_diff():
            super()._display(screen, renderable)
            return
        width, height = self.size
        if self._frame is None or self._frame.size != (width, height):
            self._frame = Frame(width, height, self.console._color_system or ColorSystem.TRUECOLOR)
        changes = self._frame.changes(renderable)
        # An update of no text still tells Textual that the frame was shown.
        super()._display(screen, cast("Any", _Raw(changes) if changes else None))

    def _may_diff(self) -> bool:
        driver = self._driver
        is_shown = self._running and not self._closed and not self._batch_count
        return self.is_diffing and is_shown and not self.is_headless and driver is not None and not driver.is_inline
