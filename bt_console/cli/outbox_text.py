"""How messages get away, as text and as JSON: the outbox, channels, signs of life, the monitor's audit of itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bt_console.cli import oncall_documents as documents
from bt_console.cli.documents import Document, instant
from bt_console.cli.render import Column, print_json, print_lines, table, terminal_width, wrap
from bt_console.cli.times import age, clock_time, zone
from bt_console.evaluate.oncall.why import name_of
from bt_console.model.oncall import Channel, Direction, OnCall
from bt_console.model.paging import ChannelHealth, Delivery, Heartbeat, Inbound
from bt_console.words import say, tell

if TYPE_CHECKING:
    from datetime import datetime

    from bt_console.facade import Console
    from bt_console.model.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """What is stored about messages at one instant."""

    snapshot: Snapshot
    oncall: OnCall
    deliveries: tuple[Delivery, ...]
    """Newest first."""
    healths: tuple[ChannelHealth, ...]
    heartbeats: tuple[Heartbeat, ...]
    replies: tuple[Inbound, ...]

    @classmethod
    def of(cls, console: Console, snapshot: Snapshot, last: int) -> Outbox:
        """Read the newest so many messages, and all the rest."""
        return cls(
            snapshot=snapshot,
            oncall=snapshot.oncall or OnCall(timezone=snapshot.timezone),
            deliveries=console.deliveries(limit=last),
            healths=console.channel_healths(),
            heartbeats=console.heartbeats(),
            replies=console.inbounds(last),
        )

    def print(self, language: str, *, is_json: bool) -> None:
        """Print everything."""
        if is_json:
            print_json(self._document())
            return
        lines = self._summary(language)
        for title, rows in (
            ("deliveries", self._deliveries(language)),
            ("channels", self._channels(language)),
            ("replies", self._replies(language)),
            ("heartbeats", self._beats(language, own=False)),
            ("audit", self._beats(language, own=True)),
        ):
            if rows:
                lines += ["", tell(language, f"cli.title.{title}").upper(), *rows]
        print_lines(lines)

    def _health(self, channel: str) -> ChannelHealth:
        return next((h for h in self.healths if h.channel == channel), ChannelHealth(channel=channel))

    def _document(self) -> Document:
        outbox = self.snapshot.outbox
        return {
            "schema": "bt-console/alerts/1",
            "at": instant(self.snapshot.at),
            "outbox": {
                "queued_count": outbox.queued_count,
                "oldest_at": instant(outbox.oldest_at),
                "dead_count": outbox.dead_count,
            },
            "deliveries": [documents.delivery(row, self.oncall) for row in self.deliveries],
            "channels": [self._channel(channel) for channel in self.oncall.channels.values()],
            "replies": [_reply(item) for item in self.replies],
            "heartbeats": [_beat(item) for item in self.heartbeats if item.direction is not Direction.SELF],
            "audit": [_beat(item) for item in self.heartbeats if item.direction is Direction.SELF],
        }

    def _channel(self, channel: Channel) -> Document:
        health = self._health(channel.id)
        return {
            "id": channel.id,
            "kind": channel.kind,
            "path": channel.path,
            "state": health.state,
            "since": instant(health.since),
            "fails_count": health.fails_count,
            "waits_until": instant(health.not_before),
            "proven_at": instant(health.proven_at),
            **documents.both("reason", health.reason),
        }

    def _summary(self, language: str) -> list[str]:
        outbox, now = self.snapshot.outbox, self.snapshot.at
        oldest = age(outbox.oldest_at, now, language)
        code = "cli.alerts.waiting" if outbox.queued_count else "cli.alerts.idle"
        return [tell(language, code, count=outbox.queued_count, oldest=oldest, dead=outbox.dead_count)]

    def _deliveries(self, language: str) -> list[str]:
        names = ("id", "time", "notice", "incident", "contact", "channel", "state", "detail")
        rows = [self._row(row, language) for row in self.deliveries]
        return self._table(names, {"contact", "detail"}, rows, language)

    def _row(self, row: Delivery, language: str) -> tuple[str, ...]:
        return (
            str(row.id),
            self._clock(row.done_at or row.created_at),
            tell(language, f"notice.{row.kind}"),
            f"#{row.incident_id}" if row.incident_id is not None else "",
            name_of(row.contact, self.oncall),
            row.channel,
            tell(language, f"cli.delivery.{row.state}"),
            say(language, row.why) if row.why else "",
        )

    def _channels(self, language: str) -> list[str]:
        names = ("channel", "kind", "path", "state", "since", "proven", "detail")
        rows = []
        for channel in self.oncall.channels.values():
            health = self._health(channel.id)
            state = tell(language, f"cli.channel.{health.state}")
            moments = (self._clock(health.since), self._clock(health.proven_at))
            said = say(language, health.reason) if health.reason else ""
            rows.append((channel.id, channel.kind, channel.path.value, state, *moments, said))
        return self._table(names, {"detail"}, rows, language)

    def _replies(self, language: str) -> list[str]:
        rows = [
            (self._clock(item.at), item.channel, item.sender, item.text, say(language, item.result))
            for item in self.replies
        ]
        return self._table(("time", "channel", "sender", "text", "outcome"), {"sender", "text"}, rows, language)

    def _beats(self, language: str, *, own: bool) -> list[str]:
        lines = []
        for item in self.heartbeats:
            if (item.direction is Direction.SELF) is own:
                state = tell(language, "cli.beat.missed" if item.is_missed else "cli.beat.ok")
                direction = "" if own else tell(language, f"cli.beat.{item.direction}") + " "
                said = say(language, item.detail) if item.detail else self._clock(item.last_at)
                lines += wrap(f"{direction}{item.name}: {state} {said}", terminal_width())
        return lines

    def _clock(self, at: datetime | None) -> str:
        return clock_time(at, self.snapshot.at, zone(self.snapshot.timezone)) if at else ""

    @staticmethod
    def _table(names: Sequence[str], flexible: set[str], rows: Sequence[tuple[str, ...]], language: str) -> list[str]:
        columns = [Column(title=tell(language, f"cli.column.{name}"), is_flexible=name in flexible) for name in names]
        return table(columns, rows, terminal_width()) if rows else []


def _reply(item: Inbound) -> Document:
    return {
        "at": instant(item.at),
        "channel": item.channel,
        "sender": item.sender,
        "text": item.text,
        **documents.both("result", item.result),
    }


def _beat(item: Heartbeat) -> Document:
    return {
        "name": item.name,
        "direction": item.direction,
        "last_at": instant(item.last_at),
        "is_missed": item.is_missed,
        **documents.both("detail", item.detail),
    }
