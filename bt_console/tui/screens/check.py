"""Check: what a number was made from, observation by observation.

cao-son/tslcd:icmp_echo  10.255.2.2                           mỗi 5 s, giờ qua
Lúc      Kết quả           ms   Mất  Chi tiết
21:03:09 × quá hạn          –  100%  no reply to 3 packets
Lần đo 4711 -------------------------------------------------------- 21:03:09
rtt_median_s      12,30 ms
"""

from __future__ import annotations

from datetime import timedelta

from textual.app import ComposeResult
from textual.containers import Container

from bt_console.model.inventory import CheckId
from bt_console.model.observation import Observation
from bt_console.tui.screens.page import Frame, Page
from bt_console.tui.view import find, observations
from bt_console.tui.view.text import Row, Span, Tone, spread
from bt_console.tui.widgets.board import Board
from bt_console.tui.widgets.lines import Lines

_WINDOW = timedelta(hours=1)


class CheckPage(Page):
    """Observations of the last hour, newest first, and the selected one whole."""

    page = "check"
    DEFAULT_CSS = """
    CheckPage #check-title { padding: 0 1; }
    CheckPage #check-split { layout: vertical; }
    CheckPage #observations { height: 1fr; }
    CheckPage #observation { height: 1fr; }
    CheckPage.-wide #check-split { layout: horizontal; }
    CheckPage.-wide #observation { padding-left: 1; }
    """
    _check_id = CheckId("")
    _observations: tuple[Observation, ...] = ()
    _newest = -1
    _is_loading = False

    def compose(self) -> ComposeResult:
        """Title, column titles, list and detail."""
        yield Lines(id="check-title")
        yield Lines(id="check-head")
        with Container(id="check-split"):
            yield Board(id="observations")
            yield Board(id="observation", is_sticky=False)

    @property
    def list(self) -> Board:
        """The board of observations."""
        return self.query_one("#observations", Board)

    def open(self, subject: str) -> None:
        """Show a check's observations."""
        if subject and subject != self._check_id:
            self._check_id, self._observations, self._newest = CheckId(subject), (), -1
            self.list.show(())
            self.list.release()

    def draw(self, frame: Frame) -> None:
        """Draw the list and the selected observation."""
        self.set_class(self.is_wide, "-wide")
        look, board = frame.look, self.list
        found = find.check_of(frame.snapshot, self._check_id)
        every = look.tell("screen.every", span=look.span(found[1].interval_s)) if found else ""
        address = found[0].address if found else ""
        left = (Span(self._check_id, Tone.STRONG), Span(f"  {address}", Tone.MUTED))
        title = spread(left, (Span(every, Tone.MUTED),), self.size.width - 2)
        self.query_one("#check-title", Lines).show([title])
        self.query_one("#check-head", Lines).show([observations.head(look, board.room)])
        rows = observations.rows(self._observations, look, board.room)
        board.show(rows or (Row(line=(Span(look.tell("screen.no_history"), Tone.MUTED),)),))
        self._draw_one(frame)
        self._load(found[1].samples[-1].seq if found and found[1].samples else 0)

    def _draw_one(self, frame: Frame) -> None:
        board = self.query_one("#observation", Board)
        chosen = next((item for item in self._observations if str(item.seq) == self.list.key), None)
        board.show(observations.detail(chosen, frame.look, board.room) if chosen else ())

    def _load(self, newest: int) -> None:
        if newest != self._newest and not self._is_loading:
            self._is_loading = True
            self.run_worker(self._fetch(newest), group="check")

    async def _fetch(self, newest: int) -> None:
        try:
            end = self.feed.now()
            check_id = self._check_id
            found = await self.feed.history(check_id, end - _WINDOW, end + _WINDOW)
            if check_id == self._check_id:
                self._observations, self._newest = found, newest
        finally:
            self._is_loading = False
        self.redraw()

    def on_board_moved(self, event: Board.Moved) -> None:
        """The detail follows the selection."""
        event.stop()
        if event.board is self.list and self.frame is not None and self.is_open:
            self._draw_one(self.frame)

    def on_board_chosen(self, event: Board.Chosen) -> None:
        """From the list into the detail."""
        event.stop()
        self.query_one("#observation", Board).focus()

    def probe_subject(self) -> str:
        """The check's target."""
        found = find.check_of(self.frame.snapshot, self._check_id) if self.frame else None
        return found[0].id if found else ""
