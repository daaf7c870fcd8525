"""The proof of one incident: every instant that is stored, in order, and every message with each of its attempts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING

from bt_console.cli import oncall_documents as documents
from bt_console.cli.documents import Document, instant
from bt_console.cli.documents import incident as incident_document
from bt_console.cli.dossier import Dossier, dossier
from bt_console.cli.incident_text import hanging
from bt_console.cli.times import zone
from bt_console.evaluate.oncall.ways import is_telling
from bt_console.evaluate.oncall.why import name_of
from bt_console.model.incident import Incident
from bt_console.model.paging import Attempt, Delivery, DeliveryState, Inbound
from bt_console.model.snapshot import Event
from bt_console.words import message, say, tell

if TYPE_CHECKING:
    from bt_console.facade import Console
    from bt_console.model.snapshot import Snapshot

REPLIES_MAX = 100_000
_DONE = frozenset({DeliveryState.CANCELLED, DeliveryState.DEAD})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that happened."""

    at: datetime
    what: str
    """`last_good`, `reasoning`, `event`, `message`, `attempt`, `answer`, `done`, `reply` or `note`."""
    text: str
    """A message of words.say()."""
    delivery_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything stored about one incident and about telling people of it."""

    dossier: Dossier
    events: tuple[Event, ...]
    attempts: tuple[tuple[Delivery, tuple[Attempt, ...]], ...]
    replies: tuple[Inbound, ...]
    """Those that were about it."""

    @classmethod
    def of(cls, console: Console, snapshot: Snapshot, item: Incident) -> Evidence:
        """Read what is stored."""
        found = dossier(console, snapshot, item)
        mark = f"|id={item.id}"
        replies = [reply for reply in console.inbounds(REPLIES_MAX) if f"{mark}|" in f"{reply.result}|"]
        return cls(
            dossier=found,
            events=console.incident_events(item.id),
            attempts=tuple((row, console.attempts(row.id)) for row in found.deliveries),
            replies=tuple(replies[::-1]),
        )

    def timeline(self) -> list[Line]:
        """Return everything that happened, in order."""
        found = [*self._detection(), *self._decisions(), *self._messages(), *self._answers()]
        return sorted(found, key=attrgetter("at"))

    def _detection(self) -> Iterator[Line]:
        item = self.dossier.incident
        if item.last_good_at:
            yield Line(at=item.last_good_at, what="last_good", text=message("proof.last_good"))
        for step in item.cause.steps:
            yield Line(at=step.at, what="reasoning", text=step.message)

    def _decisions(self) -> Iterator[Line]:
        for event in self.events:
            yield Line(at=event.at, what="event", text=event.message)

    def _messages(self) -> Iterator[Line]:
        for row, attempts in self.attempts:
            values = {"delivery": row.id, "channel": row.channel}
            text = message(
                "proof.message", name=name_of(row.contact, self.dossier.oncall), kind=f"notice.{row.kind}", **values
            )
            yield Line(at=row.created_at, what="message", text=text, delivery_id=row.id)
            for attempt in attempts:
                text = message("proof.attempt", n=attempt.n, **values)
                yield Line(at=attempt.started_at, what="attempt", text=text, delivery_id=row.id)
                if attempt.ended_at is not None:
                    yield Line(at=attempt.ended_at, what="answer", text=_ended(row, attempt), delivery_id=row.id)
            if row.state in _DONE and row.done_at is not None:
                text = message(f"proof.{row.state}", why=row.why, **values)
                yield Line(at=row.done_at, what="done", text=text, delivery_id=row.id)

    def _answers(self) -> Iterator[Line]:
        for reply in self.replies:
            text = message("proof.reply", sender=reply.sender, channel=reply.channel, result=reply.result)
            yield Line(at=reply.at, what="reply", text=text)
        for note in self.dossier.notes:
            by = name_of(note.by, self.dossier.oncall)
            yield Line(at=note.at, what="note", text=message("proof.note", by=by, text=note.text))

    def document(self) -> Document:
        """Return the document of `proof --json`."""
        found = self.dossier
        return {
            "schema": "bt-console/proof/1",
            "at": instant(found.now),
            "incident": incident_document(found.incident),
            "call": documents.call(found.call) if found.call else None,
            "acknowledgement": self._acknowledgement(),
            "timeline": [_entry(line) for line in self.timeline()],
            "deliveries": [
                documents.delivery(row, found.oncall)
                | {"attempts": [documents.attempt(attempt) for attempt in attempts]}
                for row, attempts in self.attempts
            ],
        }

    def _acknowledgement(self) -> Document | None:
        """Say who has it now or had it last, and how they said so: by a reply over a channel, or at a keyboard."""
        item = self.dossier.incident
        if item.acknowledged_at is None:
            return None
        reply = next((reply for reply in reversed(self.replies) if _acknowledges(reply)), None)
        return {
            "at": instant(item.acknowledged_at),
            "by": item.acknowledged_by,
            "name": name_of(item.acknowledged_by, self.dossier.oncall),
            "until": instant(item.acknowledged_until),
            "channel": reply.channel if reply and reply.at == item.acknowledged_at else None,
            "sender": reply.sender if reply and reply.at == item.acknowledged_at else None,
        }

    def lines(self, language: str, width: int) -> list[str]:
        """Return what `proof` prints."""
        item, local = self.dossier.incident, zone(self.dossier.oncall.timezone)
        lines = hanging(f"#{item.id} {say(language, item.cause.message)}", width)
        lines += ["", tell(language, "proof.title.timeline").upper()]
        for line in self.timeline():
            stamp = f"{line.at.astimezone(local):%d/%m/%Y %H:%M:%S.%f}"[:-3]
            lines += hanging(f"{stamp} {say(language, line.text)}", width, "  ")
        rows = self.dossier.deliveries
        if rows:
            lines += ["", tell(language, "proof.title.messages").upper()]
            lines += [line for row in rows for line in hanging(say(language, self._state(row)), width, "  ")]
        return [*lines, "", *hanging(tell(language, "proof.words"), width)]

    def _state(self, row: Delivery) -> str:
        is_certain = is_telling(self.dossier.oncall.channels.get(row.channel))
        state = row.state if is_certain or row.state is not DeliveryState.ACCEPTED else "shown"
        state = "digested" if row.digest_id is not None else state
        return message(
            "proof.state",
            delivery=row.id,
            kind=f"notice.{row.kind}",
            name=name_of(row.contact, self.dossier.oncall),
            channel=row.channel,
            state=f"proof.state.{state}",
            provider=row.provider_id or "-",
        )


def _ended(row: Delivery, attempt: Attempt) -> str:
    answer = " ".join(part for part in (attempt.code, attempt.detail) if part)
    return message(
        f"proof.outcome.{attempt.outcome}",
        delivery=row.id,
        n=attempt.n,
        channel=row.channel,
        answer=answer or "-",
        provider=attempt.provider_id or "-",
    )


def _acknowledges(reply: Inbound) -> bool:
    return reply.result.startswith("oncall.reply.acknowledged|")


def _entry(line: Line) -> Document:
    return {
        "at": instant(line.at),
        "what": line.what,
        "delivery": line.delivery_id,
        **documents.both("text", line.text),
    }
