"""The on-call desk while the monitor runs: it holds what was decided about telling people, and makes Changes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bt_console.channels.api import Heard, Letter, Received, Sent
from bt_console.engine.pipeline import Pipeline
from bt_console.evaluate.oncall import (
    calls,
    drillpage,
    operators,
    orders,
    outbox,
    planning,
    receipts,
    replies,
    settling,
)
from bt_console.evaluate.oncall.desk import Desk, Outcome, Scene, joined_papers
from bt_console.evaluate.oncall.document import notice
from bt_console.model.change import Change, Memory, Paper
from bt_console.model.oncall import OnCall, Override
from bt_console.model.paging import Attempt, ChannelHealth, Delivery, DeliveryState, Heartbeat
from bt_console.words import message

_MOVING = ("next_at", "hold_until", "ack_until", "lease_until", "not_before")
"""Deadlines: they are durations from now, and move with the clock. Mutes, shifts and what waits for working hours are
appointments and do not."""


class Telling:
    """Decides about telling people, step by step; every step returns the Change to commit, in order."""

    def __init__(self, memory: Memory, oncall: OnCall, pipeline: Pipeline, draw: Callable[[], str]) -> None:
        self._pipeline = pipeline
        self._draw = draw
        self._desk = _orphaned(Desk.of(memory))
        self._cursors = dict(memory.paper.cursors)
        self.heartbeats = memory.paper.heartbeats
        """As stored when the monitor started."""
        self.oncall = oncall
        self._incidents = {i.id: i for i in (*memory.resolved_incidents, *memory.open_incidents)}

    @property
    def overrides(self) -> tuple[Override, ...]:
        """Who stands in for whom."""
        return tuple(self._desk.overrides.values())

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """The outbox and what was done lately."""
        return tuple(self._desk.deliveries.values())

    @property
    def channel_healths(self) -> Mapping[str, ChannelHealth]:
        """What is known of each channel."""
        return self._desk.healths

    def advance(self, now: datetime) -> Change:
        """Open, escalate, mute, end calls as the incidents and the clock say."""
        self._note_incidents()
        return self._taken(calls.advance(self._desk, self._scene(), now))

    def drill(self, known: Heartbeat | None, began_at: datetime, now: datetime) -> Change:
        """Send or judge the weekly drill, when it is due."""
        outcome = drillpage.step(self._desk, self._scene(), known, began_at, now)
        return self._taken(outcome) if outcome else Change()

    def next_wake(self) -> datetime | None:
        """Return when something falls due by itself."""
        return calls.next_wake(self._desk)

    def lease(self, now: datetime) -> tuple[Change, tuple[Delivery, ...]]:
        """Return the deliveries to try now; their attempts are in the Change, to be stored before anything is sent."""
        outcome, due = outbox.lease_due(self._desk, self._scene(), now)
        return self._taken(outcome), due

    def settle(self, delivery_id: int, sent: Sent, now: datetime) -> Change:
        """Record what became of an attempt."""
        return self._taken(outbox.settle(self._desk, self._scene(), delivery_id, sent, now))

    def receipt(self, delivery_id: int, sent: Sent, now: datetime) -> Change:
        """Record what became of an accepted message later."""
        return self._taken(receipts.receipt(self._desk, self._scene(), delivery_id, sent, now))

    def awaiting_receipts(self, channel: str, now: datetime) -> tuple[Delivery, ...]:
        """Return the accepted deliveries of a channel of which nothing more is known."""
        return receipts.awaiting(self._desk, channel, now)

    def cursor(self, channel: str) -> str:
        """Return where to go on listening."""
        return self._cursors.get(channel, "")

    def heard(self, channel: str, received: Received, now: datetime) -> Change:
        """Take in what people answered; the cursor is stored with what it led to."""
        changes = [self._heard(channel, message, now) for message in received.messages]
        if received.cursor != self.cursor(channel):
            self._cursors[channel] = received.cursor
            changes.append(Change(paper=Paper(cursors=((channel, received.cursor),))))
        return joined(changes)

    def _heard(self, channel: str, answer: Heard, now: datetime) -> Change:
        return self._taken(replies.heard(self._desk, self._scene(), channel, answer, now))

    def obey(self, verb: str, subject: str, by: str, now: datetime) -> tuple[Change, str]:
        """Carry out an operator's order; return the Change and what the operator is told."""
        try:
            order = orders.read_order(verb, subject)
        except ValueError as error:
            return Change(), message("command.bad_order", detail=str(error))
        outcome = self._carried_out(order, by, now)
        return self._taken(outcome), outcome.answer or message("command.done")

    def _carried_out(self, order: orders.Order, by: str, now: datetime) -> Outcome:
        desk, scene = self._desk, self._scene()
        match order:
            case orders.Acknowledge():
                return operators.acknowledge(desk, scene, order.incident, by, order.until, now)
            case orders.Unacknowledge():
                return operators.unacknowledge(desk, scene, order.incident, by, now)
            case orders.Claim():
                return operators.claim(desk, scene, order.incident, by, now)
            case orders.Escalate():
                return operators.escalate(desk, scene, order.incident, by, now)
            case orders.AddNote():
                return operators.note(desk, scene, order.incident, by, order.text, now)
            case orders.SendTest():
                return operators.test(desk, scene, order.contact, by, now)
            case _:
                return self._planned(order, by, now)

    def _planned(self, order: orders.Order, by: str, now: datetime) -> Outcome:
        desk, scene = self._desk, self._scene()
        match order:
            case orders.AddSilence():
                return planning.add_silence(desk, scene, order, by, now)
            case orders.AddMaintenance():
                return planning.add_maintenance(desk, scene, order, by, now)
            case orders.EndMute():
                return planning.end_mute(desk, scene, order.id, by, now)
            case orders.AddOverride():
                return planning.add_override(desk, scene, order, by, now)
            case orders.EndOverride():
                return planning.end_override(desk, scene, order.id, by, now)
            case _:
                raise AssertionError(order)

    def letter(self, delivery: Delivery) -> Letter:
        """Return what goes out: the stored texts with the code in its place."""
        incident = self._incidents.get(delivery.incident_id or 0)
        return Letter(
            id=f"{delivery.id}",
            kind=delivery.kind,
            at=delivery.created_at,
            title=_coded(delivery.title, delivery.code),
            body=_coded(delivery.body, delivery.code),
            short=_coded(delivery.short, delivery.code),
            code=delivery.code,
            severity=incident.severity if incident else None,
            document=notice(delivery, incident, self._pipeline.inventory),
        )

    def address(self, delivery: Delivery) -> str:
        """Return where a delivery goes; empty for those that reach whoever is there."""
        contact = self.oncall.contacts.get(delivery.contact)
        return contact.addresses.get(delivery.channel, "") if contact else ""

    def shift(self, by: timedelta) -> None:
        """Move deadlines along after the wall clock jumped."""
        desk = self._desk
        self._desk = replace(
            desk,
            calls={key: _shifted(value, by) for key, value in desk.calls.items()},
            deliveries={
                key: value if value.state is DeliveryState.HELD else _shifted(value, by)
                for key, value in desk.deliveries.items()
            },
            healths={key: _shifted(value, by) for key, value in desk.healths.items()},
        )

    def _note_incidents(self) -> None:
        """Know every incident that is open, ended lately, or about which somebody is still to be told."""
        known = (*self._pipeline.recent_incidents, *self._pipeline.open_incidents)
        kept = {key: incident for key, incident in self._incidents.items() if key in self._desk.calls}
        self._incidents = kept | {incident.id: incident for incident in known}

    def _scene(self) -> Scene:
        return Scene(
            oncall=self.oncall,
            inventory=self._pipeline.inventory,
            incidents=self._incidents,
            states=self._pipeline.states,
            draw=self._draw,
        )

    def _taken(self, outcome: Outcome) -> Change:
        self._desk = outcome.desk
        mirrored = self._pipeline.mirror(outcome.paper.calls)
        self._incidents |= {incident.id: incident for incident in mirrored}
        noted = self._pipeline.note(outcome.events)
        return Change(paper=outcome.paper, incidents=mirrored, events=noted.events)


def _coded(text: str, code: str) -> str:
    return text.replace("{code}", code)


def _orphaned(desk: Desk) -> Desk:
    """Nobody is sending any more what a monitor that died was: it goes out again after the pause of a failed attempt.

    Waiting for the lease's end instead would make somebody wait for a page of which nothing may have arrived.
    """
    leased = (row for row in desk.deliveries.values() if row.state is DeliveryState.LEASED)
    freed = {row.id: replace(row, lease_until=_pause_over(row, desk.attempts.get(row.id))) for row in leased}
    return replace(desk, deliveries={**desk.deliveries, **freed})


def _pause_over(row: Delivery, attempt: Attempt | None) -> datetime | None:
    if attempt is None or row.lease_until is None:
        return row.lease_until
    pause_s = settling.BACK_OFF_S[min(attempt.n, len(settling.BACK_OFF_S)) - 1]
    return min(row.lease_until, attempt.started_at + timedelta(seconds=pause_s))


def _shifted(value: Any, by: timedelta) -> Any:
    moved = {name: at + by for name in _MOVING if (at := getattr(value, name, None)) is not None}
    return replace(value, **moved) if moved else value


def joined(changes: Iterable[Change]) -> Change:
    """Return one Change of several about telling people, in order."""
    every = tuple(changes)
    return Change(
        paper=joined_papers(change.paper for change in every),
        incidents=tuple(incident for change in every for incident in change.incidents),
        events=tuple(event for change in every for event in change.events),
    )


def is_empty(change: Change) -> bool:
    """Return whether there is nothing to commit."""
    return change == Change()
