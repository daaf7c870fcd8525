"""Public holidays by country: those that come along, or a file of the district's own; every mistake with its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from bt_console.config.errors import ConfigErrors, ConfigProblem, did_you_mean
from bt_console.config.oncall_values import read_date
from bt_console.config.quantity import shown
from bt_console.config.values import NAME_LENGTH_LIMIT
from bt_console.config.yaml_reader import Document, parse, read_file
from bt_console.model.oncall import Holiday
from probes.api import clean

HOLIDAYS = Path(__file__).parent
COUNTRIES = tuple(sorted(path.stem for path in HOLIDAYS.glob("*.yaml")))
_KEYS = ("day", "name", "provisional")
_FORM = "write `- {day: 2026-09-02, name: Quốc khánh}` lines"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """What a file of holidays says, and all that is wrong with it."""

    path: Path
    holidays: tuple[Holiday, ...] = ()
    """In the order of their dates."""
    problems: tuple[ConfigProblem, ...] = ()
    content: bytes = b""


def path_of(written: str, otherwise: Path) -> Path:
    """Return the file of a country that comes along, or another file."""
    return HOLIDAYS / f"{written}.yaml" if written in COUNTRIES else otherwise


def read_holidays(path: Path) -> Calendar:
    """Return the holidays in a file."""
    try:
        content = read_file(path)
        document = parse(content, str(path))
    except ConfigErrors as error:
        return Calendar(path=path, problems=error.problems)
    reader = _Reader(document=document)
    holidays = tuple(sorted(reader.read(), key=lambda holiday: holiday.day))
    problems = (*document.problems, *reader.problems)
    return Calendar(path=path, holidays=holidays, problems=problems, content=content)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """Reads entries, collecting problems."""

    document: Document
    problems: list[ConfigProblem] = field(default_factory=list)
    lines: dict[date, int] = field(default_factory=dict)

    def read(self) -> Iterator[Holiday]:
        entries = self.document.data
        if not isinstance(entries, list):
            self._report((), f"must be a list of days, not {shown(entries)}", _FORM)
            return
        for at, entry in enumerate(entries):
            if not isinstance(entry, dict):
                self._report((at,), f"must be a day with its name, not {shown(entry)}", _FORM)
                continue
            day, name = self._day(at, entry), self._name(at, entry)
            self._rest(at, entry)
            if day is not None and name:
                yield Holiday(day=day, name=name)

    def _report(self, loc: tuple[str | int, ...], message: str, hint: str, *, at_key: bool = False) -> None:
        self.problems.append(self.document.problem(loc, message, hint, at_key=at_key))

    def _day(self, at: int, entry: Mapping[str, Any]) -> date | None:
        if "day" not in entry:
            self._report((at,), "`day` is missing", "write one such as day: 2026-09-02")
            return None
        try:
            day = read_date(entry["day"])
        except ValueError:
            self._report((at, "day"), f"{shown(entry['day'])} is not a date", "write one such as 2026-09-02")
            return None
        line = self.document.mark((at,)).line
        first = self.lines.setdefault(day, line)
        if first != line:
            self._report((at, "day"), f"{day} is written twice, first on line {first}", "delete one of them")
            return None
        return day

    def _name(self, at: int, entry: Mapping[str, Any]) -> str:
        name = entry.get("name")
        if not isinstance(name, str) or not name.strip():
            what = "`name` is missing" if name is None else f"`name` must be text, not {shown(name)}"
            self._report((at, "name"), what, "write what the day is called")
            return ""
        if clean(name, NAME_LENGTH_LIMIT) != name:
            hint = f"at most {NAME_LENGTH_LIMIT} letters on one line"
            self._report((at, "name"), "`name` is too long or holds control characters", hint)
            return ""
        return name

    def _rest(self, at: int, entry: Mapping[str, Any]) -> None:
        for key in entry.keys() - set(_KEYS):
            self._report((at, key), f"unknown key `{key}`", did_you_mean(key, _KEYS), at_key=True)
        if not isinstance(entry.get("provisional", False), bool):
            message = f"`provisional` must be true or false, not {shown(entry['provisional'])}"
            self._report((at, "provisional"), message, "write true or false without quotes")
