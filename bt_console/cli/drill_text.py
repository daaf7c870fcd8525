"""A drill's verdicts as an aligned table with a score, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bt_console.words import tell
from probes.api import clean

if TYPE_CHECKING:
    from bt_console.lab.drill.judge import Verdict
    from bt_console.lab.drill.record import Record
    from bt_console.lab.drill.score import Score, Times

_COLUMNS = (
    "fault",
    "missed",
    "incident",
    "page",
    "recovery",
    "incidents",
    "pages",
    "people",
    "extra",
    "cause",
    "right",
)
_NUMBERS = range(1, 9)
_NONE = "-"
_TEXT_LIMIT, _SHOWN = 2000, 160


def table_lines(verdicts: Sequence[Verdict], language: str) -> list[str]:
    """Return one line for each fault under a heading; what is wrong with it stands at its end."""
    rows = [[tell(language, f"drill.column.{name}") for name in _COLUMNS]]
    rows += [_row(verdict, language) for verdict in verdicts]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_COLUMNS))]
    return ["  ".join(_padded(cell, at, widths[at]) for at, cell in enumerate(row)).rstrip() for row in rows]


def told_lines(verdict: Verdict, record: Record, language: str) -> list[str]:
    """Return a verdict as soon as it is known; of one that is not right, what led to it."""
    lines = [" ".join(cell for cell in table_lines([verdict], language)[1].split(" ") if cell)]
    if verdict.is_right:
        return lines
    for seen in record.incidents:
        named = ", ".join(f"{_at(record, name.at)} {name.kind} {name.unit} ({name.units_count})" for name in seen.names)
        lines.append(f"    #{seen.id} {named}; {_at(record, seen.resolved_at)}")
    for letter in record.letters:
        first = clean(letter.text[:_TEXT_LIMIT].strip().partition("\n")[0], _SHOWN)
        lines.append(f"    {_at(record, letter.at)} {letter.channel} {letter.contact}: {first}")
    return lines


def _at(record: Record, at: datetime | None) -> str:
    return f"[{(at - record.caused_at).total_seconds():.1f} s]" if at else _NONE


def _padded(cell: str, at: int, width: int) -> str:
    return cell.rjust(width) if at in _NUMBERS else cell.ljust(width)


def _row(verdict: Verdict, language: str) -> list[str]:
    said = verdict.named or tell(language, "drill.nothing")
    problems = ", ".join(tell(language, f"drill.problem.{code}") for code in verdict.problems)
    return [
        verdict.spec,
        *(_seconds(s) for s in (verdict.missed_s, verdict.detected_s, verdict.paged_s, verdict.recovered_s)),
        str(verdict.incidents_count),
        str(verdict.pages_count),
        str(verdict.people_count),
        str(verdict.extra_pages_count),
        said,
        problems or tell(language, "drill.right"),
    ]


def _seconds(value: float | None) -> str:
    return _NONE if value is None else f"{value:.1f}"


def score_lines(score: Score, language: str) -> list[str]:
    """Return the sum of it."""
    head = tell(
        language,
        "drill.score",
        right=score.right_count,
        faults=score.faults_count,
        causes=score.causes_wrong_count,
        extra=score.extra_pages_count,
    )
    lines = [head]
    for code, times in (
        ("drill.detection", score.detection),
        ("drill.page", score.page),
        ("drill.gradual_detection", score.gradual_detection),
        ("drill.gradual_page", score.gradual_page),
    ):
        if times.count:
            values = {"p50": _seconds(times.p50_s), "p95": _seconds(times.p95_s), "n": times.count}
            lines.append(tell(language, code, **values))
    return lines


def drill_document(verdicts: Sequence[Verdict], score: Score, at: datetime, *, is_quick: bool) -> dict[str, Any]:
    """Return `bt-console/drill/1`."""
    return {
        "schema": "bt-console/drill/1",
        "at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "is_quick": is_quick,
        "faults": [{**asdict(verdict), "is_right": verdict.is_right} for verdict in verdicts],
        "score": {
            "faults_count": score.faults_count,
            "right_count": score.right_count,
            "causes_wrong_count": score.causes_wrong_count,
            "extra_pages_count": score.extra_pages_count,
            "detection": _times(score.detection),
            "page": _times(score.page),
            "gradual_detection": _times(score.gradual_detection),
            "gradual_page": _times(score.gradual_page),
        },
    }


def _times(times: Times) -> dict[str, Any]:
    return asdict(times)
