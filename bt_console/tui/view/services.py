"""The shared services: state, where the time goes, certificate, the reason of a failure."""

from __future__ import annotations

from collections.abc import Sequence

from bt_console.model.health import HealthState
from bt_console.model.snapshot import CheckView, Snapshot, TargetView
from bt_console.tui.view.filters import Filter, service_fields
from bt_console.tui.view.look import Look
from bt_console.tui.view.signs import delay_text, mark, smoke, tone_of, value_tone
from bt_console.tui.view.text import Line, Row, Span, Tone, blank, cut_line, fit, fold, heading, spread, wrap

PHASES = ("dns_s", "connect_s", "tls_s", "first_byte_s", "body_s")
FILL = dict(zip(PHASES, "░▒▓█▚", strict=True))
_CERTIFICATE = "certificate_days_left"
_STATE, _MS, _DAYS = 13, 5, 6
_CERTIFICATE_WARN_DAYS = 30
CHECK_KEY = "check:"


def phases(target: TargetView) -> tuple[tuple[str, float], ...]:
    """Return the seconds of each phase of the first check that knows them."""
    for check in target.checks:
        known = dict(check.measures)
        split = tuple((name, known[name]) for name in PHASES if known.get(name, 0.0) > 0)
        if len(split) > 1:
            return split
    return ()


def certificate_days(target: TargetView) -> float | None:
    """Return the fewest days left of any certificate the service showed."""
    days = [dict(check.measures)[_CERTIFICATE] for check in target.checks if _CERTIFICATE in dict(check.measures)]
    return min(days, default=None)


def shares(values: Sequence[float], width: int) -> list[int]:
    """Return whole columns in proportion to the values, each at least one, together exactly width."""
    total = sum(values)
    if total <= 0 or width < len(values):
        return [0] * len(values)
    parts = [max(1, round(value / total * width)) for value in values]
    while sum(parts) != width:
        step = 1 if sum(parts) < width else -1
        parts[parts.index(max(parts))] += step
    return parts


def bar(target: TargetView, width: int, look: Look) -> Line:
    """Return where the time goes, as one proportional bar; blank when unknown."""
    split = phases(target)
    if not split or width < len(PHASES):
        return (Span(" " * max(0, width)),)
    tone = Tone.MUTED if look.is_stale or target.state is not HealthState.UP else Tone.ACCENT
    sizes = shares([seconds for _, seconds in split], width)
    return tuple(Span(FILL[name] * size, tone) for (name, _), size in zip(split, sizes, strict=True))


def legend(look: Look, width: int) -> Line:
    """Return what each filling of the bar means."""
    line: list[Span] = [Span(" ")]
    for name in PHASES:
        line += (Span(FILL[name] * 2 + " ", Tone.ACCENT), Span(look.tell(f"phase.{name}") + "   ", Tone.MUTED))
    return cut_line(line, width)


def _widths(width: int) -> tuple[int, int]:
    room = width - _STATE - _MS - _DAYS - 4
    name = max(16, min(34, room * 6 // 10))
    return name, max(0, min(48, room - name))


def head(look: Look, width: int) -> Line:
    """Return the column titles."""
    name, bar_width = _widths(width)
    parts = (
        fit(look.tell("screen.col.service"), name),
        fit(look.tell("screen.col.state"), _STATE),
        fit("ms", _MS, right=True),
        fit(look.tell("screen.col.time"), bar_width),
        fit(look.tell("screen.col.certificate"), _DAYS, right=True),
    )
    return (Span(" " + " ".join(parts), Tone.HEAD),)


def rows(snapshot: Snapshot, look: Look, width: int, wanted: Filter) -> tuple[Row, ...]:
    """Return one row per service, and under a failing one the reason."""
    found: list[Row] = []
    for service in snapshot.services:
        if wanted.accepts(service_fields(service, look)):
            found.append(_row(service, look, width))
            found += _reason_rows(service, look, width)
    return tuple(found)


def _row(service: TargetView, look: Look, width: int) -> Row:
    name, bar_width = _widths(width)
    state = mark(service.state, look)
    line = (
        Span(fit(service.name, name) + " ", Tone.TEXT if service.state is HealthState.UP else Tone.STRONG),
        Span(fit(state.text, _STATE) + " ", state.tone),
        Span(fit(delay_text(service, look), _MS, right=True) + " ", value_tone(service, look)),
        *bar(service, bar_width, look),
        *_days(service, look),
    )
    return Row(line=line, key=service.id)


def _days(service: TargetView, look: Look) -> Line:
    days = certificate_days(service)
    if days is None:
        return (Span(" " + fit("–", _DAYS, right=True), Tone.RULE),)
    tone = Tone.BAD if days < 0 else Tone.WARN if days < _CERTIFICATE_WARN_DAYS else Tone.MUTED
    sign = "!" if days < _CERTIFICATE_WARN_DAYS else ""
    return (Span(" " + fit(sign + look.number(days), _DAYS, right=True), tone),)


def last_failure(target: TargetView) -> tuple[CheckView, str, str] | None:
    """Return the newest failure among the samples kept: its check, kind and detail."""
    failures = [(s.started_at, check, s) for check in target.checks for s in check.samples if s.failure]
    if not failures:
        return None
    _, check, sample = max(failures, key=lambda item: item[0])
    return check, sample.failure, sample.detail


def _reason_rows(service: TargetView, look: Look, width: int) -> list[Row]:
    if service.state is HealthState.UP:
        return []
    text = look.say(service.reason)
    failure = last_failure(service)
    why = look.detail(failure[2]) if failure else ""
    if why and fold(why) not in fold(text):
        text = f"{text} · {why}" if text else why
    return [Row(line=(Span("  └ " + line, Tone.MUTED),)) for line in wrap(text, width - 4)[:2]]


def detail(service: TargetView, look: Look, width: int) -> tuple[Row, ...]:
    """Return one service whole: its numbers, its checks, its last failure."""
    rows = [heading(service.name, width, service.address)]
    state, since = mark(service.state, look), look.since(service.since, is_long=True)
    rows.append(Row(line=(state, Span(" " + look.tell("screen.since", at=since), Tone.MUTED))))
    split = phases(service)
    if split:
        parts = [f"{look.tell(f'phase.{name}')}\u00a0{look.delay(seconds * 1000)}\u00a0ms" for name, seconds in split]
        rows += [Row(line=(Span(text, Tone.TEXT),)) for text in wrap(" · ".join(parts), width)]
    failure = last_failure(service)
    if failure:
        check, kind, why = failure
        said = look.tell("screen.last_failure", probe=check.probe, why=look.detail(why) or look.tell(f"failure.{kind}"))
        rows += [Row(line=(Span(text, Tone.MUTED),)) for text in wrap(said, width)]
    rows += [blank(), heading(look.tell("screen.checks"), width, look.tell("screen.checks_note"))]
    rows += [_check_row(check, look, width) for check in service.checks]
    return tuple(rows)


def _check_row(check: CheckView, look: Look, width: int) -> Row:
    newest = check.samples[-1] if check.samples else None
    delay = "–" if newest is None or newest.rtt_s is None else look.delay(newest.rtt_s * 1000)
    state = mark(check.state, look, is_short=True)
    right = (Span(fit(delay, 5, right=True) + " ms  "), *smoke(check.samples, min(20, max(6, width - 46)), look))
    left = (Span(fit(state.text, 11) + " ", tone_of(check.state, look)), Span(check.id.partition(":")[2]))
    return Row(line=spread(left, right, width), key=f"{CHECK_KEY}{check.id}")
