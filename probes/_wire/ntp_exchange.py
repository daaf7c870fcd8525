"""One NTP question over a connected UDP socket, timed by the kernel so that a busy event loop moves no clock.

Source: RFC 5905 section 8; Linux socket(7) SO_TIMESTAMPNS: the time a datagram arrived, on the same clock as time().
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import struct
import time
from collections.abc import Callable

from probes._wire.address import Endpoint
from probes._wire.errors import network_errors
from probes._wire.ntp import NtpSample, is_answer, make_query, make_sample, read_answer

_SO_TIMESTAMPNS = 35
_TIMESPEC = struct.Struct("@ll")
_DATAGRAM_OCTETS = 2048


def open_socket(server: Endpoint) -> socket.socket:
    """Return a connected socket, which the caller closes: the kernel then drops what others send."""
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        with network_errors(f"time server {server.host}", at_once=True):
            sock.connect(server)
    except BaseException:
        sock.close()
        raise
    return sock


async def exchange(sock: socket.socket, doing: str, on_rejected: Callable[[], None]) -> NtpSample:
    """Ask once and wait for ever. Datagrams that answer another question are told to `on_rejected` and ignored."""
    nonce = secrets.randbits(64) | 1
    with network_errors(doing):
        sent_ns = time.time_ns()
        sock.send(make_query(nonce))
        while True:
            data, received_ns = await _receive(sock)
            if is_answer(data, nonce):
                return make_sample(read_answer(data), sent_ns, received_ns)
            on_rejected()
            await asyncio.sleep(0)  # a flood of datagrams must not hold the loop


async def _receive(sock: socket.socket) -> tuple[bytes, int]:
    while True:
        try:
            data, ancillary, _, _ = sock.recvmsg(_DATAGRAM_OCTETS, socket.CMSG_SPACE(_TIMESPEC.size))
        except BlockingIOError:
            await _readable(sock)
        else:
            return data, _arrival_ns(ancillary)


async def _readable(sock: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(sock, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(sock)


def _arrival_ns(ancillary: list[tuple[int, int, bytes]]) -> int:
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS and len(data) >= _TIMESPEC.size:
            seconds, nanoseconds = _TIMESPEC.unpack_from(data)
            return int(seconds) * 1_000_000_000 + int(nanoseconds)
    return time.time_ns()
