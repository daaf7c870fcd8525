"""A TCP server on 127.0.0.1 whose whole behaviour is one coroutine, and the rude behaviours used by several tests."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from typing import TypeAlias

Reader: TypeAlias = asyncio.StreamReader
Writer: TypeAlias = asyncio.StreamWriter
Behaviour: TypeAlias = Callable[[Reader, Writer], Awaitable[None]]


@asynccontextmanager
async def serving(behave: Behaviour, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> AsyncIterator[int]:
    """Serve on a free port and give it; every connection is cut at the end."""
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: Reader, writer: Writer) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            with suppress(OSError, ssl.SSLError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await behave(reader, writer)
        finally:
            tasks.discard(task)
            writer.transport.abort()

    server = await asyncio.start_server(handle, host, 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def saying(data: bytes) -> Behaviour:
    """Say this and close."""

    async def behave(_: Reader, writer: Writer) -> None:
        writer.write(data)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    return behave


def in_tls(context: ssl.SSLContext, behave: Behaviour) -> Behaviour:
    """Turn to TLS first."""

    async def secured(reader: Reader, writer: Writer) -> None:
        await writer.start_tls(context)
        await behave(reader, writer)

    return secured


def answering(*pages: bytes) -> Behaviour:
    """Read a request's head, then say this page; one connection after the other gets the next page."""
    left = list(pages)

    async def behave(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await saying(left.pop(0) if len(left) > 1 else left[0])(reader, writer)

    return behave


async def stall(reader: Reader, _: Writer) -> None:
    """Take everything, say nothing."""
    while await reader.read(65536):
        pass


async def stall_after_request(reader: Reader, writer: Writer) -> None:
    """Send a head and half a body, then nothing."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    await stall(reader, writer)


async def reset(reader: Reader, writer: Writer) -> None:
    """Wait for the first octets, then answer with a TCP reset."""
    await reader.read(1)
    cut(writer)


def cut(writer: Writer) -> None:
    """End the connection with a TCP reset."""
    sock: socket.socket = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def flood(reader: Reader, writer: Writer) -> None:
    """An HTTP body that never ends, in chunks of one octet."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"1\r\nx\r\n" * 2000)
        await writer.drain()


def page(body: str = "", status: str = "200 OK", **headers: str) -> bytes:
    """Return one HTTP answer."""
    octets = body.encode()
    fields = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(octets)), **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + octets


@contextmanager
def closed_port() -> Iterator[int]:
    """Give a port of 127.0.0.1 on which nothing listens and, as it is taken, nothing will."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        yield port


def closed_udp_port() -> int:
    """Return a port of 127.0.0.1 that nobody had a moment ago; a bound socket would swallow instead of refusing."""
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@contextmanager
def deaf_port(host: str = "127.0.0.1") -> Iterator[int]:
    """Give a port that takes no more connections and refuses none: what a firewall that drops looks like."""
    with socket.socket() as listener, ExitStack() as stack:
        listener.bind((host, 0))
        listener.listen(0)
        for _ in range(8):
            caller = stack.enter_context(socket.socket())
            caller.setblocking(False)
            with suppress(BlockingIOError):
                caller.connect(listener.getsockname())
        port: int = listener.getsockname()[1]
        yield port


@contextmanager
def threaded(behave: Callable[[socket.socket], None]) -> Iterator[int]:
    """Serve one connection outside the event loop, so that it goes on while the loop is blocked."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            with listener.accept()[0] as sock:
                behave(sock)

        thread = threading.Thread(target=run)
        thread.start()
        port: int = listener.getsockname()[1]
        yield port
        thread.join()
