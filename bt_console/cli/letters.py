"""Messages that reached people in the lab, as lines and as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from probes.api import clean

if TYPE_CHECKING:
    from bt_console.lab.client import Arrival

_TEXT_LIMIT = 4000


def letters_document(letters: Iterable[Arrival]) -> dict[str, Any]:
    """Return `bt-console/lab-letters/1`."""
    return {"schema": "bt-console/lab-letters/1", "letters": [_document(letter) for letter in letters]}


def _document(letter: Arrival) -> dict[str, Any]:
    return {
        "seq": letter.seq,
        "at": letter.at.isoformat(),
        "channel": letter.channel,
        "recipient": letter.recipient,
        "contact": letter.contact or None,
        "text": letter.text,
        "message_id": letter.message_id,
    }


def letter_lines(letters: Iterable[Arrival]) -> list[str]:
    """Return each message with its head: when, by which way, to whom; its text below, moved in."""
    lines: list[str] = []
    for letter in letters:
        at = letter.at.astimezone()
        lines.append(f"{letter.seq:>4}  {at:%H:%M:%S}.{at.microsecond // 100_000}  {letter.channel}  {whom(letter)}")
        lines += [f"      {line}" for line in _texts(letter)]
    return lines


def whom(letter: Arrival) -> str:
    """Return the reader's name and address."""
    address = clean(letter.recipient, 80)
    return f"{clean(letter.name, 80)} <{address}>" if letter.name else address


def gist(letter: Arrival) -> str:
    """Return the first line of a message."""
    return next(iter(_texts(letter)), "")


def _texts(letter: Arrival) -> list[str]:
    found = (clean(line, _TEXT_LIMIT).strip() for line in letter.text[:_TEXT_LIMIT].splitlines())
    return [line for line in found if line]
