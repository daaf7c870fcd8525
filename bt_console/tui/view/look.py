"""How this reader wants to see things: language, zone, the present instant, and whether anybody is measuring."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bt_console.model.snapshot import LATE_AFTER_S, EngineState, Snapshot
from bt_console.words import say, tell

_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400


@lru_cache(maxsize=8)
def zone_of(name: str) -> tzinfo:
    """Return the zone of that name, or UTC when this machine has no such zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def engine_state(snapshot: Snapshot, now: datetime) -> EngineState:
    """Return whether somebody measures at this instant; the snapshot may be older than now."""
    ticked = snapshot.engine.last_tick_at
    if ticked is None or (now - ticked).total_seconds() > LATE_AFTER_S:
        return EngineState.STOPPED
    return snapshot.engine.state


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Everything a view needs besides the facts."""

    language: str
    zone: tzinfo = timezone(timedelta(hours=7))
    now: datetime
    is_stale: bool = False
    """True when nobody measures: values are old and are marked so."""

    def tell(self, code: str, **values: object) -> str:
        """Return a text of the screens in the reader's language."""
        return tell(self.language, code, **values)

    def say(self, stored: str) -> str:
        """Return a stored message in the reader's language."""
        return say(self.language, stored) if stored else ""

    def detail(self, detail: str) -> str:
        """Return what a probe said in English in the reader's language, where it is known."""
        return self.tell("screen.detail", detail=detail)

    def number(self, value: float, digits: int = 0) -> str:
        """Return a number with the language's decimal mark."""
        text = f"{value:.{digits}f}"
        return text.replace(".", ",") if self.language == "vi" else text

    def delay(self, rtt_ms: float) -> str:
        """Return milliseconds in at most four columns without the unit, seconds with it."""
        if rtt_ms >= 99_500:
            return ">99s"
        if rtt_ms >= 999.5:
            return f"{self.number(rtt_ms / 1000, 1 if rtt_ms < 9_950 else 0)}s"
        return self.number(rtt_ms, 1 if rtt_ms < 9.95 else 0)

    def percent(self, ratio: float) -> str:
        """Return a ratio as a percentage; a small one is never shown as none."""
        return "<1%" if 0 < ratio < 0.01 else f"{self.number(ratio * 100)}%"

    def clock(self, at: datetime) -> str:
        """Return the time of day."""
        return at.astimezone(self.zone).strftime("%H:%M:%S")

    def minute(self, at: datetime) -> str:
        """Return the time of day to the minute."""
        return at.astimezone(self.zone).strftime("%H:%M")

    def since(self, at: datetime | None, *, is_long: bool = False) -> str:
        """Return a time today, or a date when it was another day."""
        if at is None:
            return "–"
        local, today = at.astimezone(self.zone), self.now.astimezone(self.zone).date()
        if local.date() != today:
            return local.strftime("%d/%m %H:%M" if is_long else "%d/%m")
        return local.strftime("%H:%M:%S" if is_long else "%H:%M")

    def until(self, at: datetime | None) -> str:
        """Return the time an end lies at, with its date unless it is today."""
        if at is None:
            return "–"
        local, today = at.astimezone(self.zone), self.now.astimezone(self.zone).date()
        return local.strftime("%H:%M" if local.date() == today else "%H:%M %d/%m")

    def zone_label(self) -> str:
        """Return the zone as an offset such as +07."""
        label = self.now.astimezone(self.zone).strftime("%z")
        return label[:3] if label.endswith("00") else f"{label[:3]}:{label[3:]}"

    def span(self, seconds: float) -> str:
        """Return a duration in its largest fitting unit."""
        if seconds < 10 and seconds != int(seconds):
            return self.tell("unit.s", n=self.number(max(0.0, seconds), 1))
        if seconds < _MINUTE_S:
            return self.tell("unit.s", n=self.number(seconds))
        for size, code in ((_DAY_S, "unit.day"), (_HOUR_S, "unit.hour"), (_MINUTE_S, "unit.minute")):
            if seconds >= size:
                return self.tell(code, n=int(seconds // size))
        return ""
