"""An incident for machines: what webhooks carry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bt_console.model.incident import Incident
from bt_console.model.inventory import Inventory
from bt_console.model.paging import Delivery
from bt_console.words import say

SCHEMA = "bt-console/notice/1"


def notice(delivery: Delivery, incident: Incident | None, inventory: Inventory) -> Mapping[str, Any]:
    """Return the JSON-ready document of one notice; without an incident it is about the alerting itself."""
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "district": inventory.district,
        "delivery": delivery.id,
        "kind": delivery.kind.value,
        "at": delivery.created_at.isoformat(),
        "incident": None,
    }
    if incident is not None:
        document["incident"] = _incident(incident, inventory)
    return document


def _incident(incident: Incident, inventory: Inventory) -> dict[str, Any]:
    cause, impact = incident.cause, incident.impact
    unit = inventory.units.get(cause.unit_id)
    return {
        "id": incident.id,
        "cause": cause.kind.value,
        "target": cause.target_id,
        "unit": cause.unit_id,
        "unit_name": unit.name if unit else cause.unit_id,
        "text": say(inventory.language, cause.message),
        "severity": incident.severity.value,
        "opened_at": incident.opened_at.isoformat(),
        "resolved_at": incident.resolved_at.isoformat() if incident.resolved_at else None,
        "acknowledged_by": incident.acknowledged_by,
        "units": list(impact.units),
        "services": list(impact.services),
        "targets_count": len(impact.targets),
    }
