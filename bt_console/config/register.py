"""Reads the register of approved devices: a CSV or YAML file, every bad row reported, or all of it in force.

Source: RFC 4180; spreadsheets of Vietnamese and European settings write `;` for `,` and a byte order mark.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bt_console.config.errors import ConfigErrors, ConfigProblem, did_you_mean
from bt_console.config.quantity import shown
from bt_console.config.values import NAME_LENGTH_LIMIT, suggested_slug
from bt_console.config.yaml_reader import Document, Mark, decode, parse, read_file
from bt_console.model.device import is_group, is_local, read_mac
from bt_console.model.inventory import Approval, Unit, UnitId
from probes.api import clean

COLUMNS = ("mac", "unit", "name", "kind", "note")
_REQUIRED = ("mac", "unit", "name")
_SPELLINGS: Mapping[str, str] = {
    **{column: column for column in COLUMNS},
    **dict.fromkeys(("dia-chi-mac", "mac-address"), "mac"),
    **dict.fromkeys(("don-vi", "ma-don-vi", "unit-id"), "unit"),
    **dict.fromkeys(("ten", "ten-thiet-bi", "device", "device-name"), "name"),
    **dict.fromkeys(("loai", "loai-thiet-bi", "type"), "kind"),
    **dict.fromkeys(("ghi-chu", "notes"), "note"),
}
"""Titles people write, without diacritics -> column."""
_HEADING_HINT = "the first line names the columns: mac, unit, name, and if wanted kind and note"
_MAC_HINT = "write it as aa:bb:cc:dd:ee:ff"
NOTE_LENGTH_LIMIT = 300
PROBLEMS_MAX = 100
_QUIETED = re.compile("^'(?=[-=+@])")
_LINE_END = re.compile("\r\n|\n|\r")
_YAML = frozenset({".yaml", ".yml"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row as it is written."""

    values: Mapping[str, str]
    marks: Mapping[str, Mark]
    line: int
    told: frozenset[str] = frozenset()
    """Columns whose mistake is told already."""

    def mark(self, column: str) -> Mark:
        """Return where a value stands, or the row."""
        return self.marks.get(column, Mark(self.line, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """What a register says, and all that is wrong with it."""

    approvals: Mapping[str, Approval] = field(default_factory=dict)
    """By MAC."""
    problems: tuple[ConfigProblem, ...] = ()
    content: bytes = b""


def read_register(path: Path, units: Mapping[UnitId, Unit], also_units: Iterable[str] = ()) -> Register:
    """Return the register in a file. `also_units` are ids that are no mistake although they are not in `units`."""
    try:
        content = read_file(path)
        sheet = _Sheet(file=str(path))
        entries = tuple(sheet.yaml(content) if path.suffix.lower() in _YAML else sheet.csv(content))
    except ConfigErrors as error:
        return Register(problems=error.problems)
    clerk = _Clerk(sheet=sheet, units=_spelled(units), ids=frozenset(units), passed=frozenset(also_units))
    for entry in entries:
        clerk.enter(entry)
    return Register(approvals=clerk.approvals, problems=sheet.told(), content=content)


def _spelled(units: Mapping[UnitId, Unit]) -> dict[str, UnitId]:
    """Return units by id and by name; a name that two of them have means neither."""
    names = [suggested_slug(unit.name) for unit in units.values()]
    unique = {suggested_slug(unit.name): unit_id for unit_id, unit in units.items()}
    return {name: unit_id for name, unit_id in unique.items() if names.count(name) == 1} | {
        str(unit_id): unit_id for unit_id in units
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheet:
    """Takes a file apart into entries, collecting problems."""

    file: str
    problems: list[ConfigProblem] = field(default_factory=list)

    def report(self, mark: Mark, message: str, hint: str) -> None:
        problem = ConfigProblem(file=self.file, line=mark.line, column=mark.column, message=message, hint=hint)
        self.problems.append(problem)

    def told(self) -> tuple[ConfigProblem, ...]:
        """Return the problems, not more of them than anybody reads."""
        first = sorted(self.problems)[:PROBLEMS_MAX]
        more_count = len(self.problems) - len(first)
        if not more_count:
            return tuple(first)
        message = f"{more_count} more mistakes are not listed"
        return (*first, ConfigProblem(file=self.file, line=first[-1].line, column=0, message=message))

    def csv(self, content: bytes) -> Iterator[Entry]:
        text = decode(content, self.file)
        lines = _LINE_END.split(text)
        rows = self._rows(text, ";" if _is_semicolon(lines) else ",")
        first = next(rows, None)
        if first is None:
            self.report(Mark(1, 1), "holds no row", _HEADING_HINT)
            return
        columns = self._columns(first, lines)
        for line, row in rows if columns else ():
            if entry := self._entry(line, row, columns, lines):
                yield entry

    def _rows(self, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
        """Yield rows that are not blank, each with the line it begins on."""
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        line = 1
        try:
            for row in reader:
                if any(cell.strip() for cell in row):
                    yield line, row
                line = reader.line_num + 1
        except csv.Error as error:
            hint = "close the quotes; within quoted text write every quote twice"
            self.report(Mark(line, 1), f"cannot be read from here on: {error}", hint)

    def _columns(self, first: tuple[int, list[str]], lines: list[str]) -> list[str]:
        """Return the column of each cell, or nothing when the first line does not say."""
        line, titles = first
        if any(read_mac(title) for title in titles):
            self.report(Mark(line, 1), "the first line is a device, not the names of the columns", _HEADING_HINT)
            return []
        columns = [self._column(title, _place(lines, line, title)) for title in titles]
        for column in sorted({column for column in columns if column and columns.count(column) > 1}):
            self.report(Mark(line, 1), f"two columns are named {column}", "delete one of them")
        missing = [column for column in _REQUIRED if column not in columns]
        for column in missing:
            self.report(Mark(line, 1), f"the column `{column}` is missing", _HEADING_HINT)
        return [] if missing else columns

    def _column(self, title: str, mark: Mark) -> str:
        column = _SPELLINGS.get(suggested_slug(title), "")
        if not column and title.strip():
            self.report(mark, f"unknown column {shown(title)}", did_you_mean(suggested_slug(title), COLUMNS))
        return column

    def _entry(self, line: int, row: list[str], columns: list[str], lines: list[str]) -> Entry | None:
        if any(cell.strip() for cell in row[len(columns) :]):
            hint = "put text that holds the separator in quotes"
            self.report(Mark(line, 1), f"has {len(row)} values for {len(columns)} columns", hint)
            return None
        cells = list(zip(columns, row, strict=False))
        values = {column: cell for column, cell in cells if column}
        marks = {column: _place(lines, line, cell) for column, cell in cells if column and cell.strip()}
        return Entry(values=values, marks=marks, line=line)

    def yaml(self, content: bytes) -> Iterator[Entry]:
        document = parse(content, self.file)
        self.problems.extend(document.problems)
        if not isinstance(document.data, list):
            self.report(Mark(1, 1), "must be a list of devices", "write `- {mac: ..., unit: ..., name: ...}` lines")
            return
        for at, item in enumerate(document.data):
            mark = document.mark((at,))
            if isinstance(item, dict):
                yield self._item(document, at, item)
            else:
                self.report(mark, f"must be a device, not {shown(item)}", "write `{mac: ..., unit: ..., name: ...}`")

    def _item(self, document: Document, at: int, item: Mapping[str, object]) -> Entry:
        values: dict[str, str] = {}
        marks: dict[str, Mark] = {}
        told: set[str] = set()
        for key, value in item.items():
            column = self._column(key, document.mark((at, key), at_key=True))
            mark = document.mark((at, key))
            if column in values:
                self.report(mark, f"two keys are named {column}", "delete one of them")
            elif isinstance(value, list | dict | bool | float):
                self.report(mark, f"`{key}` must be text, not {shown(value)}", "put it in quotes")
                told.add(column)
            elif column and value is not None:
                values[column], marks[column] = str(value), mark
        return Entry(values=values, marks=marks, line=document.mark((at,)).line, told=frozenset(told))


def _is_semicolon(lines: list[str]) -> bool:
    heading = next((line for line in lines if line.strip(" ,;")), "")
    return heading.count(";") > heading.count(",")


def _place(lines: list[str], line: int, cell: str) -> Mark:
    """Return where a cell stands on its line, or where the row begins."""
    text = cell.strip()
    found = lines[line - 1].find(text) if text and line <= len(lines) else -1
    return Mark(line, found + 1 if found >= 0 else 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clerk:
    """Enters approvals, or reports why not."""

    sheet: _Sheet
    units: Mapping[str, UnitId]
    ids: frozenset[UnitId]
    passed: frozenset[str]
    approvals: dict[str, Approval] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)

    def enter(self, entry: Entry) -> None:
        mac, unit_id = self._mac(entry), self._unit(entry)
        name, kind = self._text(entry, "name", NAME_LENGTH_LIMIT), self._text(entry, "kind", NAME_LENGTH_LIMIT)
        note = self._text(entry, "note", NOTE_LENGTH_LIMIT)
        if mac and is_local(mac) and note == "":
            hint = "register the machine's own address, or say in `note` why it has this one, such as a virtual machine"
            self._report(entry, "mac", f"{mac} is a made-up (locally administered) address", hint)
        elif mac and unit_id and name:
            self.approvals[mac] = Approval(mac=mac, unit_id=unit_id, name=name, kind=kind or "", note=note or "")

    def _report(self, entry: Entry, column: str, message: str, hint: str) -> None:
        if column not in entry.told:
            self.sheet.report(entry.mark(column), message, hint)

    def _mac(self, entry: Entry) -> str | None:
        written = entry.values.get("mac", "").strip()
        mac = read_mac(written)
        if mac is None:
            what = f"{shown(written)} is not a MAC address" if written else "`mac` is missing"
            self._report(entry, "mac", what, _MAC_HINT)
            return None
        if is_group(mac):
            self._report(entry, "mac", f"{mac} is no device's own address", "it is a group's, or empty: correct it")
            return None
        if first := self.lines.get(mac):
            message = f"{mac} is written twice, first on line {first}"
            self._report(entry, "mac", message, f"keep line {first} or line {entry.line}")
            return None
        self.lines[mac] = entry.line
        return mac

    def _unit(self, entry: Entry) -> UnitId | None:
        written = entry.values.get("unit", "").strip()
        found = self.units.get(written) or self.units.get(suggested_slug(written))
        if not written:
            self._report(entry, "unit", "`unit` is missing", "write the unit's id")
        elif found is None and written not in self.passed:
            self._report(
                entry, "unit", f"unknown unit {shown(written)}", did_you_mean(suggested_slug(written), self.ids)
            )
        return found

    def _text(self, entry: Entry, column: str, limit: int) -> str | None:
        """Return a cell's text, None when it is wrong. An apostrophe that keeps a spreadsheet quiet goes."""
        text = unicodedata.normalize("NFC", _QUIETED.sub("", entry.values.get(column, "").strip()))
        if not text and column in _REQUIRED:
            self._report(entry, column, f"`{column}` is missing", "write some text")
        elif len(text) > limit:
            self._report(entry, column, f"`{column}` is longer than {limit} characters", "shorten it")
        elif clean(text, limit) != text:
            self._report(entry, column, f"`{column}` holds control characters", "delete line breaks and invisible ones")
        else:
            return text
        return None
