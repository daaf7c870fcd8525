"""`bt-console maintenance [list | add | end ID]`: planned work, once or by a rule, during which nobody is paged."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from bt_console.cli.command import Command, UsageError
from bt_console.cli.match_options import add_mute, read_match
from bt_console.cli.times import parse_coming, parse_span, zone
from bt_console.model.oncall import Mute, MuteKind
from bt_console.words import tell

if TYPE_CHECKING:
    from bt_console.cli.parser import Parser
    from bt_console.facade import Console
    from bt_console.model.snapshot import Snapshot


def _configure(parser: Parser) -> None:
    add_mute(parser, _add_span)


def _add_span(parser: Parser) -> None:
    parser.add_argument("--start", metavar="T", default=None, help="cli.opt.maintenance_start")
    parser.add_argument("--for", dest="for_s", metavar="2h", default=None, help="cli.opt.mute_for")
    parser.add_argument("--rrule", metavar="RULE", default=None, help="cli.opt.maintenance_rule")


def _run(args: Namespace) -> int:
    from bt_console.cli import mutes

    return mutes.run(args, MuteKind.MAINTENANCE, _wish)


def _wish(args: Namespace, console: Console, snapshot: Snapshot, language: str) -> Mute:
    from bt_console.cli.mutes import insist_on_reason

    match = read_match(args, snapshot, console.inventory(), language)
    if args.start is None or args.for_s is None:
        raise UsageError(tell(language, "cli.maintenance.span"))
    starts_at = parse_coming(args.start, args.now(), zone(snapshot.timezone), language)
    return Mute(
        id=0,
        kind=MuteKind.MAINTENANCE,
        match=match,
        starts_at=starts_at,
        ends_at=starts_at + parse_span(args.for_s, language),
        author="",
        reason=insist_on_reason(args, language),
        rrule=args.rrule or "",
        timezone=snapshot.timezone,
    )


COMMAND = Command(name="maintenance", help="cli.help.maintenance", configure=_configure, run=_run)
