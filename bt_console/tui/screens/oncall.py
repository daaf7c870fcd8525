"""On call: who has duty, whether people can be reached, what was sent, and whether the monitor itself is well.

Đang trực ------------------------------------------ v trực thay · t gửi thử
● Nguyễn Văn An  đến 08:00 30/11                              ca tuần · it
  kế tiếp: Trần Thị Bình từ 08:00 30/11
Kênh báo ---------------------------------------------------------------------
● zalo       hoạt động     Internet    từ 20:40           nhận cuối 21:03
Hàng đợi -------------------------------------------- 0 chờ · 1 giữ · 0 hỏng
Bộ giám sát tự kiểm tra -------------------------------------------- 21:03:00
Tin đã gửi · Trả lời nhận được · Tắt tiếng · Trực thay · Tín hiệu
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from textual.app import ComposeResult
from textual.containers import Horizontal

from bt_console.model.oncall import OnCall, Override
from bt_console.model.paging import Delivery
from bt_console.model.snapshot import Snapshot
from bt_console.tui.screens import duty_asks
from bt_console.tui.screens.forms import ReadScreen
from bt_console.tui.screens.incident_asks import Answer
from bt_console.tui.screens.page import ASKING, Frame, Page
from bt_console.tui.view import oncall, outbox
from bt_console.tui.view.duty import Plan, plans
from bt_console.tui.view.text import blank
from bt_console.tui.widgets.board import Board

READ_EVERY = timedelta(seconds=2)
"""New observations come all the time; what is shown here seldom changes with them."""
_PLANNED_EVERY = timedelta(seconds=60)
_DELIVERIES = 200


class OnCallPage(Page):
    """One board, or two beside each other when wide."""

    page = "oncall"
    DEFAULT_CSS = """
    OnCallPage #more { display: none; padding-left: 1; }
    OnCallPage.-wide #more { display: block; }
    """
    _desk = oncall.NOTHING
    _read_at: datetime | None = None
    _read_for = -1
    _is_loading = False
    _plans: tuple[Plan, ...] = ()
    _planned: tuple[OnCall, tuple[Override, ...], datetime] | None = None

    def compose(self) -> ComposeResult:
        """Two boards, of which one is hidden while there is little room."""
        with Horizontal():
            yield Board(id="duty", is_sticky=False)
            yield Board(id="more", is_sticky=False)

    @property
    def board(self) -> Board:
        """The board that is always there."""
        return self.query_one("#duty", Board)

    @property
    def more(self) -> Board:
        """The second board."""
        return self.query_one("#more", Board)

    def draw(self, frame: Frame) -> None:
        """Draw what is known and read the rest when it may have changed."""
        self.set_class(self.is_wide, "-wide")
        snapshot, look = frame.snapshot, frame.look
        first = oncall.main_rows(snapshot, self._desk, self._coming(snapshot, look.now), look, self.board.room)
        if self.is_wide:
            self.board.show(first)
            self.more.show(oncall.more_rows(snapshot, self._desk, look, self.more.room))
        else:
            rest = oncall.more_rows(snapshot, self._desk, look, self.board.room)
            self.board.show((*first, blank(), *rest))
        self._load(snapshot, look.now)

    def _coming(self, snapshot: Snapshot, now: datetime) -> tuple[Plan, ...]:
        """Return the coming week; worked out anew when the configuration or a stand-in changes, and each minute."""
        known, overrides = self._planned, self._desk.overrides
        if snapshot.oncall is None:
            return ()
        is_same = known is not None and known[0] is snapshot.oncall and known[1] == overrides
        if known is None or not is_same or not known[2] <= now < known[2] + _PLANNED_EVERY:
            self._planned = (snapshot.oncall, overrides, now)
            self._plans = plans(snapshot.oncall, overrides, snapshot.duty, now)
        return self._plans

    def _load(self, snapshot: Snapshot, now: datetime) -> None:
        is_new = snapshot.revision != self._read_for
        is_time = self._read_at is None or not self._read_at <= now < self._read_at + READ_EVERY
        if is_new and is_time and not self._is_loading:
            self._is_loading = True
            self.run_worker(self._fetch(snapshot.revision, now), group="oncall")

    async def _fetch(self, revision: int, now: datetime) -> None:
        try:
            deliveries, heartbeats, overrides, inbounds = await self.feed.desk(_DELIVERIES)
            self._desk = oncall.Desk(
                deliveries=deliveries, heartbeats=heartbeats, overrides=overrides, inbounds=inbounds
            )
            self._read_for, self._read_at = revision, now
        finally:
            self._is_loading = False
        self.redraw()

    def open(self, subject: str) -> None:
        """Read anew at once."""
        self._read_at, self._read_for = None, -1

    def _key(self) -> str:
        return self.more.key if self.more.has_focus else self.board.key

    def on_board_moved(self, event: Board.Moved) -> None:
        """Nothing follows the selection."""
        event.stop()

    def on_board_chosen(self, event: Board.Chosen) -> None:
        """Show the proof of a message."""
        event.stop()
        number = event.key.removeprefix(outbox.DELIVERY_KEY)
        found = next((one for one in self._desk.deliveries if str(one.id) == number), None)
        if found is not None:
            self.run_worker(show_proof(self, found), group=ASKING)

    def perform(self, action: str) -> bool:
        """Test, stand in, end; escape lets go of the selection."""
        frame, key = self.frame, self._key()
        if frame is not None:
            flows: dict[str, Callable[[], Awaitable[Answer]]] = {
                "test": lambda: duty_asks.test(self.app, frame),
                "stand_in": lambda: duty_asks.stand_in(self.app, frame),
                "end": lambda: duty_asks.end(self.app, frame, key),
            }
            if action in flows:
                self.ask(flows[action])
                return True
        if action == "clear" and key:
            for board in (self.board, self.more):
                board.release()
            return True
        return False


async def show_proof(page: Page, delivery: Delivery) -> None:
    """Show one message whole, with every try."""
    frame = page.frame
    if frame is None:
        return
    attempts = await page.feed.attempts(delivery.id)
    look, known = frame.look, frame.snapshot.oncall
    screen = ReadScreen(lambda width: outbox.proof(delivery, attempts, known, look, width), look)
    await page.app.push_screen_wait(screen)
