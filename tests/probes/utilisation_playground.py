"""A child program: sends known flows over a line whose counters net-snmp's agent shows, and prints what was measured.

    python -m tests.probes.utilisation_playground CASE
Nothing else crosses the line: neighbours are known beforehand and there is no IPv6. A case prints what the kernel
counted right before and after each reading, so that nobody has to know when exactly the agent looked.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bt_console.lab import kernel
from probes import load
from probes.api import Shared
from probes.snmp_interfaces import Memory
from tests.probes.icmp_accuracy_playground import BLOCKED_S, Blocking
from tests.probes.wires import Case, Space, ask, join, play
from tests.servers.snmp_secrets import Secrets
from tests.servers.snmpd import MODULES, Snmpd, environment, program, snmpd

LINE, HERE, THERE, PORT = "line", "10.9.1.1", "10.9.1.2", 9
SPEED_BPS = 10_000_000
OUT_PER_S, IN_PER_S = 300.0, 100.0
"""Datagrams: a quarter of the line one way, a twelfth the other."""
_CACHE_STATUS = "1.3.6.1.4.1.8072.1.5.3.1.3.1.3.6.1.2.1.2.2"
"""nsCacheStatus of ifTable (NET-SNMP-AGENT-MIB)."""
_EMPTY = "3"
_CACHED_S = 3.3
"""Longer than the agent goes on telling what it read before: it reads the kernel's counters every 3 s."""
_INTERVAL_S = 2.0


class Line:
    """Two namespaces, the line between them, whoever swallows what is sent, and the agent on our side."""

    def __init__(self) -> None:
        self.home, self.far = Space.here(), Space.new()
        for space in (self.home, self.far):
            if Path("/proc/sys/net/ipv6/conf").exists():
                space.set("ipv6/conf/default/disable_ipv6", "1")
        join(self.home, LINE, self.far, "end")
        self.home.address(LINE, HERE)
        self.far.address("end", THERE)
        self._introduce(self.home, LINE, THERE, self.far.mac("end"))
        self._introduce(self.far, "end", HERE, self.home.mac(LINE))
        self.ends = ExitStack()
        self._sinks = [self.ends.enter_context(self._sink(*one)) for one in ((self.home, HERE), (self.far, THERE))]
        self.directory = Path(self.ends.enter_context(tempfile.TemporaryDirectory(prefix="utilisation-")))
        more = f"interface {LINE} 6 {SPEED_BPS}\nrwcommunity cache-secret 127.0.0.1\n"
        self.agent: Snmpd = self.ends.enter_context(snmpd(more=more, modules=f"{MODULES},nsCache"))

    def _introduce(self, space: Space, device: str, address: str, mac: str) -> None:
        space.rtnl.neigh("add", dst=address, lladdr=mac, ifindex=space.index(device), state="permanent")

    def _sink(self, space: Space, address: str) -> socket.socket:
        """Open what nobody reads: without it every datagram would be answered by an ICMP error."""
        with kernel.inside(space.fd):
            sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sink.bind((address, PORT))
        return sink

    def empty_cache(self) -> None:
        """Have the agent read the kernel's counters at the next question."""
        command = [program("snmpset"), "-v2c", "-c", "cache-secret", self.agent.address, _CACHE_STATUS, "i", _EMPTY]
        subprocess.run(command, check=True, capture_output=True, env=environment(self.agent.directory), timeout=20)

    def counted(self) -> tuple[int, int]:
        """Return the octets in and out that the kernel counted."""
        lines = Path("/proc/self/net/dev").read_text(encoding="ascii").splitlines()
        (numbers,) = (rest.split() for name, _, rest in (line.partition(":") for line in lines) if name.strip() == LINE)
        return int(numbers[0]), int(numbers[8])

    def flow(self, direction: str, count: int, rate_per_s: float) -> subprocess.Popen[str]:
        space, host = (self.home, THERE) if direction == "out" else (self.far, HERE)
        numbers = [str(PORT), str(count), str(rate_per_s)]
        command = [sys.executable, "-m", "tests.probes.paced_flow", host, *numbers]
        parent = os.getpid()
        with kernel.inside(space.fd):
            return subprocess.Popen(
                command, stdout=subprocess.PIPE, text=True, preexec_fn=lambda: kernel.die_with_parent(parent)
            )


class Meter:
    """Runs the probe and notes beside each reading what the kernel counted and when it was asked."""

    def __init__(self, line: Line, shared: Shared) -> None:
        self._line, self._shared = line, shared
        params = Secrets(line.directory).community()
        self._params = {**params, "interface": LINE, "timeout_s": 5.0}
        self.said: list[dict[str, Any]] = []

    async def read(self) -> None:
        before, asked_at = self._line.counted(), time.monotonic()
        address = self._line.agent.address
        reading = await ask("snmp_interfaces", address, shared=self._shared, **self._params)
        told_at, after = time.monotonic(), self._line.counted()
        memory = self._shared.get(Memory, address, load("snmp_interfaces").params(**self._params))
        assert memory.table is not None
        (row,) = (row for row in memory.table.rows if row.name == LINE)
        assert row.in_octets is not None
        assert row.out_octets is not None
        octets = {"in_octets": row.in_octets.value, "out_octets": row.out_octets.value}
        self.said.append(
            {"asked_at": asked_at, "told_at": told_at, "before": before, "after": after}
            | octets
            | {"speed_bps": row.speed_bps, "reading": reading}
        )


async def _ended(flow: subprocess.Popen[str]) -> dict[str, Any]:
    told, _ = await asyncio.get_running_loop().run_in_executor(None, flow.communicate)
    found: dict[str, Any] = json.loads(told)
    return found


async def between(line: Line, meter: Meter) -> dict[str, Any]:
    """Read when nothing flows yet, and again when all of it has passed."""
    await asyncio.sleep(_CACHED_S)
    await meter.read()
    flows = {"in": line.flow("in", 100, IN_PER_S), "out": line.flow("out", 300, OUT_PER_S)}
    sent = {direction: await _ended(flow) for direction, flow in flows.items()}
    await asyncio.sleep(_CACHED_S)
    await meter.read()
    return sent


async def during(line: Line, meter: Meter) -> dict[str, Any]:
    """Read twice while both flows go on."""
    began = line.counted()
    flows = {"in": line.flow("in", 500, IN_PER_S), "out": line.flow("out", 1500, OUT_PER_S)}
    while any(now <= then for now, then in zip(line.counted(), began, strict=True)):  # noqa: ASYNC110  the kernel wakes nobody
        await asyncio.sleep(0.02)
    line.empty_cache()
    await meter.read()
    await asyncio.sleep(_INTERVAL_S)
    line.empty_cache()
    await meter.read()
    return {direction: await _ended(flow) for direction, flow in flows.items()}


Scenario = Callable[[Line, Meter], Awaitable[dict[str, Any]]]


def case(scenario: Scenario, blocked_s: float = 0.0) -> Case:
    async def measure(line: Line) -> dict[str, Any]:
        shared, blocking = Shared(), Blocking(blocked_s)
        meter = Meter(line, shared)
        busy = asyncio.ensure_future(blocking.go_on())
        with line.ends:
            sent = await scenario(line, meter)
        busy.cancel()
        shared.close()
        return {"sent": sent, "said": meter.said, "stall_count": blocking.count}

    return Line, measure


CASES = {"between": case(between), "during": case(during), "during-busy": case(during, BLOCKED_S)}


if __name__ == "__main__":
    play(CASES)
