"""Asks a mail server to turn the connection to TLS.

Source: RFC 3207 (SMTP), RFC 9051 section 6.2.1 (IMAP), RFC 8314; octets sent ahead of TLS are refused (CVE-2011-0411).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from probes._wire.stream import Stream
from probes.api import FailureKind, ProbeFailure

LINE_OCTETS = 2048
LINES_COUNT = 100


class _Lines:
    """Reads bounded lines ended by LF."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._buffer = b""

    async def next(self) -> str:
        while b"\n" not in self._buffer:
            part = await self._stream.receive(LINE_OCTETS)
            if not part:
                raise _broken("the server closed the connection before STARTTLS")
            self._buffer += part
            if len(self._buffer) > LINE_OCTETS * 4:
                raise _broken("the server's line before STARTTLS has no end")
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.decode("utf-8", "replace").rstrip("\r")

    async def ask(self, command: str) -> None:
        await self._stream.send(command.encode() + b"\r\n")

    def must_be_empty(self) -> None:
        if self._buffer:
            raise _broken("the server sent text ahead of TLS")


def _broken(detail: str) -> ProbeFailure:
    return ProbeFailure(FailureKind.PROTOCOL, detail)


async def plain(stream: Stream) -> None:
    """TLS from the first octet: nothing to ask."""


async def smtp(stream: Stream) -> None:
    """Greeting, EHLO, STARTTLS."""
    lines = _Lines(stream)
    await _smtp_reply(lines, "220")
    await lines.ask("EHLO bt-console.invalid")
    await _smtp_reply(lines, "250")
    await lines.ask("STARTTLS")
    await _smtp_reply(lines, "220")
    lines.must_be_empty()


async def _smtp_reply(lines: _Lines, code: str) -> None:
    for _ in range(LINES_COUNT):
        line = await lines.next()
        if not line.startswith(code):
            raise _broken(f"expected an SMTP reply {code}, the server said {line!r}")
        if line[3:4] != "-":
            return
    raise _broken("the server's SMTP reply has no end")


async def imap(stream: Stream) -> None:
    """Greeting, STARTTLS."""
    lines = _Lines(stream)
    greeting = await lines.next()
    if not greeting.upper().startswith("* OK"):
        raise _broken(f"expected an IMAP greeting, the server said {greeting!r}")
    await lines.ask("a1 STARTTLS")
    for _ in range(LINES_COUNT):
        line = await lines.next()
        if line.upper().startswith("A1 OK"):
            return lines.must_be_empty()
        if not line.startswith("*"):
            raise _broken(f"STARTTLS refused: {line!r}")
    raise _broken("the server's IMAP reply has no end")


PROTOCOLS: dict[str, Callable[[Stream], Awaitable[None]]] = {"": plain, "smtp": smtp, "imap": imap}
