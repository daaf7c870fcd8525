"""Incidents as plain text: the list, and one with what was seen, concluded and hurt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bt_console.cli.render import Column, table, wrap
from bt_console.cli.times import age, clock_time, zone
from bt_console.model.incident import Incident
from bt_console.model.snapshot import Event, Snapshot
from bt_console.words import say, tell

_INDENT = "  "


def list_lines(snapshot: Snapshot, language: str, width: int) -> list[str]:
    """Return one row per incident: open ones, then those resolved lately."""
    if not snapshot.incidents:
        return [tell(language, "cli.no_incident")]
    titles = ("id", "severity", "opened", "ended", "cause")
    columns = [Column(title=tell(language, f"cli.column.{name}"), is_flexible=name == "cause") for name in titles]
    return table(columns, [_row(item, snapshot, language) for item in snapshot.incidents], width)


def _row(item: Incident, snapshot: Snapshot, language: str) -> tuple[str, ...]:
    local = zone(snapshot.timezone)
    if item.resolved_at:
        ended = clock_time(item.resolved_at, snapshot.at, local)
    else:
        ended = tell(language, "cli.acknowledged" if item.acknowledged_at else "cli.open")
    return (
        f"#{item.id}",
        tell(language, f"severity.{item.severity}"),
        clock_time(item.opened_at, snapshot.at, local),
        ended,
        say(language, item.cause.message),
    )


def incident_lines(
    item: Incident,
    events: Sequence[Event],
    snapshot: Snapshot,
    language: str,
    width: int,
    sections: Mapping[str, Sequence[str]],
) -> list[str]:
    """Return one incident whole: cause, times, reasoning, impact, further sections of messages by title, journal."""
    names = _names(snapshot)
    steps = [(step.at, say(language, step.message)) for step in item.cause.steps]
    happened = [(event.at, say(language, event.message)) for event in events]
    return [
        *wrap(f"#{item.id}  {say(language, item.cause.message)}", width),
        *(_INDENT + line for line in _times(item, snapshot, language)),
        *_section("cli.title.steps", _dated(steps, snapshot, width), language),
        *_section("cli.title.impact", _impact(item, names, language, width), language),
        *(
            line
            for title, messages in sections.items()
            for line in _section(title, _said(messages, language, width), language)
        ),
        *_section("cli.title.journal", _dated(happened, snapshot, width), language),
    ]


def _names(snapshot: Snapshot) -> dict[str, str]:
    units = {str(unit.id): unit.name for unit in (*snapshot.units, *snapshot.departments)}
    return units | {str(target.id): target.name for target in (*snapshot.services, *snapshot.infrastructure)}


def _times(item: Incident, snapshot: Snapshot, language: str) -> list[str]:
    local, now = zone(snapshot.timezone), snapshot.at
    opened = tell(language, "cli.since", at=clock_time(item.opened_at, now, local))
    lines = [f"{tell(language, f'severity.{item.severity}')} · {item.cause.kind} · {opened}"]
    if item.acknowledged_at:
        by = tell(language, "cli.acknowledged_by", by=item.acknowledged_by)
        lines.append(f"{by} {clock_time(item.acknowledged_at, now, local)}")
    if item.resolved_at:
        lasted = age(item.opened_at, item.resolved_at, language)
        lines.append(tell(language, "cli.resolved", at=clock_time(item.resolved_at, now, local), lasted=lasted))
    return lines


def _dated(lines: Sequence[tuple[datetime, str]], snapshot: Snapshot, width: int) -> list[str]:
    local = zone(snapshot.timezone)
    found: list[str] = []
    for at, text in lines:
        stamp = clock_time(at, snapshot.at, local)
        first, *rest = wrap(text, width, _INDENT + " " * (len(stamp) + 2)) or [""]
        found += [f"{_INDENT}{stamp}  {first.strip()}", *rest]
    return found


def _impact(item: Incident, names: dict[str, str], language: str, width: int) -> list[str]:
    groups = {
        "units": item.impact.units,
        "services": item.impact.services,
        "unseen_units": item.impact.unseen_units,
    }
    lines: list[str] = []
    for group, ids in groups.items():
        if ids:
            shown = ", ".join(names.get(str(one), str(one)) for one in ids)
            title = tell(language, f"cli.impact.{group}", n=len(ids))
            lines += wrap(f"{title} ({shown})", width, _INDENT)
    return lines


def _said(messages: Sequence[str], language: str, width: int) -> list[str]:
    return [line for message in messages for line in hanging(say(language, message), width, _INDENT)]


def hanging(text: str, width: int, indent: str = "") -> list[str]:
    """Return a paragraph whose second and later lines stand further in."""
    first, *rest = wrap(text, width - 2, indent) or [""]
    return [first, *(_INDENT + line for line in rest)]


def _section(title: str, lines: Sequence[str], language: str) -> list[str]:
    return ["", tell(language, title).upper(), *lines] if lines else []
