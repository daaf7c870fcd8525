"""`bt-console incidents [show ID | ack ID]`: open and recent incidents; one with its reasoning; acknowledge one."""

from __future__ import annotations

import time
from argparse import Namespace
from typing import TYPE_CHECKING

from bt_console.cli import documents
from bt_console.cli.command import Command, UsageError
from bt_console.cli.incident_text import incident_lines, list_lines
from bt_console.cli.person import who
from bt_console.cli.place import language_of, open_console, read_snapshot
from bt_console.cli.render import print_json, print_lines, terminal_width
from bt_console.model.snapshot import EngineState
from bt_console.words import say, tell

if TYPE_CHECKING:
    from bt_console.cli.parser import Parser
    from bt_console.facade import Console
    from bt_console.model.incident import Incident
    from bt_console.model.snapshot import Snapshot

ANSWER_WAIT_S = 10.0
_POLL_S = 0.1


def _configure(parser: Parser) -> None:
    parser.add_argument("verb", metavar="show | ack", choices=("show", "ack"), nargs="?", help="cli.opt.incident_verb")
    parser.add_argument("id", metavar="ID", nargs="?", help="cli.opt.incident_id")
    parser.add_argument("--json", action="store_true", help="cli.opt.json")


def _run(args: Namespace) -> int:
    with open_console(args) as console:
        snapshot = read_snapshot(args, console)
        language = language_of(args, snapshot)
        if args.verb is None:
            _list(args, snapshot, language)
            return 0
        item = _find(console, args.id, language)
        if args.verb == "ack":
            return _acknowledge(args, console, snapshot, item, language)
        _show(args, console, snapshot, item, language)
    return 0


def _list(args: Namespace, snapshot: Snapshot, language: str) -> None:
    if args.json:
        print_json(documents.incidents(snapshot.incidents))
    else:
        print_lines(list_lines(snapshot, language, terminal_width()))


def _find(console: Console, written: str | None, language: str) -> Incident:
    number = (written or "").removeprefix("#")
    found = console.incident(int(number)) if number.isascii() and number.isdigit() and len(number) < 16 else None
    if found is None:
        raise UsageError(tell(language, "cli.unknown_incident", asked=written or ""))
    return found


def _show(args: Namespace, console: Console, snapshot: Snapshot, item: Incident, language: str) -> None:
    events = console.incident_events(item.id)
    if args.json:
        print_json(documents.incident_detail(item, events))
    else:
        print_lines(incident_lines(item, events, snapshot, language, terminal_width()))


def _acknowledge(args: Namespace, console: Console, snapshot: Snapshot, item: Incident, language: str) -> int:
    if item.resolved_at is not None:
        raise UsageError(tell(language, "cli.ack.resolved", id=item.id))
    command_id = console.submit("acknowledge", str(item.id), who(), args.now())
    # The monitor alone changes state: without one the wish waits in the inbox, and that is no success.
    is_monitored = snapshot.engine.state is not EngineState.STOPPED
    answer = _await_answer(console, command_id) if is_monitored else None
    if answer is None:
        raise UsageError(tell(language, "cli.ack.waiting", id=item.id))
    item = _find(console, str(item.id), language)
    if item.acknowledged_at is None:
        raise UsageError(say(language, answer))
    _report(args, item, language)
    return 0


def _await_answer(console: Console, command_id: int) -> str | None:
    end = time.monotonic() + ANSWER_WAIT_S
    while time.monotonic() < end:
        if (answer := console.command_result(command_id)) is not None:
            return answer
        time.sleep(_POLL_S)
    return None


def _report(args: Namespace, item: Incident, language: str) -> None:
    if args.json:
        print_json({"schema": "bt-console/incident/1", "incident": documents.incident(item), "events": []})
    else:
        print_lines([tell(language, "cli.ack.done", id=item.id, by=item.acknowledged_by)])


COMMAND = Command(name="incidents", help="cli.help.incidents", configure=_configure, run=_run)
