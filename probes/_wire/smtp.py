"""A client's side of SMTP over a connected stream, one command at a time.

Source: RFC 5321 (replies, EHLO), RFC 1870 (SIZE), RFC 3207 (STARTTLS), RFC 4954 and RFC 4616 (AUTH PLAIN).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from probes._wire.lines import Lines, broken
from probes._wire.stream import Stream
from probes.api import FailureKind, ProbeFailure, clean

REPLY_LINES_COUNT = 100
_REPLY = re.compile(r"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)
_HELO = re.compile(r"[A-Za-z0-9.:\[\]-]{1,255}")
_ENHANCED = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}(?= |$)")
_MAILBOX = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.\[\]:-]{1,255}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the server said to one command."""

    code: int
    lines: tuple[str, ...]
    """Texts without the code."""

    @property
    def is_good(self) -> bool:
        """True for 2xx and 3xx."""
        return self.code < 400

    def __str__(self) -> str:
        return clean(f"{self.code} {' '.join(self.lines)}")


def check_helo(name: str) -> None:
    """Raises ValueError for a name that cannot stand in EHLO."""
    if not _HELO.fullmatch(name):
        raise ValueError(f"helo is {name!r}: write a host name or an address literal, such as monitor.example")


def check_mailbox(address: str) -> None:
    """Raises ValueError for what cannot be the address of a mailbox, or could smuggle in commands."""
    if not _MAILBOX.fullmatch(address):
        raise ValueError(f"{address!r} is no mail address: write name@domain")


def parse_reply_line(line: str) -> tuple[int, bool, str]:
    """Return code, whether it is the last line, and text. Raises ProbeFailure PROTOCOL."""
    match = _REPLY.fullmatch(line)
    if match is None:
        raise broken(f"expected an SMTP reply, the server said {line[:200]!r}")
    return int(match[1]), match[2] != "-", match[3] or ""


def parse_extensions(lines: Sequence[str]) -> dict[str, str]:
    """Return {keyword: parameters} of an EHLO reply, whose first line greets. `AUTH=` is an old way to write AUTH."""
    found: dict[str, str] = {}
    for line in lines[1:]:
        keyword, _, rest = line.strip().replace("AUTH=", "AUTH ", 1).partition(" ")
        if keyword:
            known = found.get(keyword.upper(), "")
            found[keyword.upper()] = f"{known} {rest.strip()}".strip()
    return found


def size_limit(extensions: dict[str, str]) -> int | None:
    """Return the largest message the server takes in octets, None when it does not say or says 0 (no limit)."""
    text = extensions.get("SIZE", "").strip()
    return int(text) or None if text.isascii() and text.isdigit() and len(text) <= 15 else None


class SmtpTalk:
    """One conversation."""

    def __init__(self, stream: Stream) -> None:
        self.lines = Lines(stream)

    async def reply(self) -> Reply:
        """Read one reply of bounded length."""
        texts: list[str] = []
        first = 0
        for _ in range(REPLY_LINES_COUNT):
            code, is_last, text = parse_reply_line(await self.lines.next())
            first = first or code
            if code != first:
                raise broken(f"an SMTP reply starts with {first} and goes on with {code}")
            texts.append(text)
            if is_last:
                return Reply(code=code, lines=tuple(texts))
        raise broken(f"the server's SMTP reply has no end after {REPLY_LINES_COUNT} lines")

    async def ask(self, command: str) -> Reply:
        """Send a command and read its reply."""
        await self.lines.say(command)
        return await self.reply()

    async def insist(self, command: str) -> Reply:
        """Ask, and raise ProbeFailure PROTOCOL for a refusal."""
        reply = await self.ask(command)
        if not reply.is_good:
            raise broken(f"{command} refused: {reply}")
        return reply

    async def greeting(self) -> Reply:
        """Read what the server says first."""
        reply = await self.reply()
        if reply.code != 220:
            raise broken(f"the server does not greet: {reply}")
        return reply

    async def hello(self, name: str) -> dict[str, str] | None:
        """Return the extensions, None of a server so old that it knows only HELO."""
        reply = await self.ask(f"EHLO {name}")
        if reply.is_good:
            return parse_extensions(reply.lines)
        await self.insist(f"HELO {name}")
        return None

    async def ask_for_tls(self) -> None:
        """Agree that the next octets are TLS."""
        await self.insist("STARTTLS")
        self.lines.must_be_empty()

    async def hand_over(self, mailbox: str, message: bytes, extensions: Mapping[str, str]) -> None:
        """Send a message from a mailbox to itself; no report comes back where the server lets us say so (RFC 3461)."""
        quietly = " NOTIFY=NEVER" if "DSN" in extensions else ""
        await self.insist(f"MAIL FROM:<{mailbox}>")
        await self.insist(f"RCPT TO:<{mailbox}>{quietly}")
        reply = await self.insist("DATA")
        if reply.code != 354:
            raise broken(f"DATA answered with {reply}")
        await self.lines.send(stuffed(message))
        reply = await self.reply()
        if reply.code != 250:
            raise broken(f"the message is refused: {reply}")

    async def login(self, user: str, password: str, mechanisms: Sequence[str]) -> None:
        """Prove who we are. Raises ProbeFailure MISMATCH when the server does not believe it."""
        with private(f"login of {user}"):
            if "PLAIN" in mechanisms:
                reply = await self.ask(f"AUTH PLAIN {encoded(chr(0), user, chr(0), password)}")
            elif "LOGIN" in mechanisms:
                reply = await self._login_in_steps(user, password)
            else:
                raise ProbeFailure(FailureKind.MISMATCH, "the server offers neither AUTH PLAIN nor AUTH LOGIN")
            if reply.code != 235:
                raise ProbeFailure(FailureKind.MISMATCH, f"login of {user} refused with {_codes(reply)}")

    async def _login_in_steps(self, user: str, password: str) -> Reply:
        reply = await self.ask("AUTH LOGIN")
        for text in (user, password):
            if reply.code != 334:
                return reply
            reply = await self.ask(encoded(text))
        return reply


def _codes(reply: Reply) -> str:
    enhanced = _ENHANCED.match(reply.lines[0])
    return f"{reply.code} {enhanced[0]}" if enhanced else str(reply.code)


@contextmanager
def private(doing: str) -> Iterator[None]:
    """Repeat nothing of what a server says during a login: some echo what they do not understand, secrets included."""
    try:
        yield
    except ProbeFailure as failure:
        if failure.kind is not FailureKind.PROTOCOL:
            raise
        raise ProbeFailure(FailureKind.PROTOCOL, f"{doing}: the server broke its protocol") from None


def stuffed(message: bytes) -> bytes:
    """Return a message as DATA sends it: lines end in CRLF, a line's first dot is doubled, a dot alone ends it."""
    lines = message.replace(b"\r\n", b"\n").removesuffix(b"\n").split(b"\n")
    return b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines) + b".\r\n"


def encoded(*texts: str) -> str:
    """Return the texts together as base64, as SASL sends them."""
    return base64.b64encode("".join(texts).encode()).decode()
