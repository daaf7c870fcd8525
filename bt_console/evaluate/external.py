"""Alerts of other monitors: which of them hold at present, and what is wrong by them.

Source: Alertmanager, API v2 and `resolve_timeout` (an alert without an end is over when it is not repeated).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import unquote

from bt_console.evaluate.foreign import Told
from bt_console.model.external import ExternalAlert
from bt_console.model.incident import CauseKind, Incident
from bt_console.model.inventory import TargetId, Unit, UnitId
from bt_console.words import message

FIRING_LIMIT = 2000
"""So many alerts are kept at once; whoever tells more is not believed the rest."""


def advance(
    known: Mapping[str, ExternalAlert],
    incoming: Iterable[ExternalAlert],
    now: datetime,
    *,
    resolve_after_s: float = 300.0,
) -> dict[str, ExternalAlert]:
    """Return what holds now, by fingerprint, after some were told (again)."""
    holding = {key: alert for key, alert in known.items() if _holds(alert, now, resolve_after_s)}
    for alert in incoming:
        before = holding.get(alert.fingerprint)
        if not _holds(alert, now, resolve_after_s):
            holding.pop(alert.fingerprint, None)
        elif before:
            holding[alert.fingerprint] = replace(alert, starts_at=min(alert.starts_at, before.starts_at))
        elif len(holding) < FIRING_LIMIT:
            holding[alert.fingerprint] = alert
    return holding


def _holds(alert: ExternalAlert, now: datetime, resolve_after_s: float) -> bool:
    return now < (alert.ends_at or alert.heard_at + timedelta(seconds=resolve_after_s))


def remembered(open_incidents: Iterable[Incident], now: datetime) -> dict[str, ExternalAlert]:
    """Return what to begin with after a restart: what was told before counts as told now, so that it is not over.

    The other monitor has until the usual time without a repeat to say so again.
    """
    found = [incident for incident in open_incidents if incident.cause.kind is CauseKind.EXTERNAL_ALERT]
    return {f"incident-{incident.id}": _remembered(incident, now) for incident in found}


def _remembered(incident: Incident, now: datetime) -> ExternalAlert:
    _, *fields = incident.cause.message.split("|")
    return ExternalAlert(
        fingerprint=f"incident-{incident.id}",
        name=next((unquote(field[5:]) for field in fields if field.startswith("name=")), ""),
        severity=incident.severity,
        starts_at=incident.opened_at,
        ends_at=None,
        heard_at=now,
        labels={"unit": incident.cause.unit_id},
    )


def told(firing: Iterable[ExternalAlert], units: Mapping[UnitId, Unit], hub_id: UnitId) -> tuple[Told, ...]:
    """Return one thing that is wrong per alert's name and unit, for the incidents; the unit is that of label `unit`."""
    groups: dict[tuple[str, UnitId], list[ExternalAlert]] = {}
    for alert in firing:
        named = UnitId(alert.labels.get("unit", ""))
        groups.setdefault((alert.name, named if named in units else hub_id), []).append(alert)
    return tuple(_told(name, unit_id, units, group) for (name, unit_id), group in groups.items())


def _told(name: str, unit_id: UnitId, units: Mapping[UnitId, Unit], group: list[ExternalAlert]) -> Told:
    first = min(group, key=lambda alert: (alert.starts_at, alert.fingerprint))
    unit = units[unit_id].name if unit_id in units else unit_id
    return Told(
        kind=CauseKind.EXTERNAL_ALERT,
        target_id=TargetId(unit_id),
        unit_id=unit_id,
        # Nothing that may change while it lasts: by its message an incident is known again.
        message=message("cause.external_alert", name=name, unit=unit),
        severity=max((alert.severity for alert in group), key=lambda severity: severity.gravity),
        detail=message(
            "step.external_alert", text=first.summary or first.name, count=len(group), at=first.starts_at.isoformat()
        ),
    )
