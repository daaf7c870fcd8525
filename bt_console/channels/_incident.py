"""Reads the incident out of a letter's document, as far as another program needs it.

Source: `bt-console/notice/1` in docs/json.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bt_console.channels.api import Letter
from bt_console.model.oncall import NoticeKind

_BODILESS = {NoticeKind.TEST: "bt_console_test", NoticeKind.DRILL: "bt_console_drill"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a letter is about."""

    id: str
    """Number of the incident; of a letter about the alerting itself, its own."""
    cause: str
    labels: dict[str, str]
    starts_at: datetime
    ended_at: datetime | None
    """None while it lasts."""
    is_incident: bool
    """False for letters about the alerting itself: nothing will ever tell their end."""


def subject_of(letter: Letter) -> Subject:
    """Return what it is about. Labels never change while an incident lasts: they are its identity elsewhere."""
    incident = letter.document.get("incident")
    incident = incident if isinstance(incident, dict) else {}
    cause = _text(incident.get("cause")) or _BODILESS.get(letter.kind, "bt_console")
    labels = {
        "alertname": cause,
        "cause": cause,
        "unit": _text(incident.get("unit")),
        "target": _text(incident.get("target")),
        "severity": _text(incident.get("severity")) or (letter.severity.value if letter.severity else "info"),
        "incident": _text(incident.get("id")),
        "district": _text(letter.document.get("district")),
    }
    resolved_at = _instant(incident.get("resolved_at"))
    is_over = letter.kind is NoticeKind.RESOLVE or resolved_at is not None
    return Subject(
        id=_text(incident.get("id")) or letter.id,
        cause=cause,
        labels={name: value for name, value in labels.items() if value},
        starts_at=_instant(incident.get("opened_at")) or letter.at,
        ended_at=(resolved_at or letter.at) if is_over else None,
        is_incident=bool(incident),
    )


def stamp(at: datetime) -> str:
    """Return an instant as RFC 3339."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _text(value: Any) -> str:
    return str(value) if isinstance(value, str | int) and value != "" else ""


def _instant(value: Any) -> datetime | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return at if at is not None and at.tzinfo is not None else None
