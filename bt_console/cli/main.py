"""From argv to one command's run: only that command's module is imported."""

from __future__ import annotations

import io
import sys
from argparse import REMAINDER, SUPPRESS, Namespace
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from bt_console.cli import commands
from bt_console.cli.command import Command, ShowConsole, UsageError
from bt_console.cli.diagnostics import Guard, configure_logging
from bt_console.cli.parser import Parser, add_globals, help_language
from bt_console.cli.render import flush, write
from bt_console.words import tell

PROGRAM = "bt-console"
Now = Callable[[], datetime]


class _Given(NamedTuple):
    """What the composition root (or a test) gives to every command."""

    show_console: ShowConsole | None
    now: Now


def main(argv: Sequence[str] | None = None, *, show_console: ShowConsole | None = None, now: Now | None = None) -> int:
    """Run one command line and return its exit code. Never raises; stdout carries results only."""
    words = list(sys.argv[1:] if argv is None else argv)
    language = help_language(words)
    with Guard(language) as guard:
        _spare_letters()
        guard.exit_code = _dispatch(words, language, _Given(show_console, now or _system_now))
        flush()
    return guard.exit_code


def _spare_letters() -> None:
    """Let a terminal that lacks a letter show ? for it instead of ending the program."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _dispatch(words: list[str], language: str, given: _Given) -> int:
    args = _top_parser(language).parse_args(words)
    if args.help:
        write(_overview(language))
        return 0
    if args.version:
        write(f"{PROGRAM} {_version()}\n")
        return 0
    command = _command(args.command or _default_command(given.show_console), language)
    args = _parse(command, args, language)
    args.show_console, args.now, args.help_language = given.show_console, given.now, language
    configure_logging(is_verbose=args.verbose, log_file=args.log_file)
    return command.run(args)


def _top_parser(language: str) -> Parser:
    parser = Parser(language=language, prog=PROGRAM, add_help=False, description="cli.about")
    parser.add_argument("-h", "--help", action="store_true", help="cli.opt.help")
    parser.add_argument("--version", action="store_true", help="cli.opt.version")
    add_globals(parser)
    parser.add_argument("command", nargs="?", help=SUPPRESS)
    parser.add_argument("rest", nargs=REMAINDER, help=SUPPRESS)
    parser.usage = f"{PROGRAM} [-c FILE] [--store PATH] [--language vi|en] [COMMAND] ..."
    return parser


def _parse(command: Command, args: Namespace, language: str) -> Namespace:
    parser = command_parser(command, language)
    rest = args.rest
    del args.rest, args.help, args.version
    args.command = command.name
    return parser.parse_args(rest, args)


def command_parser(command: Command, language: str) -> Parser:
    """Return the parser of one command, global options included."""
    parser = Parser(language=language, prog=f"{PROGRAM} {command.name}", description=command.help)
    command.configure(parser)
    add_globals(parser, is_repeated=True)
    return parser


def _default_command(show_console: ShowConsole | None) -> str:
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    return "console" if show_console is not None and is_terminal else "status"


def _command(name: str, language: str) -> Command:
    if name in commands.names():
        return commands.load(name)
    import difflib  # only needed after a slip of the fingers

    near = difflib.get_close_matches(name, commands.names(), n=1)
    code = "cli.unknown_command.near" if near else "cli.unknown_command"
    raise UsageError(tell(language, code, name=name, near="".join(near), names=", ".join(commands.names())))


def _overview(language: str) -> str:
    found = [commands.load(name) for name in commands.names()]
    width = max(len(command.name) for command in found)
    lines = [f"  {command.name:<{width}}  {tell(language, command.help)}" for command in found]
    return "\n".join((_top_parser(language).format_help(), tell(language, "cli.heading.commands") + ":", *lines, ""))


def _system_now() -> datetime:
    from bt_console.engine.clock import SystemClock  # the one reader of wall time

    return SystemClock().now()


def _version() -> str:
    from importlib.metadata import version  # costs 20 ms, and only --version needs it

    return version(PROGRAM)
