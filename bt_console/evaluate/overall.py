"""The one word that says how the district is."""

from __future__ import annotations

from bt_console.model.health import HealthState
from bt_console.model.incident import Severity
from bt_console.model.snapshot import Snapshot

WORST_FIRST = (
    HealthState.DOWN,
    HealthState.DEGRADED,
    HealthState.UNREACHABLE,
    HealthState.UNKNOWN,
    HealthState.UP,
)
_AS_BAD_AS = {Severity.CRITICAL: HealthState.DOWN, Severity.WARNING: HealthState.DEGRADED}


def overall(snapshot: Snapshot) -> HealthState | Severity:
    """Return the worst state of any unit, department or service, or an open incident's severity when that is worse.

    A dead core leaves every unit one path and what lies behind it unjudged: no state is DOWN, yet it is critical.
    """
    states = [unit.state for unit in (*snapshot.units, *snapshot.departments)]
    states += [service.state for service in snapshot.services]
    state = min(states, key=WORST_FIRST.index, default=HealthState.UNKNOWN)
    found = [incident.severity for incident in snapshot.open_incidents if incident.severity in _AS_BAD_AS]
    severity = min(found, key=_rank, default=None)
    return severity if severity is not None and _rank(severity) < WORST_FIRST.index(state) else state


def _rank(severity: Severity) -> int:
    return WORST_FIRST.index(_AS_BAD_AS[severity])
