"""Compares every round-trip time the pinger reports with the one on the wire, while its event loop is kept busy.

The path is a veth pair in a namespace of its own whose far end replies after 20 ms; the truth is the difference of the
time stamps a packet capture (AF_PACKET) gives the same two packets on the near end.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Sequence

from benchmarks import Figure, Result, Unavailable
from probes._wire.icmp_echoes import Echoes, Params
from probes._wire.icmp_pinger import Pinger
from tests.probes.icmp_playground import FORBIDDEN, Neighbours, build_network, enter_namespace

ROUNDS = 5
ADDRESSES = tuple(f"10.9.0.{octet}" for octet in range(100, 150))
PARAMS = Params(count=20, spacing_s=0.05, timeout_s=1.0)
PACE_PER_S = 1000
LOADS_S = {"idle": (0.0, 0.1), "busy 5 of 10 ms": (0.005, 0.005), "stalled 50 of 200 ms": (0.05, 0.15)}
"""How long the loop is blocked, and how long it then runs freely."""
_SO_TIMESTAMPNS = 35
_ALL_PROTOCOLS = 3


def run() -> Result:
    """Measure each load in a child process of its own. Raises Unavailable without user namespaces."""
    figures: list[Figure] = []
    for load in LOADS_S:
        rounds = [_round(load) for _ in range(ROUNDS)]
        p50s, p99s, maxima, losses = zip(*rounds, strict=True)
        figures += [
            Figure(what=f"{load}: error p50", unit="us", ours=p50s),
            Figure(what=f"{load}: error p99", unit="us", ours=p99s, at_most=10),
            Figure(what=f"{load}: error max", unit="us", ours=maxima, at_most=150),
            Figure(what=f"{load}: replies missed", unit="packets", ours=losses, at_most=0),
        ]
    remark = f"{len(ADDRESSES) * PARAMS.count} packets a round at {PACE_PER_S}/s over a path of 20 ms"
    return Result(peer="", figures=tuple(figures), remarks=(remark,))


def _round(load: str) -> tuple[float, float, float, float]:
    command = [sys.executable, "-m", "benchmarks.rtt_truth", load]
    child = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, timeout=120)
    if child.returncode == FORBIDDEN:
        raise Unavailable("this machine forbids user namespaces")
    if child.returncode != 0:
        raise Unavailable("the child failed; see its message above")
    found = json.loads(child.stdout)
    errors_us = sorted(abs(one) for one in found["errors_us"])
    p99 = errors_us[min(len(errors_us) - 1, len(errors_us) * 99 // 100)]
    return errors_us[len(errors_us) // 2], p99, errors_us[-1], float(found["missed_count"])


def _capture() -> socket.socket:
    """Open a capture on the near end, with room for a whole round."""
    capture = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL_PROTOCOLS))
    capture.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * 1024 * 1024)
    capture.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    capture.bind(("near", _ALL_PROTOCOLS))
    capture.setblocking(False)
    return capture


def _wire_rtts_s(capture: socket.socket) -> dict[str, list[float | None]]:
    """Return, per address, the round trips on the wire in the order sent; None = no reply."""
    sent: dict[str, list[int]] = defaultdict(list)
    at_ns: dict[tuple[int, int], int] = {}
    while True:
        try:
            frame, ancillary, _, _ = capture.recvmsg(256, 128)
        except BlockingIOError:
            break
        if frame[12:14] != b"\x08\x00" or frame[23] != socket.IPPROTO_ICMP:
            continue
        seconds, nanoseconds = struct.unpack_from("@ll", ancillary[0][2])
        sequence = int.from_bytes(frame[40:42], "big")
        at_ns.setdefault((frame[34], sequence), seconds * 1_000_000_000 + nanoseconds)
        if frame[34] == 8:
            sent[socket.inet_ntoa(frame[30:34])].append(sequence)
    return {
        address: [
            (at_ns[0, sequence] - at_ns[8, sequence]) / 1e9 if (0, sequence) in at_ns else None
            for sequence in sequences
        ]
        for address, sequences in sent.items()
    }


async def _load(blocked_s: float, free_s: float) -> None:
    while True:
        if blocked_s:
            until = time.monotonic() + blocked_s
            while time.monotonic() < until:
                pass
        await asyncio.sleep(free_s)


async def _ping(load: str) -> list[Echoes]:
    pinger = Pinger(rate_per_s=PACE_PER_S)
    async with asyncio.TaskGroup() as tasks:
        busy = tasks.create_task(_load(*LOADS_S[load]))
        echoes = await pinger.run(ADDRESSES, PARAMS)
        busy.cancel()
    pinger.close()
    return echoes


def _compare(echoes: Sequence[Echoes], wire: dict[str, list[float | None]]) -> dict[str, object]:
    errors_us: list[float] = []
    missed_count = 0
    for one in echoes:
        for ours_s, true_s in zip(one.rtts_s, wire[one.address], strict=True):
            if ours_s is not None and true_s is not None:
                errors_us.append((ours_s - true_s) * 1e6)
            # A reply that was on the wire in time but is not in the result is an invented loss.
            elif ours_s is None and true_s is not None and true_s < PARAMS.timeout_s:
                missed_count += 1
    return {"errors_us": errors_us, "missed_count": missed_count}


def main(load: str) -> None:
    enter_namespace()
    build_network()
    neighbours = os.fork()
    if neighbours == 0:
        Neighbours(0.02).run()
    try:
        capture = _capture()
        echoes = asyncio.run(_ping(load))
        print(json.dumps(_compare(echoes, _wire_rtts_s(capture))))
        capture.close()
    finally:
        os.kill(neighbours, signal.SIGKILL)
        os.waitpid(neighbours, 0)


if __name__ == "__main__":
    main(sys.argv[1])
