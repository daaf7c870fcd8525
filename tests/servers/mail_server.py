"""The few lines of SMTP and IMAP that come before TLS."""

from __future__ import annotations

import ssl
from collections.abc import Mapping

from tests.servers.tcp_server import Behaviour, Reader, Writer


def smtp(tls: ssl.SSLContext, *, greeting: str = "220 mail.example ESMTP", ahead: bytes = b"") -> Behaviour:
    """Offer STARTTLS; `ahead` is sent in the clear after agreeing to it, as an attacker would."""

    async def behave(reader: Reader, writer: Writer) -> None:
        await _say(writer, greeting)
        await reader.readline()
        await _say(writer, "250-mail.example", "250-PIPELINING", "250 STARTTLS")
        await reader.readline()
        writer.write(b"220 go ahead\r\n" + ahead)
        await writer.drain()
        await writer.start_tls(tls)
        await reader.read(1)

    return behave


def imap(tls: ssl.SSLContext, *, reply: str = "a1 OK begin") -> Behaviour:
    """Offer STARTTLS."""

    async def behave(reader: Reader, writer: Writer) -> None:
        await _say(writer, "* OK IMAP4rev2 ready")
        await reader.readline()
        await _say(writer, "* CAPABILITY IMAP4rev2 STARTTLS", reply)
        await writer.start_tls(tls)
        await reader.read(1)

    return behave


def scripted(
    greeting: str, replies: Mapping[str, str], heard: list[str] | None = None, tls: ssl.SSLContext | None = None
) -> Behaviour:
    """Answer each line by the reply whose key it starts with; `{tag}` in a reply is the line's first word.

    A line that gets a reply to STARTTLS turns to TLS when there is a context; no reply ends the conversation.
    """

    async def behave(reader: Reader, writer: Writer) -> None:
        await _say(writer, greeting)
        while line := (await reader.readline()).decode().rstrip():
            if heard is not None:
                heard.append(line)
            tag, _, rest = line.partition(" ")
            reply = next((text for key, text in replies.items() if line.startswith(key) or rest.startswith(key)), None)
            if reply is None:
                return
            await _say(writer, reply.replace("{tag}", tag))
            if tls is not None and "STARTTLS" in line:
                await writer.start_tls(tls)

    return behave


async def endless(_: Reader, writer: Writer) -> None:
    """One line that never ends."""
    while True:
        writer.write(b"x" * 60_000)
        await writer.drain()


async def endless_lines(reader: Reader, writer: Writer) -> None:
    """A reply of lines that all say that another one follows."""
    writer.write(b"220 hello\r\n")
    await reader.readline()
    while True:
        writer.write(b"250-more\r\n" * 5000)
        await writer.drain()


async def _say(writer: Writer, *lines: str) -> None:
    writer.write("".join(f"{line}\r\n" for line in lines).encode())
    await writer.drain()
