"""The few lines of SMTP and IMAP that come before TLS."""

from __future__ import annotations

import ssl

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


async def _say(writer: Writer, *lines: str) -> None:
    writer.write("".join(f"{line}\r\n" for line in lines).encode())
    await writer.drain()
