"""Asks a mail server to turn the connection to TLS.

Source: RFC 3207 (SMTP), RFC 9051 section 6.2.1 (IMAP), RFC 8314; octets sent ahead of TLS are refused (CVE-2011-0411).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from probes._wire.imap import ImapTalk
from probes._wire.smtp import SmtpTalk
from probes._wire.stream import Stream

HELO_NAME = "bt-console.invalid"


async def plain(stream: Stream) -> None:
    """TLS from the first octet: nothing to ask."""


async def smtp(stream: Stream) -> None:
    """Greeting, EHLO, STARTTLS."""
    talk = SmtpTalk(stream)
    await talk.greeting()
    await talk.hello(HELO_NAME)
    await talk.ask_for_tls()


async def imap(stream: Stream) -> None:
    """Greeting, STARTTLS."""
    talk = ImapTalk(stream)
    await talk.greeting()
    await talk.ask_for_tls()


PROTOCOLS: dict[str, Callable[[Stream], Awaitable[None]]] = {"": plain, "smtp": smtp, "imap": imap}
