"""`bt-console silence [list | add | end ID]`: hide notifications for a while, never problems."""

from __future__ import annotations

from argparse import Namespace
from datetime import datetime
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
    parser.add_argument("--for", dest="for_s", metavar="2h", default=None, help="cli.opt.mute_for")
    parser.add_argument("--until", metavar="T", default=None, help="cli.opt.mute_until")


def _run(args: Namespace) -> int:
    from bt_console.cli import mutes

    return mutes.run(args, MuteKind.SILENCE, _wish)


def _wish(args: Namespace, console: Console, snapshot: Snapshot, language: str) -> Mute:
    from bt_console.cli.mutes import insist_on_reason

    match = read_match(args, snapshot, console.inventory(), language)
    return Mute(
        id=0,
        kind=MuteKind.SILENCE,
        match=match,
        starts_at=args.now(),
        ends_at=_end(args, snapshot, language),
        author="",
        reason=insist_on_reason(args, language),
        timezone=snapshot.timezone,
    )


def _end(args: Namespace, snapshot: Snapshot, language: str) -> datetime:
    now: datetime = args.now()
    if (args.for_s is None) == (args.until is None):
        raise UsageError(tell(language, "cli.silence.end"))
    if args.for_s is not None:
        return now + parse_span(args.for_s, language)
    return parse_coming(args.until, now, zone(snapshot.timezone), language)


COMMAND = Command(name="silence", help="cli.help.silence", configure=_configure, run=_run)
