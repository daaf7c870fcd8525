"""What a silence, a maintenance or a trial speaks of, as options: units, targets, kinds of causes, severity."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING

from bt_console.cli.choose import find_unit, near
from bt_console.cli.command import UsageError
from bt_console.model.incident import CauseKind, Severity
from bt_console.model.inventory import Inventory, TargetId, UnitId
from bt_console.model.oncall import Match
from bt_console.words import tell

if TYPE_CHECKING:
    from bt_console.cli.parser import Parser
    from bt_console.model.snapshot import Snapshot

_SEVERITIES = [Severity.INFO.value, Severity.WARNING.value, Severity.CRITICAL.value]


def add_match(parser: Parser) -> None:
    """Add the options; each but the severity may be repeated."""
    parser.add_argument("--unit", metavar="U", action="append", default=[], help="cli.opt.match_unit")
    parser.add_argument("--target", metavar="T", action="append", default=[], help="cli.opt.match_target")
    parser.add_argument("--kind", metavar="K", action="append", default=[], help="cli.opt.match_kind")
    parser.add_argument("--severity", choices=_SEVERITIES, default=None, help="cli.opt.match_severity")


MUTE_VERBS = ("list", "add", "end")


def add_mute(parser: Parser, add_span: Callable[[Parser], None]) -> None:
    """Add the arguments of a command about mutes; `add_span` adds those that say from when to when."""
    parser.add_argument("verb", metavar=" | ".join(MUTE_VERBS), choices=MUTE_VERBS, nargs="?", help="cli.opt.mute_verb")
    parser.add_argument("id", metavar="ID", nargs="?", help="cli.opt.mute_id")
    add_match(parser)
    add_span(parser)
    parser.add_argument("--reason", metavar="TEXT", default=None, help="cli.opt.mute_reason")
    parser.add_argument("--preview", action="store_true", help="cli.opt.mute_preview")
    parser.add_argument("--all", action="store_true", help="cli.opt.mute_all")
    parser.add_argument("--json", action="store_true", help="cli.opt.json")


def is_given(args: Namespace) -> bool:
    """Return whether any of the options was written."""
    return bool(args.unit or args.target or args.kind or args.severity)


def read_match(args: Namespace, snapshot: Snapshot, inventory: Inventory, language: str) -> Match:
    """Return what the options say. Raises UsageError, with what is near, for what does not exist."""
    return Match(
        units=frozenset(unit_id(snapshot, inventory, asked, language) for asked in args.unit),
        targets=frozenset(target_id(inventory, asked, language) for asked in args.target),
        kinds=frozenset(kind_of(asked, language) for asked in args.kind),
        min_severity=Severity(args.severity) if args.severity else None,
    )


def unit_id(snapshot: Snapshot, inventory: Inventory, asked: str, language: str) -> UnitId:
    """Return the id of a unit by id or name; the hub is one."""
    return UnitId(asked) if asked in inventory.units else find_unit(snapshot, asked, language).id


def target_id(inventory: Inventory, asked: str, language: str) -> TargetId:
    """Return the id of a target as it is written."""
    if asked not in inventory.targets:
        raise UsageError(tell(language, "cli.unknown_target", asked=asked, near=near(asked, inventory.targets)))
    return TargetId(asked)


def kind_of(asked: str, language: str) -> CauseKind:
    """Return a kind of cause, written with _ or -."""
    written = asked.replace("-", "_")
    known = {kind.value: kind for kind in CauseKind}
    if written not in known:
        raise UsageError(tell(language, "cli.unknown_kind", asked=asked, near=near(written, known)))
    return known[written]


def match_text(match: Match, language: str) -> str:
    """Return what a match speaks of in a few words."""
    parts = [*sorted(match.units), *sorted(match.targets)]
    parts += [tell(language, f"kind.{kind}") for kind in sorted(match.kinds)]
    parts += [*sorted(match.roles), *(f"{name}={value}" for name, value in sorted(match.labels.items()))]
    if match.min_severity:
        severity = tell(language, f"severity.{match.min_severity}")
        parts.append(tell(language, "cli.mute.at_least", severity=severity))
    return ", ".join(parts)
