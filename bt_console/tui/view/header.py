"""The line that is always on the screen, and the banners under it."""

from __future__ import annotations

from collections.abc import Mapping

from bt_console.evaluate.overall import overall
from bt_console.model.health import HealthState
from bt_console.model.snapshot import EngineState, Snapshot
from bt_console.tui.view.calls import counts, given_name, person
from bt_console.tui.view.channels import path_marks
from bt_console.tui.view.look import Look, engine_state
from bt_console.tui.view.signs import SEVERITY_GLYPH, SEVERITY_TONE, mark
from bt_console.tui.view.text import Line, Span, Tone, cells, cut_line, fit, line_cells, spread

Forms = Mapping[str, tuple[Line, ...]]
"""Each part of the header in its forms, the fullest first; an empty line leaves it out."""
_LEFT, _RIGHT = ("verdict", "counts", "duty", "paths"), ("badge", "age", "clock")
_NAME_LEAST = 12
_GIVING_WAY = (
    ("paths", 1),
    ("age", 1),
    ("duty", 1),
    ("counts", 1),
    ("age", 2),
    ("clock", 1),
    ("counts", 2),
    ("duty", 2),
    ("paths", 2),
)
"""Which part takes which of its forms when there is too little room, in this order: paths that are well go first, then
words of the age, family names, words of the counts, seconds; then the counts, who is on duty, paths in trouble. The
district's name is cut last."""


def header(snapshot: Snapshot | None, look: Look, width: int, *, is_demo: bool) -> Line:
    """Return district, worst state, incidents, who is on duty, alert paths, data age and clock, as far as they fit."""
    badge = (Span(" DEMO ", Tone.BADGE), Span(" ")) if is_demo else ()
    if snapshot is None:
        right = (*badge, *_clocks(look)[0])
        return spread((Span(" " + look.tell("screen.waiting"), Tone.STRONG),), right, width)
    forms = _forms(snapshot, look, badge)
    name = cells(snapshot.district)
    steps, way = list(reversed(_GIVING_WAY)), dict[str, int]()
    left, right = _joined(forms, way)
    while steps and width - line_cells(left) - line_cells(right) - 4 < name:
        way.update([steps.pop()])
        left, right = _joined(forms, way)
    room = width - line_cells(left) - line_cells(right) - 4
    shown = fit(snapshot.district, min(name, max(_NAME_LEAST, room)))
    return spread((Span(f" {shown}  ", Tone.STRONG), *left), right, width)


def _joined(forms: Forms, way: Mapping[str, int]) -> tuple[Line, Line]:
    chosen = {part: shapes[min(way.get(part, 0), len(shapes) - 1)] for part, shapes in forms.items()}
    left = [span for part in _LEFT if chosen[part] for span in (*chosen[part], Span("  "))]
    return tuple(left[:-1]), tuple(span for part in _RIGHT for span in chosen[part])


def _forms(snapshot: Snapshot, look: Look, badge: Line) -> Forms:
    ages = tuple((*line, Span("  ")) for line in _ages(snapshot, look))
    return {
        "verdict": ((_verdict(snapshot, look),),),
        "counts": _incidents(snapshot, look),
        "duty": _duty(snapshot, look),
        "paths": path_marks(snapshot, look),
        "badge": (badge,),
        "age": ages,
        "clock": _clocks(look),
    }


def _verdict(snapshot: Snapshot, look: Look) -> Span:
    worst = overall(snapshot)
    if isinstance(worst, HealthState):
        return mark(worst, look)
    sign, tone = ("~", Tone.MUTED) if look.is_stale else (SEVERITY_GLYPH[worst], SEVERITY_TONE[worst])
    return Span(f"{sign} {look.tell(f'severity.{worst}')}", tone)


def lasting(line: Line) -> list[Span]:
    """Return a header without its spacing and what changes by the mere passing of time."""
    return [span for span in line[:-3] if span.text.strip()]


def _incidents(snapshot: Snapshot, look: Look) -> tuple[Line, ...]:
    found = counts(snapshot)
    if not found.opened:
        return ((Span(look.tell("screen.header.no_incidents"), Tone.MUTED),),)
    opened = Span(look.tell("screen.header.incidents", n=found.opened), Tone.STRONG)
    pairs = (("acknowledged", found.acked), ("muted", found.muted))
    told = [look.tell(f"screen.header.{code}", n=number) for code, number in pairs if number]
    if not told:
        return ((opened,),)
    marks = "".join(f" {sign}{number}" for sign, number in (("✓", found.acked), ("~", found.muted)) if number)
    return (
        (opened, Span(f" ({', '.join(told)})", Tone.MUTED)),
        (opened, Span(marks, Tone.MUTED)),
        (opened,),
    )


def _duty(snapshot: Snapshot, look: Look) -> tuple[Line, ...]:
    if not snapshot.duty or snapshot.oncall is None:
        return ((),)
    shift = snapshot.duty[0]
    names = (person(shift.contact, snapshot.oncall), given_name(shift.contact, snapshot.oncall))
    return (*((Span(look.tell("screen.header.duty", who=name), Tone.ACCENT),) for name in names), ())


def _clocks(look: Look) -> tuple[Line, ...]:
    zone = look.zone_label()
    return (
        (Span(f"{look.clock(look.now)} {zone} ", Tone.STRONG),),
        (Span(f"{look.minute(look.now)} {zone} ", Tone.STRONG),),
    )


def _ages(snapshot: Snapshot, look: Look) -> tuple[Line, ...]:
    ticked = snapshot.engine.last_tick_at
    if ticked is None:
        return ((Span(look.tell("screen.never_measured"), Tone.WARN),),)
    age, tone = look.span((look.now - ticked).total_seconds()), Tone.BAD if look.is_stale else Tone.MUTED
    codes = ("screen.age", "screen.age.short", "screen.age.least")
    return tuple((Span(look.tell(code, age=age), tone),) for code in codes)


def banners(snapshot: Snapshot | None, look: Look, width: int, *, trouble: str) -> tuple[Line, ...]:
    """Return the lines of alarm: nothing measured, late, a refused configuration, an unreadable store."""
    texts = [trouble] if trouble else []
    if snapshot is not None:
        texts += _engine_alarms(snapshot, look)
    return tuple((Span(fit(" " + text, width), Tone.ALARM),) for text in texts)


def _engine_alarms(snapshot: Snapshot, look: Look) -> list[str]:
    engine, alarms = snapshot.engine, []
    state = engine_state(snapshot, look.now)
    if state is EngineState.STOPPED:
        if engine.last_tick_at is None:
            alarms.append(look.tell("screen.no_monitor"))
        else:
            alarms.append(look.tell("screen.no_new_data", at=look.since(engine.last_tick_at, is_long=True)))
    elif state is EngineState.LATE:
        alarms.append(look.tell("screen.late", lag=look.span(engine.lag_s), n=engine.backlog_count))
    if engine.config_error:
        alarms.append(look.tell("screen.config_error", why=look.say(engine.config_error)))
    return alarms


def chip(text: str, shown: int, total: int, look: Look, width: int) -> Line:
    """Return the active filter with how many rows pass."""
    label = Span(f" {look.tell('screen.filter')}: {text} ", Tone.CHIP)
    return cut_line((label, Span(f"  {shown}/{total}  {look.tell('screen.filter_clear')}", Tone.MUTED)), width)
