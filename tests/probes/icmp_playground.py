"""A child program: makes a network of its own, plays every neighbour in it, and prints what the pinger makes of them.

    python -m tests.probes.icmp_playground CASE
One end of a veth pair is ours (10.9.0.1/24); whatever leaves by it reaches the other end, where a thread answers as an
address's last octet says. Exits 77 when the machine forbids user namespaces.
"""

from __future__ import annotations

import asyncio
import ctypes
import dataclasses
import json
import os
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from pyroute2 import IPRoute

from probes._wire.icmp import HEADER, checksum
from probes._wire.icmp_echoes import Params
from probes._wire.icmp_pinger import Pinger
from probes.api import ProbeContext, ProbeFailure, Shared
from probes.icmp_echo import observe

FORBIDDEN = 77
_NEWUSER, _NEWNET = 0x10000000, 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)
_NO_DUPLICATE_CHECK = 0x02
_MAC = b"\x02\0\0\0\0\x42"
ROUTER = "10.9.0.254"
(
    PLAIN,
    SILENT,
    EVERY_OTHER,
    TWICE,
    WRONG_SOURCE,
    CORRUPTED,
    SHORT,
    FOREIGN_ID,
    LATE,
    HOST_UNREACHABLE,
    FILTERED,
    TTL_EXCEEDED,
    NOISY,
    QUOTES_ANOTHER,
    FLOODING,
) = range(2, 17)
NOBODY = 200
"""From here on nobody answers ARP."""
Answer = tuple[float, bytes]


def enter_namespace() -> None:
    """Become root of a new user namespace with a network of its own."""
    uid, gid = os.getuid(), os.getgid()
    if _LIBC.unshare(_NEWUSER | _NEWNET) != 0:
        sys.stderr.write(f"unshare: {os.strerror(ctypes.get_errno())}\n")
        sys.exit(FORBIDDEN)
    try:
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"0 {uid} 1", encoding="ascii")
        Path("/proc/self/gid_map").write_text(f"0 {gid} 1", encoding="ascii")
    except PermissionError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(FORBIDDEN)


def has_ipv6() -> bool:
    return Path("/proc/net/if_inet6").exists()


def build_network() -> None:
    """Loopback, and a veth pair with an address on one end only."""
    with IPRoute() as routes:
        routes.link("add", ifname="near", kind="veth", peer={"ifname": "far"})
        near, far = (routes.link_lookup(ifname=name)[0] for name in ("near", "far"))
        routes.addr("add", index=near, address="10.9.0.1", prefixlen=24)
        if has_ipv6():
            routes.addr("add", index=near, address="fd00:9::1", prefixlen=64, flags=_NO_DUPLICATE_CHECK)
            Path("/proc/sys/net/ipv6/neigh/near/retrans_time_ms").write_text("20", encoding="ascii")
        for index in (routes.link_lookup(ifname="lo")[0], near, far):
            routes.link("set", index=index, state="up")
        routes.route("add", dst="10.8.0.0/16", type="unreachable")
        routes.route("add", dst="10.7.0.0/16", type="prohibit")
    Path("/proc/sys/net/ipv4/neigh/near/retrans_time_ms").write_text("20", encoding="ascii")


def drop_capabilities() -> None:
    """Give up every capability: what an ordinary user has."""
    header = struct.pack("=Ii", 0x20080522, 0)
    if _LIBC.capset(header, bytes(24)) != 0:
        raise OSError(ctypes.get_errno(), "capset")


def ip_packet(source: str, destination: str, payload: bytes) -> bytes:
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0, 61, 1, 0)
    head += socket.inet_aton(source) + socket.inet_aton(destination)
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def icmp(kind: int, code: int, identifier: int, sequence: int, payload: bytes) -> bytes:
    message = HEADER.pack(kind, code, 0, identifier, sequence) + payload
    return message[:2] + struct.pack("!H", checksum(message)) + message[4:]


class Neighbours(threading.Thread):
    """Answers on the far end of the pair, after `delay_s`."""

    def __init__(self, delay_s: float = 0.0) -> None:
        super().__init__(daemon=True)
        self._delay_s = delay_s
        self.seen_count = 0
        self._wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self._wire.bind(("far", 3))

    def run(self) -> None:
        waiting: list[Answer] = []
        while True:
            self._wire.settimeout(max(0.0005, waiting[0][0] - time.monotonic()) if waiting else None)
            try:
                frame, origin = self._wire.recvfrom(2048)
            except (TimeoutError, BlockingIOError):
                frame, origin = b"", ("", 0, 4)
            if frame and origin[2] != socket.PACKET_OUTGOING:
                waiting += [(time.monotonic() + delay_s, answer) for delay_s, answer in self._answers(frame)]
                waiting.sort(key=lambda one: one[0])
            while waiting and waiting[0][0] <= time.monotonic():
                self._wire.send(waiting.pop(0)[1])

    def _answers(self, frame: bytes) -> list[Answer]:
        kind = frame[12:14]
        if kind == b"\x08\x06" and frame[41] < NOBODY:
            arp = frame[14:20] + b"\0\x02" + _MAC + frame[38:42] + frame[22:32]
            return [(0.0, frame[6:12] + _MAC + kind + arp)]
        if kind != b"\x08\x00" or frame[23] != 1 or frame[34] != 8:
            return []
        self.seen_count += 1
        to_us = frame[6:12] + _MAC + kind
        return [(self._delay_s + late_s, to_us + packet) for late_s, packet in answers_to(frame[14:])]


def answers_to(packet: bytes) -> list[tuple[float, bytes]]:
    """Return what the asked address, by its last octet, sends back and how much later."""
    behaviour, us, them = packet[19], socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20])
    _, _, _, identifier, sequence = HEADER.unpack_from(packet, 20)
    payload = packet[28:]
    echo = icmp(0, 0, identifier, sequence, payload)
    plain = ip_packet(them, us, echo)
    errors = {HOST_UNREACHABLE: (3, 1), FILTERED: (3, 13), TTL_EXCEEDED: (11, 0)}
    if behaviour in errors:
        return [(0.0, ip_packet(ROUTER, us, icmp(*errors[behaviour], 0, 0, packet[:28])))]
    another = ip_packet(us, "10.9.0.99", packet[20:])
    garbage = [ip_packet(them, us, os.urandom(size)) for size in range(40)]
    damaged = icmp(0, 0, identifier, sequence, payload[:-1] + bytes([payload[-1] ^ 1]))
    return {
        SILENT: [],
        EVERY_OTHER: [(0.0, plain)] * (sequence % 2),
        TWICE: [(0.0, plain)] * 2,
        WRONG_SOURCE: [(0.0, ip_packet("10.9.0.66", us, echo))],
        CORRUPTED: [(0.0, ip_packet(them, us, damaged))],
        SHORT: [(0.0, ip_packet(them, us, echo[:length])) for length in range(len(echo))],
        FOREIGN_ID: [(0.0, ip_packet(them, us, icmp(0, 0, identifier ^ 1, sequence, payload)))],
        LATE: [(0.3, plain)],
        NOISY: [(0.0, packet) for packet in garbage] + [(0.0, plain)],
        QUOTES_ANOTHER: [(0.0, ip_packet(ROUTER, us, icmp(3, 1, 0, 0, another[:28])))],
        FLOODING: [(0.0, ip_packet(them, us, damaged))] * 200 + [(0.0, plain)],
    }.get(behaviour, [(0.0, plain)])


async def ask(address: str, params: Params, shared: Shared, allowed_s: float = 2.0) -> dict[str, Any]:
    deadline_s = asyncio.get_running_loop().time() + allowed_s
    try:
        reading = await observe(address, params, ProbeContext(deadline_s=deadline_s, shared=shared))
    except ProbeFailure as failure:
        return {
            "failure": failure.kind,
            "detail": failure.detail,
            "measures": failure.measures,
            "facts": failure.facts,
        }
    return dataclasses.asdict(reading)


async def stall(neighbours: Neighbours, after_count: int, duration_s: float) -> None:
    """Block the event loop once so many requests are out, as a busy monitor does."""
    while neighbours.seen_count < after_count:  # noqa: ASYNC110  the other thread has no event of this loop
        await asyncio.sleep(0.001)
    time.sleep(duration_s)  # noqa: ASYNC251


async def every_behaviour(_: Neighbours) -> dict[str, Any]:
    """All of them one after another, in the mode the process is allowed."""
    shared, params = Shared(), Params(count=4, spacing_s=0.01, timeout_s=0.15)
    found = {}
    for octet in (*range(PLAIN, FLOODING), NOBODY):
        found[str(octet)] = await ask(f"10.9.0.{octet}", params, shared)
    for address in (
        "127.0.0.1",
        "127.99.1.2",
        "::1",
        "fd00:9::dead",
        "fd00:8::1",
        "10.8.0.1",
        "10.7.0.1",
        "10.9.0.255",
        "192.0.2.1",
    ):
        found[address] = await ask(address, params, shared)
    shared.close()
    return found


async def stalled(neighbours: Neighbours) -> dict[str, Any]:
    """The time-out passes while the replies wait to be read."""
    shared = Shared()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(stall(neighbours, 5, 0.5))
        asked = tasks.create_task(
            ask(f"10.9.0.{PLAIN}", Params(count=5, spacing_s=0.001, timeout_s=0.2), shared, allowed_s=3)
        )
    shared.close()
    return asked.result()


async def swept_with_stalls(_: Neighbours) -> dict[str, Any]:
    """2,000 packets at 5,000/s, stalls of 200 ms, and a receive buffer that holds only 39 of them unread."""
    pinger = Pinger(receive_buffer_octets=32 * 1024)
    for number in range(4):
        asyncio.get_running_loop().call_later(0.05 + 0.3 * number, time.sleep, 0.2)
    addresses = [f"127.30.{number // 250}.{number % 250 + 1}" for number in range(1000)]
    addresses[::5] = [f"10.9.0.{PLAIN}"] * 200
    echoes = await pinger.run(addresses, Params(count=2, timeout_s=0.5))
    pinger.close()
    return {
        "reply_count": sum(rtt_s is not None for one in echoes for rtt_s in one.rtts_s),
        "unjudged_count": sum(one.unjudged_count for one in echoes),
    }


async def flooded_while_stalled(neighbours: Neighbours) -> dict[str, Any]:
    """Someone fills a tiny receive buffer with our own identifier while the loop stands still."""
    pinger = Pinger(receive_buffer_octets=8 * 1024)
    params = Params(count=3, spacing_s=0.001, timeout_s=0.2)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(stall(neighbours, 3, 0.4))
        asked = tasks.create_task(pinger.run([f"10.9.0.{FLOODING}"], params))
    pinger.close()
    (echoes,) = asked.result()
    return {"rtts_s": echoes.rtts_s, "unjudged_count": echoes.unjudged_count}


async def one_ping(_: Neighbours) -> dict[str, Any]:
    shared = Shared()
    found = await ask("127.0.0.1", Params(), shared)
    shared.close()
    return found


def allow_datagrams_only() -> None:
    Path("/proc/sys/net/ipv4/ping_group_range").write_text("0 0", encoding="ascii")
    drop_capabilities()


def change_nothing() -> None:
    """Raw sockets are allowed to the root of a namespace."""


CASES: dict[str, tuple[float, Callable[[], None], Callable[[Neighbours], Coroutine[Any, Any, dict[str, Any]]]]] = {
    "raw": (0.001, change_nothing, every_behaviour),
    "datagram": (0.001, allow_datagrams_only, every_behaviour),
    "forbidden": (0.0, drop_capabilities, one_ping),
    "stall": (0.05, change_nothing, stalled),
    "sweep": (0.002, change_nothing, swept_with_stalls),
    "flood": (0.05, change_nothing, flooded_while_stalled),
}


def main(case: str) -> None:
    delay_s, prepare, scenario = CASES[case]
    enter_namespace()
    build_network()
    neighbours = Neighbours(delay_s)
    neighbours.start()
    prepare()
    sys.stdout.write(json.dumps(asyncio.run(scenario(neighbours))))


if __name__ == "__main__":
    main(sys.argv[1])
