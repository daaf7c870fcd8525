"""What is measured: units, targets and checks, as the configuration resolves them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NewType

UnitId = NewType("UnitId", str)
TargetId = NewType("TargetId", str)
CheckId = NewType("CheckId", str)


class UnitKind(StrEnum):
    """What sort of office a unit is."""

    COMMUNE = "commune"
    TOWN = "town"
    DEPARTMENT = "department"
    HUB = "hub"


class Role(StrEnum):
    """What a target is in the district's topology; the diagnosis reads it."""

    HUB = "hub"
    """The monitor's own machine."""
    UPLINK = "uplink"
    """First router beyond the hub on the Internet or TSLCD side; labels['path'] says which."""
    ANCHOR = "anchor"
    """A well-known Internet address that proves the Internet works beyond our own uplink."""
    CORE = "core"
    """The TSLCD core router."""
    TSLCD = "tslcd"
    """A unit's router on the TSLCD."""
    INTERNET = "internet"
    """A unit's router on the Internet."""
    LAN = "lan"
    """A unit's LAN gateway, reached over the TSLCD."""
    DEVICE = "device"
    """A machine on a unit's LAN."""
    DNS = "dns"
    """A name server the services are found by."""
    SERVICE = "service"
    """A shared service; labels['service'] is web or mail or signature, labels['path'] internet or tslcd."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """Who is scored: a commune, town or department, or the hub itself."""

    id: UnitId
    name: str
    kind: UnitKind
    parent: UnitId | None = None
    officials_count: int | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One measured address."""

    id: TargetId
    """`cao-son/tslcd`, `cao-son/device/may-in`, `hub/uplink-internet`, `tslcd-core`, `dns`, or a service's id."""
    unit_id: UnitId
    """The unit it belongs to; the hub for infrastructure and services."""
    role: Role
    name: str
    address: str
    depends_on: tuple[TargetId, ...] = ()
    """Direct parents. All must be up for this one to be reachable; acyclic."""
    labels: Mapping[str, str] = field(default_factory=dict)


class Side(StrEnum):
    """On which side of the limit a measure is bad."""

    ABOVE = "above"
    BELOW = "below"


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A measure beyond its limit in k of the last n valid readings makes a check DEGRADED."""

    measure: str
    side: Side
    limit: float
    k: int = 2
    n: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One probe kind on one target on a schedule."""

    id: CheckId
    """`<target id>:<probe>`, with `:<suffix>` when a target has two of one kind."""
    target_id: TargetId
    probe: str
    address: str
    params: Any
    """An instance of the probe kind's params dataclass."""
    interval_s: float
    timeout_s: float
    down_k: int = 2
    """DOWN when the newest valid reading and at least down_k of the last down_n are bad."""
    down_n: int = 2
    up_k: int = 2
    """UP again after up_k good readings in a row."""
    thresholds: tuple[Threshold, ...] = ()
    vantage_id: str = "hub"
    decides: bool = True
    """False: what it finds is known of its target, but says nothing about whether the target works."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One line of the register: this machine may be on that unit's LAN."""

    mac: str
    unit_id: UnitId
    name: str
    kind: str = ""
    note: str = ""


DEVICES_MISSING_AFTER_S = 7 * 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """Everything measured, with lookups. Ids are unique; every reference resolves."""

    district: str
    timezone: str
    language: str
    """`vi` or `en`."""
    units: Mapping[UnitId, Unit]
    targets: Mapping[TargetId, Target]
    checks: Mapping[CheckId, Check]
    approvals: Mapping[str, Approval] = field(default_factory=dict)
    """The register of devices by MAC. Not stored with the inventory: each device carries what it says of it."""
    devices_missing_after_s: float = DEVICES_MISSING_AFTER_S
