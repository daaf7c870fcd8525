"""Dialogs that ask for one thing: a choice from a list, a line of text; and one that only shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from bt_console.tui.view.look import Look
from bt_console.tui.view.text import Line, Row, Span, Tone, blank, paragraph, spread
from bt_console.tui.widgets.board import Board


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One answer."""

    key: str
    text: str
    note: str = ""


def _keys(look: Look, what: str) -> Line:
    return (
        Span("enter ", Tone.KEY),
        Span(look.tell(what) + "   ", Tone.MUTED),
        Span("esc ", Tone.KEY),
        Span(look.tell("ask.leave_it"), Tone.MUTED),
    )


class ChoiceScreen(ModalScreen[str]):
    """Pick a row; what it would mean is shown under the rows. The answer is its key, empty when nothing was picked."""

    DEFAULT_CSS = """
    ChoiceScreen { align: center middle; overflow: hidden; background: transparent; }
    ChoiceScreen > Vertical { width: 76; max-width: 96%; height: auto; max-height: 90%; background: $panel; }
    ChoiceScreen > Vertical { border-top: solid $primary; border-bottom: solid $primary; padding: 0 1; }
    ChoiceScreen Board { height: auto; scrollbar-background: $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "leave", show=False)]

    def __init__(
        self, title: str, choices: Sequence[Choice], look: Look, meaning: Callable[[str], Sequence[str]]
    ) -> None:
        super().__init__()
        self._title, self._choices, self._look, self._meaning = title, choices, look, meaning

    def compose(self) -> ComposeResult:
        """The question, its answers, what the selected one means."""
        with Vertical():
            yield Board(id="choices", is_dialog=True)

    def on_mount(self) -> None:
        """Keys move in the answers."""
        self.query_one(Board).focus()

    @on(Board.Resized)
    @on(Board.Moved)
    def fit(self, event: Board.Resized | Board.Moved) -> None:
        """Make rows as wide as the board, for the selected answer."""
        event.stop()
        board = self.query_one(Board)
        rows = self._rows(board.key or self._choices[0].key, board.room)
        board.styles.height = min(len(rows), max(3, self.app.size.height - 4))
        board.show(rows)

    def _rows(self, key: str, width: int) -> list[Row]:
        rows = [Row(line=(Span(self._title, Tone.HEAD),))]
        for choice in self._choices:
            line = spread((Span(choice.text),), (Span(choice.note, Tone.MUTED),), width)
            rows.append(Row(line=line, key=choice.key))
        rows.append(blank())
        for text in self._meaning(key):
            rows += paragraph(text, width, Tone.MUTED)
        return [*rows, blank(), Row(line=_keys(self._look, "told.ask.keys"))]

    @on(Board.Chosen)
    def take(self, event: Board.Chosen) -> None:
        """Take the selected answer."""
        event.stop()
        self.dismiss(event.key)

    def action_leave(self) -> None:
        """Leave without an answer."""
        self.dismiss("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A line of text that is asked for."""

    title: str
    lines: Sequence[str]
    """What will be done with it."""
    least_count: int
    """Letters it must have."""
    most_count: int


class TextScreen(ModalScreen[str]):
    """Write one line; the answer is empty when nothing was written."""

    DEFAULT_CSS = """
    TextScreen { align: center middle; overflow: hidden; background: transparent; }
    TextScreen > Vertical { width: 76; max-width: 96%; height: auto; background: $panel; }
    TextScreen > Vertical { border-top: solid $primary; border-bottom: solid $primary; padding: 0 1; }
    TextScreen Board { height: auto; }
    TextScreen Input, TextScreen Input:focus { border: none; height: 1; padding: 0 1; background: $background; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]

    def __init__(self, question: Question, look: Look) -> None:
        super().__init__()
        self._question, self._look = question, look

    def compose(self) -> ComposeResult:
        """The question, the line, the keys."""
        with Vertical():
            yield Board(id="about", is_dialog=True)
            prompt = Input(id="line", max_length=self._question.most_count)
            prompt.cursor_blink = False
            yield prompt
            yield Board(id="keys", is_dialog=True)

    def on_mount(self) -> None:
        """Letters go into the line."""
        for board in self.query(Board):
            board.can_focus = False
        self.query_one(Input).focus()

    @on(Board.Resized)
    def fit(self, event: Board.Resized) -> None:
        """Make lines as wide as the boards."""
        event.stop()
        self._show()

    def _show(self) -> None:
        about, keys = self.query_one("#about", Board), self.query_one("#keys", Board)
        rows = [Row(line=(Span(self._question.title, Tone.HEAD),))]
        for text in self._question.lines:
            rows += paragraph(text, about.room, Tone.MUTED)
        about.styles.height = len(rows) + 1
        about.show([*rows, blank()])
        keys.styles.height = 2
        keys.show([blank(), Row(line=(*_keys(self._look, "told.ask.send"), *self._missing()))])

    def _missing(self) -> Line:
        if self._written() or not self.query_one(Input).value:
            return ()
        text = self._look.tell("told.ask.too_short", n=self._question.least_count)
        return (Span("   " + text, Tone.WARN),)

    def _written(self) -> str:
        """Return the text, or nothing while it is too short."""
        text = self.query_one(Input).value.strip()
        return text if len(text) >= self._question.least_count else ""

    @on(Input.Changed)
    def changed(self, event: Input.Changed) -> None:
        """Say whether it is long enough."""
        event.stop()
        self._show()

    @on(Input.Submitted)
    def take(self, event: Input.Submitted) -> None:
        """Take the line once it is long enough."""
        event.stop()
        if text := self._written():
            self.dismiss(text)

    def action_leave(self) -> None:
        """Leave without an answer."""
        self.dismiss("")


class ReadScreen(ModalScreen[None]):
    """Shows rows until it is closed."""

    DEFAULT_CSS = """
    ReadScreen { align: center middle; overflow: hidden; background: transparent; }
    ReadScreen > Vertical { width: 96; max-width: 96%; height: auto; max-height: 92%; background: $panel; }
    ReadScreen > Vertical { border-top: solid $primary; border-bottom: solid $primary; padding: 0 1; }
    ReadScreen Board { height: auto; scrollbar-background: $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "leave", show=False)]

    def __init__(self, rows_for: Callable[[int], Sequence[Row]], look: Look) -> None:
        super().__init__()
        self._rows_for, self._look = rows_for, look

    def compose(self) -> ComposeResult:
        """One board."""
        with Vertical():
            yield Board(id="read", is_sticky=False, is_dialog=True)

    def on_mount(self) -> None:
        """Keys scroll."""
        self.query_one(Board).focus()

    @on(Board.Resized)
    def fit(self, event: Board.Resized) -> None:
        """Make rows as wide as the board."""
        event.stop()
        board = self.query_one(Board)
        rows = [*self._rows_for(board.room), blank()]
        rows.append(Row(line=(Span(self._look.tell("told.proof.close"), Tone.MUTED),)))
        board.styles.height = min(len(rows), max(3, self.app.size.height - 4))
        board.show(rows)

    def action_leave(self) -> None:
        """Close."""
        self.dismiss(None)
