"""Who is told what, when, over which way: the nouns of on-call, paging and proof.

Source: RFC 5545 (recurrence rules). The state machine of calls and deliveries is described in docs/oncall.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from bt_console.model.incident import CauseKind, Severity
from bt_console.model.inventory import Role, TargetId, UnitId


class ChannelPath(StrEnum):
    """What a channel's messages travel over: the monitor knows whether it works at present."""

    INTERNET = "internet"
    TSLCD = "tslcd"
    LAN = "lan"
    GSM = "gsm"
    LOCAL = "local"


class NoticeKind(StrEnum):
    """Why somebody is told something."""

    PAGE = "page"
    """Act now."""
    UPDATE = "update"
    """Somebody has it, it became worse, it flaps."""
    RESOLVE = "resolve"
    """It is over; only to those whose page was accepted, once."""
    LATE = "late"
    """What a page would have said, after the fact: it could not be sent while it lasted."""
    DIGEST = "digest"
    """Everything held back by hours, limits or mutes, once."""
    TEST = "test"
    DRILL = "drill"
    META = "meta"
    """About the alerting itself: nobody is on duty, a contact cannot be reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most `count` messages in any `window_s`."""

    count: int
    window_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One configured way to reach people."""

    id: str
    kind: str
    """Name of a ChannelKind."""
    path: ChannelPath
    depends_any: tuple[TargetId, ...] = ()
    """Works only while at least one of these is not down; empty: no condition."""
    depends_all: tuple[TargetId, ...] = ()
    """Works only while none of these is down."""
    limits: tuple[Limit, ...] = ()
    uses: frozenset[NoticeKind] = frozenset()
    """What it is for; empty: everything."""
    needs_address: bool = True
    """False: one message reaches whoever is there, or a machine; a contact needs no address of its own."""
    params: Any = None
    """The kind's params dataclass. Never stored: None in what front ends read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A person, or a duty desk."""

    id: str
    name: str
    language: str = "vi"
    addresses: Mapping[str, str] = field(default_factory=dict)
    """Address by channel id; in the order of preference where a policy names no channel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A rotation: `contacts` take turns of `every_days`, handing over at a local wall-clock time."""

    name: str
    contacts: tuple[str, ...]
    start: date
    """The first turn begins on this local date."""
    every_days: int = 7
    handoff: time = time(8, 0)
    weekdays: frozenset[int] = frozenset()
    """0 = Monday; empty: all days. With `hours`, when the layer applies at all; later layers win where they do."""
    hours: tuple[time, time] | None = None
    """Local from..to; to <= from runs over midnight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holiday:
    """A local date on which other people are on duty, or quiet hours hold."""

    day: date
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Who is on duty when. `gap_fallback` is called when no layer says anybody."""

    id: str
    timezone: str
    layers: tuple[Layer, ...]
    gap_fallback: str
    holidays: tuple[Holiday, ...] = ()
    holiday_contacts: tuple[str, ...] = ()
    """Take turns by holiday instead of the layers; empty: the layers hold on holidays too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """`in_contact` stands in for `out_contact` (None: for whoever is on duty)."""

    id: int
    schedule: str
    starts_at: datetime
    ends_at: datetime
    in_contact: str
    out_contact: str | None
    author: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One stretch of duty; shifts of a schedule tile time without gap or overlap."""

    schedule: str
    contact: str
    starts_at: datetime
    ends_at: datetime
    why: str
    """`layer:<name>`, `override:<id>`, `holiday:<name>` or `gap`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Local working hours; on holidays there are none."""

    timezone: str
    weekdays: frozenset[int]
    starts: time
    ends: time


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationStep:
    """Whom to tell, and how long to wait for an acknowledgement before the next step."""

    notify: tuple[str, ...]
    """`schedule:<id>` or a contact's id."""
    channels: tuple[str, ...] = ()
    """Channel ids in the order of preference, one of which is used for each contact; empty: the contact's own order."""
    fallback_after_s: float = 60.0
    """A page not accepted after this long gets a sibling on the next channel with another path."""
    wait_s: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationPolicy:
    """Steps without end: after the last one it is repeated every `repeat_s`."""

    id: str
    steps: tuple[EscalationStep, ...]
    repeat_s: float = 900.0
    ack_max_s: float = 4 * 3600.0
    """The longest, and the usual, acknowledgement."""
    hold_s: float = 60.0
    """So long after the recovery a relapse is still the same incident; then the recovery is told."""
    hours: Hours | None = None
    """When it pages; outside, what would be paged waits for the digest at the start of the next hours."""
    is_emergency: bool = False
    """Exempt from storm control and quiet hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Every field that is not empty must hold; an empty match holds always."""

    kinds: frozenset[CauseKind] = frozenset()
    min_severity: Severity | None = None
    units: frozenset[UnitId] = frozenset()
    """The cause's unit, or (for mutes) every unit of the impact lies in here."""
    targets: frozenset[TargetId] = frozenset()
    roles: frozenset[Role] = frozenset()
    labels: Mapping[str, str] = field(default_factory=dict)
    """Of the cause's target or its unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Which policy handles what; the first match wins and the last one matches all."""

    match: Match
    policy: str
    wait_s: float = 1.0
    """After the incident is opened, before anybody is paged: an incident that ends meanwhile is only counted."""


class MuteKind(StrEnum):
    """Why nobody is told; an overlay, never a state."""

    SILENCE = "silence"
    MAINTENANCE = "maintenance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """Hides notifications, never problems. Has an author, a reason and an end."""

    id: int
    """Negative for those of the configuration file."""
    kind: MuteKind
    match: Match
    starts_at: datetime
    ends_at: datetime
    """With a rule: end of the first window; each lasts as long."""
    author: str
    reason: str
    rrule: str = ""
    """RFC 5545 RRULE in `timezone` wall-clock time; empty: once."""
    timezone: str = "Asia/Ho_Chi_Minh"
    idle_expire_s: float | None = None
    """A silence that covers nothing for so long ends by itself."""
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """Per contact; beyond it pages go into one digest."""

    per_contact: Limit = Limit(count=6, window_s=600.0)
    digest_every_s: float = 300.0


class Direction(StrEnum):
    """Who beats."""

    IN = "in"
    OUT = "out"
    SELF = "self"
    """One item of the monitor's audit of itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartbeatPlan:
    """A sign of life expected from a job of somebody else's, or given to a watcher outside."""

    name: str
    direction: Direction
    every_s: float = 60.0
    grace_s: float = 300.0
    cron: str = ""
    """IN: when it is due (cron in local time) instead of every_s."""
    url: Any = None
    """OUT: a probes.secret.Secret or None. Never stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillPlan:
    """The weekly page that proves that people can be reached."""

    notify: str
    """`schedule:<id>` or a contact's id."""
    weekday: int = 2
    at: time = time(10, 0)
    must_ack_s: float = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCall:
    """Everything the configuration says about telling people. Ids are unique, references resolve."""

    timezone: str
    contacts: Mapping[str, Contact] = field(default_factory=dict)
    channels: Mapping[str, Channel] = field(default_factory=dict)
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    policies: Mapping[str, EscalationPolicy] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    mutes: tuple[Mute, ...] = ()
    """Planned maintenance from the file; ids -1, -2 ..."""
    storm: Storm = field(default_factory=Storm)
    silence_max_s: float = 7 * 86400.0
    heartbeats: tuple[HeartbeatPlan, ...] = ()
    drill: DrillPlan | None = None
