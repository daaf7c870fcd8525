"""Why something is as it is: its state, the incidents that explain it, and who was told of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bt_console.cli import oncall_documents as documents
from bt_console.cli.documents import Document, instant
from bt_console.cli.dossier import dossier
from bt_console.cli.incident_text import hanging
from bt_console.cli.render import terminal_width
from bt_console.cli.times import clock_time, zone
from bt_console.model.health import HealthState
from bt_console.model.incident import Incident
from bt_console.words import message, say, tell

if TYPE_CHECKING:
    from bt_console.facade import Console
    from bt_console.model.snapshot import Snapshot, TargetView, UnitView


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What was asked about."""

    kind: str
    id: str
    name: str
    state: str
    """A health state; of an incident `open` or `resolved`."""
    since: datetime | None
    reason: str = ""
    """A message of words.say()."""
    incident_ids: tuple[int, ...] = ()


def targets_of(snapshot: Snapshot) -> Mapping[str, TargetView]:
    """Return every target by id."""
    units = (*snapshot.units, *snapshot.departments)
    own = (target for unit in units for target in (unit.lan, unit.internet, unit.tslcd, *unit.devices))
    every = (*snapshot.infrastructure, *snapshot.services, *own)
    return {target.id: target for target in every if target is not None}


def of_incident(item: Incident) -> Subject:
    """Return an incident as what was asked about."""
    return Subject(
        kind="incident",
        id=str(item.id),
        name=f"#{item.id}",
        state="resolved" if item.resolved_at else "open",
        since=item.resolved_at or item.opened_at,
        reason=item.cause.message,
        incident_ids=(item.id,),
    )


def of_target(view: TargetView) -> Subject:
    """Return a target as what was asked about."""
    is_quiet = view.explained_by is None and not view.reason
    return Subject(
        kind="target",
        id=view.id,
        name=view.name,
        state=view.state,
        since=view.since,
        reason=_quiet(view.state) if is_quiet else view.reason,
        incident_ids=() if view.explained_by is None else (view.explained_by,),
    )


def of_unit(view: UnitView) -> Subject:
    """Return a unit as what was asked about; its links say what is wrong where no incident does."""
    reason = ""
    if not view.incident_ids:
        links = [target for target in (view.lan, view.internet, view.tslcd, *view.devices) if target is not None]
        reason = next((target.reason for target in links if target.reason), _quiet(view.state))
    return Subject(
        kind="unit",
        id=view.id,
        name=view.name,
        state=view.state,
        since=view.since,
        reason=reason,
        incident_ids=view.incident_ids,
    )


def _quiet(state: HealthState) -> str:
    return message("why.well" if state is HealthState.UP else "why.no_incident")


def document(subject: Subject, console: Console, snapshot: Snapshot) -> Document:
    """Return the document of `why --json`."""
    return {
        "schema": "bt-console/why/1",
        "at": instant(snapshot.at),
        "kind": subject.kind,
        "id": subject.id,
        "name": subject.name,
        "state": subject.state,
        "since": instant(subject.since),
        **documents.both("reason", subject.reason),
        "causes": [_incident(item, console, snapshot) for item in _incidents(subject, console)],
    }


def _incidents(subject: Subject, console: Console) -> Sequence[Incident]:
    found = (console.incident(incident_id) for incident_id in subject.incident_ids)
    return [item for item in found if item is not None]


def _incident(item: Incident, console: Console, snapshot: Snapshot) -> Document:
    told = dossier(console, snapshot, item)
    return {
        "id": item.id,
        **documents.both("explanation", item.cause.message),
        "opened_at": instant(item.opened_at),
        "resolved_at": instant(item.resolved_at),
        "call": told.call.state if told.call else None,
        "told": list(told.told()),
        "reasons": [documents.both("text", reason) for reason in told.reasons()],
    }


def lines(subject: Subject, console: Console, snapshot: Snapshot, language: str) -> list[str]:
    """Return what `why` prints."""
    width, local = terminal_width(), zone(snapshot.timezone)
    code = f"cli.why.{subject.state}" if subject.kind == "incident" else f"state.{subject.state}"
    since = clock_time(subject.since, snapshot.at, local) if subject.since else "?"
    head = tell(language, "cli.why.head", name=subject.name, state=tell(language, code), since=since)
    found = hanging(head, width)
    if subject.reason and subject.kind != "incident":
        found += hanging(say(language, subject.reason), width, "  ")
    for item in _incidents(subject, console):
        said = f"#{item.id} {say(language, item.cause.message)}"
        found += ["", *hanging(said, width)]
        for step in item.cause.steps:
            found += hanging(f"{clock_time(step.at, snapshot.at, local)} {say(language, step.message)}", width, "  ")
        found += ["", *_told(item, console, snapshot, language, width)]
    return found


def _told(item: Incident, console: Console, snapshot: Snapshot, language: str, width: int) -> list[str]:
    reasons = dossier(console, snapshot, item).reasons()
    return [line for reason in reasons for line in hanging(say(language, reason), width, "  ")]
