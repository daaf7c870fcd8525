"""Finding one thing of a snapshot by its id."""

from __future__ import annotations

from collections.abc import Iterator

from bt_console.model.inventory import CheckId, TargetId
from bt_console.model.snapshot import CheckView, Snapshot, TargetView, UnitView


def unit_targets(unit: UnitView) -> Iterator[TargetView]:
    """Yield a unit's links, then its devices."""
    yield from (target for target in (unit.tslcd, unit.lan, unit.internet) if target is not None)
    yield from unit.devices


def targets(snapshot: Snapshot) -> dict[TargetId, TargetView]:
    """Return every target by id."""
    found = [*snapshot.infrastructure, *snapshot.services]
    for unit in (*snapshot.units, *snapshot.departments):
        found += unit_targets(unit)
    return {target.id: target for target in found}


def check_of(snapshot: Snapshot, check_id: CheckId) -> tuple[TargetView, CheckView] | None:
    """Return a check with its target."""
    for target in targets(snapshot).values():
        for check in target.checks:
            if check.id == check_id:
                return target, check
    return None
