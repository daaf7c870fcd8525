"""`bt-console console`: the full-screen console, also what starts without a command in a terminal."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import TYPE_CHECKING

from bt_console.cli.command import Command, UsageError
from bt_console.cli.place import store_path
from bt_console.words import tell

if TYPE_CHECKING:
    from bt_console.cli.parser import Parser


def _configure(parser: Parser) -> None:
    parser.add_argument("--theme", metavar="NAME", help="cli.opt.theme")


def _run(args: Namespace) -> int:
    if args.show_console is None or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(tell(args.help_language, "cli.console.no_terminal"))
    shown: int = args.show_console(store_path(args), language=args.language, theme=getattr(args, "theme", None))
    return shown


COMMAND = Command(name="console", help="cli.help.console", configure=_configure, run=_run)
