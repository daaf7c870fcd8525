"""A demo's parts: the lab, a monitor inside it, a store, faults at their times, and what is told on the way."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from subprocess import DEVNULL, Popen, TimeoutExpired
from typing import TYPE_CHECKING

from bt_console.cli.diagnostics import note
from bt_console.cli.fault_plan import FaultPlan, TimedFault
from bt_console.cli.letters import gist
from bt_console.facade import Console, StoreError
from bt_console.lab.client import Lab, LabError
from bt_console.lab.drill.judge import sort_of
from bt_console.lab.example import example_config
from bt_console.lab.faults import effects_of
from bt_console.lab.rundir import GUEST
from bt_console.words import say, tell
from probes.api import clean

if TYPE_CHECKING:
    from bt_console.lab.client import Arrival
    from bt_console.model.snapshot import Event, Snapshot

START_LIMIT_S = 60.0
POLL_S = 0.2
Now = Callable[[], datetime]


class Rehearsal:
    """A lab with a monitor in its hub. Everything it made goes with close()."""

    def __init__(self, lab: Lab, store_path: Path, monitor: Popen[bytes], parts: ExitStack, log_path: Path) -> None:
        self.lab = lab
        self.store_path = store_path
        self._monitor = monitor
        self._parts = parts
        self._log_path = log_path

    @classmethod
    def start(cls, config: str | None, plan: FaultPlan, language: str) -> Rehearsal:
        """Build the lab of a configuration, start a monitor in it, and wait until it measures."""
        with ExitStack() as parts:
            run_dir = Path(tempfile.gettempdir()) / f"bt-console-demo-{token_hex(8)}"
            note(tell(language, "cli.demo.building"))
            lab = Lab.start(Path(config) if config else example_config(), run_dir)
            parts.callback(lab.stop)
            for fault in plan.faults:
                effects_of(fault.spec, lab.names)
            for code in lab.missing:
                note(tell(language, "cli.demo.missing", what=say(language, code)))
            guest = run_dir / GUEST
            guest.mkdir(mode=0o700)
            store_path, log_path = guest / "store.sqlite", guest / "monitor.log"
            monitor = _spawn_monitor(lab, store_path, log_path)
            parts.callback(_stop, monitor)
            rehearsal = cls(lab, store_path, monitor, parts.pop_all(), log_path)
        try:
            rehearsal._wait_for_store(language)
        except BaseException:
            rehearsal.close()
            raise
        return rehearsal

    @property
    def monitor_pid(self) -> int:
        """Process id of the monitor, for those who measure it."""
        return self._monitor.pid

    def _wait_for_store(self, language: str) -> None:
        limit_s = time.monotonic() + START_LIMIT_S
        while time.monotonic() < limit_s:
            self.insist_on_monitor(language)
            try:
                console = Console(self.store_path)
            except StoreError:
                time.sleep(POLL_S)
                continue
            console.close()
            return
        raise LabError(tell(language, "cli.demo.no_monitor", log=self._log_tail()))

    def insist_on_monitor(self, language: str) -> None:
        """Raise LabError when the monitor has ended by itself, with the end of its log."""
        if self._monitor.poll() is not None:
            raise LabError(tell(language, "cli.demo.no_monitor", log=self._log_tail()))

    def _log_tail(self) -> str:
        try:
            return self._log_path.read_text("utf-8", "replace")[-2000:].strip()
        except OSError:
            return ""

    def close(self) -> None:
        """Stop the monitor, take the lab down, remove every file."""
        self._parts.close()


def _spawn_monitor(lab: Lab, store_path: Path, log_path: Path) -> Popen[bytes]:
    argv = [sys.executable, "-m", "bt_console", "-c", str(lab.config_path), "--store", str(store_path)]
    argv += ["monitor", "--trust-file", str(lab.trust_file)]
    with os.fdopen(os.open(log_path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as log:
        return lab.spawn("hub", argv, stdin=DEVNULL, stdout=log, stderr=log)


def _stop(process: Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except TimeoutExpired:
        process.kill()
        process.wait()


def watch(rehearsal: Rehearsal, plan: FaultPlan, for_s: float | None, now: Now, language: str) -> Snapshot:
    """Tell what happens on stderr, cause the faults at their times, and return what is known at the end."""
    console = Console(rehearsal.store_path)
    try:
        return _Watch(rehearsal, console, now, language).run(plan, for_s)
    except KeyboardInterrupt:
        return _snapshot(console, now)
    finally:
        console.close()


def _snapshot(console: Console, now: Now) -> Snapshot:
    snapshot = console.snapshot(now())
    if snapshot is None:
        raise LabError("the monitor stored nothing")
    return snapshot


class _Watch:
    """The headless demo's loop."""

    def __init__(self, rehearsal: Rehearsal, console: Console, now: Now, language: str) -> None:
        self._rehearsal = rehearsal
        self._console = console
        self._now = now
        self._language = language
        self._seen_seq = 0
        self._letter_seq = 0
        self._began_s = time.monotonic()
        self._waiting: list[TimedFault] = []

    def run(self, plan: FaultPlan, for_s: float | None) -> Snapshot:
        """Watch for so many seconds, or until interrupted."""
        self._waiting = list(plan.faults)
        while for_s is None or time.monotonic() - self._began_s < for_s:
            self._rehearsal.insist_on_monitor(self._language)
            self._cause()
            self._tell()
            time.sleep(POLL_S)
        self._tell()
        return _snapshot(self._console, self._now)

    def _cause(self) -> None:
        while self._waiting and time.monotonic() - self._began_s >= self._waiting[0].at_s:
            fault = self._waiting.pop(0)
            fault.carry_out(self._rehearsal.lab)
            self._say("cli.demo.healed" if fault.is_healing else "cli.demo.caused", what=fault.spec)

    def _tell(self) -> None:
        for event in self._console.events(self._seen_seq):
            self._seen_seq = event.seq
            if not _is_minor(event):
                self._say("cli.demo.event", what=say(self._language, event.message))
        for letter in self._rehearsal.lab.letters(self._letter_seq):
            self._letter_seq = letter.seq
            self._say(f"cli.demo.told.{sort_of(letter.text)}", **_shown(letter))

    def _say(self, code: str, **fields: str) -> None:
        after_s = f"{time.monotonic() - self._began_s:.1f}"
        note(tell(self._language, code, after=after_s, **fields))


def _shown(letter: Arrival) -> dict[str, str]:
    """Return whom a message reached, by which way, and its first line."""
    name = clean(letter.name or letter.recipient, 80)
    return {"name": name, "channel": letter.channel, "what": gist(letter)}


def _is_minor(event: Event) -> bool:
    """Whether an event only says that a target was found working at first, or went and came with what is before it."""
    return event.kind == "transition" and any(change in event.message for change in _MINOR)


_MINOR = ("|before=unknown|after=up", "|after=unreachable", "|before=unreachable|after=up")
