"""Incidents: open ones by cause, then resolved ones; one of them whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bt_console.model.health import HealthState
from bt_console.model.incident import Incident
from bt_console.model.snapshot import Event, Snapshot
from bt_console.tui.view.filters import Filter, incident_fields
from bt_console.tui.view.find import targets
from bt_console.tui.view.look import Look
from bt_console.tui.view.signs import mark
from bt_console.tui.view.summary import explained, incident_sign, unit_names, worst_first
from bt_console.tui.view.text import Line, Row, Span, Tone, blank, cut_line, fit, heading, spread, wrap

_STAMP = 8


def rows(snapshot: Snapshot, look: Look, width: int, wanted: Filter) -> tuple[Row, ...]:
    """Return open incidents, then resolved ones, each under its own title."""
    shown = [incident for incident in snapshot.incidents if wanted.accepts(incident_fields(incident, look))]
    opened = [incident for incident in worst_first(snapshot) if incident in shown]
    resolved = [incident for incident in shown if incident.resolved_at is not None]
    found = [heading(look.tell("screen.open_incidents"), width, str(len(opened)))]
    found += [_row(incident, look, width, snapshot) for incident in opened]
    if not opened:
        found.append(Row(line=(Span(look.tell("screen.no_incidents"), Tone.MUTED),)))
    if resolved:
        found.append(heading(look.tell("screen.resolved_incidents"), width, str(len(resolved))))
        found += [_row(incident, look, width, snapshot) for incident in resolved]
    return tuple(found)


def _row(incident: Incident, look: Look, width: int, snapshot: Snapshot) -> Row:
    is_over = incident.resolved_at is not None
    left = (
        incident_sign(incident, look),
        Span(fit(look.since(incident.opened_at, is_long=True)[-_STAMP:], _STAMP) + " ", Tone.MUTED),
        Span(look.say(incident.cause.message), Tone.MUTED if is_over else Tone.STRONG),
    )
    return Row(line=spread(left, (Span(" "), *_tail(incident, look, snapshot)), width), key=str(incident.id))


def _tail(incident: Incident, look: Look, snapshot: Snapshot) -> Line:
    if incident.resolved_at is not None:
        lasted = (incident.resolved_at - incident.opened_at).total_seconds()
        return (Span(look.tell("screen.lasted", span=look.span(lasted)), Tone.MUTED),)
    if incident.acknowledged_at is not None:
        return cut_line((Span(look.tell("screen.acknowledged_by", who=incident.acknowledged_by), Tone.OK),), 24)
    return cut_line((Span(explained(incident, look, unit_names(snapshot)), Tone.MUTED),), 20)


def detail(incident: Incident, events: Sequence[Event], snapshot: Snapshot, look: Look, width: int) -> tuple[Row, ...]:
    """Return one incident whole: explanation, times, reasoning, impact, what it explains."""
    note = look.tell(f"severity.{incident.severity}")
    found = [heading(f"#{incident.id} {look.tell(f'kind.{incident.cause.kind}')}", width, note)]
    found += _paragraph(look.say(incident.cause.message), width, Tone.STRONG)
    found += _times(incident, look, width)
    found += [blank(), heading(look.tell("screen.reasoning"), width)]
    for step in incident.cause.steps:
        found += _stamped(look.clock(step.at), look.say(step.message), width, Tone.TEXT)
    found += _impact(incident, snapshot, look, width)
    if events:
        found += [blank(), heading(look.tell("screen.timeline"), width)]
        for event in events:
            found += _stamped(look.clock(event.at), look.say(event.message).strip(), width, Tone.MUTED)
    return tuple(found)


def _times(incident: Incident, look: Look, width: int) -> list[Row]:
    parts = [look.tell("screen.opened_at", at=look.since(incident.opened_at, is_long=True))]
    if incident.last_good_at is not None:
        took = (incident.opened_at - incident.last_good_at).total_seconds()
        parts.append(look.tell("screen.detected_in", span=look.span(took)))
    if incident.acknowledged_at is not None:
        at = look.since(incident.acknowledged_at, is_long=True)
        parts.append(look.tell("screen.acknowledged_at", who=incident.acknowledged_by, at=at))
    if incident.resolved_at is not None:
        parts.append(look.tell("screen.resolved_at", at=look.since(incident.resolved_at, is_long=True)))
    return _paragraph(" · ".join(parts), width, Tone.MUTED)


def _impact(incident: Incident, snapshot: Snapshot, look: Look, width: int) -> list[Row]:
    names, impact = unit_names(snapshot), incident.impact
    found = [blank(), heading(look.tell("screen.impact"), width)]
    groups: list[tuple[str, Iterable[str]]] = [
        ("screen.impact.units", [names.get(unit, unit) for unit in impact.units]),
        ("screen.impact.services", impact.services),
        ("screen.impact.unseen", [names.get(unit, unit) for unit in impact.unseen_units]),
    ]
    for code, members in groups:
        members = list(members)
        if members:
            text = f"{look.tell(code, n=len(members))}: {', '.join(members)}"
            found += _paragraph(text, width, Tone.TEXT)
    if not (impact.units or impact.services or impact.unseen_units):
        found += _paragraph(look.tell("screen.nobody_hurt"), width, Tone.MUTED)
    return found + _explained_targets(incident, snapshot, look, width)


def _explained_targets(incident: Incident, snapshot: Snapshot, look: Look, width: int) -> list[Row]:
    if not incident.impact.targets:
        return []
    known = targets(snapshot)
    found = [blank(), heading(look.tell("screen.explained_targets"), width, str(len(incident.impact.targets)))]
    for target_id in incident.impact.targets:
        view = known.get(target_id)
        state = mark(view.state if view else HealthState.UNKNOWN, look)
        line = spread((Span(target_id), Span(f"  {view.name}" if view else "", Tone.MUTED)), (state,), width)
        found.append(Row(line=line))
    return found


def _paragraph(text: str, width: int, tone: Tone) -> list[Row]:
    return [Row(line=(Span(line, tone),)) for line in wrap(text, width)]


def _stamped(stamp: str, text: str, width: int, tone: Tone) -> list[Row]:
    first, *others = wrap(text, width - _STAMP - 2) or [""]
    found = [Row(line=(Span(stamp + "  ", Tone.MUTED), Span(first, tone)))]
    return found + [Row(line=(Span(" " * (_STAMP + 2) + line, tone),)) for line in others]
