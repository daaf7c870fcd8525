"""Measures the machine the monitor itself runs on.

Source: psutil's documentation; Linux proc(5) for load and uptime.
"""

from __future__ import annotations

import asyncio
import socket
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import psutil

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


async def observe(address: str, params: HostHealthParams, ctx: ProbeContext) -> Reading:
    """Measure this machine; the only address is `localhost`."""
    if address not in ADDRESSES:
        raise ValueError(f"host_health measures only the monitor's own machine: write localhost, not {address!r}")
    trace = Trace(ctx, params.timeout_s)
    return await trace.conclude(_measure(params, ctx.shared.get(CpuMeter), trace))


async def _measure(params: HostHealthParams, meter: CpuMeter, trace: Trace) -> str:
    trace.measures["cpu_ratio"] = await _cpu_ratio(meter)
    trace.measures.update(_memory_and_load())
    trace.facts["boot_at"] = _boot_at()
    trace.facts["hostname"] = clean(socket.gethostname())
    # A disk behind a dead network file system blocks whoever asks: not the event loop.
    trace.measures["disk_used_ratio"] = await asyncio.to_thread(_disk_used_ratio, params.disk)
    return ""


async def _cpu_ratio(meter: CpuMeter) -> float:
    if not meter.has_started:
        meter.advance(*_cpu_counters())
        await asyncio.sleep(SAMPLE_S)
    return meter.advance(*_cpu_counters())


def _cpu_counters() -> tuple[float, float]:
    """Return seconds in use and seconds in all; guests' time is already in the user's."""
    times = psutil.cpu_times()._asdict()
    total_s = sum(seconds for name, seconds in times.items() if not name.startswith("guest"))
    return total_s - times["idle"] - times.get("iowait", 0.0), total_s


def _memory_and_load() -> dict[str, float]:
    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    found = {
        "load_1m": psutil.getloadavg()[0],
        "memory_used_ratio": 1.0 - memory.available / memory.total,
        "swap_used_ratio": swap.used / swap.total if swap.total else 0.0,
        "uptime_s": _uptime_s(),
        "open_files_count": float(psutil.Process().num_fds()),
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


def _disk_used_ratio(path: str) -> float:
    try:
        return psutil.disk_usage(path).percent / 100
    except PermissionError as error:
        raise ProbeFailure(FailureKind.PERMISSION, f"disk {path}: {error.strerror}") from error


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
        "uptime_s": "seconds",
        "open_files_count": "descriptors",
        "temperature_celsius": "degrees Celsius",
    },
    facts={"boot_at": str, "hostname": str},
    example="localhost -p disk=/",
    source="psutil; Linux proc(5)",
)
