"""Incidents: open ones by cause, resolved ones below, and the selected one whole.

Sự cố đang mở ------------------------------------------------------------ 1
■ 21:03:10 Đứt đường TSLCD của Xã Cao Sơn; lõi và các xã khác vẫn thông
Đã xong ------------------------------------------------------------------ 1
✓ 20:41:02 Dịch vụ Một cửa ngừng                                kéo dài 2 phút
#7 đứt đường TSLCD -------------------------------------------- nghiêm trọng
(explanation, times, reasoning step by step, impact, explained targets)
"""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Container

from bt_console.model.incident import Incident
from bt_console.model.snapshot import Event
from bt_console.tui.screens.page import Frame, Page, Wish
from bt_console.tui.view import incidents
from bt_console.tui.view.text import Row
from bt_console.tui.widgets.board import Board


class IncidentsPage(Page):
    """List and detail, one above the other; beside each other when wide."""

    page = "incidents"
    DEFAULT_CSS = """
    IncidentsPage #split { layout: vertical; }
    IncidentsPage.-wide #split { layout: horizontal; }
    IncidentsPage.-wide #incident { padding-left: 1; }
    """
    _counts = (0, 0)
    _events: tuple[Event, ...] = ()
    _loaded: tuple[int, int] = (0, 0)

    def compose(self) -> ComposeResult:
        """Two boards."""
        with Container(id="split"):
            yield Board(id="incident-list")
            yield Board(id="incident", is_sticky=False)

    @property
    def list(self) -> Board:
        """The board of incidents."""
        return self.query_one("#incident-list", Board)

    @property
    def whole(self) -> Board:
        """The board of the selected incident."""
        return self.query_one("#incident", Board)

    def open(self, subject: str) -> None:
        """Select an incident."""
        if subject:
            self.list.select(subject)

    def chosen(self) -> Incident | None:
        """The selected incident."""
        if self.frame is None:
            return None
        found = (item for item in self.frame.snapshot.incidents if str(item.id) == self.list.key)
        return next(found, None)

    def draw(self, frame: Frame) -> None:
        """Draw the list and the selected incident."""
        self.set_class(self.is_wide, "-wide")
        rows = incidents.rows(frame.snapshot, frame.look, self.list.room, self.wanted)
        self._counts = (sum(1 for row in rows if row.key), len(frame.snapshot.incidents))
        if self.is_wide:
            self.list.styles.height = "1fr"
        else:
            self.list.styles.height = max(2, min(len(rows) + 1, self.size.height * 4 // 10))
        self.list.show(rows)
        self._draw_whole(frame)

    def _draw_whole(self, frame: Frame) -> None:
        incident = self.chosen()
        rows: tuple[Row, ...] = ()
        if incident is not None:
            events = self._events if self._loaded[0] == incident.id else ()
            rows = incidents.detail(incident, events, frame.snapshot, frame.look, self.whole.room)
            self._load(incident, frame.snapshot.revision)
        self.whole.show(rows)

    def _load(self, incident: Incident, revision: int) -> None:
        if self._loaded != (incident.id, revision):
            self._loaded = (incident.id, revision)
            self.run_worker(self._fetch(incident.id), group="incident", exclusive=True)

    async def _fetch(self, incident_id: int) -> None:
        self._events = await self.feed.incident_events(incident_id)
        if self.frame is not None and self.is_open:
            self._draw_whole(self.frame)

    def on_board_moved(self, event: Board.Moved) -> None:
        """The detail follows the selection."""
        event.stop()
        if event.board is self.list and self.frame is not None and self.is_open:
            self._events = ()
            self.whole.scroll_to(y=0, animate=False)
            self._draw_whole(self.frame)

    def on_board_chosen(self, event: Board.Chosen) -> None:
        """From the list into the detail."""
        event.stop()
        if event.board is self.list:
            self.whole.focus()

    def perform(self, action: str) -> bool:
        """Acknowledge; escape leaves the detail."""
        if action == "acknowledge":
            self._acknowledge()
            return True
        if action == "clear" and self.whole.has_focus:
            self.list.focus()
            return True
        return False

    def _acknowledge(self) -> None:
        incident = self.chosen()
        if incident is not None:
            self.post_message(Wish("acknowledge", str(incident.id)))

    def probe_subject(self) -> str:
        """The target the selected incident is about."""
        incident = self.chosen()
        return incident.cause.target_id if incident else ""

    def counts(self) -> tuple[int, int]:
        """Incidents that pass the filter."""
        return self._counts
