"""Lines of the journal made from what the diagnosis changed. Numbers (seq 0) are given by the pipeline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from bt_console.evaluate.incidents import Docket
from bt_console.model.health import Transition
from bt_console.model.incident import Incident
from bt_console.model.inventory import Inventory, UnitId
from bt_console.model.snapshot import Event
from bt_console.words import message


def transition_events(transitions: Iterable[Transition], inventory: Inventory) -> Iterator[Event]:
    """Yield one event per change of a target's state."""
    for transition in transitions:
        target = inventory.targets[transition.target_id]
        text = message(
            "event.transition",
            name=target.name,
            before=transition.before,
            after=transition.after,
            reason=transition.reason,
        )
        yield Event(seq=0, at=transition.at, kind="transition", subject=target.id, unit_id=target.unit_id, message=text)


def docket_events(docket: Docket, now: datetime) -> Iterator[Event]:
    """Yield one event per incident opened, opened again, changed in kind, or resolved."""
    for incident in docket.opened:
        yield _incident_event(incident, "incident_opened", "event.opened", now)
    for _, after in docket.reopened:
        yield _incident_event(after, "incident_reopened", "event.reopened", now)
    for before, after in (*docket.reopened, *docket.changed):
        if before.cause.kind is not after.cause.kind or before.severity is not after.severity:
            yield _incident_event(after, "incident_changed", "event.changed", now)
    for incident in docket.resolved:
        yield _incident_event(incident, "incident_resolved", "event.resolved", now)


def _incident_event(incident: Incident, kind: str, code: str, now: datetime) -> Event:
    lasted_s = round((now - incident.opened_at).total_seconds())
    text = message(code, id=incident.id, text=incident.cause.message, seconds=lasted_s)
    return _about(incident, kind, text, now)


def acknowledged_event(incident: Incident, now: datetime) -> Event:
    """Return the event of an acknowledgement."""
    text = message("event.acknowledged", id=incident.id, by=incident.acknowledged_by)
    return _about(incident, "acknowledged", text, now)


def _about(incident: Incident, kind: str, text: str, now: datetime) -> Event:
    return Event(
        seq=0,
        at=now,
        kind=kind,
        subject=f"#{incident.id}",
        unit_id=incident.cause.unit_id,
        message=text,
        incident_id=incident.id,
    )


def engine_event(detail: str, now: datetime) -> Event:
    """Return an event about the monitor itself."""
    return Event(
        seq=0,
        at=now,
        kind="engine",
        subject="hub",
        unit_id=UnitId("hub"),
        message=message("event.engine", detail=detail),
    )
