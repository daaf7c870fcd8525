"""Has packets described in words by a child process: scapy's weight, and a crash of it, stay out of the monitor."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
from collections.abc import Mapping

from probes._wire.dissect_process import FRAME_OCTETS_MAX, LENGTH, READY, TEXT_OCTETS_MAX
from probes._wire.trace import MARGIN_S
from probes.api import Fact, ProbeContext, clean

SUMMARY_CHARS = 200
_LIMIT_S = 2.0
_START_LIMIT_S = 30.0
_PROGRAM = (sys.executable, "-m", "probes._wire.dissect_process")


class Dissector:
    """One child for all probes of an event loop: started when first asked, and again when it died or was too slow."""

    def __init__(self, *program: str) -> None:
        """`program` takes the number of the socket to serve as its last argument."""
        self._program = program or _PROGRAM
        self._child: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._turn = asyncio.Lock()
        self._is_ready = False
        self._started_at = 0.0

    async def summary(self, frame: bytes, limit_s: float) -> str:
        """Return one clean line about a frame, "" when there is none within the time."""
        try:
            async with asyncio.timeout(limit_s), self._turn:
                try:
                    return clean(await self._ask(frame[:FRAME_OCTETS_MAX]), SUMMARY_CHARS)
                except BaseException as error:
                    self._give_up(isinstance(error, (OSError, EOFError)) and not isinstance(error, TimeoutError))
                    raise
        except (TimeoutError, OSError, EOFError):
            return ""

    def _give_up(self, is_broken: bool) -> None:
        """End the child unless it is only slow to start: half an answer of an earlier question must not come later."""
        is_starting = not self._is_ready and asyncio.get_running_loop().time() - self._started_at < _START_LIMIT_S
        if is_broken or not is_starting:
            self.close()

    async def summaries(self, frames: Mapping[str, bytes], ctx: ProbeContext) -> dict[str, Fact]:
        """Return the facts `finding` and `example_summary`, equally long, from one frame per finding."""
        now = asyncio.get_running_loop().time
        end_at = min(now() + _LIMIT_S, ctx.deadline_s - MARGIN_S)
        texts = [await self.summary(frame, end_at - now()) for frame in frames.values()]
        return {"finding": tuple(frames), "example_summary": tuple(texts)}

    async def _ask(self, frame: bytes) -> str:
        loop, sock = asyncio.get_running_loop(), self._connected()
        if not self._is_ready:
            if await self._receive(sock, len(READY)) != READY:
                raise EOFError
            self._is_ready = True
        await loop.sock_sendall(sock, LENGTH.pack(len(frame)) + frame)
        (length,) = LENGTH.unpack(await self._receive(sock, LENGTH.size))
        if length > TEXT_OCTETS_MAX:
            raise EOFError
        return (await self._receive(sock, length)).decode("utf-8", "replace")

    async def _receive(self, sock: socket.socket, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = await asyncio.get_running_loop().sock_recv(sock, count - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def _connected(self) -> socket.socket:
        if self._child is not None and self._child.poll() is not None:
            self.close()
        if self._socket is None:
            ours, its = socket.socketpair()
            ours.setblocking(False)
            with its:
                fd = its.fileno()
                self._child = subprocess.Popen(  # noqa: S603  our own program
                    [*self._program, str(fd)],
                    pass_fds=(fd,),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            self._socket, self._is_ready = ours, False
            self._started_at = asyncio.get_running_loop().time()
        return self._socket

    def close(self) -> None:
        """End the child."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._child is not None:
            with contextlib.suppress(OSError):
                self._child.kill()
            self._child.wait()
            self._child = None
