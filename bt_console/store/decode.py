"""Rows of sql.py's statements as values of the model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bt_console.model.change import Command
from bt_console.model.device import Device, DeviceState
from bt_console.model.health import CheckHealth, HealthState, TargetHealth
from bt_console.model.incident import Cause, CauseKind, Incident, Severity
from bt_console.model.inventory import UnitId
from bt_console.model.observation import Observation
from bt_console.model.route import Route
from bt_console.model.snapshot import DeviceCounts, EngineState, EngineStatus, Event
from bt_console.store.codec import (
    instant,
    maybe_instant,
    parse,
    parse_facts,
    parse_impact,
    parse_pairs,
    parse_samples,
    parse_steps,
)
from probes.api import FailureKind, Outcome, Reading

Row = tuple[Any, ...]


def health(row: Row) -> CheckHealth:
    """Return a row of HEALTHS."""
    check_id, state, since, last_good_at, is_stale, facts, measures, samples = row
    return CheckHealth(
        check_id=check_id,
        state=HealthState(state),
        since=maybe_instant(since),
        samples=parse_samples(samples),
        last_good_at=maybe_instant(last_good_at),
        is_stale=bool(is_stale),
        facts=parse_pairs(facts),
        measures=parse_pairs(measures),
    )


def target(row: Row) -> TargetHealth:
    """Return a row of TARGETS."""
    target_id, state, since, reason, explained_by, is_stale = row
    return TargetHealth(
        target_id=target_id,
        state=HealthState(state),
        since=instant(since),
        reason=reason,
        explained_by=explained_by,
        is_stale=bool(is_stale),
    )


def incident(row: Row) -> Incident:
    """Return a row of INCIDENT and its relatives."""
    key, kind, target_id, unit_id, message, severity, opened, last_good, resolved, *rest = row
    acked, acked_by, acked_until, flaps_count, impact, steps = rest
    return Incident(
        id=key,
        cause=Cause(
            kind=CauseKind(kind), target_id=target_id, unit_id=unit_id, message=message, steps=parse_steps(steps)
        ),
        impact=parse_impact(impact),
        severity=Severity(severity),
        opened_at=instant(opened),
        last_good_at=maybe_instant(last_good),
        resolved_at=maybe_instant(resolved),
        acknowledged_at=maybe_instant(acked),
        acknowledged_by=acked_by,
        acknowledged_until=maybe_instant(acked_until),
        flaps_count=flaps_count,
    )


def event(row: Row) -> Event:
    """Return a row of EVENTS or INCIDENT_EVENTS."""
    seq, at, kind, subject, unit_id, message, incident_id = row
    return Event(
        seq=seq,
        at=instant(at),
        kind=kind,
        subject=subject,
        unit_id=unit_id,
        message=message,
        incident_id=incident_id,
    )


def device(row: Row) -> Device:
    """Return a row of DEVICES or UNIT_DEVICES."""
    mac, unit_id, state, name, address, port, vendor, approved_unit_id, first_seen, last_seen, port_since, missed = row
    return Device(
        mac=mac,
        unit_id=unit_id,
        state=DeviceState(state),
        name=name,
        address=address,
        port=port,
        vendor=vendor,
        approved_unit_id=approved_unit_id,
        first_seen_at=maybe_instant(first_seen),
        last_seen_at=maybe_instant(last_seen),
        port_since=maybe_instant(port_since),
        missed_since=maybe_instant(missed),
    )


def device_counts(rows: Iterable[Row]) -> dict[UnitId, DeviceCounts]:
    """Return rows of DEVICE_COUNTS by unit."""
    found: dict[UnitId, DeviceCounts] = {}
    for unit_id, state, count in rows:
        found[unit_id] = (*found.get(unit_id, ()), (DeviceState(state), count))
    return found


def route(row: Row) -> Route:
    """Return a row of ROUTES or CHECK_ROUTES."""
    check_id, route_hash, hops, first_seen, last_seen, seen_count, accepted, alternated = row
    return Route(
        check_id=check_id,
        route_hash=route_hash,
        hops=tuple(parse(hops)),
        first_seen_at=instant(first_seen),
        last_seen_at=instant(last_seen),
        seen_count=seen_count,
        accepted_at=maybe_instant(accepted),
        alternated_at=maybe_instant(alternated),
    )


def engine(row: Row) -> EngineStatus:
    """Return a row of ENGINE."""
    state, started, last_tick, lag_s, backlog, checks_per_s, p50_s, p95_s, config_error, icmp_mode = row
    return EngineStatus(
        state=EngineState(state),
        started_at=maybe_instant(started),
        last_tick_at=maybe_instant(last_tick),
        lag_s=lag_s,
        backlog_count=backlog,
        checks_per_s=checks_per_s,
        detect_p50_s=p50_s,
        detect_p95_s=p95_s,
        config_error=config_error,
        icmp_mode=icmp_mode,
    )


def command(row: Row) -> Command:
    """Return a row of COMMANDS_WAITING."""
    key, at, by, verb, subject = row
    return Command(id=key, at=instant(at), by=by, verb=verb, subject=subject)


def observation(check_id: Any, row: Row) -> Observation:
    """Return a row of HISTORY."""
    seq, vantage_id, due, started, duration_us, confirmation_seq, outcome, failure, detail, measures, facts = row
    return Observation(
        seq=seq,
        check_id=check_id,
        vantage_id=vantage_id,
        due_at=instant(due),
        started_at=instant(started),
        duration_s=duration_us / 1e6,
        reading=Reading(
            outcome=Outcome(outcome),
            failure=FailureKind(failure) if failure else None,
            measures=parse(measures),
            facts=parse_facts(facts) if facts else {},
            detail=detail or "",
        ),
        is_confirmation=confirmation_seq != 0,
    )
