"""Receives 5,000 version 2c traps a second on loopback, and the same traps slower with pysnmp.

The sender is a process of its own with a steady pace. A trap counts as lost when the sensor neither kept it nor counted
it as broken or dropped. CPU is user + system time of the receiver as the kernel accounts it.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import time
from typing import Any

from benchmarks import Figure, Result

RATE_PER_S = 5000
SENT_COUNT = 10_000
PEER_RATE_PER_S = 150
PEER_SENT_COUNT = 300
ROUNDS = 5
SETTLE_S = 0.5


def run() -> Result:
    """Measure both, taking turns."""
    ours, peers = [], []
    for _ in range(ROUNDS):
        ours.append(asyncio.run(_ours()))
        peers.append(asyncio.run(_pysnmp()))
    cpu = Figure(
        what="CPU a trap",
        unit="us",
        ours=tuple(one["cpu_us"] for one in ours),
        peers=tuple(one["cpu_us"] for one in peers),
        at_most=0.1,
    )
    figures = (
        Figure(what="lost at 5,000/s", unit="traps", ours=tuple(one["lost"] for one in ours), at_most=0),
        Figure(what="CPU a trap, alone", unit="us", ours=cpu.ours, at_most=60),
        cpu,
        Figure(what="longest hold of the loop", unit="ms", ours=tuple(one["held_ms"] for one in ours), at_most=20),
    )
    rates = [one["rate_per_s"] for one in ours]
    remark = (
        f"{SENT_COUNT} traps a round, the sender held {min(rates):.0f} to {max(rates):.0f}/s; "
        f"pysnmp at {PEER_RATE_PER_S}/s, which it bears"
    )
    return Result(peer="pysnmp", figures=figures, remarks=(remark,))


def _trap() -> bytes:
    """linkDown with uptime, index, name and description, as a switch sends it."""

    def tlv(tag: int, content: bytes) -> bytes:
        assert len(content) < 256
        size = bytes((len(content),)) if len(content) < 128 else bytes((0x81, len(content)))
        return bytes((tag,)) + size + content

    def bind(name: str, tag: int, content: bytes) -> bytes:
        return tlv(0x30, tlv(0x06, bytes.fromhex(name)) + tlv(tag, content))

    binds = bind("2b06010201010300", 0x43, b"\x01\x23\x45")
    binds += bind("2b060106030101040100", 0x06, bytes.fromhex("2b0601060301010503"))
    binds += bind("2b060102010202010103", 0x02, b"\x03")
    binds += bind("2b060102010202010703", 0x02, b"\x01")
    binds += bind("2b060102011f0101010103", 0x04, b"GigabitEthernet1/0/3")
    numbers = tlv(0x02, b"\x2f\x1e\x2d\x3c") + tlv(0x02, b"\x00") * 2
    return tlv(0x30, tlv(0x02, b"\x01") + tlv(0x04, b"benchmark") + tlv(0xA7, numbers + tlv(0x30, binds)))


def _send(port: int, rate_per_s: float, count: int) -> float:
    """Send in bursts of a millisecond, as a busy network would. Returns the pace that was held."""
    import socket

    trap, start_s, sent = _trap(), time.monotonic(), 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", port))
        while sent < count:
            due = min(count, int((time.monotonic() - start_s) * rate_per_s) + 1)
            for _ in range(sent, due):
                sock.send(trap)
            sent = due
            time.sleep(0.001)
    return count / (time.monotonic() - start_s)


async def _sender(port: int, rate_per_s: float, count: int) -> float:
    command = (sys.executable, "-m", "benchmarks.snmp_traps", str(port), str(rate_per_s), str(count))
    child = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    printed, _ = await child.communicate()
    return float(json.loads(printed))


async def _ours() -> dict[str, float]:
    from probes._wire.snmp_trap_listener import TrapListener

    listener = TrapListener("127.0.0.1:16199")
    listener.admit(None, 1e6)
    try:
        before_s, held = _cpu_s(), list[float]()
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(_watch(held))
            rate_per_s = await _sender(listener.port, RATE_PER_S, SENT_COUNT)
            await asyncio.sleep(SETTLE_S)
            watch.cancel()
        spent_s, total = _cpu_s() - before_s, listener.total
        counted = total.heard_count + total.broken_count + total.dropped_count
    finally:
        listener.close()
    assert total.broken_count == total.dropped_count == 0
    return {
        "lost": float(SENT_COUNT - counted),
        "cpu_us": spent_s / SENT_COUNT * 1e6,
        "held_ms": max(held) * 1e3,
        "rate_per_s": rate_per_s,
    }


async def _watch(held: list[float]) -> None:
    """Note by how much a timer of five milliseconds comes late."""
    now = asyncio.get_running_loop().time
    while True:
        due_s = now() + 0.005
        await asyncio.sleep(0.005)
        held.append(now() - due_s)


async def _pysnmp() -> dict[str, float]:
    from pysnmp.carrier.asyncio.dgram import udp
    from pysnmp.entity import config, engine
    from pysnmp.entity.rfc3413 import ntfrcv

    heard = 0

    def note(*_: Any) -> None:
        nonlocal heard
        heard += 1

    receiver = engine.SnmpEngine()
    transport = udp.UdpTransport().open_server_mode(("127.0.0.1", 16198))
    config.add_transport(receiver, udp.DOMAIN_NAME, transport)
    config.add_v1_system(receiver, "area", "benchmark")
    ntfrcv.NotificationReceiver(receiver, note)
    await asyncio.sleep(0.2)
    try:
        before_s = _cpu_s()
        await _sender(16198, PEER_RATE_PER_S, PEER_SENT_COUNT)
        await asyncio.sleep(SETTLE_S)
        spent_s = _cpu_s() - before_s
    finally:
        receiver.close_dispatcher()
    return {"cpu_us": spent_s / max(1, heard) * 1e6}


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    print(json.dumps(_send(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))))
