"""A folder of an IMAP mailbox in which a monitor's own messages are found and from which they are removed.

Source: RFC 3501 (SEARCH, STORE, EXPUNGE), RFC 4315 (UID EXPUNGE), RFC 3834 (automatic messages).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from probes._wire.imap import Answer, ImapTalk, find_numbers, quoted
from probes.api import FailureKind, ProbeFailure

HEADER = "X-BT-Console-Token"
CLEANED_COUNT = 50
"""How many forgotten messages one run removes."""
_DATE = re.compile(r'INTERNALDATE "([ 0-9][0-9]-[A-Za-z]{3}-[0-9]{4} [0-9:]{8} [+-][0-9]{4})"', re.IGNORECASE)
_UID = re.compile(r"\bUID ([0-9]{1,10})\b", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def make_message(mailbox: str, token: str, at: datetime) -> bytes:
    """Return a message from a mailbox to itself that no out-of-office assistant answers."""
    message = EmailMessage(policy=SMTP)
    message["From"] = message["To"] = mailbox
    message["Subject"] = f"BT Console mail check {token}"
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{token}@bt-console.invalid>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message[HEADER] = token
    message.set_content("This message measures how long mail takes. It is removed as soon as it is found.\n")
    return message.as_bytes()


class Mailbox:
    """One selected folder."""

    def __init__(self, talk: ImapTalk, capabilities: Sequence[str]) -> None:
        self._talk = talk
        self._has_uidplus = "UIDPLUS" in capabilities

    async def select(self, folder: str) -> None:
        """Open a folder for reading and writing."""
        await self._talk.insist(f"SELECT {quoted(folder)}")

    async def find(self, token: str = "") -> tuple[int, ...]:
        """Return the UIDs of messages with this token, with any token when it is empty."""
        answer = await self._talk.insist(f"UID SEARCH HEADER {HEADER} {quoted(token)}")
        return find_numbers(answer.untagged)

    async def refresh(self) -> None:
        """Let the server tell what has arrived: until then, some do not find it."""
        await self._talk.insist("NOOP")

    async def remove_before(self, at: datetime) -> int:
        """Remove the monitor's messages that arrived before then, a bounded number, and return how many."""
        uids = (await self.find())[:CLEANED_COUNT]
        if not uids:
            return 0
        answer = await self._talk.insist(f"UID FETCH {_set(uids)} (INTERNALDATE)")
        old = [uid for uid, arrived_at in read_dates(answer) if uid in uids and arrived_at < at]
        if old:
            await self.remove(old)
        return len(old)

    async def remove(self, uids: Sequence[int]) -> None:
        """Remove these messages and no other. Raises ProbeFailure when the server cannot do that."""
        await self._talk.insist(f"UID STORE {_set(uids)} +FLAGS.SILENT (\\Deleted)")
        if self._has_uidplus:
            await self._talk.insist(f"UID EXPUNGE {_set(uids)}")
            return
        marked = find_numbers((await self._talk.insist("UID SEARCH DELETED")).untagged)
        if not set(marked) <= set(uids):
            raise ProbeFailure(
                FailureKind.MISMATCH,
                "the server can only remove all deleted messages at once, and the mailbox holds deleted ones of others",
            )
        await self._talk.insist("EXPUNGE")


def _set(uids: Sequence[int]) -> str:
    return ",".join(str(uid) for uid in uids)


def read_dates(answer: Answer) -> list[tuple[int, datetime]]:
    """Return (UID, instant of arrival) of each message that a FETCH describes."""
    found = []
    for line in answer.untagged:
        uid, date = _UID.search(line), _DATE.search(line)
        arrived_at = parse_internal_date(date[1]) if date else None
        if uid and arrived_at:
            found.append((int(uid[1]), arrived_at))
    return found


def parse_internal_date(text: str) -> datetime | None:
    """Read `24-Nov-2026 21:54:00 +0700`, None for what is no date; month names are English in any locale."""
    day, month, rest = text.strip().split("-", 2)
    if month.lower() not in _MONTHS:
        return None
    try:
        return datetime.strptime(f"{day}-{_MONTHS.index(month.lower()) + 1}-{rest}", "%d-%m-%Y %H:%M:%S %z")
    except ValueError:
        return None
