"""`bt-console oncall [override | override-end]`: who is on duty now and next, gaps, and stand-ins."""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace
from typing import TYPE_CHECKING

from bt_console.cli.choose import near
from bt_console.cli.command import Command, UsageError
from bt_console.cli.place import language_of, open_console, read_snapshot
from bt_console.words import tell

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bt_console.cli.parser import Parser
    from bt_console.evaluate.oncall.orders import Order
    from bt_console.facade import Console
    from bt_console.model.snapshot import Snapshot

VERBS = ("show", "override", "override-end")
DAYS_MAX = 90


def _configure(parser: Parser) -> None:
    parser.add_argument("verb", metavar=" | ".join(VERBS), choices=VERBS, nargs="?", help="cli.opt.oncall_verb")
    parser.add_argument("names", metavar="NAME", nargs="*", help="cli.opt.oncall_names")
    parser.add_argument("--at", metavar="T", default=None, help="cli.opt.oncall_at")
    parser.add_argument("--days", metavar="N", type=_days, default=7, help="cli.opt.oncall_days")
    parser.add_argument("--from", dest="start", metavar="T", default=None, help="cli.opt.override_from")
    parser.add_argument("--until", metavar="T", default=None, help="cli.opt.override_until")
    parser.add_argument("--for", dest="whom", metavar="CONTACT", default=None, help="cli.opt.override_for")
    parser.add_argument("--reason", metavar="TEXT", default="", help="cli.opt.override_reason")
    parser.add_argument("--json", action="store_true", help="cli.opt.json")


def _days(written: str) -> int:
    if not (written.isascii() and written.isdigit() and 1 <= int(written) <= DAYS_MAX):
        raise ArgumentTypeError(f"{written!r} is not a number of days from 1 to {DAYS_MAX}")
    return int(written)


def _run(args: Namespace) -> int:
    with open_console(args) as console:
        snapshot = read_snapshot(args, console)
        language = language_of(args, snapshot)
        _refuse_strays(args, language)
        if args.verb in (None, "show"):
            _show(args, console, snapshot, language)
        else:
            _submit(args, console, snapshot, language)
    return 0


def _refuse_strays(args: Namespace, language: str) -> None:
    options = {"--from": args.start, "--until": args.until, "--for": args.whom, "--reason": args.reason}
    given = [name for name, value in options.items() if value] if args.verb != "override" else []
    count = {"override": 2, "override-end": 1}.get(args.verb, 0)
    if len(args.names) != count:
        raise UsageError(tell(language, f"cli.oncall.names.{args.verb or 'show'}"))
    if given:
        raise UsageError(tell(language, "cli.mute.stray", text=", ".join(given), verb=args.verb or "show"))


def _show(args: Namespace, console: Console, snapshot: Snapshot, language: str) -> None:
    from bt_console.cli.duty_text import Duty

    at = _instant(args, snapshot, args.at, language) if args.at else snapshot.at
    duty = Duty.of(console, snapshot, at, args.days)
    duty.print(language, is_json=args.json)


def _instant(args: Namespace, snapshot: Snapshot, written: str, language: str) -> datetime:
    from bt_console.cli.times import parse_coming, zone

    return parse_coming(written, args.now(), zone(snapshot.timezone), language)


def _submit(args: Namespace, console: Console, snapshot: Snapshot, language: str) -> None:
    from bt_console.cli.wishes import ask, report

    report(args, ask(args, console, snapshot, _order(args, snapshot, language), language), language)


def _order(args: Namespace, snapshot: Snapshot, language: str) -> Order:
    from bt_console.evaluate.oncall.orders import AddOverride, EndOverride

    if args.verb == "override-end":
        number = args.names[0].removeprefix("#")
        if not (number.isascii() and number.isdigit() and len(number) < 16):
            raise UsageError(tell(language, "cli.oncall.names.override-end"))
        return EndOverride(id=int(number))
    if args.until is None:
        raise UsageError(tell(language, "cli.oncall.until"))
    schedule, contact = args.names
    oncall = snapshot.oncall
    _insist(schedule, oncall.schedules if oncall else (), "cli.unknown_schedule", language)
    for name in filter(None, (contact, args.whom)):
        _insist(name, oncall.contacts if oncall else (), "cli.unknown_contact", language)
    return AddOverride(
        schedule=schedule,
        in_contact=contact,
        starts_at=_instant(args, snapshot, args.start, language) if args.start else args.now(),
        ends_at=_instant(args, snapshot, args.until, language),
        out_contact=args.whom,
        reason=args.reason,
    )


def _insist(name: str, known: Iterable[str], code: str, language: str) -> None:
    names = tuple(known)
    if name not in names:
        raise UsageError(tell(language, code, asked=name, near=near(name, names)))


COMMAND = Command(name="oncall", help="cli.help.oncall", configure=_configure, run=_run)
