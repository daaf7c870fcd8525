"""Bounded lines from a stream: what SMTP and IMAP are made of."""

from __future__ import annotations

from probes._wire.stream import Stream
from probes.api import FailureKind, ProbeFailure

READ_OCTETS = 8192
LINE_OCTETS = 65_536
"""Mail servers write at most 512 (SMTP) to some thousand (IMAP) octets; what is far beyond is a server gone wrong."""


class Lines:
    """Reads lines ended by LF. Raises ProbeFailure PROTOCOL for one without end and for an early good-bye."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._buffer = bytearray()

    async def next(self) -> str:
        """Return the next line without its end."""
        end = self._buffer.find(b"\n", 0, LINE_OCTETS)
        while end < 0:
            start = len(self._buffer)
            if start >= LINE_OCTETS:
                raise broken(f"the server's line has no end after {LINE_OCTETS} octets")
            await self._feed()
            end = self._buffer.find(b"\n", start, LINE_OCTETS)
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line.decode("utf-8", "replace").rstrip("\r")

    async def take(self, count: int) -> bytes:
        """Return exactly this many octets."""
        while len(self._buffer) < count:
            await self._feed()
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        return data

    async def _feed(self) -> None:
        part = await self._stream.receive(READ_OCTETS)
        if not part:
            raise broken("the server closed the connection")
        self._buffer += part

    async def say(self, line: str) -> None:
        """Send one line."""
        await self.send(line.encode() + b"\r\n")

    async def send(self, data: bytes) -> None:
        """Send octets as they are."""
        await self._stream.send(data)

    def must_be_empty(self) -> None:
        """Refuse text that was sent before TLS and would be taken for what was sent within (CVE-2011-0411)."""
        if self._buffer:
            raise broken("the server sent text ahead of TLS")


def broken(detail: str) -> ProbeFailure:
    """Return the failure of a server that breaks its protocol."""
    return ProbeFailure(FailureKind.PROTOCOL, detail)
