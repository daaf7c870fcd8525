"""Who is on duty now, who comes next, when nobody is, and who stands in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bt_console.evaluate.oncall import rota
from bt_console.model.oncall import OnCall, Override, Shift
from bt_console.model.snapshot import Snapshot
from bt_console.tui.view.calls import given_name, person
from bt_console.tui.view.look import Look
from bt_console.tui.view.text import Line, Row, Span, Tone, paragraph, spread

OVERRIDE_KEY = "override:"
AHEAD = timedelta(days=7)
_GAPS_SHOWN = 3
_ROOMY = 72
"""Columns from which on whole names are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the coming week brings in one schedule."""

    schedule: str
    next: Shift | None
    """Who comes on duty after the stretch that runs now."""
    gaps: tuple[Shift, ...]


def plans(oncall: OnCall, overrides: Sequence[Override], duty: Sequence[Shift], now: datetime) -> tuple[Plan, ...]:
    """Return the coming week of every schedule; worth keeping, since it looks at every hand-over."""
    known, ends = rota.standing(overrides, oncall), {shift.schedule: shift.ends_at for shift in duty}
    found = []
    for schedule in oncall.schedules.values():
        ahead = rota.shifts(schedule, known, now, now + AHEAD)
        gaps = tuple(shift for shift in ahead if shift.why == rota.GAP)
        found.append(Plan(schedule=schedule.id, next=_next(oncall, known, schedule.id, ends), gaps=gaps))
    return tuple(found)


def _next(oncall: OnCall, overrides: Sequence[Override], schedule: str, ends: dict[str, datetime]) -> Shift | None:
    ends_at = ends.get(schedule)
    return rota.who(oncall.schedules[schedule], overrides, ends_at) if ends_at is not None else None


def rows(snapshot: Snapshot, coming: Sequence[Plan], look: Look, width: int) -> list[Row]:
    """Return who is on duty in each schedule, until when, who follows, and the gaps of the coming week."""
    oncall = snapshot.oncall
    if oncall is None or not snapshot.duty:
        return paragraph(look.tell("told.duty.none"), width, Tone.MUTED)
    by_schedule, found = {plan.schedule: plan for plan in coming}, []
    for shift in snapshot.duty:
        found.append(Row(line=_now(shift, oncall, look, width)))
        plan = by_schedule.get(shift.schedule)
        if plan is not None:
            found += _ahead(plan, oncall, look, width)
    return found


def _now(shift: Shift, oncall: OnCall, look: Look, width: int) -> Line:
    is_gap = shift.why == rota.GAP
    glyph, tone = ("■", Tone.BAD) if is_gap else ("●", Tone.OK)
    until = look.tell("told.duty.until", at=look.until(shift.ends_at))
    left = (Span(f"{glyph} ", tone), Span(person(shift.contact, oncall), Tone.STRONG), Span(f"  {until}"))
    right = (Span(f"{_why(shift, look)} · {shift.schedule}", tone if is_gap else Tone.MUTED),)
    return spread(left, right, width)


def _why(shift: Shift, look: Look) -> str:
    kind, _, name = shift.why.partition(":")
    return look.tell(f"told.duty.{kind}", name=name)


def _ahead(plan: Plan, oncall: OnCall, look: Look, width: int) -> list[Row]:
    found = []
    if plan.next is not None:
        after = look.tell("told.duty.next", who=person(plan.next.contact, oncall), at=look.until(plan.next.starts_at))
        found += _indented(after, width, Tone.MUTED)
    if not plan.gaps:
        return found + _indented(look.tell("told.duty.no_gap"), width, Tone.MUTED)
    for gap in plan.gaps[:_GAPS_SHOWN]:
        text = look.tell(
            "told.duty.gap_at",
            start=look.until(gap.starts_at),
            end=look.until(gap.ends_at),
            who=person(gap.contact, oncall),
        )
        found += _indented(f"■ {text}", width, Tone.BAD)
    if len(plan.gaps) > _GAPS_SHOWN:
        found += _indented(look.tell("told.duty.more_gaps", n=len(plan.gaps) - _GAPS_SHOWN), width, Tone.BAD)
    return found


def _indented(text: str, width: int, tone: Tone) -> list[Row]:
    return [Row(line=(Span("  "), *row.line)) for row in paragraph(text, width - 2, tone)]


def override_rows(overrides: Sequence[Override], oncall: OnCall | None, look: Look, width: int) -> list[Row]:
    """Return the stand-ins that are not over, the one that ends first on top."""
    current = sorted((one for one in overrides if one.ends_at > look.now), key=lambda one: one.ends_at)
    if not current:
        return paragraph(look.tell("told.override.none"), width, Tone.MUTED)
    return [Row(line=_override(one, oncall, look, width), key=f"{OVERRIDE_KEY}{one.id}") for one in current]


def _override(one: Override, oncall: OnCall | None, look: Look, width: int) -> Line:
    name = person if width >= _ROOMY else given_name
    whom = name(one.out_contact, oncall) if one.out_contact else look.tell("told.override.anybody")
    text = look.tell("told.override.row", who=name(one.in_contact, oncall), whom=whom, schedule=one.schedule)
    when = f"{look.until(one.starts_at)} – {look.until(one.ends_at)}"
    reason = f"  {one.reason}" if one.reason else ""
    return spread((Span(text), Span(reason, Tone.MUTED)), (Span(when, Tone.MUTED),), width)
