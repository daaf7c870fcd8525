"""Unit: one unit whole.

Xã Cao Sơn  xã · 21 cán bộ                      ■ mất kết nối từ 21:03:10
TSLCD     ● Trung tâm ──────▶ ● Lõi TSLCD ──✖──▶ ■ Router ┄┄┄┄┄▶ □ LAN
                       0,9 ms            mất 100%
Internet  ● Trung tâm ──────▶ ● Router 8,3 ms
Phép đo ------------------------------------------------------------------
■ Router 10.255.2.2  icmp_echo                – ms  100%  ▁▁▁▁▁▁▁▁▁▁▁▁▁×××
Đường đi -----------------------------------------------------------------
Router TSLCD  10.255.0.1 > 10.255.255.1 > 10.255.2.2            từ 20:56
Sổ thiết bị ------------------------------------------- 1 lạ · 12 đã duyệt
lạ        00:1d:7e:01:02:03 Cisco      10.21.2.40      sw1 Gi0/3     20:56
Một giờ qua: ... (chart)                     Diễn biến ...
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from textual.app import ComposeResult
from textual.containers import Horizontal

from bt_console.model.device import Device
from bt_console.model.inventory import CheckId
from bt_console.model.observation import Observation
from bt_console.model.route import Route
from bt_console.model.snapshot import Event, UnitView
from bt_console.tui.screens.page import Frame, Go, Page
from bt_console.tui.view import find, lan, overview, path, summary, unit
from bt_console.tui.view.text import Row, Span, Tone, blank
from bt_console.tui.widgets.board import Board
from bt_console.tui.widgets.lines import Lines

_HOUR = timedelta(hours=1)
_CHART_LINES, _CHART_LINES_WIDE = 6, 10
_EVENTS = 60
_DEVICES, _DEVICES_WIDE = 8, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What is read for a unit beside the snapshot."""

    observations: tuple[Observation, ...] = ()
    events: tuple[Event, ...] = ()
    devices: tuple[Device, ...] = ()
    routes: Mapping[CheckId, Route] = field(default_factory=dict)


_NOTHING = Findings()


class UnitPage(Page):
    """Drawn paths on top, checks and devices below; chart and history under them or, when wide, beside."""

    page = "unit"
    DEFAULT_CSS = """
    UnitPage #unit-title, UnitPage #paths { padding: 0 1; }
    UnitPage #side { display: none; padding-left: 1; }
    UnitPage.-wide #side { display: block; }
    """

    _unit_id = ""
    _found = _NOTHING
    _loaded: Hashable = None
    """For what it was read."""
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
            self._unit_id, self._found, self._loaded = subject, _NOTHING, None
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
        rows = (*unit.main_rows(shown, frame.snapshot, look, board.room), *self._lan_rows(shown, frame, board.room))
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
            self._check_id(shown), self._found.observations, frame.look, width, height=height, span=(end - _HOUR, end)
        )
        return (blank(), *chart, *unit.event_rows(self._found.events, frame.look, width))

    def _lan_rows(self, shown: UnitView, frame: Frame, width: int) -> tuple[Row, ...]:
        names, limit = summary.unit_names(frame.snapshot), _DEVICES_WIDE if self.is_wide else _DEVICES
        return (
            *lan.route_rows(shown, self._found.routes, frame.look, width),
            *lan.register_rows(self._found.devices, names, frame.look, width, limit=limit),
        )

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
        wanted = (shown.id, check_id, newest, shown.device_counts)
        if not self._is_loading and self._loaded != wanted:
            self._is_loading = True
            self.run_worker(self._fetch(shown, check_id, wanted), group="unit")

    async def _fetch(self, shown: UnitView, check_id: CheckId, wanted: Hashable) -> None:
        try:
            end, feed = self.feed.now(), self.feed
            found = Findings(
                observations=await feed.history(check_id, end - _HOUR, end),
                events=await feed.recent_events(shown.id, _EVENTS),
                devices=await feed.devices(shown.id) if shown.device_counts else (),
                routes=await feed.newest_routes([check.id for _, check in lan.traces(shown)]),
            )
            current = self.unit()
            if current is not None and current.id == shown.id:
                self._found, self._loaded = found, wanted
        finally:
            self._is_loading = False
        self.redraw()

    def on_board_moved(self, event: Board.Moved) -> None:
        """The chart follows the selected check."""
        event.stop()
        if event.board.id == "checks":
            self.redraw()

    def on_board_chosen(self, event: Board.Chosen) -> None:
        """Open the observations of a check, an incident, or the one something happened in."""
        event.stop()
        if event.key.startswith(unit.CHECK_KEY):
            self.post_message(Go("check", event.key.removeprefix(unit.CHECK_KEY)))
        elif event.key.startswith(summary.INCIDENT_KEY):
            self.post_message(Go("incidents", event.key.removeprefix(summary.INCIDENT_KEY)))
        elif event.key.startswith(unit.EVENT_KEY):
            seq = int(event.key.removeprefix(unit.EVENT_KEY))
            ids = [one.incident_id for one in self._found.events if one.seq == seq and one.incident_id is not None]
            if ids:
                self.post_message(Go("incidents", str(ids[0])))

    def probe_subject(self) -> str:
        """The target of the selected check."""
        shown = self.unit()
        if shown is None or self.frame is None:
            return ""
        found = find.check_of(self.frame.snapshot, self._check_id(shown))
        return found[0].id if found else ""
