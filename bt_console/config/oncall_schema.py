"""The shape of the section `oncall`: who is told what, when, over which way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from bt_console import channels
from bt_console.config.check_spec import Spec, Switch
from bt_console.config.errors import did_you_mean
from bt_console.config.kinds import read_channel_params
from bt_console.config.oncall_values import (
    ClockHours,
    Cron,
    LocalDate,
    MessageLimit,
    Moment,
    NotEmpty,
    OfficeHours,
    TimeOfDay,
    Weekday,
    Weekdays,
    words_of,
)
from bt_console.config.values import (
    Address,
    Language,
    Line,
    Quantity,
    SecretReference,
    Slug,
    Text,
    Whole,
    between,
    choice,
    complaint,
    complaints,
)
from bt_console.model.incident import CauseKind, Severity
from bt_console.model.inventory import Role
from bt_console.model.oncall import ChannelPath, NoticeKind, Storm
from probes.secret import Secret

_DAY_S = 86400.0
Names = Annotated[list[Line], NotEmpty]


class ContactSpec(Spec):
    """A person, or a duty desk."""

    name: Text
    language: Language | None = None
    """The district's, unless given."""
    addresses: dict[Slug, Line] = Field(default_factory=dict)
    """By channel; `none` says that there is none."""


class DependsSpec(Spec):
    """Targets a channel needs."""

    any: list[Line] = Field(default_factory=list)
    all: list[Line] = Field(default_factory=list)


class ChannelSpec(Spec):
    """One way to reach people."""

    type: Line
    path: Annotated[ChannelPath | None, choice(ChannelPath)] = None
    depends_on: DependsSpec = Field(default_factory=DependsSpec)
    limit: list[MessageLimit] = Field(default_factory=list)
    use_for: Annotated[list[NoticeKind], words_of(NoticeKind)] = Field(default_factory=list)
    params: dict[str, Any] = Field(default_factory=dict, validate_default=True)

    @field_validator("type")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in channels.names():
            raise complaint(f"unknown type of channel `{name}`", did_you_mean(name, channels.names()))
        return name

    @field_validator("params", mode="before")
    @classmethod
    def _params(cls, written: Any, info: ValidationInfo) -> dict[str, Any]:
        return read_channel_params(info.data["type"], written) if "type" in info.data else {}


class LayerSpec(Spec):
    """A rotation."""

    name: Text
    contacts: Names
    start: LocalDate
    every_s: Annotated[Quantity, between(_DAY_S, 366 * _DAY_S, ("1d", "366d"))] = 7 * _DAY_S
    handoff: TimeOfDay = Field(default="08:00", validate_default=True)
    weekdays: Weekdays = frozenset()
    hours: ClockHours | None = None

    @model_validator(mode="after")
    def _whole_days(self) -> Self:
        if self.every_s % _DAY_S:
            raise complaints([(("every_s",), complaint("turns last whole days", "write for example 1d or 7d"))])
        return self


class ScheduleSpec(Spec):
    """Who is on duty when."""

    layers: Annotated[list[LayerSpec], NotEmpty]
    gap_fallback: Line
    holidays: Line | None = None
    """`vn`, or a file."""
    holiday_contacts: list[Line] = Field(default_factory=list)


class StepSpec(Spec):
    """Whom to tell, and how long to wait."""

    notify: Names
    via: list[Line] = Field(default_factory=list)
    fallback_after_s: Annotated[Quantity, between(5, 3600, ("5s", "1h"))] = 60.0
    wait_s: Annotated[Quantity, between(10, _DAY_S, ("10s", "1d"))] = 300.0


class PolicySpec(Spec):
    """What is done until somebody has it."""

    steps: Annotated[list[StepSpec], NotEmpty]
    repeat_s: Annotated[Quantity, between(60, _DAY_S, ("1m", "1d"))] = 900.0
    ack_max_s: Annotated[Quantity, between(300, 7 * _DAY_S, ("5m", "7d"))] = 4 * 3600.0
    hold_s: Annotated[Quantity, between(0, 3600, ("0s", "1h"))] = 60.0
    hours: OfficeHours | None = None
    emergency: Switch = False


class MatchSpec(Spec):
    """Which incidents; all that is written must hold."""

    kinds: Annotated[list[CauseKind], words_of(CauseKind)] = Field(default_factory=list)
    min_severity: Annotated[Severity | None, choice(Severity)] = None
    units: list[Line] = Field(default_factory=list)
    targets: list[Line] = Field(default_factory=list)
    roles: Annotated[list[Role], words_of(Role)] = Field(default_factory=list)
    labels: dict[Slug, Text] = Field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Tell whether it holds for everything."""
        said = (self.kinds, self.min_severity, self.units, self.targets, self.roles, self.labels)
        return not any(said)


class RouteSpec(Spec):
    """Which policy handles what."""

    match: MatchSpec = Field(default_factory=MatchSpec)
    policy: Line
    wait_s: Annotated[Quantity, between(0, 3600, ("0s", "1h"))] = 1.0


class MaintenanceSpec(Spec):
    """Work that is planned: nobody is told of what lies within it."""

    match: MatchSpec
    starts: Moment
    duration_s: Annotated[Quantity, between(60, 31 * _DAY_S, ("1m", "31d"))]
    rrule: Line = ""
    reason: Text
    author: Text


class StormSpec(Spec):
    """How many pages one person gets before the rest goes into a digest."""

    per_contact: MessageLimit = Storm().per_contact
    digest_every_s: Annotated[Quantity, between(60, 3600, ("1m", "1h"))] = 300.0


class IncomingSpec(Spec):
    """A sign of life somebody else's job gives."""

    name: Slug
    every_s: Annotated[Quantity, between(1, 31 * _DAY_S, ("1s", "31d"))] = 60.0
    grace_s: Annotated[Quantity, between(1, 7 * _DAY_S, ("1s", "7d"))] = 300.0
    cron: Cron = ""

    @model_validator(mode="after")
    def _one_rhythm(self) -> Self:
        if {"every_s", "cron"} <= self.model_fields_set:
            raise complaints([(("cron",), complaint("`every` and `cron` say two things", "keep one of them"))])
        return self


class OutgoingSpec(Spec):
    """A sign of life given to a watcher outside."""

    name: Slug
    url: SecretReference
    every_s: Annotated[Quantity, between(10, 3600, ("10s", "1h"))] = 60.0


class HeartbeatsSpec(Spec):
    """Signs of life."""

    incoming: list[IncomingSpec] = Field(default_factory=list, alias="in")
    outgoing: list[OutgoingSpec] = Field(default_factory=list, alias="out")


class DrillSpec(Spec):
    """The weekly page that proves that people can be reached."""

    notify: Line
    weekday: Weekday = Field(default="wed", validate_default=True)
    at: TimeOfDay = Field(default="10:00", validate_default=True)
    must_ack_s: Annotated[Quantity, between(60, 3600, ("1m", "1h"))] = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """Where to listen, and what a caller must know."""

    address: str
    port: int
    token: Secret | None


class ListenSpec(Spec):
    """Where the monitor hears alerts of other monitors and signs of life, over HTTP."""

    address: Address
    port: Annotated[Whole, between(1, 65535, ("1", "65535"))] = 9093
    token: SecretReference | None = None

    @model_validator(mode="after")
    def _guarded(self) -> Self:
        if self.token is None and not self.address.is_loopback:
            message = f"whoever reaches {self.address} could send alerts: `token` is missing"
            raise complaint(message, "add `token: credential:listen-token`, or listen on 127.0.0.1")
        return self

    def listen(self) -> Listen:
        """Return it as the engine wants it."""
        return Listen(address=str(self.address), port=self.port, token=self.token)


class OnCallSpec(Spec):
    """The whole section."""

    contacts: Annotated[dict[Slug, ContactSpec], NotEmpty]
    channels: Annotated[dict[Slug, ChannelSpec], NotEmpty]
    schedules: dict[Slug, ScheduleSpec] = Field(default_factory=dict)
    policies: Annotated[dict[Slug, PolicySpec], NotEmpty]
    routes: Annotated[list[RouteSpec], NotEmpty]
    maintenance: list[MaintenanceSpec] = Field(default_factory=list)
    storm: StormSpec = Field(default_factory=StormSpec)
    silence_max_s: Annotated[Quantity, between(300, 31 * _DAY_S, ("5m", "31d"))] = 7 * _DAY_S
    heartbeats: HeartbeatsSpec = Field(default_factory=HeartbeatsSpec)
    listen: ListenSpec | None = None
    drill: DrillSpec | None = None
