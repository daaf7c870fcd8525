"""Values of the model as rows for sql.py's statements."""

from __future__ import annotations

from typing import Any

from bt_console.model.device import Device
from bt_console.model.health import CheckHealth, TargetHealth, Transition
from bt_console.model.incident import Incident
from bt_console.model.observation import Observation
from bt_console.model.route import Route
from bt_console.model.snapshot import EngineStatus, Event
from bt_console.store.codec import dump, dump_impact, dump_mapping, dump_samples, dump_steps, maybe_micros, micros

Row = tuple[Any, ...]


def health(value: CheckHealth, check_key: int, revision: int) -> Row:
    """Return a row for PUT_HEALTH."""
    return (
        check_key,
        revision,
        value.state,
        maybe_micros(value.since),
        maybe_micros(value.last_good_at),
        value.is_stale,
        dump(value.facts),
        dump(value.measures),
        dump_samples(value.samples),
    )


def target(value: TargetHealth, revision: int) -> Row:
    """Return a row for PUT_TARGET."""
    since = micros(value.since)
    return (value.target_id, revision, value.state, since, value.reason, value.explained_by, value.is_stale)


def observation(value: Observation, check_key: int, facts_id: int | None) -> Row:
    """Return a row for ADD_OBSERVATION."""
    reading = value.reading
    return (
        value.seq,
        check_key,
        micros(value.due_at),
        value.seq if value.is_confirmation else 0,
        micros(value.started_at),
        round(value.duration_s * 1e6),
        reading.outcome,
        reading.failure,
        reading.detail or None,
        facts_id,
        dump_mapping(reading.measures),
        value.vantage_id,
    )


def transition(value: Transition) -> Row:
    """Return a row for ADD_TRANSITION."""
    return (micros(value.at), value.target_id, value.before, value.after, value.reason, value.observation_seq)


def incident(value: Incident, revision: int) -> Row:
    """Return a row for PUT_INCIDENT."""
    cause = value.cause
    return (
        value.id,
        revision,
        cause.kind,
        cause.target_id,
        cause.unit_id,
        cause.message,
        value.severity,
        micros(value.opened_at),
        maybe_micros(value.last_good_at),
        maybe_micros(value.resolved_at),
        maybe_micros(value.acknowledged_at),
        value.acknowledged_by,
        maybe_micros(value.acknowledged_until),
        value.flaps_count,
        dump_impact(value.impact),
        dump_steps(cause.steps),
    )


def event(value: Event) -> Row:
    """Return a row for ADD_EVENT."""
    at = micros(value.at)
    return (value.seq, at, value.kind, value.subject, value.unit_id, value.message, value.incident_id)


def device(value: Device) -> Row:
    """Return a row for PUT_DEVICE."""
    return (
        value.mac,
        value.unit_id,
        value.state,
        value.name,
        value.address,
        value.port,
        value.vendor,
        value.approved_unit_id,
        maybe_micros(value.first_seen_at),
        maybe_micros(value.last_seen_at),
        maybe_micros(value.port_since),
        maybe_micros(value.missed_since),
    )


def route(value: Route, check_key: int) -> Row:
    """Return a row for PUT_ROUTE."""
    return (
        check_key,
        value.route_hash,
        dump(value.hops),
        micros(value.first_seen_at),
        micros(value.last_seen_at),
        value.seen_count,
        maybe_micros(value.accepted_at),
        maybe_micros(value.alternated_at),
    )


def engine(value: EngineStatus, revision: int) -> Row:
    """Return a row for PUT_ENGINE."""
    return (
        revision,
        value.state,
        maybe_micros(value.started_at),
        maybe_micros(value.last_tick_at),
        value.lag_s,
        value.backlog_count,
        value.checks_per_s,
        value.detect_p50_s,
        value.detect_p95_s,
        value.config_error,
        value.icmp_mode,
    )
