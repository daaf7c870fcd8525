"""Silences and maintenance on the command line: what one would hide, those there are, the end of one."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from bt_console.cli import oncall_documents
from bt_console.cli.command import UsageError
from bt_console.cli.documents import Document, instant
from bt_console.cli.match_options import match_text
from bt_console.cli.place import language_of, open_console, read_snapshot
from bt_console.cli.render import Column, print_json, print_lines, table, terminal_width, wrap
from bt_console.cli.times import clock_time, zone
from bt_console.cli.wishes import ask, report
from bt_console.evaluate.oncall import muting, orders, planning
from bt_console.evaluate.oncall.desk import Scene
from bt_console.evaluate.oncall.preview import Preview, preview
from bt_console.model.oncall import Match, Mute, MuteKind, OnCall
from bt_console.words import say, tell

if TYPE_CHECKING:
    from bt_console.facade import Console
    from bt_console.model.snapshot import Snapshot

LOOKED_BACK = timedelta(days=7)
_NAMED = 8


Wishes = Callable[[Namespace, "Console", "Snapshot", str], Mute]
"""From what is written to the mute that is wanted. Raises UsageError."""


def run(args: Namespace, kind: MuteKind, wish: Wishes) -> int:
    """List, make or end mutes of a kind."""
    with open_console(args) as console:
        snapshot = read_snapshot(args, console)
        language = language_of(args, snapshot)
        refuse_strays(args, language)
        if args.verb == "add":
            submit(args, console, snapshot, wish(args, console, snapshot, language), language)
        elif args.verb == "end":
            end(args, console, snapshot, language)
        else:
            show(args, console, snapshot, kind, language)
    return 0


def submit(args: Namespace, console: Console, snapshot: Snapshot, wish: Mute, language: str) -> None:
    """Preview a mute, or ask for it and print the answer. Raises UsageError with the reason where it cannot be."""
    covered = _preview(console, snapshot, wish.match)
    scene = Scene(
        oncall=snapshot.oncall or OnCall(timezone=snapshot.timezone),
        inventory=console.inventory(),
        incidents={},
        draw=str,
    )
    if refusal := planning.refused(scene, wish, args.now()):
        raise UsageError(say(language, refusal))
    if args.preview and args.json:
        print_json(_preview_document(covered, wish, snapshot))
    elif args.preview:
        print_lines(_preview_lines(covered, wish, language))
    else:
        answer = ask(args, console, snapshot, _order(wish), language)
        if not args.json:
            print_lines(_preview_lines(covered, wish, language))
        report(args, answer, language)


def _order(wish: Mute) -> orders.Order:
    if wish.kind is MuteKind.SILENCE:
        return orders.AddSilence(match=wish.match, ends_at=wish.ends_at, reason=wish.reason)
    return orders.AddMaintenance(
        match=wish.match, starts_at=wish.starts_at, ends_at=wish.ends_at, reason=wish.reason, rrule=wish.rrule
    )


def _preview(console: Console, snapshot: Snapshot, match: Match) -> Preview:
    incidents = console.incidents_between(snapshot.at - LOOKED_BACK, snapshot.at + timedelta(seconds=1))
    return preview(match, incidents, console.inventory(), snapshot.at)


def _preview_document(covered: Preview, wish: Mute, snapshot: Snapshot) -> Document:
    return {
        "schema": "bt-console/preview/1",
        "at": instant(snapshot.at),
        "kind": wish.kind,
        "match": orders.write_match(wish.match),
        "starts_at": instant(wish.starts_at),
        "ends_at": instant(wish.ends_at),
        "targets": list(covered.targets),
        "units": list(covered.units),
        "open_incidents": list(covered.open_incidents),
        "wider_incidents": list(covered.wider_incidents),
        "past_days": LOOKED_BACK.days,
        "past_incidents_count": covered.past_incidents_count,
        "past_critical_count": covered.past_critical_count,
    }


def _preview_lines(covered: Preview, wish: Mute, language: str) -> list[str]:
    def said(code: str, **values: object) -> list[str]:
        return wrap(tell(language, f"cli.preview.{code}", **values), terminal_width())

    units = ", ".join(covered.units[:_NAMED]) + (", …" if len(covered.units) > _NAMED else "")
    lines = said("match", match=match_text(wish.match, language))
    lines += said("targets", count=covered.targets_count, units=len(covered.units), names=units)
    lines += said("open", names=_numbers(covered.open_incidents)) if covered.open_incidents else said("open.none")
    if covered.wider_incidents:
        lines += said("wider", names=_numbers(covered.wider_incidents))
    past, grave = covered.past_incidents_count, covered.past_critical_count
    lines += said("past", count=past, critical=grave, days=LOOKED_BACK.days)
    return lines + (said("empty") if covered.is_empty else [])


def _numbers(ids: Sequence[int]) -> str:
    return ", ".join(f"#{number}" for number in ids)


def show(args: Namespace, console: Console, snapshot: Snapshot, kind: MuteKind, language: str) -> None:
    """Print the mutes of a kind: those of people that are not over (or all), and those of the configuration."""
    planned = snapshot.oncall.mutes if snapshot.oncall else ()
    found = [mute for mute in (*console.mutes(with_ended=args.all), *planned) if mute.kind is kind]
    if args.json:
        mutes = [oncall_documents.mute(mute, snapshot.at) for mute in found]
        print_json({"schema": "bt-console/mutes/1", "at": instant(snapshot.at), "kind": kind, "mutes": mutes})
    elif found:
        print_lines(_lines(found, snapshot, language))
    else:
        print_lines([tell(language, f"cli.{kind}.none")])


def _lines(found: Sequence[Mute], snapshot: Snapshot, language: str) -> list[str]:
    names = ("id", "state", "covers", "starts", "ends", "author", "reason")
    flexible = {"covers", "author", "reason"}
    columns = [Column(title=tell(language, f"cli.column.{name}"), is_flexible=name in flexible) for name in names]
    return table(columns, [_row(mute, snapshot, language) for mute in found], terminal_width())


def _row(mute: Mute, snapshot: Snapshot, language: str) -> tuple[str, ...]:
    now, local = snapshot.at, zone(snapshot.timezone)
    held = muting.window(mute, now)
    stretch = held or muting.next_window(mute, now) or (mute.starts_at, mute.ended_at or mute.ends_at)
    state = "active" if held else "coming" if stretch[0] > now else "over"
    return (
        str(mute.id),
        tell(language, f"cli.mute.{state}"),
        match_text(mute.match, language),
        clock_time(stretch[0], now, local),
        clock_time(stretch[1], now, local),
        mute.author,
        f"{mute.reason} ({mute.rrule})" if mute.rrule else mute.reason,
    )


def end(args: Namespace, console: Console, snapshot: Snapshot, language: str) -> None:
    """End one now. Raises UsageError."""
    written = (args.id or "").removeprefix("#")
    number = written.removeprefix("-")
    if not (number.isascii() and number.isdigit() and len(number) < 16):
        raise UsageError(tell(language, "cli.mute.which", command=args.command))
    report(args, ask(args, console, snapshot, orders.EndMute(id=int(written)), language), language)


def insist_on_reason(args: Namespace, language: str) -> str:
    """Return why; a mute without a reason is not made."""
    if not args.reason or not args.reason.strip():
        raise UsageError(tell(language, "cli.mute.no_reason"))
    return str(args.reason).strip()


def refuse_strays(args: Namespace, language: str) -> None:
    """Say so where something written would be ignored: options of `add` elsewhere, a number beside `add` or `list`."""
    of_add = ("unit", "target", "kind", "severity", "for_s", "until", "start", "rrule", "reason", "preview")
    given = [name for name in of_add if getattr(args, name, None)] if args.verb != "add" else []
    stray = [
        *(f"--{name.removesuffix('_s')}" for name in given),
        *([args.id] if args.id and args.verb != "end" else []),
    ]
    if stray:
        raise UsageError(tell(language, "cli.mute.stray", text=", ".join(stray), verb=args.verb or "list"))
