"""Which faults a demo causes when, and when it heals them: `--fault NAME:ARGUMENTS[@SECONDS[-SECONDS]]`."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bt_console.cli.command import UsageError
from bt_console.words import tell

if TYPE_CHECKING:
    from bt_console.lab.client import Lab

DEFAULT_FAULT_AT_S = 15.0
_LATEST_S = 1e7


@dataclass(frozen=True, slots=True)
class TimedFault:
    """One fault and when to cause or heal it, in seconds after the monitor knows every unit."""

    spec: str
    at_s: float
    is_healing: bool = False

    def carry_out(self, lab: Lab) -> None:
        """Cause or heal it. Raises LabError."""
        if self.is_healing:
            lab.heal(self.spec)
        else:
            lab.fault(self.spec)


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """The faults of one demo, in order of time."""

    faults: tuple[TimedFault, ...]

    @classmethod
    def read(cls, written: Sequence[str], language: str) -> FaultPlan:
        """Read arguments of `--fault`. Raises UsageError."""
        try:
            faults = [fault for text in written for fault in _read(text)]
        except ValueError as error:
            raise UsageError(tell(language, "cli.demo.bad_fault", written=str(error))) from error
        return cls(tuple(sorted(faults, key=lambda fault: fault.at_s)))

    @contextmanager
    def running(self, lab: Lab) -> Iterator[None]:
        """Cause and heal the faults at their times while the block runs."""
        done = threading.Event()
        thread = threading.Thread(target=self._carry_out_all, args=(lab, done), daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _carry_out_all(self, lab: Lab, done: threading.Event) -> None:
        began_s = time.monotonic()
        for fault in self.faults:
            if done.wait(max(0.0, began_s + fault.at_s - time.monotonic())):
                return
            fault.carry_out(lab)


def _read(text: str) -> Iterator[TimedFault]:
    """Yield a fault and, where its end is given, its healing. Raises ValueError with the text."""
    spec, _, times = text.partition("@")
    start, _, end = times.partition("-")
    at_s = _seconds(start, text) if start else DEFAULT_FAULT_AT_S
    until_s = _seconds(end, text) if end else _LATEST_S
    if not spec or not at_s < until_s or times.endswith("-"):
        raise ValueError(text)
    yield TimedFault(spec, at_s)
    if end:
        yield TimedFault(spec, until_s, is_healing=True)


def _seconds(written: str, text: str) -> float:
    try:
        value = float(written)
    except ValueError:
        value = -1.0
    if not 0 <= value < _LATEST_S:
        raise ValueError(text)
    return value
