"""Measures the machine the monitor itself runs on, and the monitor's own process.

Source: psutil's documentation; Linux proc(5) for load and uptime, statvfs(3) for inodes, adjtimex(2) for the clock.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import psutil

from probes._wire.errors import BadInput
from probes._wire.kernel_clock import read_clock
from probes._wire.trace import Trace
from probes.api import FailureKind, ProbeContext, ProbeFailure, ProbeKind, Reading, clean

ADDRESSES = frozenset({"localhost", "127.0.0.1", "::1"})
SAMPLE_S = 0.2
"""How long the processor is watched when no earlier run left a count to compare with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostHealthParams:
    """Which disk to look at."""

    timeout_s: float = 5.0
    disk: str = "/"
    """A path on the file system to measure."""


@dataclass(slots=True)
class CpuMeter:
    """Remembers the processor's counters between runs: use is a difference of two readings."""

    busy_s: float = 0.0
    total_s: float = 0.0

    def close(self) -> None:
        """Nothing is held open."""

    @property
    def has_started(self) -> bool:
        """False before the first advance()."""
        return self.total_s > 0.0

    def advance(self, busy_s: float, total_s: float) -> float:
        """Return the share of time in use since the last call, 0 when the counters stood still."""
        busy_before_s, total_before_s = self.busy_s, self.total_s
        self.busy_s, self.total_s = busy_s, total_s
        passed_s = total_s - total_before_s
        return min(1.0, max(0.0, (busy_s - busy_before_s) / passed_s)) if passed_s > 0 else 0.0


class OwnCpuMeter(CpuMeter):
    """The same for the monitor's own process, against the time that passed: the share of one core."""


async def observe(address: str, params: HostHealthParams, ctx: ProbeContext) -> Reading:
    """Measure this machine; the only address is `localhost`."""
    if address not in ADDRESSES:
        raise BadInput(f"host_health measures only the monitor's own machine: write localhost, not {address!r}")
    trace = Trace(ctx, params.timeout_s)
    meters = ctx.shared.get(CpuMeter), ctx.shared.get(OwnCpuMeter)
    return await trace.conclude(_measure(params, *meters, trace))


async def _measure(params: HostHealthParams, meter: CpuMeter, own: OwnCpuMeter, trace: Trace) -> str:
    if not meter.has_started:
        meter.advance(*_cpu_counters())
        own.advance(*_own_counters())
        await asyncio.sleep(SAMPLE_S)
    trace.measures["cpu_ratio"] = meter.advance(*_cpu_counters())
    trace.measures["own_cpu_ratio"] = own.advance(*_own_counters())
    trace.measures.update(_memory_and_load())
    trace.measures.update(_own())
    trace.facts["boot_at"] = _boot_at()
    trace.facts["hostname"] = clean(socket.gethostname())
    _note_clock(trace)
    # A disk behind a dead network file system blocks whoever asks, and many processes take long: not the event loop.
    trace.measures.update(await asyncio.to_thread(_disk_and_processes, params.disk))
    return ""


def _note_clock(trace: Trace) -> None:
    clock = read_clock()
    if clock is not None:
        trace.facts["clock_synchronised"] = clock.is_synchronised
        trace.measures["clock_error_s"] = clock.error_s
        # Nothing is left to correct where nobody corrects: that 0 would pass for a clock that is right.
        if clock.is_synchronised:
            trace.measures["clock_offset_s"] = clock.offset_s


def _cpu_counters() -> tuple[float, float]:
    """Return seconds in use and seconds in all; guests' time is already in the user's."""
    times = psutil.cpu_times()._asdict()
    total_s = sum(seconds for name, seconds in times.items() if not name.startswith("guest"))
    return total_s - times["idle"] - times.get("iowait", 0.0), total_s


def _own_counters() -> tuple[float, float]:
    """Return seconds our process was busy and seconds that passed."""
    times = psutil.Process().cpu_times()
    return times.user + times.system, time.monotonic()


def _own() -> dict[str, float]:
    process = psutil.Process()
    with process.oneshot():
        return {
            "own_memory_octets": float(process.memory_info().rss),
            "own_open_files_count": float(process.num_fds()),
            "own_thread_count": float(process.num_threads()),
        }


def _memory_and_load() -> dict[str, float]:
    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    found = {
        "load_1m": psutil.getloadavg()[0],
        "memory_used_ratio": 1.0 - memory.available / memory.total,
        "swap_used_ratio": swap.used / swap.total if swap.total else 0.0,
        "uptime_s": _uptime_s(),
    }
    hottest = _hottest_celsius()
    return found if hottest is None else {**found, "temperature_celsius": hottest}


def _uptime_s() -> float:
    """Time asleep counts where the system can tell."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def _boot_at() -> str:
    return datetime.fromtimestamp(psutil.boot_time(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _hottest_celsius() -> float | None:
    """Return None on machines without sensors, as virtual ones are."""
    read = getattr(psutil, "sensors_temperatures", None)
    sensors = read() if read is not None else {}
    return max((entry.current for entries in sensors.values() for entry in entries), default=None)


def _disk_and_processes(path: str) -> dict[str, float]:
    try:
        inodes, used_ratio = os.statvfs(path), psutil.disk_usage(path).percent / 100
    except PermissionError as error:
        raise ProbeFailure(FailureKind.PERMISSION, f"disk {path}: {error.strerror}") from error
    except FileNotFoundError as error:
        raise BadInput(f"disk {path}: there is no such path on this machine") from error
    states = [process.info["status"] for process in psutil.process_iter(["status"])]
    found = {
        "disk_used_ratio": used_ratio,
        "process_count": float(len(states)),
        "zombie_count": float(states.count(psutil.STATUS_ZOMBIE)),
    }
    # btrfs and some network file systems count no inodes.
    return {**found, "inodes_used_ratio": 1.0 - inodes.f_favail / inodes.f_files} if inodes.f_files else found


PROBE = ProbeKind(
    name="host_health",
    params=HostHealthParams,
    observe=observe,
    measures={
        "cpu_ratio": "ratio",
        "load_1m": "processes",
        "memory_used_ratio": "ratio",
        "swap_used_ratio": "ratio",
        "disk_used_ratio": "ratio",
        "inodes_used_ratio": "ratio",
        "uptime_s": "seconds",
        "temperature_celsius": "degrees Celsius",
        "process_count": "processes",
        "zombie_count": "processes",
        "clock_offset_s": "seconds",
        "clock_error_s": "seconds",
        "own_cpu_ratio": "ratio",
        "own_memory_octets": "octets",
        "own_open_files_count": "descriptors",
        "own_thread_count": "threads",
    },
    facts={"boot_at": str, "hostname": str, "clock_synchronised": bool},
    example="localhost -p disk=/",
    source="psutil; Linux proc(5), statvfs(3), adjtimex(2)",
)
