"""Three routers in a row, the middle one twice (load is shared), and ways that end in every bad manner, for traces.

home 10.9.1.1 - .2 r1 10.9.2.1 - .2 upper 10.9.4.1 - .2 r3 10.9.6.1 - .2 target
                   r1 10.9.3.1 - .2 lower 10.9.5.1 - .2 r3
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import threading
import time
from typing import Any

from bt_console.lab import kernel
from probes.api import Shared
from tests.probes.icmp_playground import drop_capabilities, icmp, ip_packet
from tests.probes.wires import Space, ask, join, play

TARGET, SHARED_WAY, UNREACHABLE, PROHIBITED, BLACK_HOLE, CIRCLE = (f"10.9.{net}.2" for net in (6, 7, 80, 81, 82, 83))
R1, UPPER, LOWER, R3 = "10.9.1.2", "10.9.2.2", "10.9.3.2", "10.9.4.2"
LIAR = "10.9.1.66"
_FAST: dict[str, Any] = {"spacing_s": 0.003, "wait_s": 0.3, "max_hops": 12}


class Chain:
    """The whole network; `home` is the namespace the program is in."""

    def __init__(self) -> None:
        self.home = Space.here()
        names = ("r1", "upper", "lower", "r3", "target")
        self.r1, self.upper, self.lower, self.r3, self.target = self.others = tuple(Space.new() for _ in names)
        wires: tuple[tuple[Space, Space], ...] = ((self.home, self.r1), (self.r1, self.upper), (self.r1, self.lower))
        wires += ((self.upper, self.r3), (self.lower, self.r3), (self.r3, self.target))
        for net, (near, far) in enumerate(wires, start=1):
            join(near, f"n{net}", far, f"f{net}")
            near.address(f"n{net}", f"10.9.{net}.1")
            far.address(f"f{net}", f"10.9.{net}.2")
        for router in self.others:
            router.set("ipv4/ip_forward", "1")
            router.set("ipv4/icmp_ratelimit", "0")
            router.set("ipv4/conf/all/rp_filter", "0")
            router.set("ipv4/fib_multipath_hash_policy", "1")
        self._route()
        # As the monitor's pinger does: while one socket asks for stamps, the kernel never stops making them.
        self.stamped = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.stamped.setsockopt(socket.SOL_SOCKET, 37, 1 << 3 | 1 << 4)
        time.sleep(0.2)

    def _route(self) -> None:
        self.home.route("0.0.0.0/0", R1)
        for far_net in (6, 80, 81, 82):
            self.r1.route(f"10.9.{far_net}.0/24", UPPER)
        both = [{"gateway": UPPER}, {"gateway": LOWER}]
        self.r1.rtnl.route("add", dst="10.9.7.0/24", multipath=both)
        for middle, toward_r3, toward_r1 in ((self.upper, R3, "10.9.2.1"), (self.lower, "10.9.5.2", "10.9.3.1")):
            middle.route("0.0.0.0/0", toward_r3)
            middle.route("10.9.1.0/24", toward_r1)
        self.r3.route("10.9.1.0/24", "10.9.4.1")
        self.r3.route("10.9.7.0/24", TARGET)
        for net, kind in ((80, "unreachable"), (81, "prohibit"), (82, "blackhole")):
            self.r3.rtnl.route("add", dst=f"10.9.{net}.0/24", type=kind)
        self.target.route("0.0.0.0/0", "10.9.6.1")
        self.target.address("lo", SHARED_WAY, 32)
        self.r1.route("10.9.83.0/24", UPPER)
        self.upper.route("10.9.83.0/24", "10.9.2.1")


class SilentMiddle(Chain):
    """The upper router forwards, but sends nothing of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.upper.rtnl.rule("add", iifname="lo", priority=1, action="FR_ACT_BLACKHOLE")


class Liar(threading.Thread):
    """Answers every request that passes r1 with errors that quote it almost right."""

    def __init__(self, chain: Chain) -> None:
        super().__init__(daemon=True)
        with kernel.inside(chain.r1.fd):
            self._ear = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
            self._ear.bind(("f1", 0x0800))
            self._mouth = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)

    def run(self) -> None:
        while True:
            packet, origin = self._ear.recvfrom(2048)
            if origin[2] != socket.PACKET_OUTGOING and packet[12:16] == socket.inet_aton("10.9.1.1"):
                for lie in lies(packet):
                    self._mouth.sendto(lie, ("10.9.1.1", 0))


def lies(packet: bytes) -> list[bytes]:
    """Return time-exceeded errors that quote another target, another number, too little, or garbage; a false answer."""
    others = packet[:16] + socket.inet_aton("10.9.6.3") + packet[20:28]
    wrong_number = packet[:26] + struct.pack("!H", struct.unpack("!H", packet[26:28])[0] ^ 0x8000)
    quotes = [others, wrong_number, packet[:27], packet[:20], packet[:20] + os.urandom(8)]
    errors = [ip_packet(LIAR, "10.9.1.1", icmp(11, 0, 0, 0, quote)) for quote in quotes]
    identifier, number = struct.unpack("!HH", packet[24:28])
    return [*errors, ip_packet(TARGET, "10.9.1.1", icmp(0, 0, identifier, number, b"wrong payload"))]


class ChainWithLiar(Chain):
    def __init__(self) -> None:
        super().__init__()
        Liar(self).start()


def unprivileged() -> Chain:
    chain = Chain()
    drop_capabilities()
    return chain


async def trace(address: str, **params: Any) -> dict[str, Any]:
    shared = Shared()
    found = await ask("path_trace", address, shared=shared, **{**_FAST, **params})
    shared.close()
    return found


async def every_way(_: Chain) -> Any:
    """The refusals come first: Linux lets few of them out to one machine at once."""
    found = {}
    for name, address in (
        ("unreachable", UNREACHABLE),
        ("prohibited", PROHIBITED),
        ("black hole", BLACK_HOLE),
        ("circle", CIRCLE),
        ("neighbour", "10.9.1.77"),
        ("broadcast", "10.9.1.255"),
        ("own address", "10.9.1.1"),
        ("name", "no-such-name.example"),
        ("IPv6", "::1"),
    ):
        found[name] = await trace(address, wait_s=3.5 if name == "neighbour" else 0.3)
    for method in ("icmp", "udp", "tcp"):
        found[method] = await trace(TARGET, method=method)
    return found


async def shared_load(_: Chain) -> Any:
    """Many flows take both ways between them, each of them only one."""
    return [await trace(SHARED_WAY, method="udp", count=5, port=port) for port in (*range(33434, 33454), 33434, 33434)]


async def silent_middle(_: Chain) -> Any:
    return await trace(TARGET)


async def lied_to(_: Chain) -> Any:
    return {method: await trace(TARGET, method=method) for method in ("icmp", "udp", "tcp")}


async def open_port(chain: Chain) -> Any:
    """TCP to a port that listens: the trace opens no session."""
    with kernel.inside(chain.target.fd):
        server = socket.create_server((TARGET, 443))
    server.setblocking(False)
    found = await trace(TARGET, method="tcp")
    await asyncio.sleep(0.1)
    try:
        server.accept()
    except BlockingIOError:
        found["accepted"] = False
    else:
        found["accepted"] = True
    return found


async def while_stalled(_: Chain) -> Any:
    """The event loop stands still for 150 ms again and again."""
    loop = asyncio.get_running_loop()
    for number in range(4):
        loop.call_later(0.005 + 0.16 * number, time.sleep, 0.15)
    return {method: await trace(TARGET, method=method) for method in ("icmp", "udp")}


CASES = {
    "ways": (Chain, every_way),
    "shared": (Chain, shared_load),
    "silent": (SilentMiddle, silent_middle),
    "liar": (ChainWithLiar, lied_to),
    "listening": (Chain, open_port),
    "stalled": (Chain, while_stalled),
    "datagram": (unprivileged, every_way),
    "datagram stalled": (unprivileged, while_stalled),
}

if __name__ == "__main__":
    play(CASES)
