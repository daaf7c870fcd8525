"""Reads snapshots and history, and hands over commands."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from bt_console.facade.assemble import EMPTY, RESOLVED_SHOWN, District, advance, build_snapshot, engine_at, on_duty
from bt_console.model.device import Device
from bt_console.model.incident import Incident
from bt_console.model.inventory import CheckId, Inventory, UnitId
from bt_console.model.observation import Observation
from bt_console.model.oncall import Mute, OnCall, Override
from bt_console.model.paging import Attempt, Call, ChannelHealth, Delivery, Heartbeat, Inbound, Note
from bt_console.model.route import Route
from bt_console.model.snapshot import EngineState, Event, Snapshot
from bt_console.store.errors import StoreError
from bt_console.store.reader import Reader, add_command
from probes.api import clean

_NEVER = datetime.min.replace(tzinfo=UTC)
_CONSOLE = "console"
"""The kind of channel that ends in front of an open console."""
_LIMITS = {"verb": 40, "subject": 4000, "by": 200}


class Console:
    """A reader of one store, for use from any thread. It waits for nothing; methods raise StoreError."""

    def __init__(self, store_path: Path) -> None:
        """Open the store, which a monitor must have created."""
        self._reader = Reader(store_path)
        self._turn = Lock()
        self._forget()

    def _forget(self) -> None:
        self._district = EMPTY
        self._version = -1
        self._shown: EngineState | None = None

    @property
    def store_path(self) -> Path:
        """The file this console reads."""
        return self._reader.path

    def close(self) -> None:
        """Let go of the store."""
        with self._turn:
            self._reader.close()

    def snapshot(self, now: datetime, since: int | None = None) -> Snapshot | None:
        """Return the district as it is, or None while its revision is still `since`.

        When the monitor falls silent nothing in the store changes, yet what a reader must be told does: then the
        same revision is returned once more, with the engine STOPPED.
        """
        with self._turn:
            self._follow_replacement()
            district = self._refreshed(now)
            engine = engine_at(district.engine, now).state
            if since == district.revision and engine is self._shown:
                return None
            self._shown = engine
            return build_snapshot(district, now)

    def _follow_replacement(self) -> None:
        if self._reader.is_replaced():
            path = self._reader.path
            self._reader.close()
            self._reader = Reader(path)
            self._forget()

    def _refreshed(self, now: datetime) -> District:
        version = self._reader.data_version()
        if version != self._version:
            resolved_since = now - RESOLVED_SHOWN
            news = self._reader.news(self._district.revision, resolved_since)
            if news is not None:
                self._district = advance(self._district, news, resolved_since)
            self._version = version
        self._district = on_duty(self._district, now)
        return self._district

    def inventory(self) -> Inventory:
        """Return what is configured, as of the newest snapshot(): what rules are matched against."""
        with self._turn:
            return self._district.layout.inventory

    def events(self, after_seq: int = 0, limit: int = 1000) -> tuple[Event, ...]:
        """Return what happened after an event's number, oldest first."""
        with self._turn:
            return self._reader.events(after_seq, limit)

    def recent_events(self, unit_id: UnitId | None, limit: int) -> tuple[Event, ...]:
        """Return the newest events of one unit or of all, newest last."""
        with self._turn:
            return self._reader.recent_events(unit_id, limit)

    def incident(self, incident_id: int) -> Incident | None:
        """Return one incident, however old, or None."""
        with self._turn:
            return self._reader.incident(incident_id)

    def incidents_between(self, start: datetime, end: datetime) -> tuple[Incident, ...]:
        """Return incidents that were open at any time from start up to, not including, end; by number."""
        with self._turn:
            return self._reader.incidents_between(start, end)

    def incident_events(self, incident_id: int) -> tuple[Event, ...]:
        """Return what happened in an incident, oldest first."""
        with self._turn:
            return self._reader.incident_events(incident_id)

    def history(self, check_id: CheckId, start: datetime, end: datetime) -> tuple[Observation, ...]:
        """Return a check's observations due from start up to, not including, end; oldest first."""
        with self._turn:
            return self._reader.history(check_id, start, end)

    def devices(self, unit_id: UnitId | None = None) -> tuple[Device, ...]:
        """Return the devices known on one unit's LAN or on all, by unit and MAC."""
        with self._turn:
            return self._reader.devices(unit_id)

    def routes(self, check_id: CheckId) -> tuple[Route, ...]:
        """Return the routes seen to a check's target: the one in force first, then the one seen last."""
        with self._turn:
            found = self._reader.routes(check_id)
        return tuple(sorted(found, key=lambda route: (route.accepted_at or _NEVER, route.last_seen_at), reverse=True))

    def oncall(self) -> OnCall | None:
        """Return the on-call configuration in force, without parameters of channels and secret addresses."""
        with self._turn:
            return self._reader.oncall.oncall()

    def calls(self, since: datetime | None = None) -> tuple[Call, ...]:
        """Return calls not closed and, with an instant, those opened since; newest incident first."""
        with self._turn:
            return self._reader.oncall.calls(since)

    def call(self, incident_id: int) -> Call | None:
        """Return the call of an incident, however old, or None."""
        with self._turn:
            return self._reader.oncall.call(incident_id)

    def deliveries(self, incident_id: int | None = None, limit: int = 200) -> tuple[Delivery, ...]:
        """Return messages of one incident or of all, newest first; of the codes in them no more than a figure."""
        with self._turn:
            return self._reader.oncall.deliveries(incident_id, limit)

    def banners(self, since: datetime, limit: int = 20) -> tuple[Delivery, ...]:
        """Return the newest messages for whoever sits at a console, accepted after an instant; oldest first."""
        with self._turn:
            oncall = self._reader.oncall.oncall()
            ids = [channel.id for channel in oncall.channels.values() if channel.kind == _CONSOLE] if oncall else []
            found = [row for channel_id in ids for row in self._reader.oncall.told(channel_id, since, limit)]
        return tuple(sorted(found, key=lambda delivery: (delivery.done_at or _NEVER, delivery.id))[-limit:])

    def attempts(self, delivery_id: int) -> tuple[Attempt, ...]:
        """Return the proof of what was tried with a message, in order."""
        with self._turn:
            return self._reader.oncall.attempts(delivery_id)

    def mutes(self, *, with_ended: bool = False) -> tuple[Mute, ...]:
        """Return mutes that people asked for and that are not over, or all, by number; the file's are in oncall()."""
        with self._turn:
            return self._reader.oncall.mutes(with_ended=with_ended)

    def overrides(self) -> tuple[Override, ...]:
        """Return every stand-in, past ones too, by when it begins."""
        with self._turn:
            return self._reader.oncall.overrides()

    def channel_healths(self) -> tuple[ChannelHealth, ...]:
        """Return what is known of each channel, by id."""
        with self._turn:
            return self._reader.oncall.channel_healths()

    def heartbeats(self) -> tuple[Heartbeat, ...]:
        """Return the state of each heartbeat, incoming ones first, by name."""
        with self._turn:
            return self._reader.oncall.heartbeats()

    def inbounds(self, limit: int = 200) -> tuple[Inbound, ...]:
        """Return the newest messages that came back, newest first; of a code in them no more than a figure."""
        with self._turn:
            return self._reader.oncall.inbounds(limit)

    def notes(self, incident_id: int) -> tuple[Note, ...]:
        """Return what people wrote into an incident, oldest first."""
        with self._turn:
            return self._reader.oncall.notes(incident_id)

    def submit(self, verb: str, subject: str, by: str, at: datetime) -> int:
        """Ask the engine to do something; return the number to ask command_result() about."""
        for field, text in (("verb", verb), ("subject", subject), ("by", by)):
            if not 1 <= len(text) <= _LIMITS[field]:
                raise StoreError("store.command_invalid", self.store_path, field=field, limit=_LIMITS[field])
        return add_command(self.store_path, at, clean(by), clean(verb), clean(subject, _LIMITS["subject"]))

    def command_result(self, command_id: int) -> str | None:
        """Return what the engine answered, as a message of words.say(); None while it has not."""
        with self._turn:
            return self._reader.command_result(command_id)
