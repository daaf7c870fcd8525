"""Keeps what one run has found so far, so that a failure or the deadline loses none of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from types import TracebackType

from probes.api import Fact, FailureKind, Outcome, ProbeContext, ProbeFailure, Reading, clean

MARGIN_S = 0.02
"""A probe ends itself this much before its deadline: whoever waits for it would throw away what it knows."""


class Trace:
    """Measures and facts of one run, and the phase it is in."""

    def __init__(self, ctx: ProbeContext, timeout_s: float) -> None:
        self.now = asyncio.get_running_loop().time
        self.limit_s = min(ctx.deadline_s - MARGIN_S, self.now() + timeout_s)
        self.measures: dict[str, float] = {}
        self.facts: dict[str, Fact] = {}
        self.phase = ""
        self.if_late: ProbeFailure | None = None
        """What the deadline means once something wrong was seen and only something right was still hoped for."""

    def add(self, measure: str, value: float) -> None:
        """Add to a measure: the phases of redirected requests are summed."""
        self.measures[measure] = self.measures.get(measure, 0.0) + value

    def timed(self, phase: str, measure: str | None = None) -> _Phase:
        """Name the phase and, unless it fails, add its wall time to `<phase>_s`."""
        self.phase = phase
        return _Phase(self, measure or f"{phase}_s")

    async def conclude(self, work: Awaitable[str]) -> Reading:
        """Await the work, which returns a remark or "", and make a Reading of everything found."""
        start_s = self.now()
        try:
            async with asyncio.timeout_at(self.limit_s):
                detail = await work
        except TimeoutError:
            if self.if_late is not None:
                raise self._complete(self.if_late) from None
            return self._late(self.now() - start_s)
        except ProbeFailure as failure:
            raise self._complete(failure) from failure.__cause__
        return Reading(outcome=Outcome.OK, measures=self.measures, facts=self.facts, detail=clean(detail))

    def _late(self, waited_s: float) -> Reading:
        during = f" during {self.phase}" if self.phase else ""
        return Reading(
            outcome=Outcome.TIMEOUT,
            failure=FailureKind.NAME_NOT_FOUND if self.phase == "dns" else None,
            measures=self.measures,
            facts=self._facts_with_phase(),
            detail=f"no answer within {waited_s:.1f} s{during}",
        )

    def _complete(self, failure: ProbeFailure) -> ProbeFailure:
        failure.measures = {**self.measures, **failure.measures}
        failure.facts = {**self._facts_with_phase(), **failure.facts}
        return failure

    def _facts_with_phase(self) -> dict[str, Fact]:
        return {**self.facts, "phase": self.phase} if self.phase else self.facts


class _Phase:
    """Times one phase; a class, since every check passes several and a generator costs three times as much."""

    __slots__ = ("_measure", "_start_s", "_trace")

    def __init__(self, trace: Trace, measure: str) -> None:
        self._trace = trace
        self._measure = measure
        self._start_s = 0.0

    def __enter__(self) -> None:
        self._start_s = self._trace.now()

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        if kind is None:
            self._trace.add(self._measure, self._trace.now() - self._start_s)
