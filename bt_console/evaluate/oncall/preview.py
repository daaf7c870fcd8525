"""What a silence would hide, before anybody makes it: now, and in what has been; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bt_console.evaluate.oncall.matching import labels_hold, matches
from bt_console.evaluate.oncall.muting import NEVER_MUTED
from bt_console.model.incident import Incident, Severity
from bt_console.model.inventory import Inventory, Target, TargetId, UnitId
from bt_console.model.oncall import Match


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a match covers."""

    targets: tuple[TargetId, ...]
    """In the order of the inventory."""
    units: tuple[UnitId, ...]
    """Those whose targets they are."""
    open_incidents: tuple[int, ...]
    """Hidden at once."""
    wider_incidents: tuple[int, ...]
    """Open, begin within the match and hurt units beyond it: not hidden."""
    past_incidents_count: int
    """Over by now; would have been hidden."""
    past_critical_count: int

    @property
    def targets_count(self) -> int:
        """How many targets lie within it."""
        return len(self.targets)

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing at all would be hidden: more likely a slip than a wish."""
        return not (self.targets or self.open_incidents or self.past_incidents_count)


def preview(match: Match, incidents: Iterable[Incident], inventory: Inventory, now: datetime) -> Preview:
    """Return what a silence would cover now, and would have covered of the incidents given."""
    targets = [target for target in inventory.targets.values() if _lies_in(match, target, inventory)]
    mutable = [incident for incident in incidents if incident.cause.kind not in NEVER_MUTED]
    hidden = [incident for incident in mutable if matches(match, incident, inventory, whole_impact=True)]
    begun = [incident for incident in mutable if matches(match, incident, inventory)]
    past = [incident for incident in hidden if not _is_open(incident, now)]
    open_ids = tuple(incident.id for incident in hidden if _is_open(incident, now))
    return Preview(
        targets=tuple(target.id for target in targets),
        units=tuple(dict.fromkeys(target.unit_id for target in targets)),
        open_incidents=open_ids,
        wider_incidents=tuple(
            incident.id for incident in begun if _is_open(incident, now) and incident.id not in open_ids
        ),
        past_incidents_count=len(past),
        past_critical_count=sum(incident.severity is Severity.CRITICAL for incident in past),
    )


def _is_open(incident: Incident, now: datetime) -> bool:
    return incident.resolved_at is None or incident.resolved_at > now


def _lies_in(match: Match, target: Target, inventory: Inventory) -> bool:
    return (
        (not match.units or target.unit_id in match.units)
        and (not match.targets or target.id in match.targets)
        and (not match.roles or target.role in match.roles)
        and labels_hold(match, target, inventory.units.get(target.unit_id))
    )
