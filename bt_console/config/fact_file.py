"""Reads facts somebody wrote down, to ask a rule about them: YAML or JSON, every mistake with its line and column.

port_scan.open_ports: [80, 23]
site.map_updated_at: {value: 2026-02-01T08:00:00+07:00, age: 3d, by: Nguyễn Văn An}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bt_console.config.errors import ConfigErrors, ConfigProblem
from bt_console.config.yaml_reader import parse, read_file
from policies.fact import FactDeclaration, FactType, FactValue, WrongType, read_value
from policies.reader import Loc, Reader, near


def read_fact_file(path: Path, declarations: Mapping[str, FactDeclaration], now: datetime) -> dict[str, FactValue]:
    """Return the facts of a file. Raises ConfigErrors with everything that is wrong."""
    document = parse(read_file(path), str(path))
    reader = Reader(source=document)
    facts = _FactReader(reader=reader, declarations=declarations, now=now).read()
    found = [ConfigProblem(**{name: getattr(one, name) for name in _FIELDS}) for one in reader.problems]
    if problems := (*document.problems, *found):
        raise ConfigErrors(problems, [path])
    return facts


_FIELDS = ("file", "line", "column", "message", "hint")


@dataclass(frozen=True, slots=True, kw_only=True)
class _FactReader:
    """Reads facts one by one."""

    reader: Reader
    declarations: Mapping[str, FactDeclaration]
    now: datetime

    def read(self) -> dict[str, FactValue]:
        found = {}
        for name in self.reader.mapping(()) or {}:
            declaration = self.declarations.get(name)
            if declaration is None:
                hint = near(name, self.declarations)
                self.reader.report((name,), f"no probe and no import gives the fact `{name}`", hint, at_key=True)
            elif (value := self._fact((name,), declaration.type)) is not None:
                found[name] = value
        return found

    def _fact(self, loc: Loc, type_: FactType) -> FactValue | None:
        if not isinstance(self.reader.value(loc), dict):
            return self._value(loc, type_, self.now, "")
        section = self.reader.section(loc, ("value",), ("at", "age", "by")) or {}
        if "at" in section and "age" in section:
            self.reader.report((*loc, "age"), "says again when it was learnt", "keep `at` or `age`", at_key=True)
        at = self._instant((*loc, "at")) if "at" in section else self.now
        if "age" in section:
            at = self.now - timedelta(seconds=self.reader.span_s((*loc, "age")) or 0.0)
        by = self.reader.text((*loc, "by"), 200) if "by" in section else ""
        return self._value((*loc, "value"), type_, at, by) if "value" in section else None

    def _instant(self, loc: Loc) -> datetime:
        try:
            found = read_value(FactType.TIMESTAMP, self.reader.value(loc))
        except WrongType as error:
            self.reader.report(loc, str(error), "say the day, the hour and the offset")
            return self.now
        return found if isinstance(found, datetime) else self.now

    def _value(self, loc: Loc, type_: FactType, at: datetime, by: str) -> FactValue | None:
        try:
            return FactValue(value=read_value(type_, self.reader.value(loc)), at=at, by=by)
        except WrongType as error:
            self.reader.report(loc, str(error), f"it is of type {type_}")
            return None
