"""What arrived where: every message that reached a person in the lab, with the instant it did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

KEPT_COUNT = 5000
TEXT_LIMIT = 8000


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """One message in somebody's hands."""

    seq: int
    at: datetime
    channel: str
    recipient: str
    text: str
    message_id: str
    """What the sender was told it is called."""


class Letters:
    """All of them, in order; the oldest go when there are too many."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._kept: list[Arrived] = []
        self._seq = 0

    def take(self, channel: str, recipient: str, text: str, message_id: str) -> Arrived:
        """Note that a message is there now."""
        self._seq += 1
        arrived = Arrived(
            seq=self._seq,
            at=self._clock(),
            channel=channel,
            recipient=recipient,
            text=text[:TEXT_LIMIT],
            message_id=message_id,
        )
        self._kept.append(arrived)
        del self._kept[:-KEPT_COUNT]
        return arrived

    def after(self, seq: int) -> list[dict[str, Any]]:
        """Return what came after a message's number, JSON-ready."""
        return [{**asdict(found), "at": found.at.isoformat()} for found in self._kept if found.seq > seq]
