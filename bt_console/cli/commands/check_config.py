"""`bt-console check-config FILE`: what the configuration means, or everything that is wrong with it."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from bt_console.cli.command import Command
from bt_console.cli.diagnostics import EXIT_USAGE, note
from bt_console.cli.place import language_without_store
from bt_console.cli.render import print_json, print_lines

if TYPE_CHECKING:
    from bt_console.cli.parser import Parser


def _configure(parser: Parser) -> None:
    parser.add_argument("file", metavar="FILE", nargs="?", help="cli.opt.config_file")
    parser.add_argument("--checks", action="store_true", help="cli.opt.checks")
    parser.add_argument("--defaults", action="store_true", help="cli.opt.defaults")
    parser.add_argument("--json", action="store_true", help="cli.opt.json")


def _run(args: Namespace) -> int:
    # Imported here: the validation library takes longer than all of `status`.
    from bt_console.cli import config_text
    from bt_console.config.load import ConfigErrors, load_config
    from bt_console.config.locate import find_config
    from bt_console.config.summary import builtin_text

    if args.defaults:
        print_lines(builtin_text().splitlines())
        return 0
    path = Path(args.file) if args.file else find_config(args.config)
    try:
        settings = load_config(path, store_path=args.store)
    except ConfigErrors as error:
        note(str(error))
        if args.json:
            print_json(config_text.problems_document(path, error.problems))
        return EXIT_USAGE
    if args.json:
        print_json(config_text.settings_document(settings, args.now()))
    else:
        language = language_without_store(args)
        print_lines(config_text.settings_lines(settings, language, args.now(), with_checks=args.checks))
    return 0


COMMAND = Command(name="check-config", help="cli.help.check-config", configure=_configure, run=_run)
