"""Why somebody was told of an incident, or nobody was: the stored facts, as sentences; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bt_console.evaluate.oncall import muting, rota
from bt_console.evaluate.oncall.ways import is_telling
from bt_console.model.incident import Incident
from bt_console.model.oncall import Holiday, Mute, NoticeKind, OnCall, Override, Shift
from bt_console.model.paging import Call, CallState, Delivery, DeliveryState
from bt_console.words import message

TOLD = frozenset({DeliveryState.ACCEPTED, DeliveryState.DELIVERED, DeliveryState.READ})
_NEWS = frozenset({NoticeKind.PAGE, NoticeKind.LATE})
"""What tells somebody of an incident that they did not know."""
_EXPLAINED = frozenset({DeliveryState.QUEUED, DeliveryState.HELD, DeliveryState.CANCELLED, DeliveryState.DEAD})
_PAGING = frozenset({CallState.PENDING, CallState.OPEN})


def why(  # noqa: PLR0913 - everything that bears upon who is told
    call: Call | None,
    deliveries: Iterable[Delivery],
    mutes: Iterable[Mute],
    oncall: OnCall,
    incident: Incident,
    now: datetime,
    *,
    overrides: Iterable[Override] = (),
) -> tuple[str, ...]:
    """Return messages of words.say(): who was told or that nobody was, how things stand, what holds what back.

    Among the deliveries are those of the incident, and the digests and late notices that stand for some of them.
    """
    every = {row.id: row for row in deliveries}
    rows = sorted((row for row in every.values() if row.incident_id == incident.id), key=lambda row: row.id)
    return (
        _summary(rows, every, oncall),
        *_standing(call, incident, oncall, now),
        *_overlays(call, {mute.id: mute for mute in (*mutes, *oncall.mutes)}, oncall, now),
        *_gaps(call, oncall, tuple(overrides)),
        *(_row(row, every, oncall) for row in rows if row.kind in _NEWS or row.state not in TOLD),
    )


def told(incident_id: int, deliveries: Iterable[Delivery], oncall: OnCall) -> tuple[str, ...]:
    """Return who was told of an incident by a message that reaches a certain person: ids of contacts, each once."""
    every = {row.id: row for row in deliveries}
    rows = [row for row in every.values() if row.incident_id == incident_id]
    return _told(rows, every, oncall)


def _told(rows: Iterable[Delivery], every: Mapping[int, Delivery], oncall: OnCall) -> tuple[str, ...]:
    carriers = (_carrier(row, every) for row in rows if row.kind in _NEWS)
    found = (row.contact for row in carriers if row.state in TOLD and is_telling(oncall.channels.get(row.channel)))
    return tuple(dict.fromkeys(found))


def _carrier(row: Delivery, every: Mapping[int, Delivery]) -> Delivery:
    """Return what carried a message: itself, or the digest or late notice that stands for it."""
    return every.get(row.digest_id, row) if row.digest_id is not None else row


def name_of(contact: str, oncall: OnCall) -> str:
    """Return a contact's name; a login is its own."""
    known = oncall.contacts.get(contact)
    return known.name if known else contact


def clock(at: datetime, oncall: OnCall) -> str:
    """Return an instant as the district's clocks and calendars show it."""
    return f"{at.astimezone(ZoneInfo(oncall.timezone)):%H:%M:%S %d/%m}"


def _summary(rows: Sequence[Delivery], every: Mapping[int, Delivery], oncall: OnCall) -> str:
    people = _told(rows, every, oncall)
    if people:
        names = ", ".join(name_of(contact, oncall) for contact in people)
        return message("why.told", names=names)
    if any(row.kind in _NEWS and _carrier(row, every).state in TOLD for row in rows):
        return message("why.told.nobody_certain")
    return message("why.told.nobody")


def _standing(call: Call | None, incident: Incident, oncall: OnCall, now: datetime) -> Iterator[str]:
    if call is None:
        is_over = incident.resolved_at is not None
        yield message("why.no_call.over" if is_over else "why.no_call")
        return
    yield _STANDING[call.state](call, oncall)
    if call.claimed_by and call.state in _PAGING:
        yield message("why.claimed", by=name_of(call.claimed_by, oncall))
    if call.flaps_count:
        yield message("why.flapping", count=call.flaps_count)


def _pending(call: Call, oncall: OnCall) -> str:
    if call.next_at is None:
        return message("why.pending.paused", policy=call.policy.id)
    return message("why.pending", policy=call.policy.id, at=clock(call.next_at, oncall))


def _open(call: Call, oncall: OnCall) -> str:
    step, steps = max(0, call.step) + 1, len(call.policy.steps)
    if call.step < 0:
        return message("why.open.first", policy=call.policy.id)
    if call.next_at is None:
        return message("why.open.paused", policy=call.policy.id, step=step, steps=steps)
    return message("why.open", policy=call.policy.id, step=step, steps=steps, at=clock(call.next_at, oncall))


def _acked(call: Call, oncall: OnCall) -> str:
    since = clock(call.acked_at, oncall) if call.acked_at else "?"
    until = clock(call.ack_until, oncall) if call.ack_until else "?"
    return message("why.acked", by=name_of(call.acked_by, oncall), since=since, until=until)


def _resolved(call: Call, oncall: OnCall) -> str:
    return message("why.resolved", until=clock(call.hold_until, oncall) if call.hold_until else "?")


def _closed(call: Call, oncall: OnCall) -> str:
    at = clock(call.closed_at, oncall) if call.closed_at else "?"
    reasons = {"transient": "why.closed.transient", "recovered_while_muted": "why.closed.muted"}
    return message(reasons.get(call.close_reason, "why.closed"), at=at, policy=call.policy.id)


_STANDING: Mapping[CallState, Callable[[Call, OnCall], str]] = {
    CallState.PENDING: _pending,
    CallState.OPEN: _open,
    CallState.ACKED: _acked,
    CallState.RESOLVED: _resolved,
    CallState.CLOSED: _closed,
}


def _overlays(call: Call | None, mutes: Mapping[int, Mute], oncall: OnCall, now: datetime) -> Iterator[str]:
    if call is None:
        return
    for mute_id in call.muted_by:
        yield _muted(mute_id, mutes.get(mute_id), oncall, now)
    seconds = call.muted_s + ((now - call.muted_at).total_seconds() if call.muted_at else 0.0)
    if seconds >= 1.0:
        yield message("why.muted_for", minutes=round(seconds / 60, 1))
    hours = call.policy.hours
    if hours is not None and not call.policy.is_emergency and call.state in _PAGING:
        days = _holidays(oncall)
        if not muting.is_open(hours, days, now):
            opens_at = muting.next_opening(hours, days, now)
            yield message("why.hours", policy=call.policy.id, at=clock(opens_at, oncall))


def _holidays(oncall: OnCall) -> tuple[Holiday, ...]:
    return tuple(day for schedule in oncall.schedules.values() for day in schedule.holidays)


def _muted(mute_id: int, mute: Mute | None, oncall: OnCall, now: datetime) -> str:
    if mute is None:
        return message("why.muted.gone", mute=mute_id)
    stretch = muting.window(mute, now)
    ends_at = clock(stretch[1] if stretch else mute.ended_at or mute.ends_at, oncall)
    return message(f"why.muted.{mute.kind}", mute=mute_id, by=mute.author, reason=mute.reason, until=ends_at)


def _gaps(call: Call | None, oncall: OnCall, overrides: tuple[Override, ...]) -> Iterator[str]:
    """Say whose schedule had nobody when the paging began."""
    for shift in _first_shifts(call, oncall, overrides) if call is not None else ():
        if shift.why == rota.GAP:
            yield message("why.gap", schedule=shift.schedule, name=name_of(shift.contact, oncall))
        elif shift.why.startswith("override:"):
            number = shift.why.partition(":")[2]
            yield message("why.stand_in", schedule=shift.schedule, name=name_of(shift.contact, oncall), id=number)


def _first_shifts(call: Call, oncall: OnCall, overrides: tuple[Override, ...]) -> Iterator[Shift]:
    steps = call.policy.steps[: max(0, call.step) + 1]
    named = dict.fromkeys(entry for step in steps for entry in step.notify if entry.startswith(rota.SCHEDULE))
    for entry in named:
        schedule = oncall.schedules.get(entry.removeprefix(rota.SCHEDULE))
        if schedule is not None:
            yield rota.who(schedule, rota.standing(overrides, oncall), call.opened_at)


def _row(row: Delivery, every: Mapping[int, Delivery], oncall: OnCall) -> str:
    values: dict[str, object] = {
        "delivery": row.id,
        "name": name_of(row.contact, oncall),
        "channel": row.channel,
        "kind": f"notice.{row.kind}",
        "at": clock(row.done_at or row.created_at, oncall),
    }
    if row.digest_id is not None:
        carrier = _carrier(row, every)
        if carrier.state in TOLD and carrier.done_at is not None:
            values["at"] = clock(carrier.done_at, oncall)
            return message("why.row.digested.told", digest=row.digest_id, by=carrier.channel, **values)
        return message("why.row.digested", digest=row.digest_id, **values)
    if row.state in TOLD and not is_telling(oncall.channels.get(row.channel)):
        return message("why.row.shown", **values)
    if row.state in (DeliveryState.QUEUED, DeliveryState.HELD):
        values |= {"next": clock(row.next_at, oncall), "tries": row.attempts_count}
    if row.why and row.state in _EXPLAINED:
        return message(f"why.row.{row.state}.why", why=row.why, **values)
    return message(f"why.row.{row.state}", **values)
