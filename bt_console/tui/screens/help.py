"""Help: the keys of the page one came from, the keys of every page, what the signs mean."""

from __future__ import annotations

from textual.app import ComposeResult

from bt_console.tui import actions
from bt_console.tui.feed import Feed
from bt_console.tui.screens.page import Frame, Page
from bt_console.tui.view import help as view
from bt_console.tui.widgets.board import Board


class HelpPage(Page):
    """Made from the same registry as the keys themselves."""

    page = "help"

    def __init__(self, feed: Feed, *, has_lab: bool) -> None:
        super().__init__(feed)
        self._has_lab = has_lab
        self._about = "overview"

    def compose(self) -> ComposeResult:
        """One board."""
        yield Board(id="help-text")

    def open(self, subject: str) -> None:
        """Explain the page one came from."""
        self._about = subject or self._about
        self.query_one(Board).scroll_to(y=0, animate=False)

    def draw(self, frame: Frame) -> None:
        """Draw the text."""
        board = self.query_one(Board)
        known = [a for a in actions.ACTIONS if actions.works(a, self._about, has_lab=self._has_lab)]
        here = [(a.shown, a.code) for a in known if a.pages]
        everywhere = [(_shown(a), a.code) for a in known if not a.pages]
        board.show(view.rows(here, everywhere, self._about, frame.look, board.room))


def _shown(action: actions.Action) -> str:
    other = action.keys.split(",")[-1]
    return f"{action.shown}  {other.upper()}" if other.startswith("f") and other[1:].isdigit() else action.shown
