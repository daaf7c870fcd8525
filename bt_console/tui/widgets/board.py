"""A long list drawn line by line: only what is in view is drawn, and only lines that changed are drawn again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from bt_console.tui.view.text import Row, Span, Tone
from bt_console.tui.widgets.lines import draw
from bt_console.tui.widgets.palette import inks_of

_GUTTER = 1


class Board(ScrollView, can_focus=True):
    """Rows with a selection that stays on its key when rows move, come or go."""

    DEFAULT_CSS = """
    Board { height: 1fr; width: 1fr; overflow-x: hidden; scrollbar-size-vertical: 1; scrollbar-gutter: stable; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "edge(0)", show=False),
        Binding("end", "edge(-1)", show=False),
        Binding("enter", "choose", show=False),
        Binding("space", "tick", show=False),
    ]

    class Moved(Message):
        """The selection is on another key, or on none."""

        def __init__(self, board: Board, key: str) -> None:
            super().__init__()
            self.board, self.key = board, key

        @property
        def control(self) -> Board:
            """The board it happened on."""
            return self.board

    class Chosen(Moved):
        """A row was opened."""

    class Toggled(Moved):
        """Space was pressed on a row."""

    class Resized(Message):
        """The width changed: rows have to be made again."""

    def __init__(self, *, id: str | None = None, is_sticky: bool = True, is_dialog: bool = False) -> None:  # noqa: A002
        super().__init__(id=id)
        self.rows: tuple[Row, ...] = ()
        self.key = ""
        self._is_sticky = is_sticky
        """Keep a selection once there are rows, rather than starting without one."""
        self._is_dialog = is_dialog
        """On a dialog's ground, and its selection is the dialog's though the keys go elsewhere."""
        self._place = 0
        """Where the selection was last seen: its neighbour takes over when its row goes."""

    @property
    def room(self) -> int:
        """Columns a row may use."""
        return max(1, self.scrollable_content_region.width - _GUTTER)

    def show(self, rows: Sequence[Row]) -> None:
        """Show these rows, drawing again only lines that differ."""
        old, self.rows = self.rows, tuple(rows)
        before = self._index()
        self._keep_selection()
        if len(old) != len(self.rows):
            self._measure()
            self.refresh()
            return
        for y, (was, row) in enumerate(zip(old, self.rows, strict=True)):
            if was != row or (y == before and row.key != self.key):
                self.refresh_line(y)

    def _measure(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, len(self.rows))

    def _index(self) -> int:
        return next((y for y, row in enumerate(self.rows) if row.key and row.key == self.key), -1)

    def _keep_selection(self) -> None:
        index = self._index()
        if index >= 0:
            self._place = index
            return
        keys = [(abs(y - self._place), row.key) for y, row in enumerate(self.rows) if row.key]
        wanted = min(keys)[1] if keys and (self._is_sticky or self.key) else ""
        if wanted != self.key:
            self._select(wanted)

    def _select(self, key: str) -> None:
        before = self._index()
        self.key = key
        after = self._index()
        self._place = max(after, 0)
        for y in {before, after} - {-1}:
            self.refresh_line(y)
        self.post_message(self.Moved(self, key))

    def select(self, key: str) -> None:
        """Put the selection on a key and bring it into view."""
        if key != self.key:
            self._select(key)
        self._reveal()

    def release(self) -> None:
        """Let go of the selection."""
        self._select("")
        self.scroll_to(y=0, animate=False)

    def _reveal(self) -> None:
        index, top, height = self._index(), self.scroll_offset.y, self.size.height
        if index < 0:
            return
        first = next((y for y, row in enumerate(self.rows) if row.key), 0)
        if index < top or index == first:
            # The first row that can be selected shows what stands above it too.
            self.scroll_to(y=0 if index == first else index, animate=False)
        elif index >= top + height:
            self.scroll_to(y=index - height + 1, animate=False)

    def action_move(self, step: int) -> None:
        """Go to the next row that can be selected; without one, scroll."""
        places = [y for y, row in enumerate(self.rows) if row.key]
        here = self._index()
        ahead = [y for y in places if (y > here if step > 0 else y < here)]
        if here < 0 and places:
            self.select(self.rows[places[0]].key)
        elif ahead:
            self.select(self.rows[ahead[0] if step > 0 else ahead[-1]].key)
        else:
            self.scroll_to(y=self.scroll_offset.y + step, animate=False)

    def action_page(self, step: int) -> None:
        """Go a screenful on."""
        height = max(1, self.size.height - 1)
        target = max(self._index(), self.scroll_offset.y if self._index() < 0 else 0) + step * height
        self.scroll_to(y=self.scroll_offset.y + step * height, animate=False)
        self._nearest(target)

    def action_edge(self, end: int) -> None:
        """Go to the first or last row."""
        self.scroll_to(y=0 if end == 0 else len(self.rows), animate=False)
        self._nearest(0 if end == 0 else len(self.rows))

    def _nearest(self, target: int) -> None:
        keys = [(abs(y - target), row.key) for y, row in enumerate(self.rows) if row.key]
        if keys:
            self.select(min(keys)[1])

    def action_choose(self) -> None:
        """Open the selected row, or the first one when none is selected."""
        if self._index() < 0:
            self.action_move(1)
        if self.key:
            self.post_message(self.Chosen(self, self.key))

    def action_tick(self) -> None:
        """Say that space was pressed on the selected row."""
        if self.key:
            self.post_message(self.Toggled(self, self.key))

    def on_click(self, event: events.Click) -> None:
        """Select a row; open it when it was selected already."""
        y = event.y + self.scroll_offset.y
        if 0 <= y < len(self.rows) and self.rows[y].key:
            if self.rows[y].key == self.key:
                self.action_choose()
            else:
                self.select(self.rows[y].key)

    def on_resize(self, event: events.Resize) -> None:
        """Ask for rows of the new width."""
        self._measure()
        self.post_message(self.Resized())

    def on_focus(self) -> None:
        """Draw the selection as active."""
        self._refresh_selection()

    def on_blur(self) -> None:
        """Draw the selection as resting."""
        self._refresh_selection()

    def _refresh_selection(self) -> None:
        if self._index() >= 0:
            self.refresh_line(self._index())

    def render_line(self, y: int) -> Strip:
        """Draw one line of the view."""
        inks, is_ascii = inks_of(self)
        ground = inks.bar if self._is_dialog else inks.base
        is_active = self.has_focus or self._is_dialog
        index, width = y + self.scroll_offset.y, self.size.width
        if index >= len(self.rows):
            return Strip.blank(width, ground)
        row = self.rows[index]
        is_here = bool(row.key) and row.key == self.key
        base = ground + inks.cursor if is_here and is_active else ground
        mark = "▌" if is_here else " "
        mark_tone = Tone.ACCENT if is_active else Tone.RULE
        return draw((Span(mark, mark_tone), *row.line), width, inks, base, is_ascii=is_ascii)
