"""From wall-clock time to instants, also where a clock change skips or repeats an hour; pure.

Source: PEP 495. RFC 5545, section 3.3.5, leaves a skipped time to its reader: here it is the moment of the change.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
Stretch = tuple[datetime, datetime]
"""From and to, in UTC; the end is not in it."""


@lru_cache(maxsize=8192)
def instant(day: date, at: time, timezone: str) -> datetime:
    """Return when a local clock first shows a time or a later one. Never earlier for a later time."""
    zone = ZoneInfo(timezone)
    local = datetime.combine(day, at, zone)
    found = local.astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return found
    return _change(local.replace(fold=1).astimezone(UTC), found, zone)


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment between two instants from which the zone's offset is that of the later one."""
    offset = after.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after.replace(microsecond=0)


def local_day(at: datetime, timezone: str) -> date:
    """Return the date a local calendar shows."""
    return at.astimezone(ZoneInfo(timezone)).date()


def midnight(day: date, timezone: str) -> datetime:
    """Return when a local day begins."""
    return instant(day, time(0), timezone)


def window_of(day: date, hours: tuple[time, time] | None, timezone: str) -> Stretch:
    """Return the hours that begin on a local day; a whole day without any. `to` <= `from` runs over midnight."""
    if hours is None:
        return midnight(day, timezone), midnight(day + DAY, timezone)
    starts, ends = hours
    last = day if starts < ends else day + DAY
    return instant(day, starts, timezone), instant(last, ends, timezone)
