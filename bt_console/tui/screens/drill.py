"""Drill: break something on purpose in the simulated district, watch it being noticed, heal it.

Đang hỏng ---------------------------------------------------------------- 1
✖ link-down:tslcd:cao-son                     sự cố #7 mở sau 3,2 s
Làm hỏng -------------------------------------------------------------------
link-down:PATH:UNIT          đứt đường truyền Internet hoặc TSLCD của một đơn vị
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.app import ComposeResult

from bt_console.lab.errors import LabError
from bt_console.tui.feed import Feed
from bt_console.tui.screens.ask import ConfirmScreen
from bt_console.tui.screens.page import Frame, Page, Said
from bt_console.tui.view import drill
from bt_console.tui.view.find import targets
from bt_console.tui.view.summary import unit_names
from bt_console.tui.widgets.board import Board

if TYPE_CHECKING:
    from bt_console.lab.client import Lab


class DrillPage(Page):
    """Faults in force, then kinds of faults; choosing a kind asks for its arguments one by one."""

    page = "drill"

    def __init__(self, feed: Feed, lab: Lab) -> None:
        super().__init__(feed)
        self._lab = lab
        self._choices = _choices_of(lab)
        self._active: tuple[str, ...] = ()
        self._injections: list[drill.Injection] = []
        self._asked = 0
        self._is_asking = False
        self._choice: drill.Choice | None = None
        self._given: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        """One board."""
        yield Board(id="drill-menu")

    @property
    def board(self) -> Board:
        """The menu."""
        return self.query_one(Board)

    def open(self, subject: str) -> None:
        """Start at the top of the menu, with what is broken now."""
        self._choice, self._given = None, ()
        self._look_at_lab()

    def _look_at_lab(self) -> None:
        """Ask what is broken now; others may break and heal the same lab."""
        if not self._is_asking:
            self._is_asking = True
            self.run_worker(self._refresh(), group="lab")

    async def _refresh(self) -> None:
        try:
            self._active = await self.feed.run(self._lab.active)
        except LabError as error:
            self._complain(error)
        finally:
            self._is_asking = False
        self.redraw()

    def _complain(self, error: LabError) -> None:
        text = self.frame.look.say(error.message) if self.frame else str(error)
        self.post_message(Said(text, is_bad=True))

    def draw(self, frame: Frame) -> None:
        """Draw the menu, or the values of the next argument."""
        look, width, snapshot = frame.look, self.board.room, frame.snapshot
        if self._choice is None:
            rows = drill.rows(self._choices, self._active, self._injections, snapshot.incidents, look, width)
        else:
            rows = drill.value_rows(self._choice, self._given, self._names(frame), look, width)
        self.board.show(rows)
        if snapshot.revision != self._asked:
            self._asked = snapshot.revision
            self._look_at_lab()

    def _names(self, frame: Frame) -> dict[str, str]:
        names = {target_id: view.name for target_id, view in targets(frame.snapshot).items()}
        return names | unit_names(frame.snapshot)

    def on_board_chosen(self, event: Board.Chosen) -> None:
        """Go one step on: a kind, a value, or healing a fault."""
        event.stop()
        key = event.key
        if key.startswith(drill.KIND_KEY):
            name = key.removeprefix(drill.KIND_KEY)
            self._choice = next(choice for choice in self._choices if choice.name == name)
            self._given = ()
            self._step()
        elif key.startswith(drill.VALUE_KEY):
            self._given = (*self._given, key.removeprefix(drill.VALUE_KEY))
            self._step()
        elif key.startswith(drill.ACTIVE_KEY):
            self._heal(key.removeprefix(drill.ACTIVE_KEY))

    def _step(self) -> None:
        choice = self._choice
        if choice is not None and len(self._given) == len(choice.arguments):
            self._ask(choice, ":".join((choice.name, *self._given)))
            self._choice, self._given = None, ()
        self.redraw()
        self.board.action_edge(0)

    def _ask(self, choice: drill.Choice, spec: str) -> None:
        frame = self.frame
        if frame is None:
            return

        def lines(width: int) -> tuple[str, ...]:
            return drill.confirm_lines(choice, spec, self._names(frame), frame.look, width)

        def answered(is_wanted: bool | None) -> None:
            if is_wanted:
                self.run_worker(self._inject(spec), group="lab")

        self.app.push_screen(ConfirmScreen(lines, frame.look), answered)

    async def _inject(self, spec: str) -> None:
        injection = drill.Injection(spec=spec, at=self.feed.now())
        if await self._try(lambda: self._lab.fault(spec)):
            self._injections = [*(item for item in self._injections if item.spec != spec), injection]
            await self._refresh()

    def _heal(self, spec: str | None) -> None:
        self.run_worker(self._undo(spec), group="lab")

    async def _undo(self, spec: str | None) -> None:
        if await self._try(lambda: self._lab.heal(spec)):
            await self._refresh()

    async def _try(self, work: Callable[[], None]) -> bool:
        try:
            await self.feed.run(work)
        except LabError as error:
            self._complain(error)
            return False
        return True

    def perform(self, action: str) -> bool:
        """Heal one or all; escape goes back one step of the choice."""
        if action == "heal_all":
            self._heal(None)
            return True
        if action == "heal" and self.board.key.startswith(drill.ACTIVE_KEY):
            self._heal(self.board.key.removeprefix(drill.ACTIVE_KEY))
            return True
        if action == "back" and self._choice is not None:
            self._choice, self._given = (None, ()) if not self._given else (self._choice, self._given[:-1])
            self.redraw()
            return True
        return action == "heal"


def _choices_of(lab: Lab) -> tuple[drill.Choice, ...]:
    return tuple(
        drill.Choice(
            name=kind.name,
            description=kind.description,
            arguments=tuple(argument.name for argument in kind.arguments),
            values=kind.values(lab.names),
        )
        for kind in lab.faults()
    )
