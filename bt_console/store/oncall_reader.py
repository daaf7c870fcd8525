"""What readers may know of telling people: everything but the codes people answer with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bt_console.model.oncall import Mute, OnCall, Override
from bt_console.model.paging import Attempt, Call, ChannelHealth, Delivery, Heartbeat, Inbound, Note
from bt_console.model.snapshot import OutboxView
from bt_console.store import oncall_decode as decode
from bt_console.store import oncall_sql as sql
from bt_console.store.codec import maybe_instant, micros
from bt_console.store.sql import NEWEST_MOMENT

OVERRIDES_SHOWN = timedelta(days=366)
"""Since when somebody has been on duty depends on who stood in before; no duty is followed further back."""
Rows = Callable[..., Iterable[Any]]
"""Runs a statement with its values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskNews:
    """What decides who is told, complete, at the revision that changed any of it."""

    oncall: OnCall | None
    mutes: tuple[Mute, ...]
    """Not over at the monitor's last sign of life."""
    overrides: tuple[Override, ...]
    """Of the last year, and those to come."""
    channels: tuple[ChannelHealth, ...]


class OnCallReader:
    """Questions about on-call, asked through somebody's connection."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def desk(self, revision: int, now: datetime) -> DeskNews | None:
        """Return what decides who is told, if any of it changed after a revision."""
        ((changed,),) = self._rows(sql.DESK_REVISION)
        if changed <= revision:
            return None
        return DeskNews(
            oncall=self.oncall(),
            mutes=self.mutes(with_ended=False),
            overrides=tuple(map(decode.override, self._rows(sql.OVERRIDES_SINCE, micros(now - OVERRIDES_SHOWN)))),
            channels=self.channel_healths(),
        )

    def calls_changed(self, revision: int, resolved_since: datetime) -> tuple[Call, ...]:
        """Return calls that changed after a revision; for -1, those of incidents not resolved before an instant."""
        if revision < 0:
            return tuple(map(decode.call, self._rows(sql.CALLS_SHOWN, micros(resolved_since))))
        return tuple(map(decode.call, self._rows(sql.CALLS_CHANGED, revision)))

    def outbox(self, dead_since: datetime) -> OutboxView:
        """Return how much waits, and how much was found undeliverable since an instant."""
        ((queued_count, oldest),) = self._rows(sql.OUTBOX)
        ((dead_count,),) = self._rows(sql.OUTBOX_DEAD, micros(dead_since))
        return OutboxView(queued_count=queued_count, oldest_at=maybe_instant(oldest), dead_count=dead_count)

    def oncall(self) -> OnCall | None:
        """Return the on-call configuration in force, without parameters of channels and secret addresses."""
        for row in self._rows(sql.ONCALL):
            return decode.oncall(row)
        return None

    def calls(self, since: datetime | None) -> tuple[Call, ...]:
        """Return calls not closed and, with an instant, those opened since; newest incident first."""
        if since is None:
            return tuple(map(decode.call, self._rows(sql.CALLS_ONGOING)))[::-1]
        return tuple(map(decode.call, self._rows(sql.CALLS_SINCE, micros(since))))

    def call(self, incident_id: int) -> Call | None:
        """Return the call of an incident, however old."""
        for row in self._rows(sql.CALL, incident_id):
            return decode.call(row)
        return None

    def deliveries(self, incident_id: int | None, limit: int) -> tuple[Delivery, ...]:
        """Return messages of one incident or of all, newest first, with codes masked."""
        if incident_id is None:
            return tuple(map(decode.delivery, self._rows(sql.DELIVERIES, limit)))
        return tuple(map(decode.delivery, self._rows(sql.INCIDENT_DELIVERIES, incident_id, limit)))

    def told(self, channel: str, since: datetime, limit: int) -> tuple[Delivery, ...]:
        """Return the newest messages accepted on a channel after an instant, oldest first, with codes masked."""
        return tuple(map(decode.delivery, self._rows(sql.TOLD_ON_CHANNEL, channel, micros(since), limit)))[::-1]

    def attempts(self, delivery_id: int) -> tuple[Attempt, ...]:
        """Return the proof of what was tried with a message, in order."""
        return tuple(map(decode.attempt, self._rows(sql.ATTEMPTS, delivery_id)))

    def mutes(self, *, with_ended: bool) -> tuple[Mute, ...]:
        """Return mutes that people asked for, by number; all, or those not over at the monitor's last sign of life."""
        if with_ended:
            return tuple(map(decode.mute, self._rows(sql.MUTES)))
        ((now_us,),) = self._rows(NEWEST_MOMENT)
        return tuple(map(decode.mute, self._rows(sql.MUTES_ONGOING, now_us)))

    def overrides(self) -> tuple[Override, ...]:
        """Return every stand-in, by when it begins."""
        return tuple(map(decode.override, self._rows(sql.OVERRIDES)))

    def channel_healths(self) -> tuple[ChannelHealth, ...]:
        """Return what is known of each channel, by id."""
        return tuple(map(decode.channel, self._rows(sql.CHANNELS)))

    def heartbeats(self) -> tuple[Heartbeat, ...]:
        """Return the state of each heartbeat, incoming ones first, by name."""
        return tuple(map(decode.heartbeat, self._rows(sql.HEARTBEATS)))

    def inbounds(self, limit: int) -> tuple[Inbound, ...]:
        """Return the newest messages that came back, newest first, with what may be codes masked."""
        found = map(decode.inbound, self._rows(sql.INBOUNDS, limit))
        return tuple(replace(inbound, text=decode.masked(inbound.text)) for inbound in found)

    def notes(self, incident_id: int) -> tuple[Note, ...]:
        """Return what people wrote into an incident, oldest first."""
        return tuple(map(decode.note, self._rows(sql.NOTES, incident_id)))
