"""What one step of the engine wants stored, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from bt_console.model.device import Device
from bt_console.model.health import CheckHealth, TargetHealth, Transition
from bt_console.model.incident import Incident
from bt_console.model.inventory import CheckId, Inventory, TargetId
from bt_console.model.observation import Observation
from bt_console.model.oncall import Mute, OnCall, Override
from bt_console.model.paging import AckCode, Attempt, Call, ChannelHealth, Delivery, Heartbeat, Inbound, Note
from bt_console.model.route import Route
from bt_console.model.snapshot import EngineStatus, Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """What telling people wants stored. Rows with the same key replace the stored ones; attempts are only completed."""

    calls: tuple[Call, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    codes: tuple[AckCode, ...] = ()
    mutes: tuple[Mute, ...] = ()
    overrides: tuple[Override, ...] = ()
    channel_healths: tuple[ChannelHealth, ...] = ()
    inbounds: tuple[Inbound, ...] = ()
    cursors: tuple[tuple[str, str], ...] = ()
    """(channel, where to go on listening)."""
    heartbeats: tuple[Heartbeat, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Committed whole or not at all. Rows with the same key replace the stored ones."""

    observations: tuple[Observation, ...] = ()
    healths: tuple[CheckHealth, ...] = ()
    targets: tuple[TargetHealth, ...] = ()
    transitions: tuple[Transition, ...] = ()
    incidents: tuple[Incident, ...] = ()
    events: tuple[Event, ...] = ()
    devices: tuple[Device, ...] = ()
    devices_gone: tuple[Device, ...] = ()
    """No longer kept."""
    routes: tuple[Route, ...] = ()
    routes_gone: tuple[Route, ...] = ()
    paper: Paper = Paper()
    oncall: OnCall | None = None
    """Set when a configuration came into force; stored without parameters and secrets."""
    engine: EngineStatus | None = None
    inventory: Inventory | None = None
    """Set when a configuration came into force: it replaces the stored one, and what it no longer names goes."""
    handled_commands: tuple[int, ...] = ()
    """Inbox rows this change answers."""
    command_results: tuple[tuple[int, str], ...] = ()
    """What the person who asked is told, as messages of words.say(), by the id of a handled command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """An operator's wish, from the inbox: the engine alone changes state."""

    id: int
    at: datetime
    by: str
    """Login name and, over SSH, the client address."""
    verb: str
    """`probe_now` (subject = target id), `acknowledge` (subject = incident id), or one of engine/orders.py's."""
    subject: str
    """What it is about; JSON where a verb needs more than an id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What the engine needs to go on after a restart."""

    healths: dict[CheckId, CheckHealth] = field(default_factory=dict)
    targets: dict[TargetId, TargetHealth] = field(default_factory=dict)
    open_incidents: tuple[Incident, ...] = ()
    devices: tuple[Device, ...] = ()
    routes: tuple[Route, ...] = ()
    resolved_incidents: tuple[Incident, ...] = ()
    """Resolved in the last hour: what comes back is the same one."""
    paper: Paper = Paper()
    """Calls not closed or with a delivery that is not done; deliveries not done, done within two days or of a call not
    closed; attempts not ended, codes not expired, answers of two days, mutes and overrides not over, every channel's
    health and cursor, heartbeats."""
    next_delivery_id: int = 1
    next_mute_id: int = 1
    next_override_id: int = 1
    next_seq: int = 1
    next_incident_id: int = 1
    next_event_seq: int = 1
    detect_s: tuple[float, ...] = ()
    """Times to detect of the last 200 incidents, oldest first."""
