"""`bt-console status [UNIT]`: the district, or one unit, as text or JSON."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from bt_console.cli import documents
from bt_console.cli.choose import find_unit
from bt_console.cli.command import Command
from bt_console.cli.place import language_of, open_console, read_snapshot
from bt_console.cli.render import print_json, print_lines, terminal_width
from bt_console.cli.status_text import status_lines, unit_lines
from bt_console.cli.verdict import exit_code

if TYPE_CHECKING:
    from bt_console.cli.parser import Parser


def _configure(parser: Parser) -> None:
    parser.add_argument("unit", metavar="UNIT", nargs="?", help="cli.opt.unit")
    parser.add_argument("--json", action="store_true", help="cli.opt.json")
    parser.add_argument("--exit-code", action="store_true", help="cli.opt.exit_code")


def _run(args: Namespace) -> int:
    with open_console(args) as console:
        snapshot = read_snapshot(args, console)
    language = language_of(args, snapshot)
    unit = find_unit(snapshot, args.unit, language) if args.unit else None
    if args.json:
        print_json(documents.unit_detail(snapshot, unit) if unit else documents.status(snapshot))
    else:
        width = terminal_width()
        print_lines(unit_lines(snapshot, unit, language, width) if unit else status_lines(snapshot, language, width))
    return exit_code(snapshot) if args.exit_code else 0


COMMAND = Command(name="status", help="cli.help.status", configure=_configure, run=_run)
