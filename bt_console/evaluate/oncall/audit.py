"""The monitor's audit of itself: only when every item passes does it tell the outside that all is well."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bt_console.evaluate.oncall import rota
from bt_console.model.oncall import Direction, NoticeKind, OnCall, Override
from bt_console.model.paging import ChannelHealth, ChannelState, Delivery, DeliveryState, Heartbeat
from bt_console.words import message

LAG_S = 5.0
OUTBOX_AGE = timedelta(minutes=5)
CLOCK_OFFSET_S = 1.0
DISK_FREE_RATIO = 0.05
AHEAD = timedelta(days=7)
PROVEN_FOR = timedelta(days=8)
"""A weekly drill proves every way with a day to spare."""
_WAITING = frozenset({DeliveryState.QUEUED, DeliveryState.LEASED})
_URGENT = frozenset({NoticeKind.PAGE, NoticeKind.LATE, NoticeKind.META})


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the audit looks at."""

    oncall: OnCall
    overrides: tuple[Override, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    channel_healths: Mapping[str, ChannelHealth] = field(default_factory=dict)
    lag_s: float = 0.0
    clock_offset_s: float | None = None
    """Against the time servers; None when none was heard."""
    disk_free_ratio: float = 1.0
    store_error: str = ""
    blind_checks_count: int = 0
    """Checks that could not measure."""
    checks_count: int = 0
    channel_errors: Mapping[str, str] = field(default_factory=dict)
    """What a channel's own check said, by channel; empty texts are well."""


def audit(facts: Facts, now: datetime) -> tuple[Heartbeat, ...]:
    """Return one row per item; those that fail are `is_missed` and say why."""
    return tuple(
        Heartbeat(name=name, direction=Direction.SELF, last_at=now, is_missed=bool(detail), detail=detail)
        for name, detail in _items(facts, now)
    )


def _items(facts: Facts, now: datetime) -> Iterator[tuple[str, str]]:
    yield "schedule", message("audit.lag", seconds=round(facts.lag_s, 1)) if facts.lag_s > LAG_S else ""
    yield "outbox", _outbox(facts.deliveries, now)
    yield "clock", _clock(facts.clock_offset_s)
    yield "disk", _disk(facts.disk_free_ratio)
    yield "store", message("audit.store", detail=facts.store_error) if facts.store_error else ""
    yield "probes", _probes(facts)
    for schedule_id in facts.oncall.schedules:
        yield f"duty:{schedule_id}", _gap(facts, schedule_id, now)
    for channel_id in facts.oncall.channels:
        yield f"channel:{channel_id}", _channel(facts, channel_id)
    for contact_id, name in _on_duty(facts, now):
        yield f"contact:{contact_id}", _unproven(facts, contact_id, name, now)


def _outbox(deliveries: Iterable[Delivery], now: datetime) -> str:
    waiting = [d.created_at for d in deliveries if d.state in _WAITING and d.kind in _URGENT]
    if not waiting or now - min(waiting) <= OUTBOX_AGE:
        return ""
    return message("audit.outbox", count=len(waiting), minutes=round((now - min(waiting)).total_seconds() / 60))


def _clock(offset_s: float | None) -> str:
    if offset_s is None or abs(offset_s) <= CLOCK_OFFSET_S:
        return ""
    return message("audit.clock", seconds=f"{offset_s:+.1f}")


def _disk(free_ratio: float) -> str:
    return message("audit.disk", percent=round(free_ratio * 100, 1)) if free_ratio < DISK_FREE_RATIO else ""


def _probes(facts: Facts) -> str:
    if not facts.blind_checks_count:
        return ""
    return message("audit.probes", count=facts.blind_checks_count, total=facts.checks_count)


def _gap(facts: Facts, schedule_id: str, now: datetime) -> str:
    schedule = facts.oncall.schedules[schedule_id]
    overrides = [override for override in facts.overrides if override.schedule == schedule_id]
    gaps = rota.gaps(schedule, overrides, now, now + AHEAD)
    if not gaps:
        return ""
    return message("audit.gap", schedule=schedule_id, count=len(gaps), at=gaps[0].starts_at.isoformat())


def _channel(facts: Facts, channel_id: str) -> str:
    if error := facts.channel_errors.get(channel_id, ""):
        return message("audit.channel", channel=channel_id, detail=error)
    known = facts.channel_healths.get(channel_id)
    if known is not None and known.state is ChannelState.DOWN:
        return message("audit.channel_down", channel=channel_id)
    return ""


def _on_duty(facts: Facts, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield whoever the steps of all policies would call at this moment, each once."""
    notify = dict.fromkeys(n for p in facts.oncall.policies.values() for step in p.steps for n in step.notify)
    for contact_id in rota.people(tuple(notify), facts.oncall, facts.overrides, now):
        contact = facts.oncall.contacts.get(contact_id)
        if contact is not None and contact.addresses:
            yield contact_id, contact.name


def _unproven(facts: Facts, contact_id: str, name: str, now: datetime) -> str:
    """Report a person no message of any channel has reached lately."""
    reached = (
        d.done_at or d.created_at
        for d in facts.deliveries
        if d.contact == contact_id and d.state in (DeliveryState.ACCEPTED, DeliveryState.DELIVERED, DeliveryState.READ)
    )
    newest = max(reached, default=None)
    return message("audit.unproven", name=name) if newest is None or now - newest > PROVEN_FOR else ""


def is_well(rows: Iterable[Heartbeat]) -> bool:
    """Return whether the outside may be told that all is well; an unproven contact is our own worry."""
    return not any(row.is_missed and not row.name.startswith(("contact:", "duty:")) for row in rows)
