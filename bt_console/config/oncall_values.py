"""Types of single values in the section `oncall`: hours, days, limits, moments."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BeforeValidator, PlainValidator

from bt_console.config import quantity
from bt_console.config.errors import did_you_mean
from bt_console.config.quantity import DIMENSIONS, QuantityError, shown
from bt_console.config.values import complaint
from bt_console.model.oncall import Limit

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LIMIT_COUNT_MAX = 10_000
Clock = tuple[time, time]
DaysAndClock = tuple[frozenset[int], Clock]
T = TypeVar("T")

_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LIMIT = re.compile(r"([1-9][0-9]{0,5})/([0-9.]+[a-z]+)")
_HOURS_HINT = "write from and to, such as 17:00-07:30"
_OFFICE_HINT = "write days and hours, such as mon-fri 07:30-17:00"


def _time_of_day(value: Any) -> time:
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise complaint(f"{shown(value)} is not a time of day", 'write one such as "08:00"')
    return time(int(match[1]), int(match[2]))


def _clock(value: Any) -> Clock:
    starts, dash, ends = value.replace(" ", "").partition("-") if isinstance(value, str) else ("", "", "")
    if not dash or not _TIME.fullmatch(starts) or not (_TIME.fullmatch(ends) or ends == "24:00"):
        raise complaint(f"{shown(value)} are no hours", _HOURS_HINT)
    return _time_of_day(starts), time(0) if ends == "24:00" else _time_of_day(ends)


def _office_hours(value: Any) -> DaysAndClock:
    days, space, hours = value.strip().partition(" ") if isinstance(value, str) else ("", "", "")
    if not space:
        raise complaint(f"{shown(value)} are no working hours", _OFFICE_HINT)
    found = frozenset(day for part in days.lower().split(",") for day in _days(part, _OFFICE_HINT))
    return found, _clock(hours)


def _days(written: Any, hint: str = "") -> tuple[int, ...]:
    """Return the days that `mon` or `mon-fri` means; 0 is Monday."""
    first, dash, last = written.lower().partition("-") if isinstance(written, str) else ("", "", "")
    for day in (first, last) if dash else (first,):
        if day not in WEEKDAYS:
            close = did_you_mean(day, WEEKDAYS)
            raise complaint(f"{shown(written)} is not a day of the week", hint or close)
    start = WEEKDAYS.index(first)
    length = (WEEKDAYS.index(last) - start) % 7 if dash else 0
    return tuple((start + at) % 7 for at in range(length + 1))


def _weekdays(value: Any) -> frozenset[int]:
    written = value if isinstance(value, list) else [value]
    return frozenset(day for part in written for day in _days(part))


def _weekday(value: Any) -> int:
    days = _days(value)
    if len(days) > 1:
        raise complaint(f"{shown(value)} is more than one day", "write one of them")
    return days[0]


def _date(value: Any) -> date:
    try:
        return read_date(value)
    except ValueError as error:
        raise complaint(f"{shown(value)} is not a date", "write one such as 2026-01-05") from error


def read_date(value: Any) -> date:
    """Return a date as it is written. Raises ValueError."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError("not a date")
    return date.fromisoformat(value)


def _moment(value: Any) -> datetime:
    hint = "write one such as 2026-12-01T22:00+07:00"
    try:
        moment = datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError as error:
        raise complaint(f"{shown(value)} is not a moment", hint) from error
    if moment.tzinfo is None:
        raise complaint(f"{shown(value)} does not say in which time zone", f"add the offset: {hint}")
    if not date.min.year + 1 < moment.year < date.max.year:
        raise complaint(f"{shown(value)} is not a moment", hint)
    return moment


def _limit(value: Any) -> Limit:
    hint = "write how many in how long, such as 20/1m"
    match = _LIMIT.fullmatch(value.replace(" ", "")) if isinstance(value, str) else None
    if match is None:
        raise complaint(f"{shown(value)} is not a limit", hint)
    try:
        window_s = float(quantity.with_unit(match[2], DIMENSIONS["_s"], "limit"))
    except QuantityError as error:
        raise complaint(f"{shown(value)} is not a limit: {error}", error.hint) from error
    if not 1 <= window_s <= 31 * 86400 or int(match[1]) > LIMIT_COUNT_MAX:
        raise complaint(f"{shown(value)} is out of range: up to {LIMIT_COUNT_MAX} in 1s to 31d are allowed", hint)
    return Limit(count=int(match[1]), window_s=window_s)


def _cron(value: Any) -> str:
    try:
        CronSim(value if isinstance(value, str) else "", datetime(2026, 1, 1))  # noqa: DTZ001 (no moment is asked for)
    except CronSimError as error:
        hint = 'write minute, hour, day, month, weekday, such as "0 2 * * *"'
        raise complaint(f"{shown(value)} is not a cron expression", hint) from error
    return str(value)


def _some(value: T) -> T:
    if not value:
        raise complaint("is empty", "write at least one entry")
    return value


def words_of(enum: type[StrEnum]) -> BeforeValidator:
    """Return a validator that turns a list of an enum's words into its members."""
    known = [member.value for member in enum]

    def read(value: Any) -> Any:
        for word in value if isinstance(value, list) else ():
            if not isinstance(word, str) or word not in known:
                raise complaint(f"unknown word {shown(word)}", did_you_mean(str(word), known))
        return [enum(word) for word in value] if isinstance(value, list) else value

    return BeforeValidator(read)


TimeOfDay = Annotated[time, PlainValidator(_time_of_day)]
ClockHours = Annotated[Clock, PlainValidator(_clock)]
OfficeHours = Annotated[DaysAndClock, PlainValidator(_office_hours)]
Weekdays = Annotated[frozenset[int], PlainValidator(_weekdays)]
Weekday = Annotated[int, PlainValidator(_weekday)]
LocalDate = Annotated[date, PlainValidator(_date)]
Moment = Annotated[datetime, PlainValidator(_moment)]
MessageLimit = Annotated[Limit, PlainValidator(_limit)]
Cron = Annotated[str, PlainValidator(_cron)]
NotEmpty = AfterValidator(_some)
