"""`bt-console demo`: the simulated district, its monitor and the console in one; --headless for scripts."""

from __future__ import annotations

import sys
from argparse import ArgumentTypeError, Namespace
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

from bt_console.cli import documents
from bt_console.cli.command import Command, UsageError
from bt_console.cli.place import language_of
from bt_console.cli.render import print_json, print_lines, terminal_width
from bt_console.words import tell

if TYPE_CHECKING:
    from bt_console.cli.fault_plan import FaultPlan
    from bt_console.cli.parser import Parser
    from bt_console.cli.rehearsal import Rehearsal


def _configure(parser: Parser) -> None:
    parser.add_argument("--headless", action="store_true", help="cli.opt.headless")
    parser.add_argument("--for", dest="for_s", metavar="SECONDS", type=_seconds, default=None, help="cli.opt.for")
    parser.add_argument("--fault", metavar="F[@SECONDS[-END]]", action="append", default=[], help="cli.opt.fault")
    parser.add_argument("--json", action="store_true", help="cli.opt.demo_json")
    parser.add_argument("--theme", metavar="NAME", help="cli.opt.theme")


def _seconds(written: str) -> float:
    try:
        value = float(written)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e7:
        raise ArgumentTypeError(f"{written!r} is not a number of seconds above 0")
    return value


def _run(args: Namespace) -> int:
    has_terminal = args.show_console is not None and sys.stdin.isatty() and sys.stdout.isatty()
    if not args.headless and not has_terminal:
        raise UsageError(tell(args.help_language, "cli.demo.no_terminal"))
    # Imported here: the lab and what it needs is of no use to any other command.
    from bt_console.cli.fault_plan import FaultPlan
    from bt_console.cli.rehearsal import Rehearsal

    plan = FaultPlan.read(args.fault, args.help_language)
    with ExitStack() as stack:
        rehearsal = stack.enter_context(closing(Rehearsal.start(args.config, plan, args.help_language)))
        if args.headless:
            return _headless(args, rehearsal, plan)
        return _with_console(args, rehearsal, plan)


def _headless(args: Namespace, rehearsal: Rehearsal, plan: FaultPlan) -> int:
    from bt_console.cli.rehearsal import watch

    snapshot = watch(rehearsal, plan, args.for_s, args.now, args.help_language)
    if args.json:
        print_json(documents.status(snapshot))
    else:
        from bt_console.cli.status_text import status_lines

        print_lines(status_lines(snapshot, language_of(args, snapshot), terminal_width()))
    return 0


def _with_console(args: Namespace, rehearsal: Rehearsal, plan: FaultPlan) -> int:
    with plan.running(rehearsal.lab):
        shown: int = args.show_console(
            rehearsal.store_path, lab=rehearsal.lab, language=args.language, theme=args.theme
        )
    return shown


COMMAND = Command(name="demo", help="cli.help.demo", configure=_configure, run=_run)
