"""`bt-console incidents [show | ack | unack | claim | escalate | note]`: the list, one in full, what to do about it."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from bt_console.cli import documents
from bt_console.cli.command import Command, UsageError
from bt_console.cli.place import language_of, open_console, read_snapshot
from bt_console.cli.render import print_json, print_lines, terminal_width
from bt_console.words import say, tell

if TYPE_CHECKING:
    from bt_console.cli.parser import Parser
    from bt_console.evaluate.oncall.orders import Order
    from bt_console.facade import Console
    from bt_console.model.incident import Incident
    from bt_console.model.snapshot import Snapshot

VERBS = ("list", "show", "ack", "unack", "claim", "escalate", "note")


def _configure(parser: Parser) -> None:
    parser.add_argument("verb", metavar=" | ".join(VERBS), choices=VERBS, nargs="?", help="cli.opt.incident_verb")
    parser.add_argument("id", metavar="ID", nargs="?", help="cli.opt.incident_id")
    parser.add_argument("text", metavar="TEXT", nargs="*", help="cli.opt.note_text")
    parser.add_argument("--until", metavar="T", default=None, help="cli.opt.ack_until")
    parser.add_argument("--json", action="store_true", help="cli.opt.json")


def _run(args: Namespace) -> int:
    with open_console(args) as console:
        snapshot = read_snapshot(args, console)
        language = language_of(args, snapshot)
        _refuse_strays(args, language)
        if args.verb in (None, "list"):
            _list(args, snapshot, language)
            return 0
        item = find_incident(console, args.id, language)
        answer = "" if args.verb == "show" else _ask(args, console, snapshot, item, language)
        if args.verb == "show" or args.json:
            _show(args, console, snapshot, find_incident(console, str(item.id), language), language)
        else:
            print_lines([say(language, answer)])
    return 0


def _refuse_strays(args: Namespace, language: str) -> None:
    """Say so where words or options would be ignored."""
    if args.text and args.verb != "note":
        raise UsageError(tell(language, "cli.incidents.stray", text=" ".join(args.text)))
    if args.until and args.verb != "ack":
        raise UsageError(tell(language, "cli.incidents.until"))


def _list(args: Namespace, snapshot: Snapshot, language: str) -> None:
    from bt_console.cli.incident_text import list_lines

    if args.json:
        print_json(documents.incidents(snapshot.incidents))
    else:
        print_lines(list_lines(snapshot, language, terminal_width()))


def find_incident(console: Console, written: str | None, language: str) -> Incident:
    """Return an incident by its number, as 3 or #3. Raises UsageError."""
    number = (written or "").removeprefix("#")
    found = console.incident(int(number)) if number.isascii() and number.isdigit() and len(number) < 16 else None
    if found is None:
        raise UsageError(tell(language, "cli.unknown_incident", asked=written or ""))
    return found


def _show(args: Namespace, console: Console, snapshot: Snapshot, item: Incident, language: str) -> None:
    from bt_console.cli.dossier import dossier
    from bt_console.cli.incident_text import incident_lines

    events, told = console.incident_events(item.id), dossier(console, snapshot, item)
    if args.json:
        print_json(documents.incident_detail(item, events) | told.document())
    else:
        sections = {"cli.title.telling": told.reasons(), "cli.title.notes": told.noted()}
        print_lines(incident_lines(item, events, snapshot, language, terminal_width(), sections))


def _ask(args: Namespace, console: Console, snapshot: Snapshot, item: Incident, language: str) -> str:
    from bt_console.cli.wishes import ask

    if args.verb == "ack" and item.resolved_at is not None:
        raise UsageError(tell(language, "cli.ack.resolved", id=item.id))
    return ask(args, console, snapshot, _order(args, snapshot, item.id, language), language)


def _order(args: Namespace, snapshot: Snapshot, number: int, language: str) -> Order:
    from bt_console.cli.times import parse_coming, zone
    from bt_console.evaluate.oncall import orders

    if args.verb == "ack":
        written = args.until
        until = parse_coming(written, args.now(), zone(snapshot.timezone), language) if written else None
        return orders.Acknowledge(incident=number, until=until)
    if args.verb == "note":
        text = " ".join(args.text).strip()
        if not text:
            raise UsageError(tell(language, "cli.incidents.no_text", id=number))
        return orders.AddNote(incident=number, text=text)
    if args.verb == "unack":
        return orders.Unacknowledge(incident=number)
    return orders.Claim(incident=number) if args.verb == "claim" else orders.Escalate(incident=number)


COMMAND = Command(name="incidents", help="cli.help.incidents", configure=_configure, run=_run)
