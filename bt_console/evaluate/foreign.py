"""Incidents we did not find ourselves: another monitor's alerts, and jobs that stopped giving signs of life."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bt_console.evaluate.incidents import Docket
from bt_console.model.incident import Cause, CauseKind, Impact, Incident, Severity, Step
from bt_console.model.inventory import TargetId, UnitId


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Something that is wrong at present, as we were told."""

    kind: CauseKind
    target_id: TargetId
    unit_id: UnitId
    message: str
    """A message of words.say(); with kind and unit it is what makes it the same one."""
    severity: Severity
    detail: str = ""
    """A message of words.say() for the reasoning."""


def step(open_incidents: Sequence[Incident], told: Sequence[Told], next_id: int, now: datetime) -> Docket:
    """Open what is new, resolve what is told no more."""
    present = {_key_of(thing): thing for thing in told}
    known = {_key(incident): incident for incident in open_incidents}
    fresh = [thing for key, thing in present.items() if key not in known]
    opened = tuple(_open(thing, next_id + place, now) for place, thing in enumerate(fresh))
    kept = {key: replace(known[key], severity=present[key].severity) for key in known if key in present}
    return Docket(
        open=(*kept.values(), *opened),
        opened=opened,
        changed=tuple((known[key], after) for key, after in kept.items() if after != known[key]),
        resolved=tuple(replace(incident, resolved_at=now) for key, incident in known.items() if key not in present),
    )


def _key(incident: Incident) -> tuple[str, str, str]:
    return incident.cause.kind, incident.cause.unit_id, incident.cause.message


def _key_of(thing: Told) -> tuple[str, str, str]:
    return thing.kind, thing.unit_id, thing.message


def _open(thing: Told, incident_id: int, now: datetime) -> Incident:
    cause = Cause(
        kind=thing.kind,
        target_id=thing.target_id,
        unit_id=thing.unit_id,
        message=thing.message,
        steps=(Step(at=now, message=thing.detail),) if thing.detail else (),
    )
    return Incident(id=incident_id, cause=cause, impact=Impact(), severity=thing.severity, opened_at=now)
