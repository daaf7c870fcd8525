"""Everything a front end shows, at one revision of the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bt_console.model.device import DeviceState
from bt_console.model.health import HealthState, Sample
from bt_console.model.incident import Incident
from bt_console.model.inventory import CheckId, Role, TargetId, UnitId, UnitKind
from bt_console.model.oncall import Mute, OnCall, Shift
from bt_console.model.paging import Call, ChannelHealth


class EngineState(StrEnum):
    """Is anybody measuring?"""

    RUNNING = "running"
    LATE = "late"
    """It runs but is behind its schedule, or could not measure."""
    STOPPED = "stopped"
    """No sign of life for longer than LATE_AFTER_S."""


LATE_AFTER_S = 5.0
DeviceCounts = tuple[tuple[DeviceState, int], ...]
"""How many devices of a unit are in each state; states without any are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStatus:
    """The monitor's own condition, written by it every second."""

    state: EngineState
    started_at: datetime | None = None
    last_tick_at: datetime | None = None
    lag_s: float = 0.0
    """How late the schedule runs: newest dispatch minus its due time."""
    backlog_count: int = 0
    """Checks due and not yet started."""
    checks_per_s: float = 0.0
    detect_p50_s: float | None = None
    """Last good reading to opened incident, over recent incidents; None before the first."""
    detect_p95_s: float | None = None
    config_error: str = ""
    """Why the newest config file is not in force; empty when it is."""
    icmp_mode: str = ""
    """`raw`, `datagram` or empty before the first ping."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    """One check with what it last said."""

    id: CheckId
    probe: str
    state: HealthState
    is_stale: bool
    interval_s: float
    samples: tuple[Sample, ...]
    """Oldest first, at most SAMPLES_KEPT."""
    measures: tuple[tuple[str, float], ...]
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetView:
    """One target as the diagnosis sees it. A stale target is shown UNKNOWN, never with its old state."""

    id: TargetId
    unit_id: UnitId
    role: Role
    name: str
    address: str
    path: str
    """`internet`, `tslcd` or empty."""
    state: HealthState
    since: datetime | None
    reason: str
    """A message of words.say()."""
    explained_by: int | None
    is_stale: bool
    rtt_ms: float | None
    loss_ratio: float | None
    checks: tuple[CheckView, ...]
    depends_on: tuple[TargetId, ...] = ()

    @property
    def samples(self) -> tuple[Sample, ...]:
        """The smoke of its first check."""
        return self.checks[0].samples if self.checks else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitView:
    """One unit as a row."""

    id: UnitId
    name: str
    kind: UnitKind
    officials_count: int | None
    state: HealthState
    since: datetime | None
    lan: TargetView | None
    internet: TargetView | None
    tslcd: TargetView | None
    devices: tuple[TargetView, ...] = ()
    incident_ids: tuple[int, ...] = ()
    """Open incidents that name or explain it."""
    device_counts: DeviceCounts = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxView:
    """How well messages get away."""

    queued_count: int = 0
    """Waiting or being sent; those held back on purpose are not counted."""
    oldest_at: datetime | None = None
    """When the oldest of them was written."""
    dead_count: int = 0
    """Found undeliverable in the last 24 hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The whole district at one revision."""

    revision: int
    at: datetime
    district: str
    timezone: str
    language: str
    units: tuple[UnitView, ...]
    """Communes and towns, in the configuration's order."""
    departments: tuple[UnitView, ...]
    infrastructure: tuple[TargetView, ...]
    """Hub, uplinks, anchors, core, name servers."""
    services: tuple[TargetView, ...]
    incidents: tuple[Incident, ...]
    """Open ones, newest first, then those resolved in the last 24 hours."""
    engine: EngineStatus
    calls: tuple[Call, ...] = ()
    """Of the incidents here, in their order; an incident nobody need be told about has none."""
    mutes: tuple[Mute, ...] = ()
    """Asked for by people and not over; those of the configuration file are in `oncall`."""
    channels: tuple[ChannelHealth, ...] = ()
    duty: tuple[Shift, ...] = ()
    """Who is on duty now, one per schedule in the configuration's order."""
    outbox: OutboxView = OutboxView()
    oncall: OnCall | None = None
    """The configuration in force; None before the first."""

    @property
    def open_incidents(self) -> tuple[Incident, ...]:
        """Incidents not resolved."""
        return tuple(i for i in self.incidents if i.resolved_at is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the journal of what happened, for --follow and screens."""

    seq: int
    at: datetime
    kind: str
    """`transition`, `incident_opened`, `incident_reopened`, `incident_changed`, `incident_resolved`, `engine`,
    `device_new`, `device_moved`, `device_missing`, `device_seen_again`, `devices_dropped`, `route_changed`; about
    telling people `paged`, `held`, `escalated`, `acknowledged`, `ack_expired`, `unacknowledged`, `claimed`, `noted`,
    `muted`, `unmuted`, `call_closed`, `flapping`, `nobody_on_duty`, `delivery_dead`, `mute_added`, `mute_ended`,
    `override_added`, `override_ended`, `tested`, `drill_sent`, `drill_answered`, `drill_unanswered`."""
    subject: str
    """Target id, `#<incident id>`, a device's MAC, or the id of a unit or check."""
    unit_id: UnitId
    message: str
    """A message of words.say()."""
    incident_id: int | None = None
