"""The exit code that says how the district is.

Source: return codes of the Monitoring Plugins Development Guidelines: 0 ok, 1 warning, 2 critical, 3 unknown.
"""

from __future__ import annotations

from bt_console.model.health import HealthState
from bt_console.model.incident import Severity
from bt_console.model.snapshot import EngineState, Snapshot


def exit_code(snapshot: Snapshot) -> int:
    """Return what monitoring plugins mean by 0 ok, 1 warning, 2 critical, 3 unknown."""
    severities = {item.severity for item in snapshot.open_incidents}
    if snapshot.engine.state is EngineState.STOPPED:
        return 3
    if Severity.CRITICAL in severities:
        return 2
    if severities:
        return 1
    return 3 if any(unit.state is HealthState.UNKNOWN for unit in snapshot.units) else 0
