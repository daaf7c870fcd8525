"""A TCP connection as plain awaitable calls, which can turn to TLS at any point.

TLS runs over memory buffers instead of asyncio's transports: phases end exactly where the protocol's do, STARTTLS needs
no second API, and no transport and protocol that hold each other keep 256 KiB alive until the garbage collector comes.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import ssl
from collections.abc import Callable, Sequence
from typing import TypeVar

from probes._wire.errors import network_errors
from probes._wire.tcpinfo import TcpInfo, read_tcp_info
from probes.api import OUR_SIDE, FailureKind, ProbeFailure

T = TypeVar("T")
READ_OCTETS = 65_536
_TURNS_COUNT = 16
ADDRESSES_COUNT = 4
"""How many addresses of one name are tried: what a patient client would."""


class Stream:
    """One connected socket. Raises ProbeFailure for what the network does to it."""

    def __init__(self, sock: socket.socket, address: str, connect_wall_s: float) -> None:
        self._sock = sock
        self._loop = asyncio.get_running_loop()
        self._receives_count = 0
        self._tls: ssl.SSLObject | None = None
        self.address = address
        self.connect_wall_s = connect_wall_s
        self.connect_s = _handshake_s(self.tcp_info(), connect_wall_s)

    @property
    def tls(self) -> ssl.SSLObject | None:
        """The TLS session, None before start_tls()."""
        return self._tls

    def tcp_info(self) -> TcpInfo | None:
        """The kernel's times of this connection."""
        return read_tcp_info(self._sock)

    def close(self) -> None:
        """Close at once, without TLS's good-bye."""
        self._sock.close()

    async def send(self, data: bytes) -> None:
        """Send all of the data."""
        if self._tls is None:
            await self._send_raw(data)
            return
        self._tls.write(data)
        await self._flush()

    async def receive(self, limit: int = READ_OCTETS) -> bytes:
        """Return what has arrived, at most `limit` octets, b"" at the end of the stream."""
        if self._tls is None:
            return await self._receive_raw(limit)
        session = self._tls
        try:
            return await self._drive(lambda: session.read(limit))
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            return b""  # many leave without TLS's good-bye; the framing above tells whether something is missing
        except ssl.SSLError as error:
            raise ProbeFailure(FailureKind.TLS, f"TLS broke while reading: {error.reason}") from error

    async def receive_exactly(self, count: int) -> bytes:
        """Return `count` octets; an earlier end of the stream is a ProbeFailure."""
        data = bytearray()
        while len(data) < count:
            part = await self.receive(count - len(data))
            if not part:
                raise ProbeFailure(FailureKind.PROTOCOL, f"connection closed after {len(data)} of {count} octets")
            data += part
        return bytes(data)

    async def start_tls(
        self, context: ssl.SSLContext, server_name: str, *, is_request_next: bool = False
    ) -> ssl.SSLObject:
        """Shake hands. Raises ssl.SSLError, of which SSLCertVerificationError means a refused certificate.

        Where the caller speaks next, the handshake's last octets go out with what it says: one packet instead of two.
        """
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        session = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)
        await self._drive(session.do_handshake, is_flushed=not is_request_next)
        self._tls = session
        return session

    async def _drive(self, step: Callable[[], T], *, is_flushed: bool = True) -> T:
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                await self._flush()
                await self._feed()
            except ssl.SSLError:
                self._flush_alert()
                raise
            else:
                if is_flushed:
                    await self._flush()
                return done

    async def _feed(self) -> None:
        data = await self._receive_raw(READ_OCTETS)
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    async def _flush(self) -> None:
        if self._outgoing.pending:
            await self._send_raw(self._outgoing.read())

    def _flush_alert(self) -> None:
        try:
            self._sock.send(self._outgoing.read())
        except OSError:
            return  # telling the peer why we leave is courtesy; it may have left first

    async def _send_raw(self, data: bytes) -> None:
        with network_errors("sending"):
            await self._loop.sock_sendall(self._sock, data)

    async def _receive_raw(self, limit: int) -> bytes:
        self._receives_count += 1
        if self._receives_count % _TURNS_COUNT == 0:
            await asyncio.sleep(0)  # reading what is already there never suspends: a flood would hold the loop for ever
        with network_errors("receiving"):
            return await self._loop.sock_recv(self._sock, limit)


def _handshake_s(info: TcpInfo | None, wall_s: float) -> float:
    """Prefer the kernel's round trip: no busy event loop is in it. A repeated SYN is a delay users feel: it counts."""
    if info is None or info.retransmit_count or not info.rtt_s:
        return wall_s
    return min(info.rtt_s, wall_s)


async def dial(addresses: Sequence[str], port: int, limit_s: float | None = None) -> Stream:
    """Connect to the first address that answers; a silent one gets its share of the time up to `limit_s`."""
    loop = asyncio.get_running_loop()
    candidates = addresses[:ADDRESSES_COUNT]
    if len(candidates) == 1:
        return await _connect(candidates[0], port)
    failures = []
    for left, address in zip(range(len(candidates), 0, -1), candidates, strict=True):
        share_s = None if limit_s is None or left == 1 else loop.time() + (limit_s - loop.time()) / left
        try:
            async with asyncio.timeout_at(share_s):
                return await _connect(address, port)
        except TimeoutError:
            if left == 1:
                raise
        except ProbeFailure as failure:
            failures.append(failure)
    # What one address refused says more of the target than that this machine has no way to another.
    raise next((failure for failure in failures if failure.kind not in OUR_SIDE), failures[-1])


async def _connect(address: str, port: int) -> Stream:
    loop = asyncio.get_running_loop()
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        start_s = loop.time()
        await _shake_hands(sock, (address, port))
        return Stream(sock, address, loop.time() - start_s)
    except BaseException:
        sock.close()
        raise


async def _shake_hands(sock: socket.socket, endpoint: tuple[str, int]) -> None:
    doing = f"connecting to {endpoint[0]} port {endpoint[1]}"
    with network_errors(doing, at_once=True):
        try:
            sock.connect(endpoint)
        except BlockingIOError:
            pass
        else:
            return
    with network_errors(doing):
        await _connected(sock, endpoint)


async def _connected(sock: socket.socket, endpoint: tuple[str, int]) -> None:
    """Wait for the handshake; a target on this machine has answered before we could even ask."""
    code = sock.connect_ex(endpoint)
    if code in (errno.EALREADY, errno.EINPROGRESS):
        await _writable(sock)
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code not in (0, errno.EISCONN):
        raise OSError(code, os.strerror(code))


async def _writable(sock: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_writer(sock, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_writer(sock)
