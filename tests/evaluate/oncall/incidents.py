"""Incidents of the small district, for tests of what speaks of them."""

from __future__ import annotations

from datetime import UTC, datetime

from bt_console.model.incident import Cause, CauseKind, Impact, Incident, Severity
from bt_console.model.inventory import Inventory, TargetId, UnitId
from tests.evaluate.district import district

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
DISTRICT: Inventory = district(4)
UNITS = tuple(unit for unit in DISTRICT.units if unit != "hub")


def incident(
    target: str,
    kind: CauseKind = CauseKind.TSLCD_DOWN,
    *,
    number: int = 1,
    severity: Severity = Severity.CRITICAL,
    units: tuple[str, ...] = (),
    resolved_at: datetime | None = None,
) -> Incident:
    """Return an incident at a target, which hurts its own unit and others."""
    target_id = TargetId(target)
    known = DISTRICT.targets.get(target_id)
    unit = known.unit_id if known else UnitId("gone")
    return Incident(
        id=number,
        cause=Cause(kind=kind, target_id=target_id, unit_id=unit, message=""),
        impact=Impact(units=tuple(map(UnitId, units)) or (unit,)),
        severity=severity,
        opened_at=NOW,
        resolved_at=resolved_at,
    )
