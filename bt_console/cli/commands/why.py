"""`bt-console why OBJECT`: why a unit, a target or an incident is as it is, and why somebody was told or nobody."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from bt_console.cli.command import Command, UsageError
from bt_console.cli.place import language_of, open_console, read_snapshot
from bt_console.words import tell

if TYPE_CHECKING:
    from bt_console.cli.parser import Parser
    from bt_console.cli.reasons import Subject
    from bt_console.facade import Console
    from bt_console.model.snapshot import Snapshot


def _configure(parser: Parser) -> None:
    parser.add_argument("object", metavar="UNIT | TARGET | INCIDENT", help="cli.opt.why_object")
    parser.add_argument("--json", action="store_true", help="cli.opt.json")


def _run(args: Namespace) -> int:
    from bt_console.cli.reasons import document, lines
    from bt_console.cli.render import print_json, print_lines

    with open_console(args) as console:
        snapshot = read_snapshot(args, console)
        language = language_of(args, snapshot)
        subject = _subject(args, console, snapshot, language)
        if args.json:
            print_json(document(subject, console, snapshot))
        else:
            print_lines(lines(subject, console, snapshot, language))
    return 0


def _subject(args: Namespace, console: Console, snapshot: Snapshot, language: str) -> Subject:
    """Return what was asked about: `#3` or 3, `cao-son/tslcd`, `cao-son` or `Xã Cao Sơn`."""
    from bt_console.cli.choose import find_unit, near
    from bt_console.cli.commands.incidents import find_incident
    from bt_console.cli.reasons import of_incident, of_target, of_unit, targets_of

    asked = args.object
    if asked.removeprefix("#").isdigit():
        return of_incident(find_incident(console, asked, language))
    targets = targets_of(snapshot)
    if asked in targets:
        return of_target(targets[asked])
    try:
        return of_unit(find_unit(snapshot, asked, language))
    except UsageError as error:
        known = [*(unit.id for unit in (*snapshot.units, *snapshot.departments)), *targets]
        raise UsageError(tell(language, "cli.why.unknown", asked=asked, near=near(asked, known))) from error


COMMAND = Command(name="why", help="cli.help.why", configure=_configure, run=_run)
