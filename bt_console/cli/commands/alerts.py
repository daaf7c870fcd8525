"""`bt-console alerts [list | test CONTACT]`: the outbox and what became of it, channels, signs of life, the audit."""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace
from typing import TYPE_CHECKING

from bt_console.cli.choose import near
from bt_console.cli.command import Command, UsageError
from bt_console.cli.place import language_of, open_console, read_snapshot
from bt_console.words import tell

if TYPE_CHECKING:
    from bt_console.cli.parser import Parser
    from bt_console.facade import Console
    from bt_console.model.snapshot import Snapshot

VERBS = ("list", "test")
LAST = 20
LAST_MAX = 10_000


def _configure(parser: Parser) -> None:
    parser.add_argument("verb", metavar=" | ".join(VERBS), choices=VERBS, nargs="?", help="cli.opt.alerts_verb")
    parser.add_argument("contact", metavar="CONTACT", nargs="?", help="cli.opt.alerts_contact")
    parser.add_argument("--last", metavar="N", type=_count, default=LAST, help="cli.opt.alerts_last")
    parser.add_argument("--json", action="store_true", help="cli.opt.json")


def _count(written: str) -> int:
    if not (written.isascii() and written.isdigit() and 1 <= int(written) <= LAST_MAX):
        raise ArgumentTypeError(f"{written!r} is not a number from 1 to {LAST_MAX}")
    return int(written)


def _run(args: Namespace) -> int:
    with open_console(args) as console:
        snapshot = read_snapshot(args, console)
        language = language_of(args, snapshot)
        if args.verb == "test":
            _test(args, console, snapshot, language)
        elif args.contact:
            raise UsageError(tell(language, "cli.mute.stray", text=args.contact, verb=args.verb))
        else:
            _list(args, console, snapshot, language)
    return 0


def _list(args: Namespace, console: Console, snapshot: Snapshot, language: str) -> None:
    from bt_console.cli.outbox_text import Outbox

    Outbox.of(console, snapshot, args.last).print(language, is_json=args.json)


def _test(args: Namespace, console: Console, snapshot: Snapshot, language: str) -> None:
    from bt_console.cli.wishes import ask, report
    from bt_console.evaluate.oncall.orders import SendTest

    contacts = tuple(snapshot.oncall.contacts) if snapshot.oncall else ()
    if args.contact not in contacts:
        asked = args.contact or ""
        raise UsageError(tell(language, "cli.unknown_contact", asked=asked, near=near(asked, contacts)))
    report(args, ask(args, console, snapshot, SendTest(contact=args.contact), language), language)


COMMAND = Command(name="alerts", help="cli.help.alerts", configure=_configure, run=_run)
