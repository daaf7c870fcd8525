"""The console application: who reads, how it is shown, and the screen it all happens on."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import BindingType
from textual.filter import LineFilter

from bt_console.facade import Console
from bt_console.model.snapshot import EngineState
from bt_console.tui.celldiff import CellDiffApp
from bt_console.tui.feed import Feed, Now
from bt_console.tui.guard import Colourless, Guard, state_folder, write_crash
from bt_console.tui.hangup import leave_if_hung_up
from bt_console.tui.pager import Pager
from bt_console.tui.screens.check import CheckPage
from bt_console.tui.screens.drill import DrillPage
from bt_console.tui.screens.help import HelpPage
from bt_console.tui.screens.incidents import IncidentsPage
from bt_console.tui.screens.main import MainScreen
from bt_console.tui.screens.oncall import OnCallPage
from bt_console.tui.screens.overview import OverviewPage
from bt_console.tui.screens.page import Page
from bt_console.tui.screens.services import ServicesPage
from bt_console.tui.screens.unit import UnitPage
from bt_console.tui.view.look import Look, engine_state, zone_of
from bt_console.tui.widgets.palette import DEFAULT_THEME, PALETTES, Inks, textual_name, textual_themes
from bt_console.words import LANGUAGES, tell

if TYPE_CHECKING:
    from bt_console.lab.client import Lab

_ASCII_TERMINALS = ("linux", "vt100", "vt220")

HANGUP_CHECK_S = 2.0


class ConsoleApp(CellDiffApp):
    """Reads one store, shows it to one person."""

    TITLE = "BT Console"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = []
    CSS = """
    MainScreen { background: $background; color: $foreground; }
    Input { background: $panel; color: $foreground; }
    """

    def __init__(
        self,
        console: Console,
        *,
        lab: Lab | None,
        user: str,
        language: str | None,
        theme: str | None,
        now: Now,
    ) -> None:
        super().__init__()
        self.animation_level = "none"
        self.feed = Feed(console, now)
        self.pager = Pager(now())
        self.is_ringing = os.environ.get("BT_CONSOLE_BELL", "1") != "0"
        self.lab = lab
        self.user = user
        self.is_ascii = os.environ.get("TERM", "") in _ASCII_TERMINALS
        self._language = language
        self._theme = theme if theme in PALETTES else DEFAULT_THEME
        self._crash: str = ""
        self.state_dir: Path = state_folder(os.environ)
        self.is_diffing = os.environ.get("BT_CONSOLE_CELL_DIFF", "1") != "0"
        self._is_plain = "NO_COLOR" in os.environ
        self.inks = Inks(self._theme, is_plain=self._is_plain)

    def on_mount(self) -> None:
        """Set the colours and open the screen."""
        for theme in textual_themes():
            self.register_theme(theme)
        self._apply_theme()
        self.push_screen(MainScreen(self._pages()))
        if not self.is_headless:
            self.set_interval(HANGUP_CHECK_S, leave_if_hung_up)

    def _pages(self) -> list[Page]:
        feed, has_lab = self.feed, self.lab is not None
        pages = [OverviewPage(feed), UnitPage(feed), ServicesPage(feed), IncidentsPage(feed), OnCallPage(feed)]
        pages += [CheckPage(feed), HelpPage(feed, has_lab=has_lab)]
        if self.lab is not None:
            pages.append(DrillPage(feed, self.lab))
        return pages

    def _apply_theme(self) -> None:
        self.inks = Inks(self._theme, is_plain=self._is_plain)
        self.theme = "ansi-dark" if self._is_plain else textual_name(self._theme)
        self.refresh(layout=True)

    def look(self) -> Look:
        """Return how things are to be shown at this instant."""
        snapshot, now = self.feed.snapshot, self.feed.now()
        if snapshot is None:
            return Look(language=self._language or LANGUAGES[0], now=now)
        return Look(
            language=self._language or snapshot.language,
            zone=zone_of(snapshot.timezone),
            now=now,
            is_stale=engine_state(snapshot, now) is EngineState.STOPPED,
        )

    @property
    def main(self) -> MainScreen:
        """The screen under all dialogs."""
        return next(screen for screen in self.screen_stack if isinstance(screen, MainScreen))

    def perform(self, action: str) -> None:
        """Do an action that concerns the whole console."""
        todo = {
            "language": self._next_language,
            "theme": self._next_theme,
            "bell": self._switch_bell,
            "repaint": self.repaint,
            "quit": self.exit,
        }
        if action in todo:
            todo[action]()

    def _next_language(self) -> None:
        now = self.look().language
        self._language = LANGUAGES[(LANGUAGES.index(now) + 1) % len(LANGUAGES)]
        self.main.refresh_all()

    def _next_theme(self) -> None:
        names = list(PALETTES)
        self._theme = names[(names.index(self._theme) + 1) % len(names)]
        self._apply_theme()
        self.main.note(self.look().tell("screen.theme", name=self.look().tell(f"theme.{self._theme}")))

    def _switch_bell(self) -> None:
        self.is_ringing = not self.is_ringing
        self.main.note(self.look().tell("told.bell.on" if self.is_ringing else "told.bell.off"))

    def ring(self) -> None:
        """Ring the terminal's bell, unless it was muted here."""
        if self.is_ringing:
            self.bell()

    def repaint(self) -> None:
        """Draw the whole screen again, after something else wrote on the terminal."""
        self.forget_frame()

    def on_app_focus(self) -> None:
        """Trust nothing about the terminal after it was away."""
        self.forget_frame()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return Textual's filters and, last, the guard against control characters."""
        # Textual's own filter for NO_COLOR would turn the terminal's colours into greys.
        return [Colourless(), Guard()] if self._is_plain else [*super().get_line_filters(), Guard()]

    def _fatal_error(self) -> None:
        # Textual's page prints local variables, which may hold secrets, to the terminal.
        if self._crash:
            return  # what fails next while it closes tells nothing new
        path = write_crash(self._exception, self.state_dir)
        where = str(path) if path else "-"
        self._crash = tell(self._language or LANGUAGES[0], "screen.crashed", where=where)
        self._close_messages_no_wait()

    def _print_error_renderables(self) -> None:
        if self._crash:
            print(self._crash, file=sys.stderr)  # noqa: T201
            self._crash = ""

    async def on_unmount(self) -> None:
        """Let the reader go."""
        self.feed.close()

    def panic(self, *renderables: Any) -> None:
        """Leave as after any other error, without printing what Textual would."""
        self._fatal_error()
