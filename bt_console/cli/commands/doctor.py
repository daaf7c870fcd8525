"""`bt-console doctor`: can this machine measure, and what to type where it cannot."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from bt_console.cli.command import Command
from bt_console.cli.doctor.finding import State
from bt_console.cli.place import language_without_store
from bt_console.cli.render import print_json, print_lines, terminal_width, wrap
from bt_console.words import message, say, tell

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bt_console.cli.doctor.finding import Finding
    from bt_console.cli.documents import Document
    from bt_console.cli.parser import Parser
    from bt_console.config.load import Settings

PINGS_WITHOUT_CONFIG_COUNT = 1000


def _configure(parser: Parser) -> None:
    parser.add_argument("--reach", action="store_true", help="cli.opt.reach")
    parser.add_argument("--json", action="store_true", help="cli.opt.json")


def _run(args: Namespace) -> int:
    findings = examine(args.config, args.store, with_reach=args.reach)
    if args.json:
        print_json(_document(findings))
    else:
        print_lines(_lines(findings, language_without_store(args)))
    return 1 if any(finding.state is State.FAIL for finding in findings) else 0


def examine(config: str | None, store_path: Path | None, *, with_reach: bool) -> list[Finding]:
    """Return everything the doctor finds, in the order it is shown."""
    from bt_console.cli.doctor import machine, privileges, storage

    config_finding, settings = storage.configuration(config)
    found = [
        *privileges.icmp(),
        privileges.receive_buffer(_ping_count(settings)),
        privileges.namespaces(),
        machine.clock(),
        machine.open_files(),
        config_finding,
    ]
    path = store_path or (settings.store_path if settings else None)
    if path is not None:
        found += [storage.store(path), storage.space(path), storage.monitor(path)]
    return found + _reach(settings, is_wanted=with_reach)


def _ping_count(settings: Settings | None) -> int:
    """Return how many replies may come at once: one round of every ping check."""
    if settings is None:
        return PINGS_WITHOUT_CONFIG_COUNT
    pings = (check.params for check in settings.inventory.checks.values() if check.probe == "icmp_echo")
    return sum(int(getattr(params, "count", 1)) for params in pings)


def _reach(settings: Settings | None, *, is_wanted: bool) -> list[Finding]:
    from bt_console.cli.doctor.finding import Finding

    if not is_wanted:
        return []
    if settings is None:
        return [Finding(name="reach", state=State.UNKNOWN, message=message("doctor.reach.no_config"))]
    from bt_console.cli.doctor import reach

    return reach.uplinks(settings)


def _document(findings: Sequence[Finding]) -> Document:
    return {
        "schema": "bt-console/doctor/1",
        "checks": [
            {
                "name": finding.name,
                "state": finding.state,
                "detail": say("en", finding.message),
                "detail_vi": say("vi", finding.message),
                "remedy": finding.remedy or None,
            }
            for finding in findings
        ],
    }


def _lines(findings: Sequence[Finding], language: str) -> list[str]:
    marks = [tell(language, f"doctor.state.{finding.state}") for finding in findings]
    width = max(len(mark) for mark in marks)
    indent = " " * (width + 2)
    lines: list[str] = []
    for mark, finding in zip(marks, findings, strict=True):
        first, *rest = wrap(say(language, finding.message), terminal_width(), indent)
        lines += [f"{mark:<{width}}  {first.strip()}", *rest]
        if finding.remedy:
            lines.append(f"{indent}$ {finding.remedy}")
    return lines


COMMAND = Command(name="doctor", help="cli.help.doctor", configure=_configure, run=_run)
