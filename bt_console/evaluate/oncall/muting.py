"""When nobody is told: silences, maintenance and office hours; pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from bt_console.evaluate.oncall.matching import matches
from bt_console.model.incident import CauseKind, Incident
from bt_console.model.inventory import Inventory
from bt_console.model.oncall import Holiday, Hours, Mute
from bt_console.model.recurrence import starts
from bt_console.model.walltime import DAY, Stretch, local_day, window_of

WINDOW_MAX = timedelta(days=31)
"""Of a rule: a longer window is written as one without a rule."""
AHEAD = timedelta(days=400)
"""So far ahead the next window is looked for."""
NEVER_MUTED = frozenset({CauseKind.CANNOT_MEASURE})
"""The monitor's own health."""
_OPENING_DAYS_MAX = 366


def is_active(mute: Mute, at: datetime) -> bool:
    """Return whether a mute holds at an instant."""
    return window(mute, at) is not None


def window(mute: Mute, at: datetime) -> Stretch | None:
    """Return the window of a mute that an instant lies in; windows that touch are one."""
    found = _windows(mute, at)
    index = bisect_right(found, (at, datetime.max.replace(tzinfo=UTC))) - 1
    return found[index] if index >= 0 and at < found[index][1] else None


def next_window(mute: Mute, at: datetime) -> Stretch | None:
    """Return the first window that begins after an instant, within a year."""
    return next((found for found in _windows(mute, at) if found[0] > at), None)


def covering(mutes: Iterable[Mute], incident: Incident, inventory: Inventory, at: datetime) -> tuple[Mute, ...]:
    """Return the mutes that hide an incident now: all it hurts lies within them, and it is not the monitor itself."""
    if incident.cause.kind in NEVER_MUTED:
        return ()
    return tuple(
        mute for mute in mutes if matches(mute.match, incident, inventory, whole_impact=True) and is_active(mute, at)
    )


def ended(mutes: Iterable[Mute], since: datetime, until: datetime) -> tuple[tuple[Mute, Stretch], ...]:
    """Return the windows that ended within (since, until], in that order: what still fails is told then."""
    found = [(mute, stretch) for mute in mutes for stretch in _windows(mute, since) if since < stretch[1] <= until]
    return tuple(sorted(found, key=lambda entry: (entry[1][1], entry[0].id)))


def next_change(mutes: Iterable[Mute], at: datetime) -> datetime | None:
    """Return when the next mute begins or ends after an instant; None when none does within a year."""
    moments = (moment for mute in mutes for stretch in _windows(mute, at) for moment in stretch if moment > at)
    return min(moments, default=None)


def is_idle(mute: Mute, covered_at: datetime | None, at: datetime) -> bool:
    """Return whether a silence has covered nothing for so long that it ends by itself."""
    if mute.idle_expire_s is None or mute.rrule or at < mute.starts_at:
        return False
    last = max(mute.starts_at, covered_at or mute.starts_at)
    return at - last >= timedelta(seconds=mute.idle_expire_s)


def _windows(mute: Mute, at: datetime) -> tuple[Stretch, ...]:
    if mute.rrule:
        found = _recurring(mute.rrule, mute.starts_at, mute.ends_at, mute.timezone, _month(at))
    else:
        found = ((mute.starts_at, mute.ends_at),)
    ended_at = mute.ended_at
    if ended_at is not None:
        found = tuple((starts_at, min(ends_at, ended_at)) for starts_at, ends_at in found)
    return tuple(stretch for stretch in found if stretch[0] < stretch[1])


def _month(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


@lru_cache(maxsize=512)
def _recurring(
    rrule: str, starts_at: datetime, ends_at: datetime, timezone: str, month: datetime
) -> tuple[Stretch, ...]:
    """Return the windows around a month and for a year ahead; those that overlap or touch are joined.

    A rule that cannot be followed mutes nothing.
    """
    lasts = min(ends_at - starts_at, WINDOW_MAX)
    begins = starts(rrule, starts_at, timezone, month - 2 * WINDOW_MAX, month + AHEAD)
    try:
        return tuple(_joined((begin, begin + lasts) for begin in begins)) if lasts > timedelta(0) else ()
    except ValueError:
        return ()


def _joined(stretches: Iterable[Stretch]) -> Iterator[Stretch]:
    open_one: Stretch | None = None
    for stretch in stretches:
        if open_one is None or stretch[0] > open_one[1]:
            if open_one is not None:
                yield open_one
            open_one = stretch
        else:
            open_one = (open_one[0], max(open_one[1], stretch[1]))
    if open_one is not None:
        yield open_one


def is_open(hours: Hours, holidays: Iterable[Holiday], at: datetime) -> bool:
    """Return whether an instant lies in working hours; those that begin on a holiday are none."""
    days = {holiday.day for holiday in holidays}
    today = local_day(at, hours.timezone)
    return any(starts_at <= at < ends_at for starts_at, ends_at in _openings(hours, days, (today - DAY, today)))


def next_opening(hours: Hours, holidays: Iterable[Holiday], at: datetime) -> datetime:
    """Return when working hours next begin; `at` itself while they last."""
    known = tuple(holidays)
    if is_open(hours, known, at):
        return at
    days, today = {holiday.day for holiday in known}, local_day(at, hours.timezone)
    coming = (today + ahead * DAY for ahead in range(_OPENING_DAYS_MAX))
    found = (starts_at for starts_at, _ in _openings(hours, days, coming) if starts_at > at)
    return next(found, at + _OPENING_DAYS_MAX * DAY)


def _openings(hours: Hours, holidays: set[date], days: Iterable[date]) -> Iterator[Stretch]:
    for day in days:
        if day not in holidays and (not hours.weekdays or day.weekday() in hours.weekdays):
            yield window_of(day, (hours.starts, hours.ends), hours.timezone)
