"""The monitor of the example district at its default intervals: share of a core, memory; `status`; start to verified.

The lab runs beside it; only the monitor's process is counted. Peers do not cover the same checks, so these figures
stand alone: benchmarks/icmp_sweep.py compares the probing itself.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime

import psutil

from benchmarks import Figure, Result, Unavailable
from bt_console.cli.fault_plan import FaultPlan
from bt_console.cli.rehearsal import Rehearsal
from bt_console.facade import Console
from bt_console.lab.errors import LabError
from bt_console.model.health import HealthState

WARM_UP_S = 10.0
WINDOW_S = 15.0
WINDOWS = 4
STATUS_RUNS = 7
VERIFIED_LIMIT_S = 60.0


def run() -> Result:
    """Measure one district for about two minutes."""
    began_s = time.monotonic()
    try:
        rehearsal = Rehearsal.start(None, FaultPlan(()), "en")
    except LabError as error:
        raise Unavailable(str(error)) from error
    with closing(rehearsal):
        verified_s = _verified_after(rehearsal, began_s)
        time.sleep(WARM_UP_S)
        monitor = psutil.Process(rehearsal.monitor_pid)
        shares = tuple(_cpu_share(monitor) for _ in range(WINDOWS))
        memory = monitor.memory_full_info()
        statuses = tuple(_status_s(rehearsal) for _ in range(STATUS_RUNS))
    return Result(
        peer="",
        figures=(
            Figure(what="start to 17 verified units", unit="s", ours=(verified_s,), at_most=15),
            Figure(what="monitor, share of one core", unit="%", ours=shares, at_most=5),
            Figure(what="monitor, resident memory", unit="MB", ours=(memory.rss / 1e6,), at_most=120),
            Figure(what="`bt-console status`, wall", unit="s", ours=statuses, at_most=0.4),
        ),
        remarks=(f"proportional set size {memory.pss / 1e6:.0f} MB",),
    )


def _verified_after(rehearsal: Rehearsal, began_s: float) -> float:
    with closing(Console(rehearsal.store_path)) as console:
        while time.monotonic() - began_s < VERIFIED_LIMIT_S:
            snapshot = console.snapshot(datetime.now(UTC))
            if snapshot and snapshot.units and all(unit.state is HealthState.UP for unit in snapshot.units):
                return time.monotonic() - began_s
            time.sleep(0.05)
    raise Unavailable("the units were not verified within a minute")


def _cpu_share(process: psutil.Process) -> float:
    before = process.cpu_times()
    time.sleep(WINDOW_S)
    after = process.cpu_times()
    return 100 * (after.user + after.system - before.user - before.system) / WINDOW_S


def _status_s(rehearsal: Rehearsal) -> float:
    argv = [sys.executable, "-m", "bt_console", "--store", str(rehearsal.store_path), "status"]
    began_s = time.perf_counter()
    subprocess.run(argv, stdout=subprocess.DEVNULL, check=True, env=os.environ)
    return time.perf_counter() - began_s
