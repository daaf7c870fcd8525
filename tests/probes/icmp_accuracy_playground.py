"""A child program: pings a path of planned delays and losses while tshark captures, and prints both accounts.

    python -m tests.probes.icmp_accuracy_playground CASE
The path is answered by another process, so that no busy loop of ours can slow the path itself down.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

from pyroute2 import IPRoute

from bt_console.lab import kernel
from probes._wire.icmp_echoes import Params
from probes._wire.icmp_pinger import Pinger
from probes.api import Shared
from tests.probes.icmp_playground import allow_datagrams_only, ask, build_network, change_nothing
from tests.probes.planned_path import COUNT, PLANS, READY, SPACING_S, STEADY, TIMEOUT_S, address_of
from tests.probes.tshark_capture import PLACE, capture, messages, round_trips_s
from tests.probes.wires import Case, play

PACKETS, BURSTS, FPING, WARM_UP = range(4)
"""Who pings: our pinger packet by packet, our probe burst by burst, fping."""
BLOCKED_S = 0.05
_FREE_S = 0.005
_PARAMS = Params(count=COUNT, spacing_s=SPACING_S, timeout_s=TIMEOUT_S)
_ALLOWED_S = 30.0
MAC = "02:00:00:00:00:42"
"""The neighbours' on the far end."""
_WARM_UPS = 5


class Blocking:
    """What keeps the loop busy: it holds processor and interpreter for a while, again and again."""

    def __init__(self, blocked_s: float) -> None:
        self._blocked_s = blocked_s
        self.count = 0

    async def go_on(self) -> None:
        while self._blocked_s:
            until = time.monotonic() + self._blocked_s
            while time.monotonic() < until:
                pass
            self.count += 1
            await asyncio.sleep(_FREE_S)


def introduce() -> None:
    """Tell the kernel who answers: on a busy machine ARP would be given up before the far end gets its turn."""
    with IPRoute() as routes:
        (near,) = routes.link_lookup(ifname=PLACE)
        for address in [address for sender in (PACKETS, BURSTS, FPING, WARM_UP) for address in addresses(sender)]:
            routes.neigh("add", dst=address, lladdr=MAC, ifindex=near, state="permanent")


def far_end() -> subprocess.Popen[str]:
    """Start whoever answers; it ends with us."""
    parent = os.getpid()
    command = [sys.executable, "-m", "tests.probes.planned_path"]
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, preexec_fn=lambda: kernel.die_with_parent(parent)
    )
    assert child.stdout is not None
    assert child.stdout.readline().strip() == READY
    return child


def addresses(sender: int) -> list[str]:
    return [address_of(sender, plan) for plan in PLANS]


async def by_packet(shared: Shared) -> dict[str, Any]:
    """Ping as the probe does, and keep what it found of each packet."""
    echoes = await shared.get(Pinger).run(addresses(PACKETS), _PARAMS)
    return {
        one.address: {"rtts_s": one.rtts_s, "unjudged": one.unjudged_count, "kernel": one.is_kernel_stamped}
        for one in echoes
    }


async def by_burst(shared: Shared) -> dict[str, Any]:
    """Run the probe on every address at once, as the monitor does."""
    readings = await asyncio.gather(*(ask(address, _PARAMS, shared, _ALLOWED_S) for address in addresses(BURSTS)))
    return dict(zip(addresses(BURSTS), readings, strict=True))


async def by_fping() -> dict[str, list[float | None]]:
    """Return fping's round trips in the order sent."""
    numbers = ["-C", str(COUNT), "-p", f"{SPACING_S * 1000:g}", "-t", f"{TIMEOUT_S * 1000:g}", "-i", "1"]
    child = await asyncio.create_subprocess_exec(
        "fping", "-q", *numbers, *addresses(FPING), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    _, told = await child.communicate()
    return dict(rtts for line in told.decode().splitlines() if (rtts := _fping_line(line)) is not None)


def _fping_line(line: str) -> tuple[str, list[float | None]] | None:
    """Read `10.9.0.120 : 20.1 - 20.3`; None for a remark, such as one about a duplicate."""
    address, _, rest = line.partition(" : ")
    try:
        return address.strip(), [None if one == "-" else float(one) / 1000 for one in rest.split()]
    except ValueError:
        return None


@contextlib.asynccontextmanager
async def warm_pinger() -> AsyncIterator[Shared]:
    """Provide a pinger whose kernel stamps: it begins to a little after the first socket of the machine asks."""
    shared = Shared()
    try:
        for _ in range(_WARM_UPS):
            found = await ask(address_of(WARM_UP, STEADY), Params(count=1, timeout_s=2.0), shared, _ALLOWED_S)
            if found["facts"].get("stamps") == "kernel":
                break
        yield shared
    finally:
        shared.close()


async def measure(blocked_s: float, forbid: Callable[[], None]) -> dict[str, Any]:
    """Ping in all three ways at once; `wire` is what the capture holds of them."""
    blocking = Blocking(blocked_s)
    with tempfile.TemporaryDirectory(prefix="icmp-accuracy-") as name:
        with capture(Path(name)) as captured:
            forbid()
            async with warm_pinger() as shared:
                busy = asyncio.ensure_future(blocking.go_on())
                packets, bursts, fping = await asyncio.gather(by_packet(shared), by_burst(shared), by_fping())
                busy.cancel()
        wire = round_trips_s(messages(captured))
    return {"packets": packets, "bursts": bursts, "fping": fping, "wire": wire, "stall_count": blocking.count}


@contextlib.contextmanager
def path() -> Iterator[None]:
    """Build the network, with somebody at its far end."""
    build_network()
    introduce()
    far = far_end()
    try:
        yield
    finally:
        far.kill()
        far.communicate()


def case(blocked_s: float, forbid: Callable[[], None]) -> Case:
    async def measure_on(built: contextlib.ExitStack) -> dict[str, Any]:
        with built:
            return await measure(blocked_s, forbid)

    def build() -> contextlib.ExitStack:
        ends = contextlib.ExitStack()
        ends.enter_context(path())
        return ends

    return build, measure_on


CASES = {
    "raw-idle": case(0.0, change_nothing),
    "raw-busy": case(BLOCKED_S, change_nothing),
    "datagram-idle": case(0.0, allow_datagrams_only),
    "datagram-busy": case(BLOCKED_S, allow_datagrams_only),
}


if __name__ == "__main__":
    play(CASES)
