"""What a configuration amounts to, for `check-config`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from bt_console.config.load import BUILTIN_FILE, Settings
from bt_console.model.inventory import Check, Role, UnitKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigSummary:
    """Counts and the resolved checks."""

    district: str
    units: tuple[tuple[UnitKind, int], ...]
    """Number of units of each kind there is."""
    targets: tuple[tuple[Role, int], ...]
    """Number of targets of each role there is."""
    checks: tuple[Check, ...]
    checks_per_s: float
    probes: tuple[tuple[str, int], ...]
    """Number of checks of each probe kind."""
    contacts_count: int
    channels: tuple[tuple[str, int], ...]
    """Number of channels of each kind."""
    schedules_count: int
    policies_count: int


def summarise(settings: Settings) -> ConfigSummary:
    """Return what a configuration amounts to."""
    inventory = settings.inventory
    checks = tuple(inventory.checks.values())
    return ConfigSummary(
        district=inventory.district,
        units=tuple(Counter(unit.kind for unit in inventory.units.values()).items()),
        targets=tuple(Counter(target.role for target in inventory.targets.values()).items()),
        checks=checks,
        checks_per_s=sum(1 / check.interval_s for check in checks),
        probes=tuple(sorted(Counter(check.probe for check in checks).items())),
        contacts_count=len(settings.oncall.contacts),
        channels=tuple(sorted(Counter(channel.kind for channel in settings.oncall.channels.values()).items())),
        schedules_count=len(settings.oncall.schedules),
        policies_count=len(settings.oncall.policies),
    )


def builtin_text() -> str:
    """Return the built-in defaults as they are written, with their comments."""
    return BUILTIN_FILE.read_text(encoding="utf-8")
