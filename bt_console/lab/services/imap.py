"""IMAP of the mail service: one account, one folder, the commands a monitor's mailbox needs.

Source: RFC 3501 (IMAP4rev1), RFC 4315 (UIDPLUS), RFC 4616 (PLAIN), RFC 4959 (SASL-IR).
"""

from __future__ import annotations

import asyncio
import binascii
import re
import ssl
from base64 import b64decode
from collections.abc import Callable, Iterable
from datetime import datetime

from bt_console.lab.services.hostile import hostile_text
from bt_console.lab.services.mailbox import Mailbox, Message
from bt_console.lab.world import ServiceState

_LINE_LIMIT = 8192
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SETS_LIMIT = 1000
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s"]+)')
_ESCAPE = re.compile(r"\\(.)")


class Conversation:
    """One client's session, without the socket."""

    def __init__(self, mailbox: Mailbox | None, *, is_secure: bool) -> None:
        self._mailbox = mailbox
        self._is_secure = is_secure
        self._opened: Mailbox | None = None
        self._is_inside = False
        self._proof_tag = ""
        self.is_over = False

    @property
    def capabilities(self) -> str:
        """What CAPABILITY lists: without TLS nobody may say a password."""
        return "IMAP4rev1 UIDPLUS " + ("SASL-IR AUTH=PLAIN" if self._is_secure else "LOGINDISABLED")

    def answer(self, line: str) -> str:
        """Return the answer to one line of the client."""
        if self._proof_tag:
            tag, self._proof_tag = self._proof_tag, ""
            return self._prove(tag, line)
        tag, _, rest = line.partition(" ")
        words = [_ESCAPE.sub(r"\1", quoted) if quoted else plain for quoted, plain in _WORD.findall(rest)]
        if not tag or not words:
            return "* BAD tag and command expected\r\n"
        return self._command(tag, words[0].upper(), words[1:])

    def _command(self, tag: str, command: str, words: list[str]) -> str:
        match command:
            case "CAPABILITY":
                return f"* CAPABILITY {self.capabilities}\r\n{_ok(tag, command)}"
            case "NOOP":
                return (self._exists() if self._opened else "") + _ok(tag, command)
            case "LOGOUT":
                self.is_over = True
                return f"* BYE logging out\r\n{_ok(tag, command)}"
            case "LOGIN" | "AUTHENTICATE":
                return self._login(tag, command, words)
            case "SELECT" | "EXAMINE" if self._is_inside:
                return self._select(tag, words)
        if self._opened is None:
            return f"{tag} BAD unknown or not now\r\n"
        return self._selected(tag, command, words, self._opened)

    def _login(self, tag: str, command: str, words: list[str]) -> str:
        if not self._is_secure:
            return f"{tag} NO [PRIVACYREQUIRED] not without TLS\r\n"
        if command == "AUTHENTICATE":
            if [word.upper() for word in words[:1]] != ["PLAIN"]:
                return f"{tag} NO no such mechanism\r\n"
            if len(words) > 1:
                return self._prove(tag, words[1])
            self._proof_tag = tag
            return "+ \r\n"
        return self._let_in(tag, *words) if len(words) == 2 else f"{tag} BAD name and password expected\r\n"

    def _prove(self, tag: str, proof: str) -> str:
        try:
            _, user, password = b64decode(proof, validate=True).decode().split("\0")
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return f"{tag} BAD no PLAIN message\r\n"
        return self._let_in(tag, user, password)

    def _let_in(self, tag: str, user: str, password: str) -> str:
        if self._mailbox is None or not self._mailbox.is_owner(user, password):
            return f"{tag} NO [AUTHENTICATIONFAILED] no such account\r\n"
        self._is_inside = True
        return f"{tag} OK [CAPABILITY {self.capabilities}] logged in\r\n"

    def _select(self, tag: str, words: list[str]) -> str:
        if [word.upper() for word in words] != ["INBOX"]:
            return f"{tag} NO [NONEXISTENT] no such folder\r\n"
        self._opened = self._mailbox
        return f"{self._exists()}* 0 RECENT\r\n* FLAGS (\\Deleted)\r\n{tag} OK [READ-WRITE] SELECT completed\r\n"

    def _exists(self) -> str:
        return f"* {len(self._opened.messages) if self._opened else 0} EXISTS\r\n"

    def _selected(self, tag: str, command: str, words: list[str], mailbox: Mailbox) -> str:
        if command == "EXPUNGE":
            return _expunged(mailbox.expunge()) + _ok(tag, command)
        if command != "UID" or len(words) < 2:
            return f"{tag} BAD unknown or not now\r\n"
        verb, first, rest = words[0].upper(), words[1], words[2:]
        if verb == "SEARCH":
            found = " ".join(str(m.uid) for m in _searched(mailbox, words[1:]))
            return f"* SEARCH {found}".rstrip() + f"\r\n{_ok(tag, 'UID SEARCH')}"
        uids = read_set(first, mailbox.next_uid - 1)
        match verb:
            case "EXPUNGE":
                return _expunged(mailbox.expunge(uids)) + _ok(tag, "UID EXPUNGE")
            case "STORE" if "\\DELETED" in " ".join(rest).upper():
                for message in mailbox.of(uids):
                    message.is_deleted = rest[0].startswith("+")
                return _ok(tag, "UID STORE")
            case "FETCH":
                return "".join(_row(mailbox, message) for message in mailbox.of(uids)) + _ok(tag, "UID FETCH")
        return f"{tag} BAD unknown\r\n"


def _searched(mailbox: Mailbox, words: list[str]) -> list[Message]:
    match [words[0].upper(), *words[1:]]:
        case ["HEADER", header, text]:
            return [message for message in mailbox.messages if message.has(header, text)]
        case ["DELETED"]:
            return [message for message in mailbox.messages if message.is_deleted]
        case ["ALL"]:
            return mailbox.messages
    return []


def read_set(text: str, last: int) -> list[int]:
    """Return the numbers of a sequence set such as `1,3:5,7:*`, none above `last`."""
    found: list[int] = []
    for part in text.split(","):
        low, _, high = part.partition(":")
        ends = [
            last if end == "*" else int(end) if end.isdecimal() and len(end) < 10 else 0 for end in (low, high or low)
        ]
        found += range(min(ends), min(max(ends), last) + 1)
    return found[:_SETS_LIMIT]


def _row(mailbox: Mailbox, message: Message) -> str:
    place = mailbox.messages.index(message) + 1
    return f'* {place} FETCH (UID {message.uid} INTERNALDATE "{internal_date(message.arrived_at)}")\r\n'


def internal_date(at: datetime) -> str:
    """Return an instant as IMAP writes it; month names are English in any locale."""
    return f"{at.day:2d}-{_MONTHS[at.month - 1]}-{at:%Y %H:%M:%S %z}"


def _expunged(places: Iterable[int]) -> str:
    return "".join(f"* {place} EXPUNGE\r\n" for place in places)


def _ok(tag: str, command: str) -> str:
    return f"{tag} OK {command} completed\r\n"


def imap_factory(
    mailbox: Mailbox | None, state: Callable[[], ServiceState], *, is_secure: bool
) -> Callable[[], asyncio.Protocol]:
    """Return a factory of IMAP sessions; without a mailbox nobody is let in."""

    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _session(reader, writer, Conversation(mailbox, is_secure=is_secure), state())

    return lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader(limit=_LINE_LIMIT), session)


async def _session(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, talk: Conversation, state: ServiceState
) -> None:
    await asyncio.sleep(state.delay_s)
    text = hostile_text() if state.is_banner_hostile else "IMAP4rev1 ready"
    writer.write(f"* OK [CAPABILITY {talk.capabilities}] {text}\r\n".encode("latin-1"))
    try:
        while line := await reader.readline():
            writer.write(talk.answer(line.decode("ascii", "replace").rstrip("\r\n")).encode())
            await writer.drain()
            if talk.is_over:
                break
    except (ConnectionError, ValueError, ssl.SSLError):
        pass  # the client left, or sent a line without end
    finally:
        writer.close()
