"""Overview: the district as a table, what is broken and why.

Đơn vị             Trạng thái LAN ms        Internet ms   TSLCD ms         Từ
Xã Cao Sơn         ■ mất      □   – ······  ● 8,3 ▁▁▂▁▁▁  ■   – ▁▁▁×××  21:03
Thị trấn Phủ Thông ● tốt      ● 1,2 ▁▁▁▁▁▁  ● 8,1 ▁▁▁▁▁▁  ● 1,1 ▁▁▁▁▁▁  20:40
▸ Cấp huyện (13)   ● tốt      ● 13
Sự cố đang mở ------------------------------------------------------------- 1
■ 21:03 Đường TSLCD của Xã Cao Sơn mất                             Xã Cao Sơn
Dịch vụ  ● qlvb  ● mail  ● motcua  ● dichvucong  ● kyso
"""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal

from bt_console.model.inventory import UnitId
from bt_console.tui.screens.page import Frame, Go, Page
from bt_console.tui.view import overview, summary
from bt_console.tui.widgets.board import Board
from bt_console.tui.widgets.lines import Lines

_FOOT_LINES = 4


class OverviewPage(Page):
    """The table of units; from 120 columns on a pane of incidents and services beside it."""

    page = "overview"
    DEFAULT_CSS = """
    OverviewPage #foot { padding: 0 1; }
    OverviewPage #pane { display: none; padding-left: 1; }
    OverviewPage.-wide #pane { display: block; width: 30%; min-width: 36; max-width: 56; }
    """

    sort = overview.SORTS[0]
    is_unfolded = False
    _ids: tuple[UnitId, ...] = ()
    _counts = (0, 0)

    def compose(self) -> ComposeResult:
        """One table, its titles, the summary below or the pane beside."""
        yield Lines(id="head")
        with Horizontal():
            yield Board(id="table", is_sticky=False)
            yield Board(id="pane")
        yield Lines(id="foot")

    @property
    def table(self) -> Board:
        """The board of units."""
        return self.query_one("#table", Board)

    def draw(self, frame: Frame) -> None:
        """Draw the table; its order rests while a row is selected."""
        self.set_class(self.is_wide, "-wide")
        snapshot, look, table = frame.snapshot, frame.look, self.table
        if not table.key or not self._ids:
            self._ids = overview.order(snapshot.units, self.sort)
        rows = overview.rows(
            snapshot, look, table.room, ids=self._ids, wanted=self.wanted, is_unfolded=self.is_unfolded
        )
        self._counts = (
            sum(1 for row in rows if row.key != overview.DEPARTMENTS_KEY),
            len(snapshot.units) + (len(snapshot.departments) if self.is_unfolded or self.wanted.terms else 0),
        )
        self.query_one("#head", Lines).show([overview.head(look, table.room, self.sort)])
        table.show(rows)
        self._draw_summary(frame, len(rows))

    def _draw_summary(self, frame: Frame, row_count: int) -> None:
        pane, foot = self.query_one("#pane", Board), self.query_one("#foot", Lines)
        if self.is_wide:
            foot.show([])
            pane.show(summary.pane(frame.snapshot, frame.look, pane.room))
            return
        room = min(_FOOT_LINES + len(frame.snapshot.open_incidents), self.size.height - 1 - row_count)
        room = max(room, 2)
        foot.show(summary.footlines(frame.snapshot, frame.look, self.size.width - 2, room))

    def on_board_moved(self, event: Board.Moved) -> None:
        """Without a selection the order is free again."""
        event.stop()
        if not event.key:
            self.redraw()

    def on_board_chosen(self, event: Board.Chosen) -> None:
        """Open what was chosen."""
        event.stop()
        kind, _, subject = event.key.partition(":")
        if event.key == overview.DEPARTMENTS_KEY:
            self._toggle()
        elif event.key.startswith(summary.INCIDENT_KEY):
            self.post_message(Go("incidents", subject))
        elif event.key.startswith(summary.SERVICE_KEY):
            self.post_message(Go("services", subject))
        else:
            self.post_message(Go("unit", kind))

    def on_board_toggled(self, event: Board.Toggled) -> None:
        """Fold or unfold the departments."""
        event.stop()
        if event.board.id == "table":
            self._toggle()

    def _toggle(self) -> None:
        self.is_unfolded = not self.is_unfolded
        self.redraw()

    def perform(self, action: str) -> bool:
        """Sort, and let go of the selection."""
        if action == "sort":
            self.sort = overview.SORTS[(overview.SORTS.index(self.sort) + 1) % len(overview.SORTS)]
            self._ids = ()
            self.redraw()
            return True
        if action == "clear" and self.table.key:
            self.table.release()
            return True
        return False

    def probe_subject(self) -> str:
        """The selected unit's links."""
        unit = overview.pick(self.frame.snapshot, self.table.key) if self.frame else None
        target = unit and (unit.tslcd or unit.lan or unit.internet)
        return target.id if target else ""

    def counts(self) -> tuple[int, int]:
        """Units that pass the filter."""
        return self._counts
