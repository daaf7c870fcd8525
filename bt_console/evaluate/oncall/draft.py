"""One step of the desk while it is being made: rows are read and written here, then become an Outcome."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from bt_console.evaluate.oncall.desk import Desk, InboundKey, Outcome, Scene
from bt_console.evaluate.oncall.ways import is_path_up
from bt_console.model.change import Paper
from bt_console.model.incident import Incident
from bt_console.model.inventory import UnitId
from bt_console.model.oncall import Channel, Mute, Override
from bt_console.model.paging import (
    AckCode,
    Attempt,
    Call,
    ChannelHealth,
    ChannelState,
    Delivery,
    DeliveryState,
    Heartbeat,
    Inbound,
    Note,
    SendOutcome,
)
from bt_console.model.snapshot import Event
from bt_console.words import message

K = TypeVar("K")
R = TypeVar("R")
HUB = UnitId("hub")


class Draft:
    """Lives within one call of a pure function; what it was made from stays as it was."""

    def __init__(self, desk: Desk, scene: Scene, now: datetime) -> None:
        self._desk = desk
        self.scene = scene
        self.oncall = scene.oncall
        self.now = now
        self.calls: dict[int, Call] = dict(desk.calls)
        self.deliveries: dict[int, Delivery] = dict(desk.deliveries)
        self.attempts: dict[int, Attempt] = dict(desk.attempts)
        self.codes: dict[str, AckCode] = dict(desk.codes)
        self.healths: dict[str, ChannelHealth] = dict(desk.healths)
        self.mutes: dict[int, Mute] = dict(desk.mutes)
        self.overrides: dict[int, Override] = dict(desk.overrides)
        self.inbounds: dict[InboundKey, Inbound] = dict(desk.inbounds)
        self.next_delivery_id = desk.next_delivery_id
        self.next_mute_id = desk.next_mute_id
        self.next_override_id = desk.next_override_id
        self.notes: list[Note] = []
        self.heartbeats: list[Heartbeat] = []
        self._of: dict[int | None, dict[int, Delivery]] = {}
        self._roots: dict[int, int] = {}
        self._chains: dict[int, list[int]] = {}
        self._is_indexed = False
        self._touched: set[int] = set()
        self._paths: dict[str, bool] = {}
        self._ended: list[Attempt] = []
        self._events: list[Event] = []

    def incident(self, incident_id: int | None) -> Incident | None:
        """Return what is known of an incident."""
        return None if incident_id is None else self.scene.incidents.get(incident_id)

    def put_call(self, call: Call) -> Call:
        """Write a call."""
        self.calls[call.incident_id] = call
        return call

    def put(self, delivery: Delivery) -> Delivery:
        """Write a delivery."""
        self.deliveries[delivery.id] = delivery
        self._touched.add(delivery.id)
        if self._is_indexed:
            self._index(delivery)
        return delivery

    def _index_all(self) -> None:
        """Sort the deliveries into incidents and chains, once, and only where somebody asks."""
        if not self._is_indexed:
            self._is_indexed = True
            for delivery in self.deliveries.values():
                self._index(delivery)

    def _index(self, delivery: Delivery) -> None:
        number, parent = delivery.id, delivery.fallback_of
        self._of.setdefault(delivery.incident_id, {})[number] = delivery
        if number not in self._roots:
            root = number if parent is None else self._roots.get(parent, parent)
            self._roots[number] = root
            self._chains.setdefault(root, []).append(number)

    def chain_of(self, delivery: Delivery) -> list[Delivery]:
        """Return a notice and its siblings on other channels, oldest first."""
        self._index_all()
        return [self.deliveries[number] for number in self._chains[self._roots[delivery.id]]]

    def is_path_up(self, channel: Channel) -> bool:
        """Return whether a channel can work, as far as the monitor itself knows."""
        if channel.id not in self._paths:
            self._paths[channel.id] = is_path_up(channel, self.scene)
        return self._paths[channel.id]

    def is_usable(self, channel: Channel) -> bool:
        """Return whether a message is worth giving to a channel first."""
        health = self.healths.get(channel.id)
        return self.is_path_up(channel) and (health is None or health.state is not ChannelState.DOWN)

    def add(self, delivery: Delivery) -> Delivery:
        """Write a new delivery; its id is the next one."""
        self.next_delivery_id = delivery.id + 1
        return self.put(delivery)

    def cancel(self, delivery: Delivery, why: str, digest_id: int | None = None) -> Delivery:
        """End a delivery that need not be sent any more."""
        return self.put(
            replace(delivery, state=DeliveryState.CANCELLED, why=why, done_at=self.now, digest_id=digest_id)
        )

    def of_incident(self, incident_id: int) -> list[Delivery]:
        """Return an incident's deliveries in order, those of an earlier life of its call left out."""
        call = self.calls.get(incident_id)
        since = call.opened_at if call else None
        self._index_all()
        rows = self._of.get(incident_id, {}).values()
        return [d for d in rows if since is None or d.done_at is None or d.created_at >= since]

    def start_attempt(self, delivery: Delivery) -> None:
        """Write down a try before it is made."""
        self.attempts[delivery.id] = Attempt(delivery_id=delivery.id, n=delivery.attempts_count, started_at=self.now)

    def end_attempt(self, delivery_id: int, outcome: SendOutcome, **answer: Any) -> None:
        """Complete a try, if one is under way."""
        attempt = self.attempts.pop(delivery_id, None)
        if attempt is not None:
            self._ended.append(replace(attempt, ended_at=self.now, outcome=outcome, **answer))

    def tell(self, kind: str, code: str, incident_id: int | None = None, **values: object) -> None:
        """Add a line to the journal."""
        incident = self.incident(incident_id)
        subject = f"#{incident_id}" if incident_id is not None else HUB
        self._events.append(
            Event(
                seq=0,
                at=self.now,
                kind=kind,
                subject=subject,
                unit_id=incident.cause.unit_id if incident else HUB,
                message=message(code, id=incident_id or "", **values),
                incident_id=incident_id,
            )
        )

    def outcome(self, answer: str = "", *, tidy: bool = False) -> Outcome:
        """Return what the step led to."""
        desk = Desk(
            calls=self.calls,
            deliveries=self.deliveries,
            attempts=self.attempts,
            codes=self.codes,
            healths=self.healths,
            mutes=self.mutes,
            overrides=self.overrides,
            inbounds=self.inbounds,
            next_delivery_id=self.next_delivery_id,
            next_mute_id=self.next_mute_id,
            next_override_id=self.next_override_id,
        )
        return Outcome(
            desk=desk.tidied(self.now) if tidy else desk,
            paper=self._paper(),
            events=tuple(self._events),
            answer=answer,
        )

    def _paper(self) -> Paper:
        before = self._desk
        return Paper(
            calls=tuple(_changed(before.calls, self.calls)),
            deliveries=tuple(_changed(before.deliveries, {i: self.deliveries[i] for i in sorted(self._touched)})),
            attempts=(*self._ended, *_changed(before.attempts, self.attempts)),
            codes=tuple(_changed(before.codes, self.codes)),
            mutes=tuple(_changed(before.mutes, self.mutes)),
            overrides=tuple(_changed(before.overrides, self.overrides)),
            channel_healths=tuple(_changed(before.healths, self.healths)),
            inbounds=tuple(_changed(before.inbounds, self.inbounds)),
            heartbeats=tuple(self.heartbeats),
            notes=tuple(self.notes),
        )


def _changed(before: Any, after: dict[K, R]) -> Iterator[R]:
    return (row for key, row in after.items() if before.get(key) is not row and before.get(key) != row)
