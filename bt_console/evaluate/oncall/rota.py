"""Who is on duty: one answer for the screen and for the pager; pure.

Every hand-over is a local wall-clock time turned into an instant, and only instants are compared: a clock change moves
no hand-over to another hour, and no hour that comes twice hands over twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bt_console.model.oncall import Layer, OnCall, Override, Schedule, Shift
from bt_console.model.walltime import DAY, instant, local_day, midnight, window_of

GAP = "gap"
SCHEDULE = "schedule:"
"""What comes before a schedule's id where a contact's could stand."""
HORIZON = timedelta(days=366)
"""So far back and ahead the ends of one stretch are looked for; a longer one is cut there."""
_REACH = timedelta(days=8)
"""Looked at first: most stretches end within it."""


@dataclass(frozen=True, slots=True)
class _Duty:
    """Who, and why; two turns of one person are two duties."""

    contact: str
    why: str
    turn: int = 0


def who(schedule: Schedule, overrides: Iterable[Override], at: datetime) -> Shift:
    """Return the stretch of duty an instant lies in: exactly one person, or the gap's fallback."""
    relevant = _relevant(schedule, overrides)
    duty = _duty(schedule, relevant, at)
    return Shift(
        schedule=schedule.id,
        contact=duty.contact,
        why=duty.why,
        starts_at=_since(schedule, relevant, at, duty),
        ends_at=_until(schedule, relevant, at, duty),
    )


def shifts(schedule: Schedule, overrides: Iterable[Override], start: datetime, end: datetime) -> tuple[Shift, ...]:
    """Return the stretches of duty that tile [start, end), the outermost two cut to it."""
    if start >= end:
        return ()
    relevant = _relevant(schedule, overrides)
    tiles: list[tuple[datetime, _Duty]] = []
    for moment in (start, *_changes(schedule, relevant, start, end)):
        duty = _duty(schedule, relevant, moment)
        if not tiles or tiles[-1][1] != duty:
            tiles.append((moment, duty))
    ends = [moment for moment, _ in tiles[1:]] + [end]
    return tuple(
        Shift(schedule=schedule.id, contact=duty.contact, why=duty.why, starts_at=starts_at, ends_at=ends_at)
        for (starts_at, duty), ends_at in zip(tiles, ends, strict=True)
    )


def gaps(schedule: Schedule, overrides: Iterable[Override], start: datetime, end: datetime) -> tuple[Shift, ...]:
    """Return the stretches within [start, end) in which only the fallback is left."""
    return tuple(shift for shift in shifts(schedule, overrides, start, end) if shift.why == GAP)


def people(notify: Sequence[str], oncall: OnCall, overrides: Iterable[Override], at: datetime) -> tuple[str, ...]:
    """Return the contacts that `schedule:<id>` entries and contact ids mean now, each once.

    A call keeps its policy when the configuration changes. Where none of those it names is left, everybody is told.
    """
    known = standing(overrides, oncall)
    found = (_person(entry, oncall, known, at) for entry in notify)
    told = tuple(dict.fromkeys(contact for contact in found if contact in oncall.contacts))
    return told or tuple(oncall.contacts)


def standing(overrides: Iterable[Override], oncall: OnCall) -> tuple[Override, ...]:
    """Return the overrides whose stand-in still exists: the others are as if they had never been."""
    return tuple(override for override in overrides if override.in_contact in oncall.contacts)


def _person(entry: str, oncall: OnCall, overrides: tuple[Override, ...], at: datetime) -> str:
    if not entry.startswith(SCHEDULE):
        return entry
    schedule = oncall.schedules.get(entry.removeprefix(SCHEDULE))
    return _duty(schedule, _relevant(schedule, overrides), at).contact if schedule else ""


def _relevant(schedule: Schedule, overrides: Iterable[Override]) -> tuple[Override, ...]:
    """Return a schedule's overrides, the newest last."""
    own = [override for override in overrides if override.schedule == schedule.id]
    return tuple(sorted(own, key=lambda override: override.id))


def _duty(schedule: Schedule, overrides: tuple[Override, ...], at: datetime) -> _Duty:
    """Return who has duty at an instant; of overlapping overrides each later one stands in for what is left."""
    duty = _holiday(schedule, at) or _layered(schedule, at) or _Duty(schedule.gap_fallback, GAP)
    for override in overrides:
        is_meant = override.out_contact in (None, duty.contact)
        if is_meant and override.starts_at <= at < override.ends_at:
            duty = _Duty(override.in_contact, f"override:{override.id}")
    return duty


def _holiday(schedule: Schedule, at: datetime) -> _Duty | None:
    """Return whose turn a holiday is. Turns are counted within a year, so that old years may leave the list."""
    today = local_day(at, schedule.timezone)
    name = next((holiday.name for holiday in schedule.holidays if holiday.day == today), None)
    if name is None or not schedule.holiday_contacts:
        return None
    before = {holiday.day for holiday in schedule.holidays if date(today.year, 1, 1) <= holiday.day < today}
    turn = (today.year + len(before)) % len(schedule.holiday_contacts)
    return _Duty(schedule.holiday_contacts[turn], f"holiday:{name}")


def _layered(schedule: Schedule, at: datetime) -> _Duty | None:
    for layer in reversed(schedule.layers):
        if layer.contacts and _applies(layer, schedule.timezone, at):
            turn = _turn(layer, schedule.timezone, at)
            if turn >= 0:
                return _Duty(layer.contacts[turn % len(layer.contacts)], f"layer:{layer.name}", turn)
    return None


def _turn(layer: Layer, timezone: str, at: datetime) -> int:
    """Return the number of the turn an instant lies in; negative before the first."""
    days = (local_day(at, timezone) - layer.start).days
    turn = days // layer.every_days
    # A local date holds the end of one turn and the start of the next.
    return turn if _handoff(layer, timezone, turn) <= at else turn - 1


def _handoff(layer: Layer, timezone: str, turn: int) -> datetime:
    return instant(layer.start + turn * layer.every_days * DAY, layer.handoff, timezone)


def _applies(layer: Layer, timezone: str, at: datetime) -> bool:
    if not layer.weekdays and layer.hours is None:
        return True
    today = local_day(at, timezone)
    windows = (window_of(day, layer.hours, timezone) for day in (today - DAY, today) if _is_its_day(layer, day))
    return any(starts <= at < ends for starts, ends in windows)


def _is_its_day(layer: Layer, day: date) -> bool:
    return not layer.weekdays or day.weekday() in layer.weekdays


def _since(schedule: Schedule, overrides: tuple[Override, ...], at: datetime, duty: _Duty) -> datetime:
    begun = at
    for reach in (_REACH, HORIZON):
        begun = at - reach
        for moment in reversed(_changes(schedule, overrides, at - reach, at + timedelta.resolution)):
            if _duty(schedule, overrides, moment - timedelta.resolution) != duty:
                return moment
    return begun


def _until(schedule: Schedule, overrides: tuple[Override, ...], at: datetime, duty: _Duty) -> datetime:
    over = at
    for reach in (_REACH, HORIZON):
        over = at + reach
        for moment in _changes(schedule, overrides, at, over):
            if _duty(schedule, overrides, moment) != duty:
                return moment
    return over


def _changes(
    schedule: Schedule, overrides: tuple[Override, ...], start: datetime, end: datetime
) -> tuple[datetime, ...]:
    """Return, in order, every instant within (start, end) at which somebody else may come on duty."""
    first = local_day(start, schedule.timezone) - DAY
    days = [first + at * DAY for at in range((local_day(end, schedule.timezone) - first).days + 2)]
    found = {moment for layer in schedule.layers for moment in _changes_of(layer, schedule.timezone, days)}
    if schedule.holiday_contacts:
        dates = {holiday.day for holiday in schedule.holidays} & set(days)
        found |= {midnight(day, schedule.timezone) for day in dates | {day + DAY for day in dates}}
    found |= {moment for override in overrides for moment in (override.starts_at, override.ends_at)}
    return tuple(sorted(moment for moment in found if start < moment < end))


def _changes_of(layer: Layer, timezone: str, days: Sequence[date]) -> Iterator[datetime]:
    for day in days:
        since = (day - layer.start).days
        if since >= 0 and since % layer.every_days == 0:
            yield instant(day, layer.handoff, timezone)
        if (layer.weekdays or layer.hours) and _is_its_day(layer, day):
            yield from window_of(day, layer.hours, timezone)
