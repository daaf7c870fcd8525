"""The JSON documents of status, incidents and events: a contract, described key by key in docs/json.md."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from bt_console.model.incident import Incident, Step
from bt_console.model.snapshot import CheckView, EngineStatus, Event, Snapshot, TargetView, UnitView
from bt_console.words import say

Document = dict[str, Any]

PHASES = ("dns", "connect", "tls", "first_byte", "body", "total")
"""Parts of a web request, in order; the measure of each is `<phase>_s`."""

_CERTIFICATE_DAYS = "certificate_days_left"


def instant(at: datetime | None) -> str | None:
    """Return an instant as ISO 8601 in UTC with milliseconds."""
    return None if at is None else at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def status(snapshot: Snapshot) -> Document:
    """Return the document of `status --json`."""
    return {
        "schema": "bt-console/status/1",
        "revision": snapshot.revision,
        "at": instant(snapshot.at),
        "district": snapshot.district,
        "units": [_unit(unit) for unit in snapshot.units],
        "departments": [_unit(unit) for unit in snapshot.departments],
        "services": [_service(target) for target in snapshot.services],
        "infrastructure": [_infrastructure(target) for target in snapshot.infrastructure],
        "incidents": [incident(item) for item in snapshot.incidents],
        "engine": _engine(snapshot.engine),
    }


def unit_detail(snapshot: Snapshot, unit: UnitView) -> Document:
    """Return the document of `status UNIT --json`."""
    links = [target for target in (unit.lan, unit.internet, unit.tslcd) if target is not None]
    return {
        "schema": "bt-console/status-unit/1",
        "revision": snapshot.revision,
        "at": instant(snapshot.at),
        "unit": _unit(unit) | {"officials_count": unit.officials_count},
        "targets": [_target_detail(target) for target in (*links, *unit.devices)],
        "incidents": [incident(item) for item in snapshot.incidents if item.id in unit.incident_ids],
        "engine": _engine(snapshot.engine),
    }


def _unit(unit: UnitView) -> Document:
    return {
        "id": unit.id,
        "name": unit.name,
        "kind": unit.kind,
        "state": unit.state,
        "since": instant(unit.since),
        "lan": _link(unit.lan),
        "internet": _link(unit.internet),
        "tslcd": _link(unit.tslcd),
        "incidents": list(unit.incident_ids),
    }


def _link(target: TargetView | None) -> Document | None:
    if target is None:
        return None
    return {
        "state": target.state,
        "rtt_ms": _rounded(target.rtt_ms, 3),
        "loss_ratio": _rounded(target.loss_ratio, 4),
        "since": instant(target.since),
    }


def _target(target: TargetView) -> Document:
    return {
        "id": target.id,
        "name": target.name,
        "state": target.state,
        "since": instant(target.since),
        "reason": say("en", target.reason) if target.reason else "",
        "reason_vi": say("vi", target.reason) if target.reason else "",
        "incident": target.explained_by,
        "path": target.path or None,
        "rtt_ms": _rounded(target.rtt_ms, 3),
        "loss_ratio": _rounded(target.loss_ratio, 4),
    }


def _infrastructure(target: TargetView) -> Document:
    return _target(target) | {"role": target.role, "address": target.address}


def _service(target: TargetView) -> Document:
    # The first check of a service is the one that acts as its users do: where two measured the same, its word stands.
    measures = {name: value for check in reversed(target.checks) for name, value in check.measures}
    phases = {phase: _milliseconds(measures.get(f"{phase}_s")) for phase in PHASES}
    return _target(target) | {
        "address": target.address,
        "phases_ms": phases,
        "certificate_days_left": _rounded(measures.get(_CERTIFICATE_DAYS), 2),
    }


def _target_detail(target: TargetView) -> Document:
    return _infrastructure(target) | {"checks": [_check(check) for check in target.checks]}


def _check(check: CheckView) -> Document:
    newest = check.samples[-1] if check.samples else None
    return {
        "id": check.id,
        "probe": check.probe,
        "state": check.state,
        "is_stale": check.is_stale,
        "interval_s": check.interval_s,
        "last_at": instant(newest.started_at) if newest else None,
        "detail": newest.detail if newest else "",
        "measures": dict(check.measures),
        "facts": dict(check.facts),
    }


def incident(item: Incident) -> Document:
    """Return one incident, as it stands in `status` and `incidents`."""
    return {
        "id": item.id,
        "cause": {
            "kind": item.cause.kind,
            "target": item.cause.target_id,
            "unit": item.cause.unit_id,
            "explanation": say("en", item.cause.message),
            "explanation_vi": say("vi", item.cause.message),
            "steps": [_step(step) for step in item.cause.steps],
        },
        "impact": {
            "units": list(item.impact.units),
            "services": list(item.impact.services),
            "targets": list(item.impact.targets),
            "unseen_units": list(item.impact.unseen_units),
        },
        "severity": item.severity,
        "opened_at": instant(item.opened_at),
        "last_good_at": instant(item.last_good_at),
        "resolved_at": instant(item.resolved_at),
        "acknowledged_at": instant(item.acknowledged_at),
        "acknowledged_by": item.acknowledged_by or None,
    }


def _step(step: Step) -> Document:
    return {
        "at": instant(step.at),
        "text": say("en", step.message),
        "text_vi": say("vi", step.message),
        "observation": step.observation_seq,
    }


def _engine(engine: EngineStatus) -> Document:
    return {
        "state": engine.state,
        "started_at": instant(engine.started_at),
        "last_tick_at": instant(engine.last_tick_at),
        "lag_s": _rounded(engine.lag_s, 3),
        "backlog": engine.backlog_count,
        "checks_per_s": _rounded(engine.checks_per_s, 2),
        "detect_p50_s": _rounded(engine.detect_p50_s, 2),
        "detect_p95_s": _rounded(engine.detect_p95_s, 2),
        "config_error": engine.config_error or None,
        "icmp_mode": engine.icmp_mode or None,
    }


def incidents(items: Sequence[Incident]) -> Document:
    """Return the document of `incidents --json`."""
    return {"schema": "bt-console/incidents/1", "incidents": [incident(item) for item in items]}


def incident_detail(item: Incident, events: Sequence[Event]) -> Document:
    """Return the document of `incidents show ID --json`."""
    return {
        "schema": "bt-console/incident/1",
        "incident": incident(item),
        "events": [event_fields(event) for event in events],
    }


def event(item: Event) -> Document:
    """Return one line of `events --json`."""
    return {"schema": "bt-console/event/1"} | event_fields(item)


def event_fields(item: Event) -> Document:
    """Return one event as it stands inside another document."""
    return {
        "seq": item.seq,
        "at": instant(item.at),
        "kind": item.kind,
        "subject": item.subject,
        "unit": item.unit_id,
        "incident": item.incident_id,
        "text": say("en", item.message),
        "text_vi": say("vi", item.message),
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 3)
