"""The monitor's own pulse: what it tells the screens about itself."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bt_console.engine.pipeline import Pipeline
from bt_console.engine.scheduler import Scheduler
from bt_console.model.change import Change
from bt_console.model.snapshot import EngineState, EngineStatus
from probes.api import Outcome, Reading

LATE_LAG_S = 1.0
RATE_WINDOW_S = 10.0


@dataclass(slots=True)
class Pulse:
    """Counts runs and collects notes until they are stored."""

    started_at: datetime
    config_error: str = ""
    icmp_mode: str = ""
    _runs_count: int = 0
    _marks: deque[tuple[datetime, int]] = field(default_factory=deque)
    _notes: list[Change] = field(default_factory=list)

    def count(self, reading: Reading) -> None:
        """Count one finished run."""
        self._runs_count += 1
        if reading.outcome is Outcome.OK and "stamps" in reading.facts:
            self.icmp_mode = str(reading.facts.get("mode", ""))

    def note(self, change: Change) -> None:
        """Keep a change made outside the pipeline until it can be stored."""
        self._notes.append(change)

    def take_notes(self) -> list[Change]:
        """Return the changes noted since the last call."""
        notes, self._notes = self._notes, []
        return notes

    def status(self, scheduler: Scheduler, pipeline: Pipeline, now: datetime, now_s: float) -> EngineStatus:
        """Return the engine's condition at an instant."""
        next_s = scheduler.next_s()
        lag_s = max(scheduler.lag_s, now_s - next_s if next_s is not None else 0.0)
        times = sorted(pipeline.detect_s)
        return EngineStatus(
            state=EngineState.LATE if lag_s > LATE_LAG_S else EngineState.RUNNING,
            started_at=self.started_at,
            last_tick_at=now,
            lag_s=round(lag_s, 4),
            backlog_count=scheduler.backlog_count(now_s),
            checks_per_s=self._rate(now),
            detect_p50_s=percentile(times, 0.5),
            detect_p95_s=percentile(times, 0.95),
            config_error=self.config_error,
            icmp_mode=self.icmp_mode,
        )

    def _rate(self, now: datetime) -> float:
        self._marks.append((now, self._runs_count))
        while now - self._marks[0][0] > timedelta(seconds=RATE_WINDOW_S):
            self._marks.popleft()
        since, count = self._marks[0]
        elapsed_s = (now - since).total_seconds()
        return round((self._runs_count - count) / elapsed_s, 1) if elapsed_s > 0 else 0.0


def percentile(ordered: list[float], share: float) -> float | None:
    """Return the nearest-rank percentile of values in rising order; None of none."""
    if not ordered:
        return None
    rank = max(1, -(-len(ordered) * share // 1))
    return round(ordered[int(rank) - 1], 3)
