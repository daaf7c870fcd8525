"""Probe kinds and single readings, as text and as JSON documents."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, get_type_hints

from bt_console.cli.documents import Document, instant
from bt_console.cli.fact_tables import cell, table_lines, tables_of
from bt_console.cli.figures import SECONDS, figure, unit_of
from bt_console.cli.render import pad, wrap
from bt_console.words import tell
from probes.api import ProbeKind, Reading


def kind_document(kind: ProbeKind) -> Document:
    """Return a probe kind as JSON."""
    return {
        "name": kind.name,
        "source": kind.source,
        "example": kind.example,
        "timeout_s": kind.timeout_s,
        "params": [
            {"name": name, "type": type_text, "default": default} for name, type_text, default in params_of(kind)
        ],
        "measures": dict(kind.measures),
        "facts": {name: fact.__name__ for name, fact in kind.facts.items()},
    }


def params_of(kind: ProbeKind) -> list[tuple[str, str, Any]]:
    """Return name, type and default of each parameter; every parameter has a default."""
    hints = get_type_hints(kind.params)
    defaults = kind.params()
    names = [field.name for field in dataclasses.fields(kind.params)]
    return [(name, _type_text(hints[name]), plain(getattr(defaults, name))) for name in names]


def _type_text(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) and not getattr(hint, "__args__", None) else str(hint)


def plain(value: Any) -> Any:
    """Return a value that JSON can carry: secrets and paths by their text, tuples as lists."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple | list | frozenset | set):
        return [plain(one) for one in value]
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    return str(value)


def list_lines(kinds: Sequence[ProbeKind], language: str, width: int) -> list[str]:
    """Return every kind with what it measures, where that is defined, and a command that works."""
    lines: list[str] = []
    for kind in kinds:
        measured = ", ".join(f"{name} ({unit})" for name, unit in kind.measures.items())
        lines += [kind.name, *wrap(measured, width, "  "), *wrap(kind.source, width, "  ")]
        lines += [f"  $ bt-console probe {kind.name} {kind.example}", ""]
    return [*lines, *wrap(tell(language, "cli.probe.more"), width)]


_PAGE_HEAD = """# Probe kinds

Made by `bt-console probe --markdown > docs/probes.md`; a test compares it with the program. `bt-console probe KIND`
says the same of one kind, and `bt-console probe KIND ADDRESS` runs it now. Parameters are written without the unit in
their name when the value carries it: `timeout=800ms` is `timeout_s=0.8`.
"""


def markdown_page(kinds: Sequence[ProbeKind]) -> str:
    """Return the page of all probe kinds in English."""
    return "\n".join((_PAGE_HEAD, *(_markdown(kind) for kind in kinds)))


def _markdown(kind: ProbeKind) -> str:
    params = [f"| `{name}` | {type_text} | `{_shown(default)}` |" for name, type_text, default in params_of(kind)]
    measures = [f"| `{name}` | {unit} |" for name, unit in kind.measures.items()]
    facts = ", ".join(f"`{name}` ({fact.__name__})" for name, fact in kind.facts.items())
    return "\n".join(
        (
            f"## {kind.name}\n",
            f"Source: {kind.source}. Deadline of one run: {kind.timeout_s:g} s.\n",
            f"```\nbt-console probe {kind.name} {kind.example}\n```\n",
            "| parameter | type | default |\n|---|---|---|",
            *params,
            "\n| measure | unit |\n|---|---|",
            *measures,
            f"\nFacts: {facts}.\n",
        )
    )


def kind_lines(kind: ProbeKind, language: str) -> list[str]:
    """Return one kind whole: parameters, measures, facts."""
    params = [(name, f"{type_text}, {_shown(default)}") for name, type_text, default in params_of(kind)]
    return [
        kind.name,
        *wrap(kind.source, 78, "  "),
        f"  $ bt-console probe {kind.name} {kind.example}",
        *_section("cli.probe.params", params, language),
        *_section("cli.probe.measures", list(kind.measures.items()), language),
        *_section("cli.probe.facts", [(name, fact.__name__) for name, fact in kind.facts.items()], language),
    ]


def _section(title: str, rows: Sequence[tuple[str, str]], language: str) -> list[str]:
    width = max((len(name) for name, _ in rows), default=0)
    return ["", tell(language, title), *(f"  {name:<{width}}  {text}" for name, text in rows)] if rows else []


def _shown(value: Any) -> str:
    return '""' if value == "" else str(value)


def reading_document(kind: ProbeKind, address: str, run: Mapping[str, Any], reading: Reading) -> Document:
    """Return one reading as JSON; `run` has params, at and duration_s."""
    params = {field.name: plain(getattr(run["params"], field.name)) for field in dataclasses.fields(run["params"])}
    return {
        "schema": "bt-console/probe/1",
        "probe": kind.name,
        "address": address,
        "params": params,
        "at": instant(run["at"]),
        "duration_s": run["duration_s"],
        "outcome": reading.outcome,
        "failure": reading.failure,
        "detail": reading.detail,
        "measures": dict(reading.measures),
        "facts": plain(reading.facts),
    }


def reading_lines(kind: ProbeKind, address: str, reading: Reading, language: str, width: int) -> list[str]:
    """Return one reading as text: the verdict, measures and facts, then facts that are tables."""
    verdict = f"{kind.name} {address}: {tell(language, f'outcome.{reading.outcome}')}"
    if reading.failure:
        verdict += f" ({reading.failure})"
    tables = tables_of(kind.name, reading.facts)
    tabled = {name for columns in tables for name in columns}
    units = {name: unit_of(name, kind.measures.get(name, "")) for name in reading.measures}
    rows = [
        (_title(name, units[name]), figure(value, units[name], language)) for name, value in reading.measures.items()
    ]
    rows += [(name, _fact(name, value, language)) for name, value in reading.facts.items() if name not in tabled]
    name_width = max((len(name) for name, _ in rows), default=0)
    return [
        f"{verdict}: {reading.detail}" if reading.detail else verdict,
        *(f"  {pad(name, name_width)}  {text}".rstrip() for name, text in rows),
        *(line and f"  {line}" for columns in tables for line in table_lines(columns, language, width - 2)),
    ]


def _title(name: str, unit: str) -> str:
    """The value shows its own unit of time, so the name need not."""
    return name.removesuffix("_s") if unit == SECONDS else name


def _fact(name: str, value: object, language: str) -> str:
    if isinstance(value, tuple):
        return ", ".join(cell(name, one, language) for one in value)
    return cell(name, value, language)
