"""`bt-console events [--follow]`: the journal of transitions and incidents, oldest first; JSON is one object a line."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bt_console.cli import documents
from bt_console.cli.command import Command
from bt_console.cli.place import language_of, open_console, read_snapshot
from bt_console.cli.render import print_json_line, print_lines
from bt_console.cli.times import clock_time, zone
from bt_console.words import say

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from bt_console.cli.parser import Parser
    from bt_console.facade import Console
    from bt_console.model.snapshot import Event

POLL_S = 0.25
_PAGE = 1000


def _configure(parser: Parser) -> None:
    parser.add_argument("--after", metavar="SEQ", type=int, default=0, help="cli.opt.after")
    parser.add_argument("--last", metavar="COUNT", type=int, default=None, help="cli.opt.last")
    parser.add_argument("--follow", action="store_true", help="cli.opt.follow")
    parser.add_argument("--json", action="store_true", help="cli.opt.json_lines")


def _run(args: Namespace) -> int:
    with open_console(args) as console:
        snapshot = read_snapshot(args, console)
        language, local = language_of(args, snapshot), zone(snapshot.timezone)
        after = args.after
        for events in _pages(console, after, args.last, is_endless=args.follow):
            _print(events, args, language, local)
    return 0


def _pages(console: Console, after: int, last: int | None, *, is_endless: bool) -> Iterator[Sequence[Event]]:
    stored = list(_stored(console, after) if last is None else _newest(console, after, last))
    yield stored if last is None else stored[len(stored) - min(last, len(stored)) :]
    after = stored[-1].seq if stored else after
    while is_endless:
        time.sleep(POLL_S)
        if fresh := console.events(after, _PAGE):
            yield fresh
            after = fresh[-1].seq


def _stored(console: Console, after: int) -> Iterator[Event]:
    while page := console.events(after, _PAGE):
        yield from page
        after = page[-1].seq


def _newest(console: Console, after: int, last: int) -> Iterator[Event]:
    """Return the newest events; one at least, so that following begins at the journal's end."""
    return (event for event in console.recent_events(None, max(1, last)) if event.seq > after)


def _print(events: Sequence[Event], args: Namespace, language: str, local: tzinfo) -> None:
    now: datetime = args.now()
    for event in events:
        if args.json:
            print_json_line(documents.event(event))
        else:
            print_lines([f"{clock_time(event.at, now, local)}  {say(language, event.message)}"])


COMMAND = Command(name="events", help="cli.help.events", configure=_configure, run=_run)
