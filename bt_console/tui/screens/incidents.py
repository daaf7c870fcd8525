"""Incidents: open ones by cause, resolved ones below, and the selected one whole.

Sự cố đang mở ------------------------------------------------------------ 1
■ 21:03:10 Đứt đường TSLCD của Xã Cao Sơn; lõi và các xã khác vẫn thông
Đã xong ------------------------------------------------------------------ 1
✓ 20:41:02 Dịch vụ Một cửa ngừng                                kéo dài 2 phút
#7 đứt đường TSLCD -------------------------------------------- nghiêm trọng
(explanation, times, reasoning step by step, impact, explained targets)
"""

from __future__ import annotations

from datetime import datetime
from operator import eq

from textual.app import ComposeResult
from textual.containers import Container

from bt_console.model.incident import Incident
from bt_console.model.paging import Call
from bt_console.model.snapshot import Snapshot
from bt_console.tui.screens.incident_asks import FLOWS, Ask
from bt_console.tui.screens.oncall import READ_EVERY, show_proof
from bt_console.tui.screens.page import ASKING, Frame, Page, Said
from bt_console.tui.view import incidents, outbox, story
from bt_console.tui.view.calls import call_of
from bt_console.tui.view.text import Row
from bt_console.tui.widgets.board import Board

_DELIVERIES = 100


class IncidentsPage(Page):
    """List and detail, one above the other; beside each other when wide."""

    page = "incidents"
    DEFAULT_CSS = """
    IncidentsPage #split { layout: vertical; }
    IncidentsPage.-wide #split { layout: horizontal; }
    IncidentsPage.-wide #incident { padding-left: 1; }
    """
    _counts = (0, 0)
    _story = story.NOTHING
    _told = 0
    """The incident whose story it is."""
    _loaded: tuple[Incident, Call | None, tuple[int, int]] | None = None
    """For what it was read."""

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
            told = self._story if self._told == incident.id else story.NOTHING
            rows = incidents.detail(incident, told, frame.snapshot, frame.look, self.whole.room)
            self._load(incident, frame.snapshot, frame.look.now)
        self.whole.show(rows)

    def _load(self, incident: Incident, snapshot: Snapshot, now: datetime) -> None:
        """Read its story when it or its paging changed, else at most every two seconds while the store changes."""
        moment = (snapshot.revision, int(now.timestamp() // READ_EVERY.total_seconds()))
        call = call_of(snapshot, incident.id)
        known = self._loaded
        if known is not None and known[:2] == (incident, call) and any(map(eq, known[2], moment)):
            return
        self._loaded = (incident, call, moment)
        self.run_worker(self._fetch(incident, snapshot, now), group="incident", exclusive=True)

    async def _fetch(self, incident: Incident, snapshot: Snapshot, now: datetime) -> None:
        events, deliveries, notes, overrides = await self.feed.story(incident.id, _DELIVERIES)
        why = story.explain(incident, deliveries, overrides, snapshot, now)
        self._story = story.Story(events=events, deliveries=deliveries, notes=notes, why=why)
        self._told = incident.id
        if self.frame is not None and self.is_open and self.is_attached:
            self._draw_whole(self.frame)

    def on_board_moved(self, event: Board.Moved) -> None:
        """The detail follows the selection."""
        event.stop()
        if event.board is self.list and self.frame is not None and self.is_open:
            self.whole.scroll_to(y=0, animate=False)
            self._draw_whole(self.frame)

    def on_board_chosen(self, event: Board.Chosen) -> None:
        """From the list into the detail; there, the proof of a message."""
        event.stop()
        if event.board is self.list:
            self.whole.focus()
            return
        number = event.key.removeprefix(outbox.DELIVERY_KEY)
        found = next((one for one in self._story.deliveries if str(one.id) == number), None)
        if found is not None:
            self.run_worker(show_proof(self, found), group=ASKING)

    def perform(self, action: str) -> bool:
        """Acknowledge, claim, silence and so on; escape leaves the detail."""
        if action in FLOWS:
            self._begin(action)
            return True
        if action == "clear" and self.whole.has_focus:
            self.whole.release()
            self.list.focus()
            return True
        return False

    def _begin(self, action: str) -> None:
        frame, incident = self.frame, self.chosen()
        if frame is None:
            return
        if incident is None:
            self.post_message(Said(frame.look.tell("told.no_incident"), is_bad=True))
            return
        asked = Ask(app=self.app, feed=self.feed, frame=frame, incident=incident)
        self.ask(lambda: FLOWS[action](asked))

    def probe_subject(self) -> str:
        """The target the selected incident is about."""
        incident = self.chosen()
        return incident.cause.target_id if incident else ""

    def counts(self) -> tuple[int, int]:
        """Incidents that pass the filter."""
        return self._counts
