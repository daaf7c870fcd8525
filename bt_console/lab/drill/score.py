"""Verdicts taken together: how many are right, and how soon things were known and told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from bt_console.lab.drill.judge import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How soon, over several faults."""

    count: int
    p50_s: float | None
    p95_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One drill."""

    faults_count: int
    right_count: int
    causes_wrong_count: int
    extra_pages_count: int
    detection: Times
    """Of faults that two missing answers prove."""
    page: Times
    gradual_detection: Times
    """Of those that build up, or are asked about more rarely."""
    gradual_page: Times


def score(verdicts: Sequence[Verdict]) -> Score:
    """Return the score of a drill."""
    prompt = [verdict for verdict in verdicts if not verdict.is_gradual and verdict.expected]
    gradual = [verdict for verdict in verdicts if verdict.is_gradual and verdict.expected]
    blamed = ("wrong_cause", "wrong_place", "wrong_impact", "not_detected", "needless_incident")
    return Score(
        faults_count=len(verdicts),
        right_count=sum(verdict.is_right for verdict in verdicts),
        causes_wrong_count=sum(any(code in blamed for code in verdict.problems) for verdict in verdicts),
        extra_pages_count=sum(verdict.extra_pages_count for verdict in verdicts),
        detection=_times(verdict.detected_s for verdict in prompt),
        page=_times(verdict.paged_s for verdict in prompt),
        gradual_detection=_times(verdict.detected_s for verdict in gradual),
        gradual_page=_times(verdict.paged_s for verdict in gradual),
    )


def _times(seconds: Iterable[float | None]) -> Times:
    known = [value for value in seconds if value is not None]
    if not known:
        return Times(count=0, p50_s=None, p95_s=None)
    p95_s = quantiles(known, n=20, method="inclusive")[-1] if len(known) > 1 else known[0]
    return Times(count=len(known), p50_s=median(known), p95_s=p95_s)
