"""`bt-console route test`: who would be told of an incident that is not, over what, and when; nothing is sent."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from bt_console.cli.command import Command, UsageError
from bt_console.cli.match_options import add_match
from bt_console.cli.place import language_of, open_console, read_snapshot
from bt_console.words import tell

if TYPE_CHECKING:
    from bt_console.cli.parser import Parser


def _configure(parser: Parser) -> None:
    parser.add_argument("verb", metavar="test", choices=("test",), help="cli.opt.route_verb")
    add_match(parser)
    parser.add_argument("--at", metavar="T", default=None, help="cli.opt.oncall_at")
    parser.add_argument("--json", action="store_true", help="cli.opt.json")


def _run(args: Namespace) -> int:
    from bt_console.cli.render import print_json, print_lines, terminal_width
    from bt_console.cli.times import parse_coming, zone
    from bt_console.cli.trial_text import TrialReport, supposed

    with open_console(args) as console:
        snapshot = read_snapshot(args, console)
        language = language_of(args, snapshot)
        for name in ("unit", "target", "kind"):
            if len(getattr(args, name)) > 1:
                raise UsageError(tell(language, "cli.route.one", option=f"--{name}"))
        written, now = args.at, args.now()
        at = parse_coming(written, now, zone(snapshot.timezone), language) if written else now
        incident = supposed(args, snapshot, console.inventory(), at, language)
        report = TrialReport.of(console, snapshot, incident, at)
    if args.json:
        print_json(report.document())
    else:
        print_lines(report.lines(language, terminal_width()))
    return 0


COMMAND = Command(name="route", help="cli.help.route", configure=_configure, run=_run)
