"""Dialogs over a page: the command palette, and the question before something is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from bt_console.tui.view import palette
from bt_console.tui.view.look import Look
from bt_console.tui.view.text import Row, Span, Tone, blank
from bt_console.tui.widgets.board import Board

_LIMIT = 200


class PaletteScreen(ModalScreen[str]):
    """Type a few letters, take a row; the answer is the entry's key, empty when nothing was taken."""

    DEFAULT_CSS = """
    PaletteScreen { align: center top; overflow: hidden; background: transparent; }
    PaletteScreen > Vertical { width: 64; max-width: 90%; height: 16; margin-top: 2; background: $panel; }
    PaletteScreen > Vertical { border-top: solid $primary; border-bottom: solid $primary; padding: 0 1; }
    PaletteScreen Input, PaletteScreen Input:focus { border: none; height: 1; padding: 0 1; background: $panel; }
    PaletteScreen Board { margin-top: 1; scrollbar-background: $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]

    def __init__(self, found: Sequence[palette.Entry], look: Look) -> None:
        super().__init__()
        self._found = found
        self._look = look

    def compose(self) -> ComposeResult:
        """The question and its answers."""
        with Vertical():
            prompt = Input(placeholder=self._look.tell("palette.hint"), id="query")
            prompt.cursor_blink = False
            yield prompt
            yield Board(id="answers", is_dialog=True)

    def _show(self) -> None:
        board = self.query_one(Board)
        hits = palette.matching(self._found, self.query_one(Input).value, _LIMIT)
        none = Row(line=(Span(self._look.tell("palette.none"), Tone.MUTED),))
        board.show(palette.rows(hits, self._look, board.room) or (none,))
        board.action_edge(0)

    @on(Input.Changed)
    def search(self, event: Input.Changed) -> None:
        """Search while typing."""
        event.stop()
        self._show()

    @on(Board.Resized)
    def fit(self, event: Board.Resized) -> None:
        """Make rows as wide as the board."""
        event.stop()
        self._show()

    @on(Input.Submitted)
    def take(self, event: Input.Submitted) -> None:
        """Take the selected answer."""
        event.stop()
        self.dismiss(self.query_one(Board).key)

    @on(Board.Chosen)
    def take_row(self, event: Board.Chosen) -> None:
        """Take a row that was opened by mouse or enter."""
        event.stop()
        self.dismiss(event.key)

    def on_key(self, event: events.Key) -> None:
        """Move in the answers without leaving the question."""
        steps = {"down": 1, "up": -1}
        if event.key in steps and self.query_one(Input).has_focus:
            event.stop()
            self.query_one(Board).action_move(steps[event.key])

    def action_leave(self) -> None:
        """Leave without an answer."""
        self.dismiss("")


class ConfirmScreen(ModalScreen[bool]):
    """Says exactly what will be done; enter does it, escape does not."""

    DEFAULT_CSS = """
    ConfirmScreen { align: center middle; overflow: hidden; background: transparent; }
    ConfirmScreen > Vertical { width: 64; max-width: 90%; height: auto; background: $panel; }
    ConfirmScreen > Vertical { border-top: solid $primary; border-bottom: solid $primary; padding: 0 1; }
    ConfirmScreen Board { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "answer(True)", show=False, priority=True),
        Binding("escape,q", "answer(False)", show=False, priority=True),
    ]

    def __init__(self, lines_for: Callable[[int], Sequence[str]], look: Look) -> None:
        super().__init__()
        self._lines_for = lines_for
        self._look = look

    def compose(self) -> ComposeResult:
        """What will be done, and the two keys."""
        with Vertical():
            yield Board(id="question", is_dialog=True)

    @on(Board.Resized)
    def fit(self, event: Board.Resized) -> None:
        """Make lines as wide as the board."""
        event.stop()
        board = self.query_one(Board)
        rows = [Row(line=(Span(text),)) for text in self._lines_for(board.room)]
        keys = (
            Span("enter ", Tone.KEY),
            Span(self._look.tell("ask.do_it") + "   ", Tone.MUTED),
            Span("esc ", Tone.KEY),
            Span(self._look.tell("ask.leave_it"), Tone.MUTED),
        )
        rows += [blank(), Row(line=keys)]
        board.styles.height = len(rows)
        board.show(rows)

    def action_answer(self, is_wanted: bool) -> None:
        """Give the answer."""
        self.dismiss(is_wanted)
