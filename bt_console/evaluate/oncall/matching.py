"""Whether a rule speaks of an incident, and which route it takes; pure."""

from __future__ import annotations

from bt_console.model.incident import Incident
from bt_console.model.inventory import Inventory, Target, Unit
from bt_console.model.oncall import Match, OnCall, Route


def matches(match: Match, incident: Incident, inventory: Inventory, *, whole_impact: bool = False) -> bool:
    """Return whether every field of a match that is not empty holds.

    `whole_impact` is for mutes: what reaches beyond the units written is not hidden by them.
    """
    cause = incident.cause
    target = inventory.targets.get(cause.target_id)
    hurt = {cause.unit_id, *incident.impact.units} if whole_impact else {cause.unit_id}
    return (
        (not match.kinds or cause.kind in match.kinds)
        and (match.min_severity is None or incident.severity.gravity >= match.min_severity.gravity)
        and (not match.units or hurt <= match.units)
        and (not match.targets or cause.target_id in match.targets)
        and (not match.roles or (target is not None and target.role in match.roles))
        and labels_hold(match, target, inventory.units.get(cause.unit_id))
    )


def labels_hold(match: Match, target: Target | None, unit: Unit | None) -> bool:
    """Return whether a target or its unit has every label of a match."""
    labels = [holder.labels for holder in (target, unit) if holder is not None]
    return all(any(held.get(name) == value for held in labels) for name, value in match.labels.items())


def route_of(oncall: OnCall, incident: Incident, inventory: Inventory) -> Route:
    """Return the first route that matches; where none does, one to the first policy."""
    first = next(iter(oncall.policies), "")
    found = (route for route in oncall.routes if matches(route.match, incident, inventory))
    return next(found, Route(match=Match(), policy=first))
