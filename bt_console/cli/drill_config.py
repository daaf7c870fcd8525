"""The configuration a drill monitors with: a copy in which nothing depends on the hour or the day it is played."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ANY_NUMBER = "1000/1m"
"""Faults follow each other faster than in any year of life: limits per person and channel would hold back pages."""
QUICK_HOLD = "10s"
"""How long a quick drill waits after a recovery until it is told."""


@contextmanager
def drill_config(path: Path, *, is_quick: bool) -> Iterator[Path]:
    """Write the copy where it lives as long as the block. Raises ConfigErrors."""
    # Imported here: only a drill reads a configuration without loading it.
    import yaml

    from bt_console.config.yaml_reader import parse, read_file

    data = parse(read_file(path), str(path)).data
    text = yaml.safe_dump(rewritten(data, path.absolute().parent, is_quick=is_quick), allow_unicode=True)
    with TemporaryDirectory(prefix="bt-console-drill-") as directory:
        copy = Path(directory) / "config.yaml"
        copy.write_text(text, encoding="utf-8")
        yield copy


def rewritten(data: dict[str, Any], home: Path, *, is_quick: bool) -> dict[str, Any]:
    """Return a configuration without hours, limits, weekly drill, maintenance and heartbeats.

    Its files are found from anywhere.
    """
    made = {**data, **{key: str(home / data[key]) for key in ("trust_file", "devices_file") if data.get(key)}}
    if not isinstance(data.get("oncall"), dict):
        return made
    dated = ("drill", "maintenance", "heartbeats", "listen")
    oncall = {key: value for key, value in data["oncall"].items() if key not in dated}
    policies = {name: _policy(policy, is_quick=is_quick) for name, policy in (oncall.get("policies") or {}).items()}
    schedules = {name: _schedule(schedule, home) for name, schedule in (oncall.get("schedules") or {}).items()}
    channels = {name: _unlimited(channel) for name, channel in (oncall.get("channels") or {}).items()}
    storm = {**(oncall.get("storm") or {}), "per_contact": ANY_NUMBER}
    own = {"policies": policies, "schedules": schedules, "channels": channels, "storm": storm}
    return {**made, "oncall": {**oncall, **own}}


def _unlimited(channel: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in channel.items() if key != "limit"}


def _policy(policy: dict[str, Any], *, is_quick: bool) -> dict[str, Any]:
    kept = {key: value for key, value in policy.items() if key != "hours"}
    return {**kept, "hold": QUICK_HOLD} if is_quick else kept


def _schedule(schedule: dict[str, Any], home: Path) -> dict[str, Any]:
    written = home / str(schedule.get("holidays") or "")
    return {**schedule, "holidays": str(written)} if written.is_file() else schedule
