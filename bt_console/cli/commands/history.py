"""`bt-console history CHECK|TARGET|UNIT`: stored readings of one check, or of every check of a target or unit."""

from __future__ import annotations

from argparse import Namespace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bt_console.cli.choose import find_unit, near
from bt_console.cli.command import Command, UsageError
from bt_console.cli.documents import Document, instant
from bt_console.cli.place import language_of, open_console, read_snapshot
from bt_console.cli.render import Column, print_json, print_lines, table, terminal_width
from bt_console.cli.times import clock_time, decimal, parse_instant, zone
from bt_console.words import tell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bt_console.cli.parser import Parser
    from bt_console.model.inventory import CheckId
    from bt_console.model.observation import Observation
    from bt_console.model.snapshot import Snapshot, TargetView

DEFAULT_SPAN = timedelta(hours=1)
_DELAYS = ("rtt_median_s", "total_s", "connect_s")
"""What stands in the delay column: the first of these a reading has."""


def _configure(parser: Parser) -> None:
    parser.add_argument("subject", metavar="CHECK | TARGET | UNIT", help="cli.opt.history_subject")
    parser.add_argument("--from", metavar="TIME", dest="start", help="cli.opt.from")
    parser.add_argument("--to", metavar="TIME", dest="end", help="cli.opt.to")
    parser.add_argument("--json", action="store_true", help="cli.opt.json")


def _run(args: Namespace) -> int:
    with open_console(args) as console:
        snapshot = read_snapshot(args, console)
        now = snapshot.at
        language = language_of(args, snapshot)
        start, end = _span(args, now, snapshot, language)
        checks = _checks(snapshot, args.subject, language)
        found = {check: console.history(check, start, end) for check in checks}
    if args.json:
        print_json(_document(args.subject, start, end, found))
    else:
        _print_text(found, snapshot, language)
    return 0


def _span(args: Namespace, now: datetime, snapshot: Snapshot, language: str) -> tuple[datetime, datetime]:
    local = zone(snapshot.timezone)
    end = parse_instant(args.end, now, local, language) if args.end else now
    start = parse_instant(args.start, now, local, language) if args.start else end - DEFAULT_SPAN
    if start >= end:
        raise UsageError(tell(language, "cli.empty_span", start=instant(start), end=instant(end)))
    return start, end


def _checks(snapshot: Snapshot, subject: str, language: str) -> tuple[CheckId, ...]:
    """Return the checks meant: one by its id, else all of a target, else all of a unit."""
    targets = list(_targets(snapshot))
    by_target = {str(target.id): tuple(check.id for check in target.checks) for target in targets}
    by_check = {str(check): (check,) for checks in by_target.values() for check in checks}
    if found := by_check.get(subject) or by_target.get(subject):
        return found
    try:
        unit = find_unit(snapshot, subject, language)
    except UsageError as error:
        known = [*by_check, *by_target, *(unit.id for unit in snapshot.units)]
        raise UsageError(tell(language, "cli.unknown_check", asked=subject, near=near(subject, known))) from error
    return tuple(check.id for target in targets if target.unit_id == unit.id for check in target.checks)


def _targets(snapshot: Snapshot) -> Iterator[TargetView]:
    yield from (*snapshot.infrastructure, *snapshot.services)
    for unit in (*snapshot.units, *snapshot.departments):
        yield from (target for target in (unit.lan, unit.internet, unit.tslcd) if target is not None)
        yield from unit.devices


def _document(subject: str, start: datetime, end: datetime, found: Mapping[CheckId, Sequence[Observation]]) -> Document:
    return {
        "schema": "bt-console/history/1",
        "subject": subject,
        "from": instant(start),
        "to": instant(end),
        "checks": [{"id": check, "observations": [_observation(one) for one in seen]} for check, seen in found.items()],
    }


def _observation(one: Observation) -> Document:
    return {
        "seq": one.seq,
        "due_at": instant(one.due_at),
        "started_at": instant(one.started_at),
        "duration_s": one.duration_s,
        "vantage": one.vantage_id,
        "is_confirmation": one.is_confirmation,
        "outcome": one.reading.outcome,
        "failure": one.reading.failure,
        "detail": one.reading.detail,
        "measures": dict(one.reading.measures),
        "facts": dict(one.reading.facts),
    }


def _print_text(found: Mapping[CheckId, Sequence[Observation]], snapshot: Snapshot, language: str) -> None:
    for check, seen in found.items():
        print_lines([tell(language, "cli.history.title", check=check, n=len(seen))])
        if seen:
            print_lines([*_table(seen, snapshot, language), ""])


def _table(seen: Sequence[Observation], snapshot: Snapshot, language: str) -> list[str]:
    titles = {"time": False, "outcome": False, "delay": True, "loss": True, "detail": False}
    columns = [
        Column(title=tell(language, f"cli.column.{name}"), is_right=is_right, is_flexible=name == "detail")
        for name, is_right in titles.items()
    ]
    return table(columns, [_row(one, snapshot, language) for one in seen], terminal_width())


def _row(one: Observation, snapshot: Snapshot, language: str) -> tuple[str, ...]:
    measures = one.reading.measures
    delay = next((measures[name] for name in _DELAYS if name in measures), None)
    loss = measures.get("loss_ratio")
    return (
        clock_time(one.started_at, snapshot.at, zone(snapshot.timezone)),
        str(one.reading.failure or one.reading.outcome),
        "" if delay is None else f"{decimal(delay * 1000, 2, language)} ms",
        "" if loss is None else f"{loss * 100:.0f}%",
        one.reading.detail,
    )


COMMAND = Command(name="history", help="cli.help.history", configure=_configure, run=_run)
