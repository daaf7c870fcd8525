"""`bt-console routes [UNIT | CHECK]`: the ways to targets, as traces found them."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from bt_console.cli.choose import find_unit, near
from bt_console.cli.command import Command, UsageError
from bt_console.cli.documents import Document, instant
from bt_console.cli.place import language_of, open_console, read_snapshot
from bt_console.cli.render import Column, print_json, print_lines, table, terminal_width, wrap
from bt_console.cli.times import clock_time, zone
from bt_console.words import tell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bt_console.cli.parser import Parser
    from bt_console.model.inventory import CheckId
    from bt_console.model.route import Route
    from bt_console.model.snapshot import Snapshot, TargetView

TRACE = "path_trace"


def _configure(parser: Parser) -> None:
    parser.add_argument("what", metavar="UNIT | CHECK", nargs="?", help="cli.opt.routes_what")
    parser.add_argument("--json", action="store_true", help="cli.opt.json")


def _run(args: Namespace) -> int:
    with open_console(args) as console:
        snapshot = read_snapshot(args, console)
        language = language_of(args, snapshot)
        checks = _checks(snapshot, args.what, language)
        found = {check_id: console.routes(check_id) for check_id in checks}
    if args.json:
        print_json(_document(found, snapshot))
    else:
        _print_text({check_id: routes for check_id, routes in found.items() if routes}, snapshot, language)
    return 0


def _checks(snapshot: Snapshot, asked: str | None, language: str) -> tuple[CheckId, ...]:
    """Return the checks that trace: all, one by its id, or those of a unit."""
    targets = _targets(snapshot)
    traces = {check.id: target for target in targets for check in target.checks if check.probe == TRACE}
    if asked is None:
        return tuple(traces)
    found = tuple(check_id for check_id, target in traces.items() if asked in (check_id, target.id, target.unit_id))
    if found:
        return found
    try:
        unit = find_unit(snapshot, asked, language)
    except UsageError as error:
        known = [*traces, *(unit.id for unit in (*snapshot.units, *snapshot.departments))]
        raise UsageError(tell(language, "cli.routes.no_check", asked=asked, near=near(asked, known))) from error
    return tuple(check_id for check_id, target in traces.items() if target.unit_id == unit.id)


def _targets(snapshot: Snapshot) -> list[TargetView]:
    own = [
        target
        for unit in (*snapshot.units, *snapshot.departments)
        for target in (unit.lan, unit.internet, unit.tslcd, *unit.devices)
        if target is not None
    ]
    return [*snapshot.infrastructure, *snapshot.services, *own]


def _document(found: Mapping[CheckId, Sequence[Route]], snapshot: Snapshot) -> Document:
    return {
        "schema": "bt-console/routes/1",
        "revision": snapshot.revision,
        "at": instant(snapshot.at),
        "checks": [
            {"id": check_id, "routes": [_route(route, is_in_force=route is routes[0]) for route in routes]}
            for check_id, routes in found.items()
        ],
    }


def _route(route: Route, *, is_in_force: bool) -> Document:
    return {
        "hash": route.route_hash,
        "is_in_force": is_in_force,
        "hops": [hop or None for hop in route.hops],
        "first_seen_at": instant(route.first_seen_at),
        "last_seen_at": instant(route.last_seen_at),
        "seen_count": route.seen_count,
        "in_force_since": instant(route.accepted_at) if is_in_force else None,
        "alternated_at": instant(route.alternated_at),
    }


def _print_text(found: Mapping[CheckId, Sequence[Route]], snapshot: Snapshot, language: str) -> None:
    if not found:
        print_lines([tell(language, "cli.routes.none")])
    for check_id, routes in found.items():
        print_lines([tell(language, "cli.routes.title", check=check_id, n=len(routes))])
        print_lines([*_lines(routes, snapshot, language), ""])


def _lines(routes: Sequence[Route], snapshot: Snapshot, language: str) -> list[str]:
    """Return a table of the routes, and below it the hops of each."""
    width, local = terminal_width(), zone(snapshot.timezone)
    titles = {"id": True, "first_seen": False, "last_seen": False, "seen_count": True, "state": False}
    columns = [Column(title=tell(language, f"cli.column.{name}"), is_right=right) for name, right in titles.items()]
    rows = [
        (
            str(number),
            clock_time(route.first_seen_at, snapshot.at, local),
            clock_time(route.last_seen_at, snapshot.at, local),
            str(route.seen_count),
            tell(language, "cli.routes.in_force") if number == 1 else "",
        )
        for number, route in enumerate(routes, start=1)
    ]
    hops = [
        line
        for number, route in enumerate(routes, start=1)
        for line in wrap(f"{number}: " + " > ".join(hop or "*" for hop in route.hops), width, indent="  ")
    ]
    return [*table(columns, rows, width), *hops]


COMMAND = Command(name="routes", help="cli.help.routes", configure=_configure, run=_run)
