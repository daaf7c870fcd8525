"""A period of lost service with one cause."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bt_console.model.inventory import TargetId, UnitId


class CauseKind(StrEnum):
    """The closed list of causes; part of the JSON contract."""

    UNIT_DARK = "unit_dark"
    TSLCD_DOWN = "tslcd_down"
    INTERNET_DOWN = "internet_down"
    TSLCD_CORE_DOWN = "tslcd_core_down"
    OWN_UPLINK_DOWN = "own_uplink_down"
    OWN_LAN_DOWN = "own_lan_down"
    LAN_GATEWAY_DOWN = "lan_gateway_down"
    LAN_SWITCH_DOWN = "lan_switch_down"
    LINK_LOSS = "link_loss"
    LINK_DELAY = "link_delay"
    LINK_SATURATED = "link_saturated"
    ROUTE_CHANGED = "route_changed"
    SERVICE_DOWN = "service_down"
    SERVICE_ERROR = "service_error"
    SERVICE_SLOW = "service_slow"
    SERVICE_WRONG_CONTENT = "service_wrong_content"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_EXPIRING = "certificate_expiring"
    CERTIFICATE_INVALID = "certificate_invalid"
    DNS_DOWN = "dns_down"
    DNS_WRONG_ANSWER = "dns_wrong_answer"
    MAIL_DOWN = "mail_down"
    SIGNATURE_DOWN = "signature_down"
    CLOCK_SKEW = "clock_skew"
    DEVICE_MISSING = "device_missing"
    FLAPPING = "flapping"
    CANNOT_MEASURE = "cannot_measure"
    EXTERNAL_ALERT = "external_alert"
    """Another monitor told us, over the Alertmanager interface."""
    HEARTBEAT_MISSED = "heartbeat_missed"
    """A job that gives signs of life has stopped giving them."""


class Severity(StrEnum):
    """How much it hurts: critical wakes people, warning waits for the morning, info is only shown."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"

    @property
    def gravity(self) -> int:
        """How grave it is: more is worse."""
        return -list(Severity).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the reasoning: what was seen, asked or concluded."""

    at: datetime
    message: str
    """A message of words.say(): `code|key=value|...`, rendered in the reader's language."""
    observation_seq: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What is wrong, where, and how we know."""

    kind: CauseKind
    target_id: TargetId
    unit_id: UnitId
    message: str
    """The one-line explanation as a message of words.say()."""
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What the cause explains."""

    targets: tuple[TargetId, ...] = ()
    units: tuple[UnitId, ...] = ()
    """Units that lost something by it."""
    services: tuple[TargetId, ...] = ()
    unseen_units: tuple[UnitId, ...] = ()
    """Units not hurt as far as we know, but partly invisible from the hub while it lasts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One cause from its opening to its resolution; what comes back within minutes is the same one, flapping."""

    id: int
    cause: Cause
    impact: Impact
    severity: Severity
    opened_at: datetime
    last_good_at: datetime | None = None
    """Newest good reading before it: opened_at - last_good_at bounds the time to detect."""
    resolved_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    acknowledged_until: datetime | None = None
    """When the acknowledgement ends by itself."""
    flaps_count: int = 0
    """How often it came back within minutes of its end."""
