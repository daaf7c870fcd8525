"""What a configuration means, or all that is wrong with it, as text and JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from bt_console.cli.documents import Document
from bt_console.cli.probe_text import plain
from bt_console.cli.render import Column, table, terminal_width, wrap
from bt_console.cli.times import decimal, zone
from bt_console.config.errors import ConfigProblem
from bt_console.config.load import Settings
from bt_console.config.summary import ConfigSummary, summarise
from bt_console.evaluate.oncall import rota
from bt_console.model.inventory import Check
from bt_console.model.oncall import OnCall, Shift
from bt_console.words import tell

SCHEMA = "bt-console/check-config/1"
_GAP_DAYS = 7


def problems_document(path: Path, problems: tuple[ConfigProblem, ...]) -> Document:
    """Return the document of a file that is not valid."""
    return {
        "schema": SCHEMA,
        "is_valid": False,
        "path": str(path),
        "problems": [dataclasses.asdict(problem) for problem in problems],
    }


def settings_document(settings: Settings, now: datetime) -> Document:
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
        "contacts_count": summary.contacts_count,
        "channels_count": dict(summary.channels),
        "schedules_count": summary.schedules_count,
        "policies_count": summary.policies_count,
        "gaps_s": {name: _length_s(gaps) for name, gaps in _gaps(settings.oncall, now).items()},
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


def _gaps(oncall: OnCall, now: datetime) -> dict[str, tuple[Shift, ...]]:
    """Return when nobody is on duty in the week that begins, by schedule. Stand-ins are known to the monitor only."""
    week = now + timedelta(days=_GAP_DAYS)
    return {name: rota.gaps(schedule, (), now, week) for name, schedule in oncall.schedules.items()}


def _length_s(gaps: tuple[Shift, ...]) -> float:
    return sum((gap.ends_at - gap.starts_at).total_seconds() for gap in gaps)


def settings_lines(settings: Settings, language: str, now: datetime, *, with_checks: bool) -> list[str]:
    """Return a valid file's summary, and its checks where wanted."""
    summary = summarise(settings)
    rows = {
        "district": summary.district,
        "units": _listed({tell(language, f"kind.{kind}"): count for kind, count in summary.units}),
        "targets": _listed(dict(summary.targets)),
        "checks": _listed(dict(summary.probes)),
        "devices": str(len(settings.inventory.approvals)),
        "oncall": _oncall(summary, language),
        "gaps": _gap_text(settings.oncall, language, now),
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


def _oncall(summary: ConfigSummary, language: str) -> str:
    return tell(
        language,
        "cli.check_config.oncall_counts",
        contacts=summary.contacts_count,
        channels=sum(count for _, count in summary.channels),
        kinds=", ".join(kind for kind, _ in summary.channels),
        schedules=summary.schedules_count,
        policies=summary.policies_count,
    )


def _gap_text(oncall: OnCall, language: str, now: datetime) -> str:
    if not oncall.schedules:
        return tell(language, "cli.check_config.no_schedule")
    local = zone(oncall.timezone)
    texts = [
        tell(
            language,
            "cli.check_config.gap",
            schedule=gap.schedule,
            start=f"{gap.starts_at.astimezone(local):%d/%m %H:%M}",
            end=f"{gap.ends_at.astimezone(local):%d/%m %H:%M}",
            fallback=gap.contact,
        )
        for gaps in _gaps(oncall, now).values()
        for gap in gaps
    ]
    return "; ".join(texts) or tell(language, "cli.check_config.no_gaps")


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
