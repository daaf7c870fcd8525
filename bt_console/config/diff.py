"""What a new inventory changes, so that a reload moves only the checks that differ."""

from __future__ import annotations

from dataclasses import dataclass

from bt_console.model.inventory import CheckId, Inventory


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryDiff:
    """Ids of checks, in the order of the inventory they are in."""

    added: tuple[CheckId, ...] = ()
    removed: tuple[CheckId, ...] = ()
    changed: tuple[CheckId, ...] = ()
    """In both, but measured otherwise, or of a target with another address."""


def diff(old: Inventory, new: Inventory) -> InventoryDiff:
    """Return which checks appear, vanish or differ."""
    return InventoryDiff(
        added=tuple(check for check in new.checks if check not in old.checks),
        removed=tuple(check for check in old.checks if check not in new.checks),
        changed=tuple(check for check in new.checks if check in old.checks and _differs(old, new, check)),
    )


def _differs(old: Inventory, new: Inventory, check: CheckId) -> bool:
    before, after = old.checks[check], new.checks[check]
    return before != after or old.targets[before.target_id].address != new.targets[after.target_id].address
