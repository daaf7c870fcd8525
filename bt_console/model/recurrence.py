"""When a rule recurs, within bounds whatever the rule says; pure.

dateutil looks for the next match until the year 9999, and begins at the rule's start. So it is asked about stretches
it cannot leave: close before the time in question for days and weeks, one month or year at a time for the others.

Source: RFC 5545, section 3.3.10, of which rules by the hour, minute and second are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from bt_console.model.walltime import DAY, instant, local_day

COUNT_MAX = 366
INTERVAL_MAX = 366
STARTS_PER_DAY_MAX = 4
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_ALWAYS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYHOUR", "BYMINUTE"})
_WEEKLY = _ALWAYS | {"BYDAY"}
_MONTHLY = _WEEKLY | {"BYMONTHDAY", "BYSETPOS"}
_KEYS = {"DAILY": _ALWAYS, "WEEKLY": _WEEKLY, "MONTHLY": _MONTHLY, "YEARLY": _MONTHLY | {"BYMONTH"}}
_PERIODS = {"MONTHLY": 120_000, "YEARLY": 10_000}
"""An interval after which no date is left: the rule ends with its first period."""
_UNTIL = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:T([0-9]{2})([0-9]{2})([0-9]{2})(Z?))?")
_DAY = re.compile("(?:MO|TU|WE|TH|FR|SA|SU)(?:,(?:MO|TU|WE|TH|FR|SA|SU))*")
_ANY_TIME = datetime(2024, 1, 1)  # noqa: DTZ001 (a wall clock without a place)
EXAMPLE = "FREQ=WEEKLY;BYDAY=TU;BYHOUR=22;BYMINUTE=0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """A rule taken apart."""

    frequency: str
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    parts: Mapping[str, str] = field(default_factory=dict)
    """What else it says, as written."""


def check(rule: str, timezone: str) -> None:
    """Raise ValueError, saying what is wrong with a rule and what to write, where it cannot be followed."""
    parsed = parse(rule, timezone)
    periods = (_ANY_TIME.replace(year=year, month=month) for year, month in _sample(parsed))
    if not any(_in_period(parsed, period, _ANY_TIME) for period in periods):
        raise ValueError("the rule never happens: its days do not exist together")


def _sample(parsed: Recurrence) -> Iterator[tuple[int, int]]:
    """Yield periods among which is one of every kind there is: 28 years hold all calendars."""
    months = range(1, 13) if parsed.frequency == "MONTHLY" else (1,)
    yield from ((year, month) for year in range(2000, 2028) for month in months)


@lru_cache(maxsize=256)
def parse(rule: str, timezone: str) -> Recurrence:
    """Return a rule taken apart. Raises ValueError."""
    words = [part.partition("=") for part in rule.strip().upper().removeprefix("RRULE:").split(";") if part]
    parts = {key: value for key, _, value in words}
    frequency = parts.get("FREQ", "")
    if frequency not in _FREQUENCIES:
        raise ValueError(f"FREQ must be one of {', '.join(_FREQUENCIES)}, for example {EXAMPLE}")
    for at, (key, _, value) in enumerate(words):
        if key not in _KEYS[frequency] or not value:
            raise ValueError(f"FREQ={frequency} takes no {key}" if value else f"{key} has no value")
        if key in {earlier for earlier, _, _ in words[:at]}:
            raise ValueError(f"{key} is written twice")
    parsed = Recurrence(
        frequency=frequency,
        interval=_number(parts.pop("INTERVAL", "1"), "INTERVAL", INTERVAL_MAX),
        count=_number(parts.pop("COUNT"), "COUNT", COUNT_MAX) if "COUNT" in parts else None,
        until=_until(parts.pop("UNTIL"), timezone) if "UNTIL" in parts else None,
        parts={key: value for key, value in parts.items() if key not in ("FREQ", "COUNT", "UNTIL", "INTERVAL")},
    )
    _probe(parsed)
    return parsed


def _number(written: str, key: str, most: int) -> int:
    if not written.isdecimal() or not 1 <= int(written[:6]) <= most:
        raise ValueError(f"{key}={written} is not a number from 1 to {most}")
    return int(written)


def _until(written: str, timezone: str) -> datetime:
    match = _UNTIL.fullmatch(written)
    if match is None:
        raise ValueError(f"UNTIL={written} is no time: write 20261231 or 20261231T235959Z")
    year, month, day, *clock = match.groups()[:6]
    hour, minute, second = map(int, clock if clock[0] else (23, 59, 59))
    try:
        local = datetime(int(year), int(month), int(day), hour, minute, second)  # noqa: DTZ001
    except ValueError as error:
        raise ValueError(f"UNTIL={written}: {error}") from error
    return local.replace(tzinfo=UTC) if match[7] else instant(local.date(), local.time(), timezone)


def _probe(parsed: Recurrence) -> None:
    """Raise ValueError for what dateutil refuses, and for rules that start too often."""
    times = [len(parsed.parts.get(key, "").split(",")) for key in ("BYHOUR", "BYMINUTE")]
    if times[0] * times[1] > STARTS_PER_DAY_MAX:
        raise ValueError(f"it starts more than {STARTS_PER_DAY_MAX} times a day: write one rule per window")
    if "0" in parsed.parts.get("BYMONTHDAY", "").split(","):
        raise ValueError("BYMONTHDAY=0 is no day: count from 1, or from -1 at the end")
    if parsed.frequency == "WEEKLY" and not _DAY.fullmatch(parsed.parts.get("BYDAY", "MO")):
        raise ValueError(f"BYDAY={parsed.parts['BYDAY']} does not fit FREQ=WEEKLY: write days such as MO,WE")
    try:
        _in_period(parsed, _ANY_TIME, _ANY_TIME)
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
        raise ValueError(f"it cannot be read; write for example {EXAMPLE}") from error


def starts(rule: str, first: datetime, timezone: str, after: datetime, until: datetime) -> Iterator[datetime]:
    """Yield, in order, the instants in [after, until) at which a rule that begins at `first` recurs."""
    parsed = parse(rule, timezone)
    local_first = first.astimezone(ZoneInfo(timezone)).replace(tzinfo=None, microsecond=0)
    last = local_day(until, timezone) + DAY
    # A count is counted from the first; everything else is looked for close by.
    begin = local_first.date() if parsed.count else max(local_first.date(), local_day(after, timezone) - DAY)
    local = (moment for moment in _locals(parsed, local_first, begin, last) if moment >= local_first)
    for moment in islice(local, parsed.count):
        at = instant(moment.date(), moment.time(), timezone)
        if at >= until or (parsed.until is not None and at > parsed.until):
            return
        if at >= after:
            yield at


def _locals(parsed: Recurrence, first: datetime, begin: date, last: date) -> Iterator[datetime]:
    if parsed.frequency in _PERIODS:
        for month in _periods(parsed, first, begin, last):
            yield from _in_period(parsed, month, first)
    else:
        jumped = _jumped(parsed, first, begin)
        yield from takewhile(lambda moment: moment.date() <= last, _dateutil(parsed, jumped, parsed.interval))


def _jumped(parsed: Recurrence, first: datetime, begin: date) -> datetime:
    """Return the latest moment not after a day from which the rule goes on as from its first."""
    step = parsed.interval * (7 if parsed.frequency == "WEEKLY" else 1)
    steps = max(0, (begin - first.date()).days // step - 1)
    return first + timedelta(days=steps * step)


def _periods(parsed: Recurrence, first: datetime, begin: date, last: date) -> Iterator[datetime]:
    """Yield the beginnings of the months or years the rule speaks of, from the one a day lies in."""
    step = parsed.interval * (12 if parsed.frequency == "YEARLY" else 1)
    base = first.year * 12 + (0 if parsed.frequency == "YEARLY" else first.month - 1)
    month = base + max(0, (begin.year * 12 + begin.month - 1 - base) // step) * step
    while month <= last.year * 12 + last.month - 1:
        yield first.replace(year=month // 12, month=month % 12 + 1, day=1)
        month += step


def _in_period(parsed: Recurrence, period: datetime, first: datetime) -> list[datetime]:
    """Return the matches in one month or year; of the other frequencies the first one."""
    if parsed.frequency not in _PERIODS:
        return list(islice(_dateutil(parsed, period, parsed.interval), 1))
    return list(_dateutil(_completed(parsed, first), period, _PERIODS[parsed.frequency]))


def _completed(parsed: Recurrence, first: datetime) -> Recurrence:
    """Return a rule that says the day which is otherwise that of its first time."""
    if {"BYDAY", "BYMONTHDAY"} & parsed.parts.keys():
        return parsed
    day = {"BYMONTHDAY": str(first.day)}
    if parsed.frequency == "YEARLY":
        day = {"BYMONTH": str(first.month), **day}
    return Recurrence(frequency=parsed.frequency, parts={**day, **parsed.parts})


def _dateutil(parsed: Recurrence, first: datetime, interval: int) -> Iterator[datetime]:
    from dateutil.rrule import rrulestr  # loaded only where there is a rule: 20 ms

    parts = {"FREQ": parsed.frequency, "INTERVAL": interval, **parsed.parts, "BYSECOND": first.second}
    text = ";".join(f"{key}={value}" for key, value in parts.items())
    return iter(rrulestr(text, dtstart=first))
