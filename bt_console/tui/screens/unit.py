"""Unit: one unit whole.

Xã Cao Sơn  xã · 21 cán bộ                      ■ mất kết nối từ 21:03:10
TSLCD     ● Trung tâm ──────▶ ● Lõi TSLCD ──✖──▶ ■ Router ┄┄┄┄┄▶ □ LAN
                       0,9 ms            mất 100%
Internet  ● Trung tâm ──────▶ ● Router 8,3 ms
Phép đo ------------------------------------------------------------------
■ Router 10.255.2.2  icmp_echo                – ms  100%  ▁▁▁▁▁▁▁▁▁▁▁▁▁×××
Một giờ qua: ... (chart)                     Diễn biến ...
"""

from __future__ import annotations

from datetime import timedelta

from textual.app import ComposeResult
from textual.containers import Horizontal

from bt_console.model.inventory import CheckId, UnitId
from bt_console.model.observation import Observation
from bt_console.model.snapshot import Event, UnitView
from bt_console.tui.screens.page import Frame, Go, Page
from bt_console.tui.view import find, overview, path, summary, unit
from bt_console.tui.view.text import Row, Span, Tone, blank
from bt_console.tui.widgets.board import Board
from bt_console.tui.widgets.lines import Lines

_HOUR = timedelta(hours=1)
_CHART_LINES, _CHART_LINES_WIDE = 6, 10
_EVENTS = 60


class UnitPage(Page):
    """Drawn paths on top, checks and devices below; chart and history under them or, when wide, beside."""

    page = "unit"
    DEFAULT_CSS = """
    UnitPage #unit-title, UnitPage #paths { padding: 0 1; }
    UnitPage #side { display: none; padding-left: 1; }
    UnitPage.-wide #side { display: block; }
    """

    _unit_id = ""
    _observations: tuple[Observation, ...] = ()
    _loaded: tuple[str, int] = ("", 0)
    _events: tuple[Event, ...] = ()
    _is_loading = False

    def compose(self) -> ComposeResult:
        """Title, paths, and one or two boards."""
        yield Lines(id="unit-title")
        yield Lines(id="paths")
        with Horizontal():
            yield Board(id="checks")
            yield Board(id="side")

    @property
    def board(self) -> Board:
        """The board of checks and devices."""
        return self.query_one("#checks", Board)

    def open(self, subject: str) -> None:
        """Show a unit, or the last one shown, or the first."""
        if subject and subject != self._unit_id:
            self._unit_id, self._observations, self._events, self._loaded = subject, (), (), ("", 0)
            self.board.release()

    def unit(self) -> UnitView | None:
        """The unit now shown."""
        if self.frame is None:
            return None
        snapshot = self.frame.snapshot
        found = overview.pick(snapshot, self._unit_id)
        return found or next(iter((*snapshot.units, *snapshot.departments)), None)

    def draw(self, frame: Frame) -> None:
        """Draw the unit and ask for the history its chart needs."""
        self.set_class(self.is_wide, "-wide")
        shown, look, board = self.unit(), frame.look, self.board
        if shown is None:
            board.show([Row(line=(Span(look.tell("screen.no_units"), Tone.MUTED),))])
            return
        width = self.size.width - 2
        self.query_one("#unit-title", Lines).show([unit.title(shown, look, width)])
        drawn = path.paths(shown, find.targets(frame.snapshot), look, width)
        self.query_one("#paths", Lines).show([(), *drawn] if self.size.height >= 16 else list(drawn))
        rows = unit.main_rows(shown, frame.snapshot, look, board.room)
        if self.is_wide:
            board.show(rows)
            side = self.query_one("#side", Board)
            side.show(self._lower_rows(shown, frame, side.room, _CHART_LINES_WIDE)[1:])
        else:
            board.show((*rows, *self._lower_rows(shown, frame, board.room, _CHART_LINES)))
        self._load(shown)

    def _lower_rows(self, shown: UnitView, frame: Frame, width: int, height: int) -> tuple[Row, ...]:
        end = frame.look.now
        chart = unit.hour_rows(
            self._check_id(shown), self._observations, frame.look, width, height=height, span=(end - _HOUR, end)
        )
        return (blank(), *chart, *unit.event_rows(self._events, frame.look, width))

    def _check_id(self, shown: UnitView) -> CheckId:
        """Return the check whose chart is wanted: the selected one, else the unit's first."""
        checks = {check.id: check for target in find.unit_targets(shown) for check in target.checks}
        selected = CheckId(self.board.key.removeprefix(unit.CHECK_KEY))
        return selected if selected in checks else next(iter(checks), CheckId(""))

    def _load(self, shown: UnitView) -> None:
        check_id = self._check_id(shown)
        newest = max(
            (check.samples[-1].seq for t in find.unit_targets(shown) for check in t.checks if check.samples), default=0
        )
        if check_id and not self._is_loading and self._loaded != (check_id, newest):
            self._is_loading = True
            self.run_worker(self._fetch(shown.id, check_id, newest), group="unit")

    async def _fetch(self, unit_id: UnitId, check_id: CheckId, newest: int) -> None:
        try:
            end = self.feed.now()
            self._observations = await self.feed.history(check_id, end - _HOUR, end)
            self._events = await self.feed.recent_events(unit_id, _EVENTS)
            self._loaded = (check_id, newest)
        finally:
            self._is_loading = False
        self.redraw()

    def on_board_moved(self, event: Board.Moved) -> None:
        """The chart follows the selected check."""
        event.stop()
        if event.board.id == "checks":
            self.redraw()

    def on_board_chosen(self, event: Board.Chosen) -> None:
        """Open the observations of a check, or an incident."""
        event.stop()
        if event.key.startswith(unit.CHECK_KEY):
            self.post_message(Go("check", event.key.removeprefix(unit.CHECK_KEY)))
        elif event.key.startswith(summary.INCIDENT_KEY):
            self.post_message(Go("incidents", event.key.removeprefix(summary.INCIDENT_KEY)))

    def probe_subject(self) -> str:
        """The target of the selected check."""
        shown = self.unit()
        if shown is None or self.frame is None:
            return ""
        found = find.check_of(self.frame.snapshot, self._check_id(shown))
        return found[0].id if found else ""
