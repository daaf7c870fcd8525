"""One unit whole: what it is, its checks and devices, the last hour, and what happened to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bt_console.model.observation import Observation
from bt_console.model.snapshot import CheckView, Event, Snapshot, TargetView, UnitView
from bt_console.tui.view import chart
from bt_console.tui.view.look import Look
from bt_console.tui.view.signs import delay_text, glyph, loss_text, mark, smoke, tone_of, value_tone
from bt_console.tui.view.summary import INCIDENT_KEY, incident_sign
from bt_console.tui.view.text import Line, Row, Span, Tone, blank, fit, heading, spread, wrap

CHECK_KEY, EVENT_KEY = "check:", "event:"
_SMOKE = 20
_EVENT_LINES = 4


def title(unit: UnitView, look: Look, width: int) -> Line:
    """Return name, kind and officials at the left, state and since at the right."""
    facts = look.tell(f"kind.{unit.kind}")
    if unit.officials_count is not None:
        facts += " · " + look.tell("screen.officials", n=unit.officials_count)
    state = mark(unit.state, look)
    since = Span(" " + look.tell("screen.since", at=look.since(unit.since, is_long=True)), Tone.MUTED)
    return spread((Span(unit.name, Tone.STRONG), Span(f"  {facts}", Tone.MUTED)), (state, since), width)


def main_rows(unit: UnitView, snapshot: Snapshot, look: Look, width: int) -> tuple[Row, ...]:
    """Return open incidents of the unit, then its checks and devices."""
    rows = _incident_rows(unit, snapshot, look, width)
    links = [target for target in (unit.tslcd, unit.lan, unit.internet) if target is not None]
    rows.append(heading(look.tell("screen.checks"), width, look.tell("screen.checks_note")))
    rows += [_check_row(target, check, look, width) for target in links for check in target.checks]
    if unit.devices:
        rows.append(heading(look.tell("screen.devices"), width, str(len(unit.devices))))
        rows += [_device_row(target, look, width) for target in unit.devices]
    return tuple(rows)


def _incident_rows(unit: UnitView, snapshot: Snapshot, look: Look, width: int) -> list[Row]:
    rows = []
    for incident in snapshot.open_incidents:
        if incident.id in unit.incident_ids:
            first, *others = wrap(look.say(incident.cause.message), width - 8) or [""]
            stamp = Span(look.minute(incident.opened_at) + " ", Tone.MUTED)
            line = (incident_sign(incident, look), stamp, Span(first, Tone.STRONG))
            rows.append(Row(line=line, key=f"{INCIDENT_KEY}{incident.id}"))
            rows += [Row(line=(Span(" " * 8 + text, Tone.STRONG),)) for text in others]
    return rows


def _check_row(target: TargetView, check: CheckView, look: Look, width: int) -> Row:
    role = look.tell(f"role.{target.role}")
    name = f"{role} {target.address}" if check is target.checks[0] else role
    return _measured_row(f"{name}  {check.probe}", _as_measured_by(check, target), check, look, width)


def _as_measured_by(check: CheckView, target: TargetView) -> TargetView:
    """Return a target with the numbers of one of its checks, which are those of its first otherwise."""
    if target.is_stale or check is target.checks[0]:
        return target
    newest = check.samples[-1] if check.samples else None
    rtt_ms = newest.rtt_s * 1000 if newest is not None and newest.rtt_s is not None else None
    return replace(target, rtt_ms=rtt_ms, loss_ratio=newest.loss_ratio if newest is not None else None)


def _device_row(target: TargetView, look: Look, width: int) -> Row:
    check = target.checks[0] if target.checks else None
    return _measured_row(f"{target.name}  {target.address}", target, check, look, width)


def _measured_row(name: str, target: TargetView, check: CheckView | None, look: Look, width: int) -> Row:
    tone, samples = value_tone(target, look), check.samples if check else ()
    smoke_width = max(6, min(_SMOKE, width - 44))
    right = (
        Span(fit(delay_text(target, look), 6, right=True) + " ms", tone),
        Span(" " + fit(loss_text(target, look), 5, right=True) + " ", tone if target.loss_ratio else Tone.MUTED),
        *smoke(samples, smoke_width, look),
    )
    left = (
        Span(glyph(target.state, look) + " ", tone_of(target.state, look)),
        Span(name, Tone.TEXT),
    )
    return Row(line=spread(left, right, width), key=f"{CHECK_KEY}{check.id}" if check else "")


def hour_rows(
    name: str,
    observations: Sequence[Observation],
    look: Look,
    width: int,
    *,
    height: int,
    span: tuple[datetime, datetime],
) -> tuple[Row, ...]:
    """Return the chart of the last hour of one check."""
    start, end = span
    columns = chart.plot_width(width)
    values = chart.slices(observations, start, end, columns)
    head = heading(look.tell("screen.last_hour", what=name), width, "ms")
    if not observations:
        return (head, Row(line=(Span(look.tell("screen.no_history"), Tone.MUTED),)))
    return (head, *chart.chart(values, look, height, start=start, end=end))


def event_rows(events: Sequence[Event], look: Look, width: int) -> tuple[Row, ...]:
    """Return what happened to the unit, newest first."""
    rows = [heading(look.tell("screen.transitions"), width)]
    if not events:
        rows.append(Row(line=(Span(look.tell("screen.no_events"), Tone.MUTED),)))
    for event in reversed(events):
        rows += _event_block(event, look, width)
    return (blank(), *rows)


def _event_block(event: Event, look: Look, width: int) -> list[Row]:
    stamp = look.since(event.at, is_long=True) + " "
    first, *others = wrap(look.say(event.message), width - len(stamp)) or [event.kind]
    block = [Row(line=(Span(stamp, Tone.MUTED), Span(first)), key=f"{EVENT_KEY}{event.seq}")]
    return block + [Row(line=(Span(" " * len(stamp) + text),)) for text in others[: _EVENT_LINES - 1]]
