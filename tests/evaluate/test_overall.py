from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bt_console.evaluate.overall import overall
from bt_console.model.health import HealthState
from bt_console.model.incident import Cause, CauseKind, Impact, Incident, Severity
from bt_console.model.inventory import TargetId, UnitId, UnitKind
from bt_console.model.snapshot import EngineState, EngineStatus, Snapshot, UnitView

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def district(state: HealthState, *severities: Severity) -> Snapshot:
    unit = UnitView(
        id=UnitId("a"),
        name="A",
        kind=UnitKind.COMMUNE,
        officials_count=None,
        state=state,
        since=None,
        lan=None,
        internet=None,
        tslcd=None,
    )
    return Snapshot(
        revision=1,
        at=NOW,
        district="",
        timezone="UTC",
        language="vi",
        units=(unit,),
        departments=(),
        infrastructure=(),
        services=(),
        incidents=tuple(incident(severity) for severity in severities),
        engine=EngineStatus(state=EngineState.RUNNING),
    )


def incident(severity: Severity) -> Incident:
    cause = Cause(
        kind=CauseKind.TSLCD_CORE_DOWN, target_id=TargetId("tslcd-core"), unit_id=UnitId("hub"), message="cause.x"
    )
    return Incident(id=1, cause=cause, impact=Impact(), severity=severity, opened_at=NOW)


@pytest.mark.parametrize(
    ("state", "severities", "worst"),
    [
        (HealthState.DEGRADED, (Severity.WARNING, Severity.CRITICAL), Severity.CRITICAL),
        (HealthState.UNREACHABLE, (Severity.WARNING,), Severity.WARNING),
        (HealthState.UP, (Severity.WARNING, Severity.INFO), Severity.WARNING),
        (HealthState.DOWN, (Severity.CRITICAL,), HealthState.DOWN),
        (HealthState.DEGRADED, (Severity.WARNING,), HealthState.DEGRADED),
        (HealthState.UP, (Severity.INFO,), HealthState.UP),
        (HealthState.UP, (), HealthState.UP),
    ],
)
def test_an_open_incident_is_said_only_when_it_is_worse_than_every_state(
    state: HealthState, severities: tuple[Severity, ...], worst: HealthState | Severity
) -> None:
    assert overall(district(state, *severities)) is worst


def test_a_resolved_incident_says_nothing() -> None:
    over = replace(incident(Severity.CRITICAL), resolved_at=NOW)
    assert overall(replace(district(HealthState.UP), incidents=(over,))) is HealthState.UP


def test_the_worst_of_nothing_is_unknown() -> None:
    assert overall(replace(district(HealthState.UP), units=())) is HealthState.UNKNOWN
