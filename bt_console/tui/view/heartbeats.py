"""The monitor's audit of itself, and signs of life: those expected from others and those given to them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from bt_console.model.oncall import Direction, OnCall
from bt_console.model.paging import Heartbeat
from bt_console.tui.view.look import Look
from bt_console.tui.view.text import Row, Span, Tone, fit, paragraph, spread

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)")


def said(stored: str, look: Look) -> str:
    """Return a stored message with the instants in it as local times."""
    return _INSTANT.sub(lambda found: look.until(datetime.fromisoformat(found[0])), look.say(stored))


def audit_rows(heartbeats: Sequence[Heartbeat], look: Look, width: int) -> list[Row]:
    """Return what the audit complains of, what else it has to say, then how many items are well."""
    items = [one for one in heartbeats if one.direction is Direction.SELF]
    if not items:
        return paragraph(look.tell("told.audit.none"), width, Tone.MUTED)
    telling = sorted((one for one in items if one.is_missed or one.detail), key=lambda one: not one.is_missed)
    found = [row for one in telling for row in _item(one, look, width)]
    well = len(items) - len(telling)
    if well:
        code = "told.audit.rest" if telling else "told.audit.all"
        found.append(Row(line=(Span("✓ ", Tone.OK), Span(look.tell(code, n=well), Tone.MUTED))))
    return found


def _item(one: Heartbeat, look: Look, width: int) -> list[Row]:
    sign = Span("■ ", Tone.BAD) if one.is_missed else Span("· ", Tone.MUTED)
    first, *others = paragraph(said(one.detail, look) or one.name, width - 2)
    return [Row(line=(sign, *first.line)), *(Row(line=(Span("  "), *row.line)) for row in others)]


def audit_note(heartbeats: Sequence[Heartbeat], look: Look) -> str:
    """Return when the audit ran last."""
    times = [one.last_at for one in heartbeats if one.direction is Direction.SELF and one.last_at is not None]
    return look.since(max(times), is_long=True) if times else ""


def rows(heartbeats: Sequence[Heartbeat], oncall: OnCall | None, look: Look, width: int) -> list[Row]:
    """Return the signs of life from and to others, overdue ones first; those planned but never seen too."""
    shown = [one for one in heartbeats if one.direction is not Direction.SELF]
    known: dict[tuple[str, Direction], Heartbeat] = {(one.name, one.direction): one for one in shown}
    for plan in oncall.heartbeats if oncall else ():
        known.setdefault((plan.name, plan.direction), Heartbeat(name=plan.name, direction=plan.direction))
    ordered = sorted(known.values(), key=lambda one: (not one.is_missed, one.direction, one.name))
    found = [row for one in ordered for row in _row(one, look, width)]
    return found or paragraph(look.tell("told.heartbeat.none"), width, Tone.MUTED)


def _row(one: Heartbeat, look: Look, width: int) -> list[Row]:
    glyph, tone = ("■", Tone.BAD) if one.is_missed else ("●", Tone.OK) if one.last_at else ("?", Tone.UNKNOWN)
    state = "missed" if one.is_missed else "seen" if one.last_at else "never"
    left = (
        Span(f"{glyph} ", tone),
        Span(fit(one.name, 16) + " ", Tone.STRONG),
        Span(look.tell(f"told.heartbeat.{one.direction}"), Tone.MUTED),
    )
    last = look.since(one.last_at, is_long=True) if one.last_at else ""
    right = (Span(look.tell(f"told.heartbeat.{state}", at=last), tone if one.is_missed else Tone.MUTED),)
    found = [Row(line=spread(left, right, width))]
    if one.detail:
        found += [Row(line=(Span("  "), *row.line)) for row in paragraph(said(one.detail, look), width - 2, Tone.MUTED)]
    return found
