"""Runs one benchmark or all of them: `python -m benchmarks [NAME]`; appends to benchmarks/results.jsonl."""

from __future__ import annotations

import dataclasses
import importlib
import json
import os
import pkgutil
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import benchmarks
from benchmarks import Figure, Result, Unavailable

RECORD = Path(__file__).with_name("results.jsonl")
_COLUMNS = "{:<44} {:>10} {:>10} {:>8} {:>15}  {}"


def names() -> list[str]:
    """Return the names of all benchmarks."""
    found = (module.name for module in pkgutil.iter_modules(benchmarks.__path__))
    return sorted(name for name in found if not name.startswith("_"))


def table(name: str, result: Result) -> str:
    """Return the result as text: medians, the ratio and its spread, the aim."""
    versus = f" against {result.peer}" if result.peer else ""
    rounds = max((len(figure.ours) for figure in result.figures), default=0)
    lines = [
        f"{name}{versus}, medians of {rounds} rounds",
        _COLUMNS.format("", "ours", "peer", "ratio", "spread", "aim"),
    ]
    lines += [_row(figure) for figure in result.figures]
    return "\n".join([*lines, *(f"  {remark}" for remark in result.remarks), ""])


def _row(figure: Figure) -> str:
    ratios = figure.ratios
    has_peer = bool(figure.peers)
    return _COLUMNS.format(
        f"{figure.what}, {figure.unit}",
        f"{median(figure.ours):.4g}",
        f"{median(figure.peers):.4g}" if has_peer else "",
        f"{median(ratios):.2f}" if has_peer else "",
        f"{min(ratios):.3g} - {max(ratios):.3g}",
        _aim(figure),
    ).rstrip()


def _aim(figure: Figure) -> str:
    if figure.is_reached is None:
        return ""
    limits = [f"<= {figure.at_most:g}"] if figure.at_most is not None else []
    limits += [f">= {figure.at_least:g}"] if figure.at_least is not None else []
    return f"{' and '.join(limits)}: {'reached' if figure.is_reached else 'MISSED'}"


def record(name: str, result: Result, at: datetime) -> None:
    """Append the result, and what it was measured on, as one line of JSON."""
    line = {
        "schema": "bt-console/benchmark/1",
        "name": name,
        "at": at.isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "kernel": platform.release(),
        "core_count": os.cpu_count(),
        "load": os.getloadavg()[0],
        **dataclasses.asdict(result),
    }
    with RECORD.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def main(arguments: list[str]) -> int:
    wanted = arguments or names()
    unknown = [name for name in wanted if name not in names()]
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are: {', '.join(names())}", file=sys.stderr)
        return 2
    for name in wanted:
        try:
            result: Result = importlib.import_module(f"benchmarks.{name}").run()
        except Unavailable as reason:
            print(f"{name}: not measured, {reason}\n", flush=True)
            continue
        record(name, result, datetime.now(UTC))
        print(table(name, result), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
