"""Sweeps 4,318 loopback addresses at 5,000 packets a second, against fping at the same pace.

Ours runs in a child process whose start (interpreter and imports) and exit are reported apart: the monitor starts once,
fping for every sweep. CPU is user + system time as the kernel accounts it.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from benchmarks import Figure, Result, Unavailable

ADDRESS_COUNT = 17 * 254
ROUNDS = 5
COUNTS = (1, 5)
PACE_PER_S = 5000


class Cost(NamedTuple):
    """What one sweep took."""

    wall_s: float
    cpu_s: float
    apart_s: float
    """CPU of our interpreter's start, imports and exit."""
    reply_count: int


def addresses() -> list[str]:
    return [f"127.20.{number // 254}.{number % 254 + 1}" for number in range(ADDRESS_COUNT)]


def run() -> Result:
    """Measure both, taking turns. Raises Unavailable without fping or without the right to ping at this pace."""
    fping = shutil.which("fping")
    if fping is None:
        raise Unavailable("fping is not installed (Debian: apt install fping)")
    version = subprocess.run([fping, "-v"], capture_output=True, text=True, check=True).stdout.split()[2]
    figures: list[Figure] = []
    remarks: list[str] = []
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(addresses()) + "\n")
        file.flush()
        for count in COUNTS:
            rounds = [(_our_sweep(count), _fping_sweep(fping, file.name, count)) for _ in range(ROUNDS)]
            figures += _figures(count, rounds)
            remarks.append(_remark(count, rounds))
    return Result(peer=f"fping {version}", figures=tuple(figures), remarks=tuple(remarks))


def _figures(count: int, rounds: Sequence[tuple[Cost, Cost]]) -> list[Figure]:
    ours, peers = zip(*rounds, strict=True)
    what = f"{ADDRESS_COUNT} addresses x {count}"
    return [
        Figure(
            what=f"{what}: wall",
            unit="s",
            ours=tuple(cost.wall_s for cost in ours),
            peers=tuple(cost.wall_s for cost in peers),
            at_most=0.8,
        ),
        Figure(
            what=f"{what}: CPU",
            unit="s",
            ours=tuple(cost.cpu_s for cost in ours),
            peers=tuple(cost.cpu_s for cost in peers),
            at_most=1.0,
        ),
        Figure(
            what=f"{what}: replies missed",
            unit="packets",
            ours=tuple(float(count * ADDRESS_COUNT - cost.reply_count) for cost in ours),
            at_most=0,
        ),
    ]


def _remark(count: int, rounds: Sequence[tuple[Cost, Cost]]) -> str:
    apart_s = median(ours.apart_s for ours, _ in rounds)
    pace = count * ADDRESS_COUNT / median(peer.wall_s for _, peer in rounds)
    apart = f"our interpreter, imports and exit {apart_s:.2f} s CPU, not included"
    return f"x {count}: {apart}; fping held {pace:.0f} packets/s"


def _our_sweep(count: int) -> Cost:
    child = subprocess.Popen([sys.executable, "-m", "benchmarks.icmp_sweep", str(count)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    printed = child.stdout.read()
    child.stdout.close()
    total_s = _reap(child)
    if child.returncode != 0:
        raise Unavailable("our own child failed; see its message above")
    found = json.loads(printed)
    return Cost(found["wall_s"], found["cpu_s"], total_s - found["cpu_s"], found["reply_count"])


def _reap(child: subprocess.Popen[bytes]) -> float:
    """Wait for a child and return the CPU time it used."""
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime


def _fping_sweep(fping: str, list_path: str, count: int) -> Cost:
    interval_ms = 1000 / PACE_PER_S
    command = [fping, "-q", "-C", str(count), "-i", f"{interval_ms:g}", "-p", "1000", "-t", "1000", "-r", "0"]
    started = time.monotonic()
    with tempfile.TemporaryFile() as output:
        child = subprocess.Popen([*command, "-f", list_path], stdout=subprocess.DEVNULL, stderr=output)
        cpu_s = _reap(child)
        wall_s = time.monotonic() - started
        output.seek(0)
        printed = output.read().decode()
    if child.returncode not in (0, 1):
        raise Unavailable(f"fping refused: {printed.strip().splitlines()[-1]}")
    replies = sum(word not in ("-", ":") for line in printed.splitlines() for word in line.split()[2:])
    return Cost(wall_s, cpu_s, 0.0, replies)


async def _sweep(count: int) -> dict[str, float]:
    from probes._wire.icmp_echoes import Params
    from probes._wire.icmp_pinger import Pinger

    pinger, targets = Pinger(rate_per_s=PACE_PER_S), addresses()
    cpu_before_s = _cpu_s()
    started = time.monotonic()
    echoes = await pinger.run(targets, Params(count=count, timeout_s=1.0))
    wall_s, cpu_s = time.monotonic() - started, _cpu_s() - cpu_before_s
    replies = sum(rtt_s is not None for one in echoes for rtt_s in one.rtts_s)
    pinger.close()
    return {"wall_s": wall_s, "cpu_s": cpu_s, "reply_count": replies}


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_sweep(int(sys.argv[1])))))
