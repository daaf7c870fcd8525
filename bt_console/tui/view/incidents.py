"""Incidents: open ones by cause, then resolved ones; one of them whole."""

from __future__ import annotations

from collections.abc import Iterable

from bt_console.model.health import HealthState
from bt_console.model.incident import Incident
from bt_console.model.paging import Call, CallState
from bt_console.model.snapshot import Snapshot
from bt_console.tui.view.calls import calls_by_incident, short_state
from bt_console.tui.view.filters import Filter, incident_fields
from bt_console.tui.view.find import targets
from bt_console.tui.view.look import Look
from bt_console.tui.view.signs import mark
from bt_console.tui.view.story import Story, paging_rows, timeline_rows
from bt_console.tui.view.summary import explained, incident_sign, unit_names, worst_first
from bt_console.tui.view.text import STAMP, Line, Row, Span, Tone, blank, cut_line, fit, heading, paragraph, spread

_TAIL = 26
"""Columns for where the paging stands."""


def rows(snapshot: Snapshot, look: Look, width: int, wanted: Filter) -> tuple[Row, ...]:
    """Return open incidents, then resolved ones, each under its own title."""
    calls = calls_by_incident(snapshot)
    shown = [
        incident
        for incident in snapshot.incidents
        if wanted.accepts(incident_fields(incident, look, calls.get(incident.id), snapshot.oncall))
    ]
    opened = [incident for incident in worst_first(snapshot) if incident in shown]
    resolved = [incident for incident in shown if incident.resolved_at is not None]
    found = [heading(look.tell("screen.open_incidents"), width, str(len(opened)))]
    found += [_row(incident, look, width, snapshot, calls.get(incident.id)) for incident in opened]
    if not opened:
        found.append(Row(line=(Span(look.tell("screen.no_incidents"), Tone.MUTED),)))
    if resolved:
        found.append(heading(look.tell("screen.resolved_incidents"), width, str(len(resolved))))
        found += [_row(incident, look, width, snapshot, calls.get(incident.id)) for incident in resolved]
    return tuple(found)


def _row(incident: Incident, look: Look, width: int, snapshot: Snapshot, call: Call | None) -> Row:
    is_over = incident.resolved_at is not None
    left = (
        incident_sign(incident, look),
        Span(fit(look.since(incident.opened_at, is_long=True)[-STAMP:], STAMP) + " ", Tone.MUTED),
        Span(look.say(incident.cause.message), Tone.MUTED if is_over else Tone.STRONG),
    )
    return Row(line=spread(left, (Span(" "), *_tail(incident, look, snapshot, call)), width), key=str(incident.id))


def _tail(incident: Incident, look: Look, snapshot: Snapshot, call: Call | None) -> Line:
    if incident.resolved_at is not None:
        lasted = (incident.resolved_at - incident.opened_at).total_seconds()
        return (Span(look.tell("screen.lasted", span=look.span(lasted)), Tone.MUTED),)
    if call is not None and call.state is not CallState.CLOSED:
        return cut_line((short_state(call, snapshot.oncall, look, is_brief=True),), _TAIL)
    if incident.acknowledged_at is not None:
        return cut_line((Span(look.tell("screen.acknowledged_by", who=incident.acknowledged_by), Tone.OK),), _TAIL)
    return cut_line((Span(explained(incident, look, unit_names(snapshot)), Tone.MUTED),), 20)


def detail(incident: Incident, story: Story, snapshot: Snapshot, look: Look, width: int) -> tuple[Row, ...]:
    """Return one incident whole: explanation, times, paging, what happened in order, impact, what it explains."""
    note = look.tell(f"severity.{incident.severity}")
    found = [heading(f"#{incident.id} {look.tell(f'kind.{incident.cause.kind}')}", width, note)]
    found += paragraph(look.say(incident.cause.message), width, Tone.STRONG)
    found += _times(incident, look, width)
    found += paging_rows(incident, story, snapshot, look, width)
    found += timeline_rows(incident, story, snapshot.oncall, look, width)
    found += _impact(incident, snapshot, look, width)
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
    return paragraph(" · ".join(parts), width, Tone.MUTED)


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
            found += paragraph(text, width, Tone.TEXT)
    if not (impact.units or impact.services or impact.unseen_units):
        found += paragraph(look.tell("screen.nobody_hurt"), width, Tone.MUTED)
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
