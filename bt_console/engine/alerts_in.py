"""Reads what Prometheus and its kin post, and writes what holds the way they read it. Anything may come in here.

Source: Alertmanager API v2, api/v2/openapi.yaml (postableAlerts, gettableAlerts); RFC 3339 (times).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bt_console.model.external import ExternalAlert
from bt_console.model.incident import Severity
from probes.api import clean

ALERTS_LIMIT = 1000
LABELS_LIMIT = 64
PROBLEMS_LIMIT = 10
NAME_LIMIT = 128
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9:]{8}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})")
_NO_YEAR = 1
"""Go writes a time that is not set as the first of January of year 1."""
_SEVERITIES = {
    Severity.CRITICAL: ("critical", "page", "emergency", "disaster", "fatal", "error", "high", "major"),
    Severity.INFO: ("info", "information", "informational", "none", "low", "notice", "debug"),
}


class AlertsError(ValueError):
    """Why a body is no list of alerts, or one of them no alert."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a body held: the alerts that are good, and what is wrong with the others."""

    alerts: tuple[ExternalAlert, ...]
    problems: tuple[str, ...] = ()


def read_alerts(body: bytes, now: datetime) -> Reading:
    """Return the alerts of a body. Raises AlertsError if it is no list of at most 1000."""
    try:
        items = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise AlertsError(f"the body is not JSON: {clean(str(error))}") from error
    if not isinstance(items, list):
        raise AlertsError("the body is not a list of alerts")
    if len(items) > ALERTS_LIMIT:
        raise AlertsError(f"{len(items)} alerts at once; at most {ALERTS_LIMIT} are taken")
    alerts: list[ExternalAlert] = []
    problems: list[str] = []
    for place, item in enumerate(items):
        try:
            alerts.append(_alert(item, now))
        except AlertsError as error:
            problems.append(f"alert {place}: {error}")
    return Reading(alerts=tuple(alerts), problems=tuple(problems[:PROBLEMS_LIMIT]))


def _alert(item: Any, now: datetime) -> ExternalAlert:
    if not isinstance(item, dict):
        raise AlertsError("is not an object")
    labels = _texts(item.get("labels"), "labels")
    annotations = _texts(item.get("annotations") or {}, "annotations")
    name = clean(labels.get("alertname", ""))
    if not name:
        raise AlertsError("has no label `alertname`")
    starts_at = _time(item.get("startsAt"), "startsAt") or now
    ends_at = _time(item.get("endsAt"), "endsAt")
    if ends_at and ends_at < starts_at:
        raise AlertsError("endsAt is before startsAt")
    return ExternalAlert(
        fingerprint=_fingerprint(labels),
        name=name,
        severity=_severity(labels.get("severity", "")),
        starts_at=min(starts_at, now),
        ends_at=ends_at,
        heard_at=now,
        labels={key: clean(value) for key, value in labels.items()},
        summary=_summary(annotations),
        generator_url=clean(url) if isinstance(url := item.get("generatorURL"), str) else "",
    )


def _texts(found: Any, what: str) -> dict[str, str]:
    """Return labels or annotations; those without a value are none."""
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise AlertsError(f"its {what} are not an object of texts")
    if len(found) > LABELS_LIMIT:
        raise AlertsError(f"has {len(found)} {what}; at most {LABELS_LIMIT} are taken")
    for name in found:
        if not name or clean(name, NAME_LIMIT) != name:
            raise AlertsError(f"{clean(name, 60)!r} cannot be a name in {what}")
    return {name: value for name, value in found.items() if value}


def _time(found: Any, what: str) -> datetime | None:
    if found is None or found == "":
        return None
    try:
        if not isinstance(found, str) or not _TIME.fullmatch(found):
            raise ValueError(found)
        at = datetime.fromisoformat(found.upper())
        return None if at.year == _NO_YEAR else at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise AlertsError(f"{what} {clean(str(found), 60)!r} is no RFC 3339 time") from error


def _severity(label: str) -> Severity:
    """Return how much an alert hurts; what we do not know is a warning."""
    word = label.strip().lower()
    return next((severity for severity, words in _SEVERITIES.items() if word in words), Severity.WARNING)


def _summary(annotations: Mapping[str, str]) -> str:
    texts = (annotations.get(name, "").strip() for name in ("summary", "description", "message", "title"))
    return clean(next((text for text in texts if text), ""))


def _fingerprint(labels: Mapping[str, str]) -> str:
    """Return 16 hexadecimal digits of all labels as they came, long or strange as they are."""
    # JSON may hold halves of surrogate pairs, which have no UTF-8.
    text = json.dumps(sorted(labels.items())).encode("ascii")
    return hashlib.blake2b(text, digest_size=8).hexdigest()


def alerts_document(alerts: Iterable[ExternalAlert]) -> list[dict[str, Any]]:
    """Return alerts the way Alertmanager lists them."""
    return [
        {
            "annotations": {"summary": alert.summary} if alert.summary else {},
            "endsAt": _written(alert.ends_at or alert.heard_at),
            "fingerprint": alert.fingerprint,
            "receivers": [{"name": "bt-console"}],
            "startsAt": _written(alert.starts_at),
            "status": {"inhibitedBy": [], "silencedBy": [], "state": "active"},
            "updatedAt": _written(alert.heard_at),
            "generatorURL": alert.generator_url,
            "labels": dict(alert.labels),
        }
        for alert in alerts
    ]


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
