"""The line that is always on the screen, and the banners under it."""

from __future__ import annotations

from bt_console.evaluate.overall import overall
from bt_console.model.health import HealthState
from bt_console.model.snapshot import EngineState, Snapshot
from bt_console.tui.view.look import Look, engine_state
from bt_console.tui.view.signs import SEVERITY_GLYPH, SEVERITY_TONE, mark
from bt_console.tui.view.text import Line, Span, Tone, cells, cut_line, fit, line_cells, spread


def header(snapshot: Snapshot | None, look: Look, width: int, *, is_demo: bool) -> Line:
    """Return district, worst state, open incidents, data age and clock; the district's name gives way first."""
    clock = Span(f"{look.clock(look.now)} {look.zone_label()} ", Tone.STRONG)
    badge = (Span(" DEMO ", Tone.BADGE), Span("  ")) if is_demo else ()
    if snapshot is None:
        return spread((Span(" " + look.tell("screen.waiting"), Tone.STRONG),), (*badge, clock), width)
    facts = (_verdict(snapshot, look), Span("  "), *_incidents(snapshot, look), Span(" "))
    right = (*badge, *_age(snapshot, look), Span("  "), clock)
    room = width - line_cells(facts) - line_cells(right) - 1
    if room < cells(snapshot.district) + 3:
        facts = (*facts[:3], facts[-1])
        room = width - line_cells(facts) - line_cells(right) - 1
    name = (Span(" " + fit(snapshot.district, max(4, min(room - 3, 40))).rstrip() + "  ", Tone.STRONG),)
    return spread((*name, *facts), right, width)


def _verdict(snapshot: Snapshot, look: Look) -> Span:
    worst = overall(snapshot)
    if isinstance(worst, HealthState):
        return mark(worst, look)
    sign, tone = ("~", Tone.MUTED) if look.is_stale else (SEVERITY_GLYPH[worst], SEVERITY_TONE[worst])
    return Span(f"{sign} {look.tell(f'severity.{worst}')}", tone)


def lasting(line: Line) -> list[Span]:
    """Return a header without its spacing and what changes by the mere passing of time."""
    return [span for span in line[:-3] if span.text.strip()]


def _incidents(snapshot: Snapshot, look: Look) -> Line:
    opened = snapshot.open_incidents
    if not opened:
        return (Span(look.tell("screen.header.no_incidents"), Tone.MUTED),)
    seen = sum(1 for incident in opened if incident.acknowledged_at is not None)
    text = look.tell("screen.header.incidents", n=len(opened))
    told = look.tell("screen.header.acknowledged", n=seen) if seen else ""
    return (Span(text, Tone.STRONG), Span(told, Tone.MUTED))


def _age(snapshot: Snapshot, look: Look) -> Line:
    ticked = snapshot.engine.last_tick_at
    if ticked is None:
        return (Span(look.tell("screen.never_measured"), Tone.WARN),)
    age = look.span((look.now - ticked).total_seconds())
    return (Span(look.tell("screen.age", age=age), Tone.BAD if look.is_stale else Tone.MUTED),)


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
