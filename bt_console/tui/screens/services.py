"""Services: the shared services, where their time goes, and the selected one whole.

Dịch vụ                  Trạng thái       ms Thời gian              CT ngày
Quản lý văn bản          ● tốt            22 ░▒▒▓▓▓▓▓████████▚           80
Một cửa                  ■ mất kết nối     –                             80
  └ từ chối kết nối
░ dns  ▒ nối  ▓ TLS  █ byte đầu  ▚ nội dung
(detail of the selected service)
"""

from __future__ import annotations

from textual.app import ComposeResult

from bt_console.tui.screens.page import Frame, Go, Page
from bt_console.tui.view import services
from bt_console.tui.widgets.board import Board
from bt_console.tui.widgets.lines import Lines


class ServicesPage(Page):
    """Table above, the selected service below."""

    page = "services"
    DEFAULT_CSS = """
    ServicesPage #services-table { height: auto; max-height: 60%; }
    ServicesPage #service { height: 1fr; }
    """
    _counts = (0, 0)

    def compose(self) -> ComposeResult:
        """Titles, table, legend, detail."""
        yield Lines(id="services-head")
        yield Board(id="services-table")
        yield Lines(id="legend")
        yield Board(id="service", is_sticky=False)

    @property
    def table(self) -> Board:
        """The board of services."""
        return self.query_one("#services-table", Board)

    def open(self, subject: str) -> None:
        """Select a service."""
        if subject:
            self.table.select(subject)

    def draw(self, frame: Frame) -> None:
        """Draw the table and the selected service."""
        table, look, width = self.table, frame.look, self.table.room
        rows = services.rows(frame.snapshot, look, width, self.wanted)
        self._counts = (sum(1 for row in rows if row.key), len(frame.snapshot.services))
        self.query_one("#services-head", Lines).show([services.head(look, width)])
        table.styles.height = max(1, min(len(rows), self.size.height * 6 // 10))
        table.show(rows)
        self.query_one("#legend", Lines).show([(), services.legend(look, width), ()])
        self._draw_detail(frame)

    def _draw_detail(self, frame: Frame) -> None:
        board = self.query_one("#service", Board)
        chosen = next((service for service in frame.snapshot.services if service.id == self.table.key), None)
        board.show(services.detail(chosen, frame.look, board.room) if chosen else ())

    def on_board_moved(self, event: Board.Moved) -> None:
        """The detail follows the selection."""
        event.stop()
        if self.frame is not None and event.board is self.table:
            self._draw_detail(self.frame)

    def on_board_chosen(self, event: Board.Chosen) -> None:
        """From the table into the detail; from there to a check's observations."""
        event.stop()
        detail = self.query_one("#service", Board)
        if event.board is detail:
            self.post_message(Go("check", event.key.removeprefix(services.CHECK_KEY)))
        else:
            detail.focus()
            detail.action_edge(0)

    def perform(self, action: str) -> bool:
        """Escape leaves the detail."""
        if action == "clear" and self.query_one("#service", Board).has_focus:
            self.query_one("#service", Board).release()
            self.table.focus()
            return True
        return False

    def probe_subject(self) -> str:
        """The selected service."""
        return self.table.key

    def counts(self) -> tuple[int, int]:
        """Services that pass the filter."""
        return self._counts
