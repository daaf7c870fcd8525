"""Instants and spans as people write and read them, in the district's own time zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bt_console.cli.command import UsageError
from bt_console.words import tell

_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_AGES = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))


def zone(name: str) -> tzinfo:
    """Return a time zone by name; UTC where this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def parse_instant(text: str, now: datetime, local: tzinfo, language: str) -> datetime:
    """Return the instant meant by `-2h`, `14:30`, `2026-11-24` or `2026-11-24T14:30`. Raises UsageError."""
    if match := re.fullmatch(r"-(\d{1,6})([smhd])", text):
        return now - timedelta(seconds=int(match[1]) * _UNIT_S[match[2]])
    if re.fullmatch(r"\d\d:\d\d(:\d\d)?", text):
        text = f"{now.astimezone(local).date()}T{text}"
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(tell(language, "cli.bad_instant", text=text)) from error
    return (at if at.tzinfo else at.replace(tzinfo=local)).astimezone(UTC)


def parse_span(text: str, language: str) -> timedelta:
    """Return the length meant by `90s`, `30m`, `2h` or `1d`. Raises UsageError."""
    match = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if match is None or int(match[1]) == 0:
        raise UsageError(tell(language, "cli.bad_span", text=text))
    return timedelta(seconds=int(match[1]) * _UNIT_S[match[2]])


def parse_coming(text: str, now: datetime, local: tzinfo, language: str) -> datetime:
    """Return the instant ahead meant by `2h`, `07:30` (the next one), a date, a date with a time."""
    if re.fullmatch(r"\d{1,6}[smhd]", text):
        return now + parse_span(text, language)
    at = parse_instant(text, now, local, language)
    if re.fullmatch(r"\d\d:\d\d(:\d\d)?", text) and at <= now:
        return parse_instant(f"{(now + timedelta(days=1)).astimezone(local).date()}T{text}", now, local, language)
    return at


def clock_time(at: datetime, now: datetime, local: tzinfo) -> str:
    """Return `20:44:03`, with the day before it when it is not today."""
    here, today = at.astimezone(local), now.astimezone(local).date()
    return f"{here:%H:%M:%S}" if here.date() == today else f"{here:%d/%m/%Y %H:%M:%S}"


def age(since: datetime | None, now: datetime, language: str) -> str:
    """Return a span in its largest unit: `53 s`, `12 min`, `3 h`, `5 d`; empty for None."""
    if since is None:
        return ""
    seconds = max(0, int((now - since).total_seconds()))
    for size, name in _AGES:
        if seconds >= size:
            return tell(language, f"cli.age.{name}", n=seconds // size)
    return tell(language, "cli.age.s", n=0)


def decimal(value: float, digits: int, language: str) -> str:
    """Return a figure with the language's decimal mark."""
    text = f"{value:.{digits}f}"
    return text.replace(".", ",") if language == "vi" else text
