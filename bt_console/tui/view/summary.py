"""Open incidents and shared services in few lines, for beside or under the table."""

from __future__ import annotations

from collections.abc import Mapping

from bt_console.model.health import HealthState
from bt_console.model.incident import Incident, Severity
from bt_console.model.snapshot import Snapshot, TargetView
from bt_console.tui.view.calls import call_of, short_state
from bt_console.tui.view.look import Look
from bt_console.tui.view.signs import (
    SEVERITY_GLYPH,
    SEVERITY_TONE,
    delay_text,
    glyph,
    mark,
    service_dot,
    tone_of,
    value_tone,
)
from bt_console.tui.view.text import Line, Row, Span, Tone, blank, cut_line, fit, heading, spread, wrap

_SEVERITIES = tuple(Severity)
INCIDENT_KEY, SERVICE_KEY = "incident:", "service:"


def unit_names(snapshot: Snapshot) -> dict[str, str]:
    """Return the names of all units and departments by id."""
    return {unit.id: unit.name for unit in (*snapshot.units, *snapshot.departments)}


def named(ids: tuple[str, ...], names: Mapping[str, str], look: Look) -> str:
    """Return the units as a list of names, all named only while that is readable."""
    if len(ids) > 3:
        return look.tell("screen.units_count", n=len(ids))
    return ", ".join(names.get(unit_id, unit_id) for unit_id in ids)


def worst_first(snapshot: Snapshot) -> tuple[Incident, ...]:
    """Return the open incidents, the most severe first, newer before older."""
    return tuple(sorted(snapshot.open_incidents, key=lambda incident: _SEVERITIES.index(incident.severity)))


def explained(incident: Incident, look: Look, names: Mapping[str, str]) -> str:
    """Return what an incident explains, in one phrase."""
    impact = incident.impact
    parts = []
    if impact.units:
        parts.append(named(impact.units, names, look))
    if impact.services:
        parts.append(", ".join(impact.services))
    if not parts and impact.unseen_units:
        parts.append(look.tell("screen.unseen_count", n=len(impact.unseen_units)))
    return " · ".join(parts) or look.tell("screen.nobody_hurt")


def incident_sign(incident: Incident, look: Look) -> Span:
    """Return the incident's severity as a glyph, or that it is over."""
    if incident.resolved_at is not None:
        return Span("✓ ", Tone.OK)
    tone = Tone.MUTED if look.is_stale else SEVERITY_TONE[incident.severity]
    return Span(SEVERITY_GLYPH[incident.severity] + " ", tone)


def footlines(snapshot: Snapshot, look: Look, width: int, room: int) -> tuple[Line, ...]:
    """Return the summary under the table in at most `room` lines: incidents first, services last."""
    if room <= 0:
        return ()
    services = _services_line(snapshot, look, width)
    opened = worst_first(snapshot)
    if not opened:
        calm = (Span(look.tell("screen.no_incidents"), Tone.MUTED),)
        return ((Span("─" * width, Tone.RULE),), calm, services)[-room:]
    rule = heading(look.tell("screen.open_incidents"), width, str(len(opened))).line
    space = max(1, room - 1)
    if space <= len(opened):
        lines = [_incident_line(incident, look, width, snapshot) for incident in opened[:space]]
        return (rule, *_with_more(lines, len(opened) - space, look, width))[-room:]
    lines = [_incident_line(incident, look, width, snapshot) for incident in opened]
    return (rule, *lines, services)


def _with_more(lines: list[Line], hidden_count: int, look: Look, width: int) -> list[Line]:
    if not hidden_count:
        return lines
    more = (Span(" " + look.tell("screen.more_incidents", n=hidden_count), Tone.MUTED),)
    return [*lines[:-1], spread(lines[-1], more, width)]


def _incident_line(incident: Incident, look: Look, width: int, snapshot: Snapshot) -> Line:
    hurt = (Span("  " + explained(incident, look, unit_names(snapshot)), Tone.MUTED),)
    left = (
        incident_sign(incident, look),
        Span(look.minute(incident.opened_at) + " ", Tone.MUTED),
        Span(look.say(incident.cause.message), Tone.STRONG),
    )
    return spread(left, cut_line(hurt, width // 3), width)


def _services_line(snapshot: Snapshot, look: Look, width: int) -> Line:
    line: list[Span] = [Span(look.tell("screen.services") + "  ", Tone.HEAD)]
    for service in snapshot.services:
        line += (*service_dot(service, look), Span("  "))
    return cut_line(line, width)


def pane(snapshot: Snapshot, look: Look, width: int) -> tuple[Row, ...]:
    """Return the right pane: open incidents by cause with what each explains, then the shared services."""
    opened = worst_first(snapshot)
    rows = [heading(look.tell("screen.open_incidents"), width, str(len(opened)) if opened else "")]
    if not opened:
        rows.append(Row(line=(Span(look.tell("screen.no_incidents"), Tone.MUTED),)))
    for incident in opened:
        rows += _incident_block(incident, look, width, snapshot)
    rows += [blank(), heading(look.tell("screen.services"), width, "ms")]
    rows += [_service_row(service, look, width) for service in snapshot.services]
    rows += [blank(), heading(look.tell("screen.infrastructure"), width, "ms")]
    rows += [_service_row(target, look, width, is_link=False) for target in snapshot.infrastructure]
    return tuple(rows)


def _incident_block(incident: Incident, look: Look, width: int, snapshot: Snapshot) -> list[Row]:
    first, *others = wrap(look.say(incident.cause.message), width - 8) or [incident.cause.kind.value]
    key = f"{INCIDENT_KEY}{incident.id}"
    stamp = Span(look.minute(incident.opened_at) + " ", Tone.MUTED)
    block = [Row(line=(incident_sign(incident, look), stamp, Span(first, Tone.STRONG)), key=key)]
    block += [Row(line=(Span(" " * 8 + text, Tone.STRONG),)) for text in others[:2]]
    hurt = wrap(look.tell("screen.explains", what=explained(incident, look, unit_names(snapshot))), width - 8)
    block += [Row(line=(Span(" " * 8 + text, Tone.MUTED),)) for text in hurt[:2]]
    call = call_of(snapshot, incident.id)
    if call is not None:
        state = short_state(call, snapshot.oncall, look, is_brief=True)
        block.append(Row(line=cut_line((Span(" " * 8 + state.text, state.tone),), width)))
    elif incident.acknowledged_at is not None:
        said = look.tell("screen.acknowledged_by", who=incident.acknowledged_by)
        block.append(Row(line=cut_line((Span(" " * 8 + said, Tone.OK),), width)))
    return block


def _service_row(target: TargetView, look: Look, width: int, *, is_link: bool = True) -> Row:
    state = mark(target.state, look, is_short=True)
    word = "" if target.state is HealthState.UP else f" {state.text.partition(' ')[2]}"
    left = (
        Span(glyph(target.state, look) + " ", tone_of(target.state, look)),
        Span(target.name),
    )
    right = (Span(word, state.tone), Span(fit(delay_text(target, look), 6, right=True), value_tone(target, look)))
    return Row(line=spread(left, right, width), key=f"{SERVICE_KEY}{target.id}" if is_link else "")
