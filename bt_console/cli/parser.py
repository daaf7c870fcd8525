"""argparse in the reader's language: help texts may be codes of the catalogue, errors are raised, not printed."""

from __future__ import annotations

import argparse
import os
from argparse import Namespace
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from bt_console.cli.command import UsageError
from bt_console.cli.render import print_lines, write
from bt_console.words import LANGUAGES, tell

_HEADINGS = {
    "positional arguments": "cli.heading.positionals",
    "options": "cli.heading.options",
    "optional arguments": "cli.heading.options",
    "commands": "cli.heading.commands",
}


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Help in one language. `language` is the only thing added to argparse's own layout."""

    def __init__(self, prog: str, *, language: str, **layout: Any) -> None:
        super().__init__(prog, max_help_position=28, **layout)
        self._language = language

    def start_section(self, heading: str | None) -> None:
        super().start_section(tell(self._language, _HEADINGS[heading]) if heading in _HEADINGS else heading)

    def add_usage(
        self, usage: str | None, actions: Iterable[argparse.Action], groups: Iterable[Any], prefix: str | None = None
    ) -> None:
        super().add_usage(usage, actions, groups, prefix or tell(self._language, "cli.heading.usage"))

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return tell(self._language, action.help) if action.help else action.help


class _Help(argparse.Action):
    """Prints help, and what the command adds about the arguments given before `--help`."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: Namespace, values: Any, option_string: str | None = None
    ) -> None:
        write(parser.format_help())
        if isinstance(parser, Parser) and parser.more_help:
            print_lines(parser.more_help(namespace, parser.language))
        parser.exit()


class Parser(argparse.ArgumentParser):
    """A parser that knows the reader's language and raises UsageError instead of leaving the process."""

    def __init__(self, *, language: str = LANGUAGES[0], **options: Any) -> None:
        options.setdefault("allow_abbrev", False)
        options.setdefault("formatter_class", partial(_Formatter, language=language))
        own_help = options.pop("add_help", True)
        if isinstance(options.get("description"), str):
            options["description"] = tell(language, options["description"])
        super().__init__(add_help=False, **options)
        self.language = language
        self.more_help: Callable[[Namespace, str], list[str]] | None = None
        """Lines to add to the help, from the arguments before `--help` and the language."""
        if own_help:
            self.add_argument("-h", "--help", action=_Help, nargs=0, default=argparse.SUPPRESS, help="cli.opt.help")

    def add_subparsers(self, **options: Any) -> Any:
        """Add sub-commands that speak the same language."""
        options.setdefault("parser_class", partial(Parser, language=self.language))
        return super().add_subparsers(**options)

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing: cli.diagnostics alone writes to stderr."""
        raise UsageError(f"{message}\n{self.format_usage().rstrip()}")


def add_globals(parser: Parser, *, is_repeated: bool = False) -> None:
    """Add the global options; repeated on a command, they override those before it and default to them."""
    default: Any = argparse.SUPPRESS if is_repeated else None
    verbose: Any = argparse.SUPPRESS if is_repeated else False
    group = parser.add_argument_group(tell(parser.language, "cli.heading.globals"))
    group.add_argument("-c", "--config", metavar="FILE", default=default, help="cli.opt.config")
    group.add_argument("--store", metavar="PATH", type=Path, default=default, help="cli.opt.store")
    group.add_argument("--language", choices=LANGUAGES, default=default, help="cli.opt.language")
    group.add_argument("--verbose", action="store_true", default=verbose, help="cli.opt.verbose")
    group.add_argument("--log-file", metavar="PATH", type=Path, default=default, help="cli.opt.log_file")


def help_language(argv: Sequence[str]) -> str:
    """Return the language for help and errors: `--language`, then BT_CONSOLE_LANGUAGE, then Vietnamese."""
    early = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    early.add_argument("--language", nargs="?")
    asked = early.parse_known_args(list(argv))[0].language
    for language in (asked, os.environ.get("BT_CONSOLE_LANGUAGE")):
        if language in LANGUAGES:
            return str(language)
    return LANGUAGES[0]
