"""A latency chart in text: one column per slice of time, median line inside its min-max band, losses under it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from bt_console.model.observation import Observation
from bt_console.tui.view.look import Look
from bt_console.tui.view.signs import LOST, NOT_MEASURED, PART_LOST
from bt_console.tui.view.text import Line, Row, Span, Tone, cells, cut_line, fit
from probes.api import Outcome, Reading

_AXIS = 7
_THIRDS = "▁─▔"
_NICE = (1.0, 2.0, 5.0, 10.0)
_DELAY_MEASURES = ("rtt_median_s", "total_s", "query_s", "handshake_s", "connect_s", "banner_s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """One column: delays in milliseconds, None where nothing came back."""

    low: float | None = None
    middle: float | None = None
    high: float | None = None
    mark: str = ""
    """A loss mark, or nothing."""


def delay_ms(reading: Reading) -> float | None:
    """Return the delay a reading stands for, whatever its kind calls it."""
    if reading.outcome is not Outcome.OK:
        return None
    found = next((reading.measures[name] for name in _DELAY_MEASURES if name in reading.measures), None)
    return None if found is None else found * 1000


def slices(observations: Sequence[Observation], start: datetime, end: datetime, count: int) -> tuple[Slice, ...]:
    """Return the observations boiled down to `count` columns of equal length, oldest first."""
    step = (end - start) / count
    buckets: list[list[Reading]] = [[] for _ in range(count)]
    for observation in observations:
        index = int((observation.started_at - start) / step)
        if 0 <= index < count:
            buckets[index].append(observation.reading)
    return tuple(_slice(bucket) for bucket in buckets)


def _slice(readings: Sequence[Reading]) -> Slice:
    if not readings:
        return Slice()
    delays = [delay for reading in readings if (delay := delay_ms(reading)) is not None]
    lows = [reading.measures["rtt_min_s"] * 1000 for reading in readings if "rtt_min_s" in reading.measures]
    highs = [reading.measures["rtt_max_s"] * 1000 for reading in readings if "rtt_max_s" in reading.measures]
    mark = _loss_mark(readings)
    if not delays:
        return Slice(mark=mark)
    return Slice(low=min(delays + lows), middle=median(delays), high=max(delays + highs), mark=mark)


def _loss_mark(readings: Sequence[Reading]) -> str:
    if any(reading.outcome in (Outcome.FAIL, Outcome.TIMEOUT) for reading in readings):
        return LOST
    if any(reading.measures.get("loss_ratio", 0.0) > 0 for reading in readings):
        return PART_LOST
    return NOT_MEASURED if all(reading.outcome is Outcome.ERROR for reading in readings) else ""


def ceiling(values: Sequence[Slice]) -> float:
    """Return the top of the axis: the next of 1, 2, 5 x 10^n above the highest delay."""
    highest = max((column.high for column in values if column.high is not None), default=1.0)
    size = 1.0
    while size * 10 < highest:
        size *= 10
    while size > highest and size > 0.01:
        size /= 10
    return next(size * nice for nice in _NICE if size * nice >= highest)


def chart(values: Sequence[Slice], look: Look, height: int, *, start: datetime, end: datetime) -> tuple[Row, ...]:
    """Return the chart's rows: `height` lines of plot, a line of losses, a line of times."""
    top = ceiling(values)
    rows = []
    for y in range(height):
        label = {0: look.delay(top), height // 2: look.delay(top * (height - height // 2) / height)}.get(y, "")
        plot = [_cell(column, top, height, height - 1 - y) for column in values]
        rows.append(Row(line=(Span(fit(label, _AXIS - 2, right=True) + " │", Tone.MUTED), *_merge(plot))))
    losses = [(column.mark or " ", _mark_tone(column.mark)) for column in values]
    rows.append(
        Row(line=(Span(fit(look.tell("screen.lost_row"), _AXIS - 2, right=True) + " │", Tone.MUTED), *_merge(losses)))
    )
    rows.append(Row(line=_times(look, len(values), start, end)))
    return tuple(rows)


def _mark_tone(mark: str) -> Tone:
    return {LOST: Tone.BAD, PART_LOST: Tone.WARN}.get(mark, Tone.UNKNOWN)


def _cell(column: Slice, top: float, height: int, level: int) -> tuple[str, Tone]:
    if column.middle is None or column.low is None or column.high is None:
        return " ", Tone.RULE
    at = min(column.middle / top * height, height - 0.001)
    if int(at) == level:
        return _THIRDS[int((at - level) * 3)], Tone.ACCENT
    is_band = column.low / top * height < level + 1 and column.high / top * height > level
    return ("░", Tone.RULE) if is_band else (" ", Tone.RULE)


def _merge(marks: Sequence[tuple[str, Tone]]) -> Line:
    spans: list[Span] = []
    for char, tone in marks:
        if spans and (spans[-1].tone is tone or char == " "):
            spans[-1] = Span(spans[-1].text + char, spans[-1].tone)
        else:
            spans.append(Span(char, tone))
    return tuple(spans)


def _times(look: Look, width: int, start: datetime, end: datetime) -> Line:
    marks = min(4, width // 8 - 1)
    text = ""
    for index in range(marks):
        at = int(width * index / marks)
        text = fit(text, at) + look.minute(start + timedelta(seconds=(end - start).total_seconds() * index / marks))
    last = look.minute(end)
    line = fit(text, max(0, width - cells(last))) + last
    return cut_line((Span(" " * _AXIS + line, Tone.MUTED),), _AXIS + width)


def plot_width(width: int) -> int:
    """Return how many columns of time fit into a chart of that width."""
    return max(10, width - _AXIS)
