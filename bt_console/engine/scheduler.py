"""What is due when: a heap of checks with steady phases, and questions asked out of turn.

No input, output or waiting: the engine asks what is due and says what has started and finished.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2s

from bt_console.model.inventory import Check, CheckId

FIRST_ROUND_S = 2.0
"""New checks all have their first run within this, so that the district is known soon after a start."""
ASK_SPACING_S = 1.0
"""A check asked out of turn starts no sooner than this after its last start: two misses must be two moments."""


@dataclass(frozen=True, slots=True)
class Due:
    """A run to start now."""

    check: Check
    due_s: float
    is_confirmation: bool


@dataclass(slots=True)
class _Entry:
    check: Check
    due_s: float
    started_s: float | None = None
    is_running: bool = False
    asked_s: float | None = None


class Scheduler:
    """Times are seconds of one monotonic clock."""

    def __init__(self) -> None:
        self._entries: dict[CheckId, _Entry] = {}
        self._heap: list[tuple[float, CheckId]] = []
        self.skipped_count = 0
        """Slots passed over because the check's previous run had not ended, or the schedule was late."""
        self.lag_s = 0.0
        """How late the newest scheduled run was handed out."""

    def set_checks(self, checks: Mapping[CheckId, Check], now_s: float) -> None:
        """Take over a new set: what is unchanged keeps its place, so that a reload makes no burst."""
        for check_id in set(self._entries) - set(checks):
            del self._entries[check_id]
        for check in checks.values():
            entry = self._entries.get(check.id)
            if entry is not None and entry.check.interval_s == check.interval_s:
                entry.check = check
                continue
            spread_s = min(check.interval_s, FIRST_ROUND_S)
            self._entries[check.id] = _Entry(check, now_s + phase(check.id) * spread_s)
        self._rebuild()

    def _rebuild(self) -> None:
        self._heap = [(self._wake_s(entry), check_id) for check_id, entry in self._entries.items()]
        heapq.heapify(self._heap)

    @staticmethod
    def _wake_s(entry: _Entry) -> float:
        return entry.due_s if entry.asked_s is None else min(entry.due_s, entry.asked_s)

    def next_s(self) -> float | None:
        """Return when something is due next; None with nothing to measure."""
        return self._heap[0][0] if self._heap else None

    def backlog_count(self, now_s: float) -> int:
        """Return how many runs are due and not handed out."""
        return sum(wake_s <= now_s for wake_s, _ in self._heap)

    def ask(self, check_ids: Iterable[CheckId], now_s: float) -> None:
        """Run checks out of turn as soon as their spacing allows; those running or asked already are left alone."""
        for check_id in check_ids:
            entry = self._entries.get(check_id)
            if entry is None or entry.is_running or entry.asked_s is not None:
                continue
            earliest_s = now_s if entry.started_s is None else entry.started_s + ASK_SPACING_S
            entry.asked_s = max(now_s, earliest_s)
            heapq.heappush(self._heap, (entry.asked_s, check_id))

    def pop_due(self, now_s: float) -> list[Due]:
        """Return the runs to start now, and plan the next ones."""
        found: list[Due] = []
        while self._heap and self._heap[0][0] <= now_s:
            wake_s, check_id = heapq.heappop(self._heap)
            entry = self._entries.get(check_id)
            if entry is None or wake_s != self._wake_s(entry):
                continue
            due = self._start(entry, wake_s, now_s)
            heapq.heappush(self._heap, (self._wake_s(entry), check_id))
            if due is not None:
                found.append(due)
        return found

    def _start(self, entry: _Entry, wake_s: float, now_s: float) -> Due | None:
        is_confirmation = wake_s < entry.due_s
        entry.asked_s = None
        if not is_confirmation:
            self.lag_s = now_s - wake_s
            entry.due_s = self._next_due_s(entry, now_s)
        if entry.is_running:
            self.skipped_count += not is_confirmation
            return None
        entry.is_running, entry.started_s = True, now_s
        return Due(entry.check, wake_s, is_confirmation)

    def _next_due_s(self, entry: _Entry, now_s: float) -> float:
        """Return the check's next slot on its own grid, passing over those already gone."""
        interval_s = entry.check.interval_s
        offset_s = phase(entry.check.id) * interval_s
        slot = int((now_s - offset_s) // interval_s) + 1
        next_s = slot * interval_s + offset_s
        if next_s - now_s < interval_s / 2 and entry.started_s is None:
            next_s += interval_s
        missed = int((now_s - entry.due_s) // interval_s)
        self.skipped_count += max(0, missed)
        return next_s

    def finished(self, check_id: CheckId) -> None:
        """Say that a run has ended, so that the next may start."""
        entry = self._entries.get(check_id)
        if entry is not None:
            entry.is_running = False


def phase(check_id: CheckId) -> float:
    """Return a check's place in its interval, 0 to below 1: the same on every start, spread evenly over checks."""
    return int.from_bytes(blake2s(check_id.encode(), digest_size=8).digest()) / 2**64
