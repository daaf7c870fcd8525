"""What a number was made from: the observations of one check, and one of them whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bt_console.model.observation import Observation
from bt_console.tui.view.chart import delay_ms
from bt_console.tui.view.look import Look
from bt_console.tui.view.text import Line, Row, Span, Tone, cut_line, fit, heading, wrap
from probes.api import Fact, Outcome

_TIME, _SEQ, _OUTCOME, _DELAY, _LOSS = 8, 8, 12, 7, 5
_TONE = {Outcome.OK: Tone.OK, Outcome.FAIL: Tone.BAD, Outcome.TIMEOUT: Tone.BAD, Outcome.ERROR: Tone.UNKNOWN}
_SIGN = {Outcome.OK: "●", Outcome.FAIL: "■", Outcome.TIMEOUT: "×", Outcome.ERROR: "?"}


def head(look: Look, width: int) -> Line:
    """Return the column titles."""
    parts = (
        fit(look.tell("screen.col.time_of"), _TIME),
        fit(look.tell("screen.col.outcome"), _OUTCOME),
        fit("ms", _DELAY, right=True),
        fit(look.tell("screen.col.loss"), _LOSS, right=True),
        " " + look.tell("screen.col.detail"),
    )
    return cut_line((Span(" " + " ".join(parts), Tone.HEAD),), width)


def rows(observations: Sequence[Observation], look: Look, width: int) -> tuple[Row, ...]:
    """Return one row per observation, newest first."""
    return tuple(_row(observation, look, width) for observation in reversed(observations))


def _row(observation: Observation, look: Look, width: int) -> Row:
    reading = observation.reading
    delay, loss = delay_ms(reading), reading.measures.get("loss_ratio")
    outcome = f"{_SIGN[reading.outcome]} {look.tell(f'outcome.{reading.outcome}')}"
    detail = look.detail(reading.detail) or (look.tell(f"failure.{reading.failure}") if reading.failure else "")
    if observation.is_confirmation:
        detail = f"{look.tell('screen.confirmation')} {detail}"
    line = (
        Span(look.clock(observation.started_at) + " ", Tone.MUTED),
        Span(fit(outcome, _OUTCOME) + " ", _TONE[reading.outcome]),
        Span(fit("–" if delay is None else look.delay(delay), _DELAY, right=True) + " "),
        Span(fit("–" if loss is None else look.percent(loss), _LOSS, right=True) + "  "),
        Span(detail, Tone.MUTED),
    )
    return Row(line=cut_line(line, width), key=str(observation.seq))


def detail(observation: Observation, look: Look, width: int) -> tuple[Row, ...]:
    """Return one observation whole: when, how long, every measure and every fact."""
    title = look.tell("screen.observation", seq=observation.seq)
    late_ms = (observation.started_at - observation.due_at).total_seconds() * 1000
    facts = look.tell(
        "screen.observation_times",
        due=look.clock(observation.due_at),
        late=_ms(max(0.0, late_ms), look),
        took=_ms(observation.duration_s * 1000, look),
    )
    found = [heading(title, width, look.clock(observation.started_at))]
    found += [Row(line=(Span(line, Tone.MUTED),)) for line in wrap(facts, width)]
    found += _pairs({name: _measure(name, value, look) for name, value in observation.reading.measures.items()}, width)
    found += _pairs({name: _fact(value, look) for name, value in observation.reading.facts.items()}, width)
    if observation.reading.detail:
        found += [Row(line=(Span(line, Tone.TEXT),)) for line in wrap(observation.reading.detail, width)]
    return tuple(found)


def _ms(value: float, look: Look) -> str:
    return look.number(value, 1 if value < 9.95 else 0)


def _pairs(pairs: Mapping[str, str], width: int) -> list[Row]:
    size = max(18, min(26, width // 3))
    found = []
    for name, value in pairs.items():
        first, *others = wrap(value, max(8, width - size)) or ["–"]
        found.append(Row(line=(Span(fit(name, size - 1) + " ", Tone.HEAD), Span(first))))
        found += [Row(line=(Span(" " * size + text),)) for text in others[:3]]
    return found


def _measure(name: str, value: float, look: Look) -> str:
    if name.endswith("_ratio"):
        return look.percent(value)
    if name.endswith("_s"):
        return f"{look.number(value * 1000, 2)} ms" if value < 10 else f"{look.number(value, 1)} s"
    return look.number(value, 0 if value == int(value) else 2)


def _fact(value: Fact, look: Look) -> str:
    if isinstance(value, tuple):
        return ", ".join(str(part) for part in value)
    if isinstance(value, bool):
        return look.tell("screen.yes" if value else "screen.no")
    return look.number(value, 2) if isinstance(value, float) else str(value)
