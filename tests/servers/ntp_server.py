"""A time server on 127.0.0.1 whose answers are a function, and Debian's chrony."""

from __future__ import annotations

import asyncio
import shutil
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TypeAlias, cast

from tests.servers.process import LIMIT_S, running
from tests.servers.tcp_server import closed_udp_port

Answer: TypeAlias = Callable[[bytes], list[bytes]]
TO_UNIX_S = 2_208_988_800


def stamp(unix_s: float) -> int:
    """Return a Unix time as NTP's 64 bits."""
    return round((unix_s + TO_UNIX_S) * (1 << 32)) & ((1 << 64) - 1)


def packet(
    query: bytes,
    *,
    first: int = 4 << 3 | 4,
    stratum: int = 2,
    reference: bytes = bytes((192, 0, 2, 1)),
    ahead_s: float = 0.0,
    origin: bytes | None = None,
) -> bytes:
    """Return an answer by a clock that is ahead of ours."""
    now = stamp(time.time() + ahead_s)
    head = struct.pack("!BBbbII4sQ", first, stratum, 6, -20, 1 << 12, 1 << 13, reference, stamp(time.time() - 30))
    return head + (query[40:48] if origin is None else origin) + struct.pack("!QQ", now, now)


class _Server(asyncio.DatagramProtocol):
    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        assert self._transport is not None
        for datagram in self._answer(data):
            self._transport.sendto(datagram, addr)


@asynccontextmanager
async def time_server(answer: Answer) -> AsyncIterator[int]:
    """Answer on a free UDP port and give it."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Server(answer), local_addr=("127.0.0.1", 0))
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


def chronyd() -> str | None:
    """Return chrony's path, None where it is not installed."""
    return shutil.which("chronyd") or shutil.which("/usr/sbin/chronyd")


@asynccontextmanager
async def chrony(folder: Path, *lines: str) -> AsyncIterator[int]:
    """Serve this machine's time without ever touching its clock (-x), and give the port."""
    port = closed_udp_port()
    config = folder / "chrony.conf"
    fixed = (f"port {port}", "bindaddress 127.0.0.1", "allow 127.0.0.0/8", "cmdport 0", "bindcmdaddress /")
    config.write_text("\n".join((*fixed, f"pidfile {folder / 'chronyd.pid'}", *lines)) + "\n")
    program = chronyd()
    assert program
    async with running(program, "-U", "-x", "-d", "-f", str(config)):
        await _until_answering(port)
        yield port


async def _until_answering(port: int) -> None:
    loop = asyncio.get_running_loop()
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.connect(("127.0.0.1", port))
        async with asyncio.timeout(LIMIT_S):
            while True:
                with suppress(ConnectionRefusedError, TimeoutError):
                    sock.send(b"\x23" + bytes(39) + b"\1" * 8)
                    async with asyncio.timeout(0.1):
                        await loop.sock_recv(sock, 512)
                        return
                await asyncio.sleep(0.02)
