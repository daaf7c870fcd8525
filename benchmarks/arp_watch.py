"""Hears 5,000 ARP packets a second on a virtual wire, beside scapy's AsyncSniffer with the same filter.

Each runs in a child process in a network namespace of its own; a further process sends. CPU is user + system time of
the listening process while the packets come, as a share of one core.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import resource
import socket
import subprocess
import sys
import time
from typing import Any

from benchmarks import Figure, Result, Unavailable

RATE_PER_S = 5000
DURATION_S = 2.0
ROUNDS = 5
_FORBIDDEN = 77
_PACKETS = int(RATE_PER_S * DURATION_S)


def run() -> Result:
    """Measure both, taking turns. Raises Unavailable where the machine forbids user namespaces."""
    from scapy import VERSION

    rounds = [(_listen("ours"), _listen("scapy")) for _ in range(ROUNDS)]
    ours, peers = zip(*rounds, strict=True)
    figures = (
        Figure(
            what=f"ARP at {RATE_PER_S}/s: missed",
            unit="packets",
            ours=tuple(_PACKETS - one["heard_count"] for one in ours),
            at_most=0,
        ),
        Figure(
            what=f"ARP at {RATE_PER_S}/s: CPU",
            unit="share of a core",
            ours=tuple(one["cpu_ratio"] for one in ours),
            at_most=0.08,
        ),
        Figure(
            what="CPU per packet heard",
            unit="us",
            ours=tuple(_cpu_per_packet_us(one) for one in ours),
            peers=tuple(_cpu_per_packet_us(one) for one in peers),
            at_most=0.1,
        ),
    )
    missed = ", ".join(f"{1 - one['heard_count'] / _PACKETS:.0%}" for one in peers)
    paces = ", ".join(f"{one['pace_per_s']:.0f}" for one in (*ours, *peers))
    remarks = (f"scapy missed {missed} of the packets", f"sent at {paces} packets/s")
    return Result(peer=f"scapy {VERSION} AsyncSniffer", figures=figures, remarks=remarks)


def _cpu_per_packet_us(one: dict[str, float]) -> float:
    return one["cpu_ratio"] * DURATION_S * 1e6 / max(1.0, one["heard_count"])


def _listen(who: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.arp_watch", who]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode == _FORBIDDEN:
        raise Unavailable(f"this machine forbids user namespaces: {done.stderr.strip()}")
    if done.returncode != 0:
        raise Unavailable(f"the child that listens failed: {done.stderr.strip().splitlines()[-1]}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _build() -> socket.socket:
    """Enter a namespace with a pair of wires' ends, `near` and `far`; return a socket on the far one."""
    from pyroute2 import IPRoute

    from bt_console.lab import kernel

    try:
        kernel.enter_new_user_namespace()
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(_FORBIDDEN)
    with IPRoute() as rtnl:
        rtnl.link("add", ifname="near", kind="veth", peer={"ifname": "far"})
        for name in ("near", "far"):
            rtnl.link("set", index=rtnl.link_lookup(ifname=name)[0], state="up")
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    wire.bind(("far", 0))
    return wire


def _send(wire: socket.socket) -> None:
    """Put the packets on the wire at the rate: 250 machines that ask for each other."""
    from probes._wire import arp

    frames = [
        arp.build_request(mac=bytes([2, 0, 0, 0, 0, octet]), ip=bytes([10, 9, 0, octet]), wanted=bytes([10, 9, 0, 1]))
        for octet in range(250)
    ]
    started = time.monotonic()
    for number in range(_PACKETS):
        ahead_s = number / RATE_PER_S - (time.monotonic() - started)
        if ahead_s > 0.001:
            time.sleep(ahead_s)
        wire.send(frames[number % 250])


def _measured(wire: socket.socket, listen: Any) -> dict[str, float]:
    """Send from a forked process while `listen(sender)` runs; return what it heard and cost."""
    sender = os.fork()
    if sender == 0:
        time.sleep(1.0)  # the listener is ready by then
        started = time.monotonic()
        _send(wire)
        os._exit(min(255, int(_PACKETS / (time.monotonic() - started) / 100)))
    pace = [0.0]

    def has_ended() -> bool:
        pid, status = os.waitpid(sender, os.WNOHANG)
        if pid:
            pace[0] = os.waitstatus_to_exitcode(status) * 100.0
        return pid != 0

    before_s = _cpu_s()
    heard_count = listen(has_ended)
    cpu_s = _cpu_s() - before_s
    return {"heard_count": heard_count, "cpu_ratio": cpu_s / DURATION_S, "pace_per_s": pace[0]}


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _ours(has_ended: Any) -> float:
    return asyncio.run(_watch(has_ended))


async def _watch(has_ended: Any) -> float:
    from probes.api import ProbeContext, Shared
    from probes.arp_watch import ArpWatchParams, observe

    shared, heard_count, is_over = Shared(), 0.0, False
    while not is_over:
        is_over = has_ended()
        await asyncio.sleep(0.5)
        ctx = ProbeContext(deadline_s=asyncio.get_running_loop().time() + 5, shared=shared)
        reading = await observe("near", ArpWatchParams(listen_s=0.1), ctx)
        heard_count += reading.measures["heard_count"]
    shared.close()
    return heard_count


def _scapy(has_ended: Any) -> float:
    from scapy.layers.l2 import ARP
    from scapy.sendrecv import AsyncSniffer

    seen: dict[str, str] = {}
    heard = [0]

    def note(packet: Any) -> None:
        if packet[ARP].hwsrc.startswith("02:00"):
            heard[0] += 1
            seen[packet[ARP].psrc] = packet[ARP].hwsrc

    sniffer = AsyncSniffer(iface="near", filter="arp", store=False, prn=note)
    sniffer.start()
    while not has_ended():
        time.sleep(0.2)
    time.sleep(0.5)
    sniffer.stop()
    return float(heard[0])


if __name__ == "__main__":
    who = {"ours": _ours, "scapy": _scapy}[sys.argv[1]]
    # What starts with the program is not what a packet costs.
    for module in ("probes.arp_watch",) if who is _ours else ("scapy.layers.l2", "scapy.sendrecv"):
        importlib.import_module(module)
    print(json.dumps(_measured(_build(), who)))
