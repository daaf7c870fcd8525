"""The one account of the lab's mail server: SMTP puts messages in, IMAP shows and removes them."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from email.parser import BytesHeaderParser
from email.policy import compat32

MESSAGES_KEPT = 200
MESSAGE_OCTETS = 1_048_576


@dataclass(slots=True, kw_only=True)
class Message:
    """One message as IMAP knows it."""

    uid: int
    content: bytes
    arrived_at: datetime
    is_deleted: bool = False

    def has(self, header: str, text: str) -> bool:
        """Whether a header field is there and holds a text, whatever its case (RFC 3501 section 6.4.4)."""
        fields = BytesHeaderParser(policy=compat32).parsebytes(self.content).get_all(header, [])
        return any(text.lower() in str(value).lower() for value in fields)


@dataclass(slots=True, kw_only=True)
class Mailbox:
    """Messages in the order they came; the oldest go when there are too many."""

    address: str
    user: str
    password: str = field(repr=False)
    messages: list[Message] = field(default_factory=list)
    next_uid: int = 1

    def is_owner(self, user: str, password: str) -> bool:
        """Whether somebody may enter."""
        is_known = user.lower() in (self.user.lower(), self.address.lower())
        return hmac.compare_digest(password.encode(), self.password.encode()) and is_known

    def deliver(self, content: bytes, at: datetime) -> None:
        """Put a message in."""
        self.messages.append(Message(uid=self.next_uid, content=content, arrived_at=at))
        self.next_uid += 1
        del self.messages[:-MESSAGES_KEPT]

    def of(self, uids: Iterable[int]) -> list[Message]:
        """Return the messages with these numbers."""
        wanted = set(uids)
        return [message for message in self.messages if message.uid in wanted]

    def expunge(self, uids: Iterable[int] | None = None) -> list[int]:
        """Remove what is marked deleted (of these numbers); return the places they had, each counted when it went."""
        wanted = None if uids is None else set(uids)
        gone: list[int] = []
        for message in list(self.messages):
            if message.is_deleted and (wanted is None or message.uid in wanted):
                gone.append(self.messages.index(message) + 1)
                self.messages.remove(message)
        return gone
