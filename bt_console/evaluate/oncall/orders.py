"""What operators may want of the on-call desk, and how it is written into the inbox: one verb and a JSON object."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar, TypeAlias

from bt_console.model.incident import CauseKind, Severity
from bt_console.model.inventory import Role, TargetId, UnitId
from bt_console.model.oncall import Match

TEXT_LIMIT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    """Somebody has it until an instant; None: as long as the policy allows."""

    verb: ClassVar[str] = "acknowledge"
    incident: int
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unacknowledge:
    """Page again."""

    verb: ClassVar[str] = "unacknowledge"
    incident: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Somebody works on it; pages go on until it is acknowledged."""

    verb: ClassVar[str] = "claim"
    incident: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalate:
    """Take the next step now."""

    verb: ClassVar[str] = "escalate"
    incident: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AddNote:
    """Write something into an incident."""

    verb: ClassVar[str] = "note"
    incident: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddSilence:
    """Hide notifications until an instant."""

    verb: ClassVar[str] = "silence"
    match: Match
    ends_at: datetime
    reason: str
    starts_at: datetime | None = None
    """None: now."""
    idle_expire_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddMaintenance:
    """Plan work: once, or by a rule."""

    verb: ClassVar[str] = "maintenance"
    match: Match
    starts_at: datetime
    ends_at: datetime
    reason: str
    rrule: str = ""
    timezone: str = ""
    """Empty: the district's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndMute:
    """End a silence or maintenance now."""

    verb: ClassVar[str] = "end_mute"
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOverride:
    """Somebody stands in."""

    verb: ClassVar[str] = "override"
    schedule: str
    in_contact: str
    starts_at: datetime
    ends_at: datetime
    out_contact: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndOverride:
    """The stand-in ends now."""

    verb: ClassVar[str] = "end_override"
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SendTest:
    """Send a test over every channel of a contact."""

    verb: ClassVar[str] = "test_contact"
    contact: str


Order: TypeAlias = (
    Acknowledge
    | Unacknowledge
    | Claim
    | Escalate
    | AddNote
    | AddSilence
    | AddMaintenance
    | EndMute
    | AddOverride
    | EndOverride
    | SendTest
)
_ORDERS: tuple[type[Any], ...] = (
    Acknowledge,
    Unacknowledge,
    Claim,
    Escalate,
    AddNote,
    AddSilence,
    AddMaintenance,
    EndMute,
    AddOverride,
    EndOverride,
    SendTest,
)
VERBS: Mapping[str, type[Any]] = {order.verb: order for order in _ORDERS}


def write_order(order: Order) -> tuple[str, str]:
    """Return verb and subject for facade.Console.submit()."""
    given = {f.name: getattr(order, f.name) for f in fields(order)}
    document = {name: _plain(value) for name, value in given.items() if value not in (None, "")}
    return order.verb, json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def read_order(verb: str, subject: str) -> Order:
    """Return the order. Raises ValueError for what is none: unknown verb, field or value."""
    if verb not in VERBS:
        raise ValueError(f"unknown verb {verb!r}")
    if verb == Acknowledge.verb and subject.isascii() and subject.isdecimal():
        return Acknowledge(incident=int(subject))
    document = json.loads(subject)
    if not isinstance(document, dict):
        raise ValueError("not an object")
    kind = VERBS[verb]
    known = {f.name: str(f.type) for f in fields(kind)}
    if unknown := sorted(set(document) - set(known)):
        raise ValueError(f"unknown field {unknown[0]!r}")
    try:
        order: Order = kind(**{name: _READ[known[name]](value) for name, value in document.items()})
    except (TypeError, KeyError, OverflowError) as error:
        raise ValueError(f"{verb}: {error}") from error
    return order


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return write_match(value) if isinstance(value, Match) else value


def write_match(match: Match) -> dict[str, Any]:
    """Return a match as JSON-ready values; empty fields are left out."""
    document: dict[str, Any] = {
        name: sorted(map(str, getattr(match, name))) for name in ("kinds", "units", "targets", "roles")
    }
    document["min_severity"] = str(match.min_severity) if match.min_severity else None
    document["labels"] = dict(match.labels)
    return {name: value for name, value in document.items() if value}


def read_match(document: object) -> Match:
    """Return a match from JSON-ready values. Raises ValueError."""
    if not isinstance(document, dict):
        raise ValueError("a match is an object")
    if unknown := sorted(set(document) - {f.name for f in fields(Match)}):
        raise ValueError(f"unknown field {unknown[0]!r} in a match")
    severity = document.get("min_severity")
    return Match(
        kinds=frozenset(CauseKind(text) for text in _texts(document.get("kinds", []))),
        min_severity=Severity(severity) if severity else None,
        units=frozenset(UnitId(text) for text in _texts(document.get("units", []))),
        targets=frozenset(TargetId(text) for text in _texts(document.get("targets", []))),
        roles=frozenset(Role(text) for text in _texts(document.get("roles", []))),
        labels=_labels(document.get("labels", {})),
    )


def _texts(value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(text, str) and text for text in value):
        raise ValueError(f"a list of texts is needed, not {value!r}"[:200])
    return value


def _labels(value: object) -> dict[str, str]:
    is_flat = isinstance(value, dict) and all(isinstance(text, str) for pair in value.items() for text in pair)
    if not is_flat or not isinstance(value, dict):
        raise ValueError("labels are an object of texts")
    return value


def _instant(value: object) -> datetime:
    if not isinstance(value, str):
        raise ValueError("an instant is an ISO 8601 text")
    found = datetime.fromisoformat(value)
    if found.tzinfo is None:
        raise ValueError(f"{value} has no offset from UTC")
    return found


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"a whole number is needed, not {value!r}"[:200])
    return value


def _number(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not value > 0:
        raise ValueError(f"a positive number is needed, not {value!r}"[:200])
    return float(value)


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > TEXT_LIMIT:
        raise ValueError(f"a text of at most {TEXT_LIMIT} characters is needed")
    return value


_READ: Mapping[str, Callable[[object], Any]] = {
    "int": _whole,
    "str": _text,
    "str | None": _text,
    "float | None": _number,
    "datetime": _instant,
    "datetime | None": _instant,
    "Match": read_match,
}
"""How a field is read, by its annotation."""
