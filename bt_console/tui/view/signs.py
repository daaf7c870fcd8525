"""Glyph, word and tone of every state, and the smoke line of the newest samples."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import groupby

from bt_console.model.health import HealthState, Sample, Verdict
from bt_console.model.incident import Severity
from bt_console.model.snapshot import TargetView
from bt_console.tui.view.look import Look
from bt_console.tui.view.text import Line, Span, Tone, fit

GLYPH = {
    HealthState.UP: "●",
    HealthState.DEGRADED: "▲",
    HealthState.DOWN: "■",
    HealthState.UNREACHABLE: "□",
    HealthState.UNKNOWN: "?",
}
TONE = {
    HealthState.UP: Tone.OK,
    HealthState.DEGRADED: Tone.WARN,
    HealthState.DOWN: Tone.BAD,
    HealthState.UNREACHABLE: Tone.HIDDEN,
    HealthState.UNKNOWN: Tone.UNKNOWN,
}
SEVERITY_TONE = {Severity.CRITICAL: Tone.BAD, Severity.WARNING: Tone.WARN, Severity.INFO: Tone.ACCENT}
SEVERITY_GLYPH = {Severity.CRITICAL: "■", Severity.WARNING: "▲", Severity.INFO: "●"}
_LEVELS = "▁▂▃▄▅▆▇█"
_STEPS_MS = (10, 25, 50, 100, 200, 350, 600)
LOST, PART_LOST, NOT_MEASURED, MISSING, DONE = "×", "!", "?", ".", "✓"


def tone_of(state: HealthState, look: Look) -> Tone:
    """Return a state's tone, muted when it is old news."""
    return Tone.MUTED if look.is_stale else TONE[state]


def glyph(state: HealthState, look: Look) -> str:
    """Return a state's glyph, ~ when it is old news."""
    return "~" if look.is_stale and state is not HealthState.UNKNOWN else GLYPH[state]


def mark(state: HealthState, look: Look, *, is_short: bool = False) -> Span:
    """Return a state as glyph and word."""
    code = f"state.{state}.short" if is_short else f"state.{state}"
    return Span(f"{glyph(state, look)} {look.tell(code)}", tone_of(state, look))


def level(rtt_ms: float) -> str:
    """Return the block for a delay; the scale is fixed, so rows compare and nothing rescales."""
    return _LEVELS[bisect_right(_STEPS_MS, rtt_ms)]


def _sample_mark(sample: Sample) -> tuple[str, Tone]:
    if sample.verdict is Verdict.ERROR:
        return NOT_MEASURED, Tone.UNKNOWN
    if sample.verdict is Verdict.BAD:
        return LOST, Tone.BAD
    if sample.rtt_s is None:
        return (PART_LOST, Tone.WARN) if sample.verdict is Verdict.DEGRADED else (DONE, Tone.SMOKE)
    if sample.loss_ratio:
        return PART_LOST, Tone.WARN
    return level(sample.rtt_s * 1000), Tone.WARN if sample.verdict is Verdict.DEGRADED else Tone.SMOKE


def smoke(samples: Sequence[Sample], width: int, look: Look) -> Line:
    """Return the newest samples, one column each, newest at the right; `.` where there is none."""
    if width <= 0:
        return ()
    shown = samples[-width:]
    marks = [(MISSING, Tone.RULE)] * (width - len(shown)) + [_sample_mark(sample) for sample in shown]
    groups = groupby(marks, key=lambda pair: Tone.MUTED if look.is_stale else pair[1])
    return tuple(Span("".join(char for char, _ in group), tone) for tone, group in groups)


def delay_text(target: TargetView, look: Look) -> str:
    """Return a target's delay, ~ before an old value (when all are old, the glyph says so), a dash for none."""
    if target.rtt_ms is None:
        return look.tell("screen.no_value")
    return ("~" if target.is_stale and not look.is_stale else "") + look.delay(target.rtt_ms)


def loss_text(target: TargetView, look: Look) -> str:
    """Return a target's loss as a percentage."""
    return look.tell("screen.no_value") if target.loss_ratio is None else look.percent(target.loss_ratio)


def value_tone(target: TargetView, look: Look) -> Tone:
    """Return the tone of a target's numbers: calm unless they are bad or old."""
    if look.is_stale or target.is_stale:
        return Tone.MUTED
    return Tone.TEXT if target.state is HealthState.UP else TONE[target.state]


def service_dot(target: TargetView, look: Look) -> Line:
    """Return a service as glyph and short name."""
    return (
        Span(glyph(target.state, look) + " ", tone_of(target.state, look)),
        Span(fit(target.id, min(14, len(target.id))), Tone.MUTED if target.state is HealthState.UP else Tone.TEXT),
    )
