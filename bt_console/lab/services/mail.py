"""SMTP and IMAP of the mail service: they greet and negotiate as real ones do; no mailbox is behind them.

Source: RFC 5321 (SMTP), RFC 3207 (STARTTLS), RFC 3501 (IMAP4rev1).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable

from aiosmtpd.smtp import SMTP, Envelope, Session

from bt_console.lab.world import ServiceState

State = Callable[[], ServiceState]
_LINE_LIMIT = 8192
_CAPABILITY = "IMAP4rev1 AUTH=PLAIN"


def smtp_factory(host: str, context: ssl.SSLContext, state: State) -> Callable[[], asyncio.Protocol]:
    """Return a factory of SMTP sessions that take mail for nobody."""

    def session() -> asyncio.Protocol:
        made: asyncio.Protocol = SMTP(
            _NobodyHere(state), hostname=host, ident="ESMTP", tls_context=context, enable_SMTPUTF8=True
        )
        return made

    return session


class _NobodyHere:
    """Handler of aiosmtpd: greets, slowly if it must, and refuses every recipient."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def handle_EHLO(  # noqa: N802 - the name aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        await asyncio.sleep(self._state().delay_s)
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        return "550 5.1.1 no mailbox here"


def imap_factory(state: State) -> Callable[[], asyncio.Protocol]:
    """Return a factory of IMAP sessions that let nobody in."""

    def session() -> asyncio.Protocol:
        reader = asyncio.StreamReader(limit=_LINE_LIMIT)
        return asyncio.StreamReaderProtocol(reader, lambda r, w: _imap_session(r, w, state))

    return session


async def _imap_session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, state: State) -> None:
    await asyncio.sleep(state().delay_s)
    writer.write(f"* OK [CAPABILITY {_CAPABILITY}] IMAP4rev1 ready\r\n".encode())
    try:
        while line := await reader.readline():
            answer, is_end = imap_answer(line.decode("ascii", "replace").rstrip("\r\n"))
            writer.write(answer.encode())
            await writer.drain()
            if is_end:
                break
    except (ConnectionError, ValueError, ssl.SSLError):
        pass  # the client left, or sent a line without end
    finally:
        writer.close()


def imap_answer(line: str) -> tuple[str, bool]:
    """Return the answer to one command line before login, and whether the session ends with it."""
    tag, _, rest = line.partition(" ")
    command = rest.partition(" ")[0].upper()
    if not tag or not command:
        return "* BAD tag and command expected\r\n", False
    match command:
        case "CAPABILITY":
            return f"* CAPABILITY {_CAPABILITY}\r\n{tag} OK CAPABILITY completed\r\n", False
        case "NOOP":
            return f"{tag} OK NOOP completed\r\n", False
        case "LOGOUT":
            return f"* BYE logging out\r\n{tag} OK LOGOUT completed\r\n", True
        case "LOGIN" | "AUTHENTICATE":
            return f"{tag} NO [AUTHENTICATIONFAILED] no such account\r\n", False
    return f"{tag} BAD unknown or not before login\r\n", False
