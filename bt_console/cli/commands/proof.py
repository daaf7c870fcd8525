"""`bt-console proof INCIDENT`: for an auditor, what was seen, decided, sent and answered, with times and receipts."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from bt_console.cli.command import Command
from bt_console.cli.place import language_of, open_console, read_snapshot

if TYPE_CHECKING:
    from bt_console.cli.parser import Parser


def _configure(parser: Parser) -> None:
    parser.add_argument("id", metavar="INCIDENT", help="cli.opt.incident_id")
    parser.add_argument("--json", action="store_true", help="cli.opt.json")


def _run(args: Namespace) -> int:
    from bt_console.cli.commands.incidents import find_incident
    from bt_console.cli.evidence import Evidence
    from bt_console.cli.render import print_json, print_lines, terminal_width

    with open_console(args) as console:
        snapshot = read_snapshot(args, console)
        language = language_of(args, snapshot)
        evidence = Evidence.of(console, snapshot, find_incident(console, args.id, language))
    if args.json:
        print_json(evidence.document())
    else:
        print_lines(evidence.lines(language, terminal_width()))
    return 0


COMMAND = Command(name="proof", help="cli.help.proof", configure=_configure, run=_run)
