"""The district as a table: one row per unit, departments folded under one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bt_console.evaluate.overall import WORST_FIRST
from bt_console.model.health import HealthState
from bt_console.model.inventory import UnitId
from bt_console.model.snapshot import Snapshot, TargetView, UnitView
from bt_console.tui.view.filters import Filter, unit_fields
from bt_console.tui.view.look import Look
from bt_console.tui.view.signs import delay_text, glyph, loss_text, mark, smoke, tone_of, value_tone
from bt_console.tui.view.text import Line, Row, Span, Tone, cut_line, fit, fold, line_cells

SORTS = ("worst", "name", "since")
DEPARTMENTS_KEY = "+departments"
_NAME, _SHORT, _LONG, _RTT = 18, 11, 13, 4
_LEAST_NAME, _LEAST_SMOKE = 10, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Widths for one screen width; growing shows more of the same, never other content."""

    name: int
    state: int
    loss: int
    smoke: int
    since: int

    @property
    def path(self) -> int:
        """Width of one path's cell without the gap before it."""
        return 2 + _RTT + (1 + self.loss if self.loss else 0) + 1 + self.smoke


def columns(width: int) -> Columns:
    """Return the column widths for a table of that width."""
    spare = width - (_NAME + 1 + _SHORT + 3 * (1 + 2 + _RTT + 1) + 1 + 5)
    if spare < 3 * _LEAST_SMOKE:
        name = max(_LEAST_NAME, _NAME + spare - 3 * _LEAST_SMOKE)
        return Columns(name=name, state=_SHORT, loss=0, smoke=_LEAST_SMOKE, since=5)
    smoke_width = min(8, spare // 3)
    spare -= 3 * smoke_width
    loss = 4 if spare >= 15 else 0
    spare -= 15 if loss else 0
    state = _LONG if spare >= _LONG - _SHORT else _SHORT
    spare -= state - _SHORT
    since = 8 if spare >= 3 else 5
    spare -= since - 5
    more = max(0, min(12, spare // 3)) if loss else 0
    spare -= 3 * more
    return Columns(name=_NAME + max(0, min(spare, 6)), state=state, loss=loss, smoke=smoke_width + more, since=since)


def head(look: Look, width: int, sort: str) -> Line:
    """Return the column titles; an arrow marks the one it is sorted by."""
    cols = columns(width)
    titles = [look.tell("screen.col.unit"), look.tell("screen.col.state"), look.tell("screen.col.since")]
    at = {"name": 0, "worst": 1, "since": 2}[sort]
    titles[at] += "↓"
    parts = [fit(titles[0], cols.name), fit(titles[1], cols.state)]
    parts += [fit(_path_head(look, name, cols), cols.path) for name in ("lan", "internet", "tslcd")]
    return (Span(" " + " ".join([*parts, fit(titles[2], cols.since, right=True)]), Tone.HEAD),)


def _path_head(look: Look, name: str, cols: Columns) -> str:
    title = f"{look.tell(f'path.{name}')} ms"
    if not cols.loss:
        return title
    return fit(fit(title, 2 + _RTT) + " " + fit(look.tell("screen.col.loss"), cols.loss, right=True), cols.path)


def order(units: Sequence[UnitView], sort: str) -> tuple[UnitId, ...]:
    """Return unit ids in the asked order; equal ones stay as configured."""
    if sort == "name":
        ranked = sorted(units, key=lambda unit: _name_key(unit.name))
    elif sort == "since":
        ranked = sorted(units, key=lambda unit: unit.since.timestamp() if unit.since else 0.0, reverse=True)
    else:
        ranked = sorted(units, key=lambda unit: WORST_FIRST.index(unit.state))
    return tuple(unit.id for unit in ranked)


def _name_key(name: str) -> str:
    folded = fold(name)
    for kind in ("thi tran ", "xa ", "phuong "):
        folded = folded.removeprefix(kind)
    return folded


def rows(
    snapshot: Snapshot, look: Look, width: int, *, ids: Sequence[UnitId], wanted: Filter, is_unfolded: bool
) -> tuple[Row, ...]:
    """Return the table: units in the order of ids, then the departments under their own row."""
    cols = columns(width)
    by_id = {unit.id: unit for unit in snapshot.units}
    known = [by_id[unit_id] for unit_id in ids if unit_id in by_id]
    units = [*known, *(unit for unit in snapshot.units if unit.id not in set(ids))]
    shown = [_unit_row(unit, look, cols) for unit in units if wanted.accepts(unit_fields(unit, look))]
    departments = [unit for unit in snapshot.departments if wanted.accepts(unit_fields(unit, look))]
    if departments:
        is_open = is_unfolded or bool(wanted.terms)
        shown.append(_departments_row(departments, look, cols, is_open=is_open))
        shown += [_unit_row(unit, look, cols, indent="  ") for unit in departments if is_open]
    return tuple(shown)


def _unit_row(unit: UnitView, look: Look, cols: Columns, *, indent: str = "") -> Row:
    state = mark(unit.state, look, is_short=cols.state < _LONG)
    name_tone = Tone.TEXT if unit.state in (HealthState.UP, HealthState.UNKNOWN) else Tone.STRONG
    line = [
        Span(fit(indent + unit.name, cols.name) + " ", name_tone),
        Span(fit(state.text, cols.state), state.tone),
    ]
    for target in (unit.lan, unit.internet, unit.tslcd):
        line += (Span(" "), *_path_cell(target, look, cols))
    line.append(Span(" " + fit(look.since(unit.since, is_long=cols.since > 5), cols.since, right=True), Tone.MUTED))
    return Row(line=tuple(line), key=unit.id)


def _path_cell(target: TargetView | None, look: Look, cols: Columns) -> Line:
    if target is None:
        return (Span(fit("  " + fit("–", _RTT, right=True), cols.path), Tone.RULE),)
    tone = value_tone(target, look)
    sign = Span(glyph(target.state, look) + " ", tone_of(target.state, look))
    delay = Span(fit(delay_text(target, look), _RTT, right=True), tone)
    loss = _loss(target, look)
    if cols.loss:
        tail = (Span(" " + fit(loss_text(target, look), cols.loss, right=True) + " ", tone if loss else Tone.MUTED),)
        return (sign, delay, *tail, *smoke(target.samples, cols.smoke, look))
    # Too narrow for a column of its own: loss stands where the delay or the oldest samples would, only if there is any.
    if loss and target.rtt_ms is None:
        delay, loss = Span(fit(loss, _RTT, right=True), tone), ""
    said = Span(" " + loss + (" " if loss else ""), tone)
    room = cols.path - line_cells((sign, delay, said))
    return cut_line((sign, delay, said, *smoke(target.samples, room, look)), cols.path)


def _loss(target: TargetView, look: Look) -> str:
    if not target.loss_ratio or target.state is HealthState.UNREACHABLE:
        return ""
    return look.percent(target.loss_ratio)


def _departments_row(units: Sequence[UnitView], look: Look, cols: Columns, *, is_open: bool) -> Row:
    counts = Counter(unit.state for unit in units)
    worst = min((unit.state for unit in units), key=WORST_FIRST.index)
    state = mark(worst, look, is_short=cols.state < _LONG)
    name = f"{'▾' if is_open else '▸'} {look.tell('screen.departments')} ({len(units)})"
    line = [Span(fit(name, cols.name) + " "), Span(fit(state.text, cols.state) + " ", state.tone)]
    for kind in reversed(WORST_FIRST):
        if counts[kind]:
            line += (
                Span(glyph(kind, look), tone_of(kind, look)),
                Span(f" {counts[kind]} ", Tone.MUTED),
            )
    return Row(line=tuple(line), key=DEPARTMENTS_KEY)


def pick(snapshot: Snapshot, unit_id: str) -> UnitView | None:
    """Return the unit or department of that id."""
    return next((unit for unit in (*snapshot.units, *snapshot.departments) if unit.id == unit_id), None)
