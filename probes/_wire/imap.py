"""A client's side of IMAP over a connected stream, one command at a time.

Source: RFC 3501 and RFC 9051 (IMAP4rev1, rev2), RFC 5530 (response codes), RFC 4959 (SASL-IR), RFC 4616 (PLAIN).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from probes._wire.lines import Lines, broken
from probes._wire.smtp import encoded, private
from probes._wire.stream import Stream
from probes.api import FailureKind, ProbeFailure, clean

ANSWER_LINES_COUNT = 150
LITERALS_OCTETS = 65_536
"""All literals of one answer together."""
_LITERAL = re.compile(r"\{([0-9]{1,9})\+?\}$")
_STATUS = re.compile(r"(OK|NO|BAD|BYE|PREAUTH)\b ?(.*)", re.IGNORECASE | re.DOTALL)
_CAPABILITY_CODE = re.compile(r"\[CAPABILITY ([^\]]*)\]", re.IGNORECASE)
_EXISTS = re.compile(r"([0-9]{1,10}) EXISTS", re.IGNORECASE)
_SEARCH = re.compile(r"SEARCH((?: [0-9]{1,10})*) ?", re.IGNORECASE)
_LOGIN_CODES = (
    "AUTHENTICATIONFAILED",
    "AUTHORIZATIONFAILED",
    "PRIVACYREQUIRED",
    "EXPIRED",
    "UNAVAILABLE",
    "CONTACTADMIN",
    "LIMIT",
)
"""RFC 5530."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """OK, NO, BAD, BYE or PREAUTH, and the text after it."""

    word: str
    text: str

    def __str__(self) -> str:
        return clean(f"{self.word} {self.text}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the server said to one command."""

    status: Status
    untagged: tuple[str, ...]
    """Without `* `, literals in place of their length."""


def parse_status(text: str) -> Status | None:
    """Read what stands after the tag."""
    match = _STATUS.fullmatch(text)
    return Status(word=match[1].upper(), text=match[2]) if match else None


def find_capabilities(untagged: Sequence[str], status: Status | None = None) -> tuple[str, ...] | None:
    """Return the capabilities that an answer lists, upper case, None when it lists none."""
    for line in untagged:
        if line.upper().startswith("CAPABILITY "):
            return tuple(line.upper().split()[1:])
    match = _CAPABILITY_CODE.search(status.text) if status else None
    return tuple(match[1].upper().split()) if match else None


def find_exists(untagged: Sequence[str]) -> int | None:
    """Return how many messages a selected mailbox holds."""
    counts = [int(match[1]) for match in map(_EXISTS.fullmatch, untagged) if match]
    return counts[-1] if counts else None


def find_numbers(untagged: Sequence[str]) -> tuple[int, ...]:
    """Return what SEARCH found."""
    matches = [match for match in map(_SEARCH.fullmatch, untagged) if match]
    return tuple(int(text) for match in matches for text in match[1].split())


def quoted(text: str) -> str:
    """Return a quoted string. Raises ValueError for what cannot be one."""
    if not text.isascii() or any(letter < " " or letter == "\x7f" for letter in text):
        raise ValueError("only printable ASCII letters can be sent in an IMAP quoted string")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class ImapTalk:
    """One conversation."""

    def __init__(self, stream: Stream) -> None:
        self.lines = Lines(stream)
        self._count = 0

    async def greeting(self) -> Status:
        """Read what the server says first."""
        line = await self._line(0)
        status = parse_status(line[2:]) if line.startswith("* ") else None
        if status is None or status.word not in ("OK", "PREAUTH"):
            raise broken(f"expected an IMAP greeting, the server said {line[:200]!r}")
        return status

    async def ask(self, command: str, *, go_on: str = "") -> Answer:
        """Send a command and read its answer; `go_on` is what to send when the server asks for more."""
        self._count += 1
        tag = f"a{self._count}"
        await self.lines.say(f"{tag} {command}")
        return await self._answer(tag, go_on)

    async def insist(self, command: str) -> Answer:
        """Ask, and raise ProbeFailure PROTOCOL for a refusal."""
        answer = await self.ask(command)
        if answer.status.word != "OK":
            raise broken(f"{command} refused: {answer.status}")
        return answer

    async def ask_for_tls(self) -> None:
        """Agree that the next octets are TLS."""
        await self.insist("STARTTLS")
        self.lines.must_be_empty()

    async def capabilities(self) -> tuple[str, ...]:
        """Ask what the server can do now: TLS and login change it."""
        return find_capabilities((await self.insist("CAPABILITY")).untagged) or ()

    async def login(self, user: str, password: str, capabilities: Sequence[str]) -> Answer:
        """Prove who we are. Raises ProbeFailure MISMATCH when the server does not believe it."""
        with private(f"login of {user}"):
            answer = await self._prove(user, password, capabilities)
        if answer.status.word != "OK":
            raise ProbeFailure(FailureKind.MISMATCH, f"login of {user} refused with {_code(answer.status)}")
        return answer

    async def _prove(self, user: str, password: str, capabilities: Sequence[str]) -> Answer:
        proof = encoded("\0", user, "\0", password)
        if "AUTH=PLAIN" not in capabilities:
            return await self._login_quoted(user, password)
        if "SASL-IR" in capabilities:
            return await self.ask(f"AUTHENTICATE PLAIN {proof}")
        return await self.ask("AUTHENTICATE PLAIN", go_on=proof)

    async def _login_quoted(self, user: str, password: str) -> Answer:
        try:
            command = f"LOGIN {quoted(user)} {quoted(password)}"
        except ValueError as error:
            raise ProbeFailure(
                FailureKind.MISMATCH, f"the server offers only LOGIN, which this name or password cannot use: {error}"
            ) from error
        return await self.ask(command)

    async def _answer(self, tag: str, go_on: str) -> Answer:
        untagged: list[str] = []
        octets = 0
        for _ in range(ANSWER_LINES_COUNT):
            line = await self._line(octets)
            octets += len(line)
            if line.startswith("* "):
                untagged.append(line[2:])
            elif line.startswith(f"{tag} "):
                return Answer(status=_must_be_status(line, line[len(tag) + 1 :]), untagged=tuple(untagged))
            elif line.startswith("+") and go_on:
                await self.lines.say(go_on)
                go_on = ""
            else:
                raise broken(f"expected the answer {tag}, the server said {line[:200]!r}")
        raise broken(f"the server's IMAP answer has no end after {ANSWER_LINES_COUNT} lines")

    async def _line(self, octets: int) -> str:
        """Return a line with its literals in it; `octets` have been read of this answer before."""
        line = await self.lines.next()
        while match := _LITERAL.search(line):
            octets += len(line) + int(match[1])
            if octets > LITERALS_OCTETS:
                raise broken(f"the server's IMAP answer is longer than {LITERALS_OCTETS} octets")
            literal = await self.lines.take(int(match[1]))
            line = line[: match.start()] + literal.decode("utf-8", "replace") + await self.lines.next()
        return line


def _code(status: Status) -> str:
    """Return only words of our own list: the text may repeat the password."""
    return " ".join([status.word, *(code for code in _LOGIN_CODES if f"[{code}]" in status.text.upper())])


def _must_be_status(line: str, text: str) -> Status:
    status = parse_status(text)
    if status is None or status.word not in ("OK", "NO", "BAD"):
        raise broken(f"expected OK, NO or BAD, the server said {line[:200]!r}")
    return status
