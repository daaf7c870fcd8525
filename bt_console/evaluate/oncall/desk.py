"""What the desk knows of who was told what, what it decides from, and what one step of it leads to; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any

from bt_console.model.change import Memory, Paper
from bt_console.model.health import HealthState
from bt_console.model.incident import Incident
from bt_console.model.inventory import Inventory, TargetId
from bt_console.model.oncall import Mute, OnCall, Override
from bt_console.model.paging import AckCode, Attempt, Call, CallState, ChannelHealth, Delivery, Inbound
from bt_console.model.snapshot import Event

KEPT_FOR = timedelta(days=2)
"""How long what is done stays at hand: limits, siblings and recoveries look back."""
HEARD_FOR = timedelta(days=1)
InboundKey = tuple[str, str]
"""(channel, provider_id)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything about telling people that is not over. Never changed: each step makes a new one."""

    calls: Mapping[int, Call] = field(default_factory=dict)
    """By incident: those not closed, and closed ones whose deliveries are not done."""
    deliveries: Mapping[int, Delivery] = field(default_factory=dict)
    """Not done, or done within KEPT_FOR, or of a call that is not closed."""
    attempts: Mapping[int, Attempt] = field(default_factory=dict)
    """By delivery: the newest attempt, while it has no end."""
    codes: Mapping[str, AckCode] = field(default_factory=dict)
    healths: Mapping[str, ChannelHealth] = field(default_factory=dict)
    mutes: Mapping[int, Mute] = field(default_factory=dict)
    """Operators' own; those of the configuration are in OnCall.mutes."""
    overrides: Mapping[int, Override] = field(default_factory=dict)
    inbounds: Mapping[InboundKey, Inbound] = field(default_factory=dict)
    next_delivery_id: int = 1
    next_mute_id: int = 1
    next_override_id: int = 1

    @classmethod
    def of(cls, memory: Memory) -> Desk:
        """Return the desk as it was when its papers were last stored."""
        paper = memory.paper
        deliveries = {delivery.id: delivery for delivery in paper.deliveries}
        waiting = {delivery.incident_id for delivery in deliveries.values() if delivery.done_at is None}
        return cls(
            calls={
                call.incident_id: call
                for call in paper.calls
                if call.state is not CallState.CLOSED or call.incident_id in waiting
            },
            deliveries=deliveries,
            attempts={attempt.delivery_id: attempt for attempt in paper.attempts if attempt.ended_at is None},
            codes={code.code: code for code in paper.codes},
            healths={health.channel: health for health in paper.channel_healths},
            mutes={mute.id: mute for mute in paper.mutes},
            overrides={override.id: override for override in paper.overrides},
            inbounds={(inbound.channel, inbound.provider_id): inbound for inbound in paper.inbounds},
            next_delivery_id=memory.next_delivery_id,
            next_mute_id=memory.next_mute_id,
            next_override_id=memory.next_override_id,
        )

    def tidied(self, now: datetime) -> Desk:
        """Return the desk without what no decision needs any more; itself where there is nothing to drop."""
        waiting = {delivery.incident_id for delivery in self.deliveries.values() if delivery.done_at is None}
        calls = {i: c for i, c in self.calls.items() if c.state is not CallState.CLOSED or i in waiting}
        live = {incident_id for incident_id, call in calls.items() if call.state is not CallState.CLOSED}
        kept: dict[str, Any] = {
            "calls": calls,
            "deliveries": {
                i: d
                for i, d in self.deliveries.items()
                if d.done_at is None or d.incident_id in live or now - d.done_at <= KEPT_FOR
            },
            "codes": {text: code for text, code in self.codes.items() if now < code.expires_at},
            "mutes": {i: mute for i, mute in self.mutes.items() if not _is_over(mute, now)},
            "overrides": {i: override for i, override in self.overrides.items() if now < override.ends_at},
            "inbounds": {key: heard for key, heard in self.inbounds.items() if now - heard.at <= HEARD_FOR},
        }
        dropped: dict[str, Any] = {name: rows for name, rows in kept.items() if len(rows) != len(getattr(self, name))}
        return replace(self, **dropped) if dropped else self


def _is_over(mute: Mute, now: datetime) -> bool:
    return mute.ended_at is not None or (not mute.rrule and mute.ends_at <= now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What the desk looks at: the configuration in force and the district as it is believed to be."""

    oncall: OnCall
    inventory: Inventory
    incidents: Mapping[int, Incident]
    """All open ones, and those resolved in the last hour."""
    states: Mapping[TargetId, HealthState] = field(default_factory=dict)
    draw: Callable[[], str]
    """A random code of 4 to 6 digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The desk after a step, what of it must be stored, and what to tell."""

    desk: Desk
    paper: Paper = field(default_factory=Paper)
    events: tuple[Event, ...] = ()
    """Numbered by whoever stores them (seq 0 here)."""
    answer: str = ""
    """For the operator who asked: a message of words.say()."""

    @property
    def is_news(self) -> bool:
        """Return whether there is anything to store."""
        return bool(self.events) or self.paper != Paper()


_KEYS: Mapping[str, Callable[[Any], object]] = {
    "calls": lambda row: row.incident_id,
    "deliveries": lambda row: row.id,
    "attempts": lambda row: (row.delivery_id, row.n),
    "codes": lambda row: row.code,
    "mutes": lambda row: row.id,
    "overrides": lambda row: row.id,
    "channel_healths": lambda row: row.channel,
    "inbounds": lambda row: (row.channel, row.provider_id),
    "cursors": lambda row: row[0],
    "heartbeats": lambda row: (row.name, row.direction),
}


def joined_papers(papers: Iterable[Paper]) -> Paper:
    """Return one paper that says what several in a row say: of rows with one key the last."""
    every = tuple(papers)
    rows = {f.name: [row for paper in every for row in getattr(paper, f.name)] for f in fields(Paper)}
    last = {name: {key(row): row for row in rows.pop(name)} for name, key in _KEYS.items()}
    return Paper(**{name: tuple(found.values()) for name, found in last.items()}, notes=tuple(rows["notes"]))


def joined(first: Outcome, *later: Outcome) -> Outcome:
    """Return several steps in a row as one."""
    steps = (first, *later)
    return Outcome(
        desk=steps[-1].desk,
        paper=joined_papers(step.paper for step in steps),
        events=tuple(event for step in steps for event in step.events),
        answer=next((step.answer for step in reversed(steps) if step.answer), ""),
    )
