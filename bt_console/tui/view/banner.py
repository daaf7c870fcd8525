"""The line that calls for somebody: severity in words and colour, the incident, what is wrong."""

from __future__ import annotations

from collections.abc import Sequence

from bt_console.model.incident import Incident, Severity
from bt_console.model.paging import Delivery
from bt_console.model.snapshot import Snapshot
from bt_console.tui.view.look import Look
from bt_console.tui.view.outbox import kind_word
from bt_console.tui.view.signs import SEVERITY_GLYPH
from bt_console.tui.view.text import Line, Span, Tone, fit, line_cells

_TONE = {Severity.CRITICAL: Tone.ALARM, Severity.WARNING: Tone.BADGE, Severity.INFO: Tone.CHIP}
_SEVERITIES = tuple(Severity)


def foremost(calling: Sequence[Delivery], snapshot: Snapshot) -> Delivery:
    """Return what to show when only one fits: the most severe, of equal ones the newest."""
    severities = {incident.id: incident.severity for incident in snapshot.incidents}

    def rank(one: Delivery) -> int:
        severity = severities.get(one.incident_id or 0)
        return len(_SEVERITIES) if severity is None else _SEVERITIES.index(severity)

    return min(calling, key=rank)


def line(calling: Sequence[Delivery], snapshot: Snapshot, look: Look, width: int) -> Line:
    """Return the banner for what waits; the others are counted."""
    one = foremost(calling, snapshot)
    incident = next((item for item in snapshot.incidents if item.id == one.incident_id), None)
    tone = _TONE[incident.severity] if incident else Tone.CHIP
    more = look.tell("told.banner.more", n=len(calling) - 1) + " · " if len(calling) > 1 else ""
    tail = f"  {more}{look.tell('told.banner.keys')} "
    text = _about(incident, look) if incident else f" {kind_word(one.kind, look).upper()} {one.title}"
    return (Span(fit(text, max(0, width - line_cells((Span(tail),)))), tone), Span(tail, tone))


def _about(incident: Incident, look: Look) -> str:
    sign, word = SEVERITY_GLYPH[incident.severity], look.tell(f"severity.{incident.severity}").upper()
    return f" {sign} {word} #{incident.id} {look.say(incident.cause.message)}"
