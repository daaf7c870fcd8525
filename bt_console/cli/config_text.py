"""What a configuration means, or all that is wrong with it, as text and JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from bt_console.cli.documents import Document
from bt_console.cli.probe_text import plain
from bt_console.cli.render import Column, table, terminal_width, wrap
from bt_console.cli.times import decimal
from bt_console.config.errors import ConfigProblem
from bt_console.config.load import Settings
from bt_console.config.summary import summarise
from bt_console.model.inventory import Check
from bt_console.words import tell

SCHEMA = "bt-console/check-config/1"


def problems_document(path: Path, problems: tuple[ConfigProblem, ...]) -> Document:
    """Return the document of a file that is not valid."""
    return {
        "schema": SCHEMA,
        "is_valid": False,
        "path": str(path),
        "problems": [dataclasses.asdict(problem) for problem in problems],
    }


def settings_document(settings: Settings) -> Document:
    """Return the document of a valid file, every check resolved."""
    summary = summarise(settings)
    return {
        "schema": SCHEMA,
        "is_valid": True,
        "path": str(settings.path),
        "problems": [],
        "revision": settings.revision,
        "district": summary.district,
        "timezone": settings.inventory.timezone,
        "language": settings.inventory.language,
        "store_path": str(settings.store_path),
        "keep_observations_s": settings.keep_observations_s,
        "nameservers": list(settings.nameservers),
        "trust_file": str(settings.trust_file) if settings.trust_file else None,
        "units_count": dict(summary.units),
        "targets_count": dict(summary.targets),
        "probes_count": dict(summary.probes),
        "approved_devices_count": len(settings.inventory.approvals),
        "checks_per_s": round(summary.checks_per_s, 3),
        "checks": [_check(check) for check in summary.checks],
    }


def _check(check: Check) -> Document:
    params = {field.name: plain(getattr(check.params, field.name)) for field in dataclasses.fields(check.params)}
    return {
        "id": check.id,
        "target": check.target_id,
        "probe": check.probe,
        "address": check.address,
        "params": params,
        "interval_s": check.interval_s,
        "timeout_s": check.timeout_s,
        "down_k": check.down_k,
        "down_n": check.down_n,
        "up_k": check.up_k,
        "thresholds": [dataclasses.asdict(threshold) for threshold in check.thresholds],
    }


def settings_lines(settings: Settings, language: str, *, with_checks: bool) -> list[str]:
    """Return a valid file's summary, and its checks where wanted."""
    summary = summarise(settings)
    rows = {
        "district": summary.district,
        "units": _listed({tell(language, f"kind.{kind}"): count for kind, count in summary.units}),
        "targets": _listed(dict(summary.targets)),
        "checks": _listed(dict(summary.probes)),
        "devices": str(len(settings.inventory.approvals)),
        "rate": decimal(summary.checks_per_s, 1, language),
        "store": str(settings.store_path),
    }
    titles = {name: tell(language, f"cli.check_config.{name}") for name in rows}
    width = max(len(title) for title in titles.values())
    lines = [tell(language, "cli.check_config.valid", path=settings.path)]
    for name, text in rows.items():
        first, *rest = wrap(text, terminal_width(), " " * (width + 4)) or [""]
        lines += [f"  {titles[name]:<{width}}  {first.strip()}", *rest]
    return [*lines, *(["", *_check_table(settings, language)] if with_checks else [])]


def _listed(counts: Mapping[str, int]) -> str:
    return f"{sum(counts.values())} ({', '.join(f'{count} {name}' for name, count in counts.items())})"


def _check_table(settings: Settings, language: str) -> list[str]:
    titles = ("check", "address", "interval")
    columns = [
        Column(title=tell(language, f"cli.column.{name}"), is_right=name == "interval", is_flexible=name == "check")
        for name in titles
    ]
    rows = [(check.id, check.address, f"{check.interval_s:g} s") for check in settings.inventory.checks.values()]
    return table(columns, rows, terminal_width())
