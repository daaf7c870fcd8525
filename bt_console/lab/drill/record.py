"""What was seen while one fault was played: plain values, so that a judgement can be repeated without a lab."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A message in somebody's hands."""

    at: datetime
    channel: str
    path: str
    """What the channel's messages travel over: `internet`, `tslcd`, `gsm` ..."""
    contact: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What an incident was called from an instant on."""

    at: datetime
    kind: str
    unit: str
    units_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One incident that was opened."""

    id: int
    opened_at: datetime
    names: tuple[Named, ...]
    """In order; at least one."""
    resolved_at: datetime | None = None

    def name_at(self, at: datetime | None) -> Named:
        """Return what it was called at an instant; None: in the end."""
        known = [name for name in self.names if at is None or name.at <= at]
        return known[-1] if known else self.names[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One fault from its cause to the end of its consequences."""

    spec: str
    caused_at: datetime
    healed_at: datetime
    missed_at: datetime | None = None
    """When the first measurement that failed by it began, or the fault itself where that came during one."""
    incidents: tuple[Seen, ...] = ()
    letters: tuple[Told, ...] = ()
    is_whole: bool = True
    """The district is as before at the end."""
