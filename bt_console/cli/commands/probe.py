"""`bt-console probe KIND ADDRESS`: one measurement now, as the monitor makes it; without KIND the kinds there are."""

from __future__ import annotations

import logging
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bt_console.cli.command import Command, UsageError
from bt_console.cli.place import language_without_store
from bt_console.cli.render import print_json, print_lines, terminal_width
from bt_console.words import tell

if TYPE_CHECKING:
    from bt_console.cli.parser import Parser
    from probes.api import ProbeKind, Reading

EXIT_NOT_OK = 1
"""The target did not answer well."""
EXIT_NOT_MEASURED = 3
"""We could not measure."""


def _more_help(args: Namespace, language: str) -> list[str]:
    if not args.kind:
        return []
    from bt_console.cli.probe_text import kind_lines

    return ["", *kind_lines(find_kind(args.kind, language), language)]


def _configure(parser: Parser) -> None:
    parser.more_help = _more_help
    parser.add_argument("kind", metavar="KIND", nargs="?", help="cli.opt.probe_kind")
    parser.add_argument("address", metavar="ADDRESS", nargs="?", help="cli.opt.probe_address")
    parser.add_argument(
        "-p", "--param", metavar="KEY=VALUE", action="append", default=[], dest="params", help="cli.opt.param"
    )
    parser.add_argument("--timeout", metavar="TIME", help="cli.opt.timeout")
    parser.add_argument("--nameserver", metavar="ADDRESS", action="append", default=[], help="cli.opt.nameserver")
    parser.add_argument("--trust-file", metavar="PEM", type=Path, help="cli.opt.trust_file")
    parser.add_argument("--list", action="store_true", dest="is_list", help="cli.opt.probe_list")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="cli.opt.json")
    form.add_argument("--markdown", action="store_true", help="cli.opt.markdown")


def _run(args: Namespace) -> int:
    language = language_without_store(args)
    if args.kind is None or args.is_list:
        _list_kinds(language, args)
        return 0
    kind = find_kind(args.kind, language)
    if args.address is None:
        _describe(kind, language, is_json=args.json)
        return 0
    return _measure(args, kind, language)


def find_kind(name: str, language: str) -> ProbeKind:
    """Return a probe kind by name. Raises UsageError naming the nearest."""
    import probes
    from bt_console.cli.choose import near

    if name not in probes.names():
        raise UsageError(tell(language, "cli.unknown_probe", asked=name, near=near(name, probes.names())))
    return probes.load(name)


def _list_kinds(language: str, args: Namespace) -> None:
    import probes
    from bt_console.cli import probe_text

    kinds = list(probes.discover().values())
    if args.json:
        print_json({"schema": "bt-console/probe-kinds/1", "kinds": [probe_text.kind_document(kind) for kind in kinds]})
    elif args.markdown:
        print_lines(probe_text.markdown_page(kinds).splitlines())
    else:
        print_lines(probe_text.list_lines(kinds, language, terminal_width()))


def _describe(kind: ProbeKind, language: str, *, is_json: bool) -> None:
    from bt_console.cli import probe_text

    if is_json:
        print_json({"schema": "bt-console/probe-kinds/1", "kinds": [probe_text.kind_document(kind)]})
    else:
        print_lines(probe_text.kind_lines(kind, language))


def _measure(args: Namespace, kind: ProbeKind, language: str) -> int:
    import asyncio

    from bt_console.cli.measure import Surroundings, measure
    from bt_console.cli.probe_params import parse_nameservers, parse_params, parse_timeout, readable

    params = parse_params(kind, args.params, language)
    timeout_s = parse_timeout(args.timeout, language) if args.timeout else kind.timeout_s
    given = Surroundings.of(args.config)
    around = replace(
        given,
        nameservers=parse_nameservers(args.nameserver, language) or given.nameservers,
        trust_file=readable(args.trust_file, language) or given.trust_file,
    )
    at = args.now()
    with _quiet(is_verbose=args.verbose):
        reading, duration_s = asyncio.run(measure(kind, args.address, params, timeout_s, around))
    _print(args, kind, {"params": params, "at": at, "duration_s": duration_s}, reading)
    return _exit_code(reading)


@contextmanager
def _quiet(*, is_verbose: bool) -> Iterator[None]:
    """Keep the engine's tracebacks out: the reading says what went wrong, and --verbose brings them back."""
    log = logging.getLogger("bt_console.engine.guard")
    before = log.level
    log.setLevel(before if is_verbose else logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)


def _print(args: Namespace, kind: ProbeKind, run: dict[str, Any], reading: Reading) -> None:
    from bt_console.cli import probe_text

    if args.json:
        print_json(probe_text.reading_document(kind, args.address, run, reading))
    else:
        print_lines(
            probe_text.reading_lines(kind, args.address, reading, language_without_store(args), terminal_width())
        )


def _exit_code(reading: Reading) -> int:
    from probes.api import Outcome

    if reading.outcome is Outcome.OK:
        return 0
    return EXIT_NOT_MEASURED if reading.outcome is Outcome.ERROR else EXIT_NOT_OK


COMMAND = Command(name="probe", help="cli.help.probe", configure=_configure, run=_run)
