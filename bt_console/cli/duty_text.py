"""Who is on duty, as text and as JSON: now, next, gaps and stand-ins of each schedule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bt_console.cli import oncall_documents as documents
from bt_console.cli.documents import Document, instant
from bt_console.cli.render import print_json, print_lines, terminal_width, wrap
from bt_console.cli.times import zone
from bt_console.evaluate.oncall import rota
from bt_console.evaluate.oncall.why import name_of
from bt_console.model.oncall import OnCall, Override, Schedule, Shift
from bt_console.words import tell

if TYPE_CHECKING:
    from bt_console.facade import Console
    from bt_console.model.snapshot import Snapshot

_WEEKDAYS = {"vi": ("T2", "T3", "T4", "T5", "T6", "T7", "CN"), "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """The schedules from an instant on."""

    oncall: OnCall
    overrides: tuple[Override, ...]
    """Those whose stand-in exists."""
    at: datetime
    days: int

    @classmethod
    def of(cls, console: Console, snapshot: Snapshot, at: datetime, days: int) -> Duty:
        """Read what is stored."""
        oncall = snapshot.oncall or OnCall(timezone=snapshot.timezone)
        return cls(oncall=oncall, overrides=rota.standing(console.overrides(), oncall), at=at, days=days)

    def print(self, language: str, *, is_json: bool) -> None:
        """Print all schedules."""
        if is_json:
            print_json(self._document())
        elif not self.oncall.schedules:
            print_lines([tell(language, "cli.oncall.none")])
        else:
            schedules = self.oncall.schedules.values()
            print_lines([line for schedule in schedules for line in self._lines(schedule, language)])

    def _shifts(self, schedule: Schedule) -> tuple[Shift, Shift, tuple[Shift, ...]]:
        """Return who is on duty, who comes next, and every stretch of the days asked for."""
        now = rota.who(schedule, self.overrides, self.at)
        coming = rota.shifts(schedule, self.overrides, self.at, self.at + timedelta(days=self.days))
        return now, rota.who(schedule, self.overrides, now.ends_at), coming

    def _coming(self, schedule: Schedule) -> tuple[Override, ...]:
        return tuple(o for o in self.overrides if o.schedule == schedule.id and o.ends_at > self.at)

    def _document(self) -> Document:
        return {
            "schema": "bt-console/oncall/1",
            "at": instant(self.at),
            "days": self.days,
            "schedules": [self._schedule(schedule) for schedule in self.oncall.schedules.values()],
        }

    def _schedule(self, schedule: Schedule) -> Document:
        now, coming, shifts = self._shifts(schedule)
        return {
            "id": schedule.id,
            "timezone": schedule.timezone,
            "fallback": schedule.gap_fallback,
            "now": documents.shift(now, self.oncall),
            "next": documents.shift(coming, self.oncall),
            "shifts": [documents.shift(shift, self.oncall) for shift in shifts],
            "gaps": [documents.shift(shift, self.oncall) for shift in shifts if shift.why == rota.GAP],
            "overrides": [documents.override(item, self.oncall) for item in self._coming(schedule)],
        }

    def _lines(self, schedule: Schedule, language: str) -> list[str]:
        now, coming, shifts = self._shifts(schedule)
        gaps = [shift for shift in shifts if shift.why == rota.GAP]
        lines = [f"{schedule.id} ({schedule.timezone})"]
        lines += self._said("now", language, schedule, now)
        lines += self._said("next", language, schedule, coming)
        for gap in gaps:
            lines += self._said("gap", language, schedule, gap)
        if not gaps:
            lines += wrap(tell(language, "cli.oncall.no_gap", days=self.days), terminal_width(), "  ")
        for item in self._coming(schedule):
            lines += self._override(item, schedule, language)
        return [*lines, ""]

    def _said(self, code: str, language: str, schedule: Schedule, shift: Shift) -> list[str]:
        text = tell(
            language,
            f"cli.oncall.{code}",
            name=name_of(shift.contact, self.oncall),
            start=_moment(shift.starts_at, schedule, language),
            end=_moment(shift.ends_at, schedule, language),
            why=_why(shift, language),
        )
        return wrap(text, terminal_width(), "  ")

    def _override(self, item: Override, schedule: Schedule, language: str) -> list[str]:
        whom = name_of(item.out_contact, self.oncall) if item.out_contact else tell(language, "cli.oncall.anybody")
        text = tell(
            language,
            "cli.oncall.stand_in",
            id=item.id,
            name=name_of(item.in_contact, self.oncall),
            whom=whom,
            start=_moment(item.starts_at, schedule, language),
            end=_moment(item.ends_at, schedule, language),
            by=item.author,
            reason=item.reason or "-",
        )
        return wrap(text, terminal_width(), "  ")


def _moment(at: datetime, schedule: Schedule, language: str) -> str:
    here = at.astimezone(zone(schedule.timezone))
    return f"{_WEEKDAYS[language][here.weekday()]} {here:%d/%m %H:%M}"


def _why(shift: Shift, language: str) -> str:
    """Return the reason for a stretch: `layer:tuần`, `override:2`, `holiday:Tết` or `gap`."""
    name, _, value = shift.why.partition(":")
    return tell(language, f"cli.oncall.why.{name}", name=value)
