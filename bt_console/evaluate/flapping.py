"""What comes and goes: a cause that returns soon is the same incident again, and one that keeps returning flaps.

A flapping incident stays open while its culprit happens to answer. Its steps tell the outages from the pauses between
them, and its message names the kind that flaps; `plain` is how the rest of the diagnosis sees it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import unquote

from bt_console.evaluate.culprits import NOT_FOUND_HERE, culprits_of, is_outage
from bt_console.evaluate.naming import severity_of
from bt_console.evaluate.topology import Topology
from bt_console.model.incident import Cause, CauseKind, Impact, Incident, Severity, Step
from bt_console.model.inventory import TargetId
from bt_console.words import message

HOLD = timedelta(seconds=60)
"""A cause that returns so soon after its end is the same incident again."""
HOLD_LOOKS = 4
"""What is measured rarely has so many intervals to return in."""
RETURNS, WINDOW = 3, timedelta(minutes=10)
"""So many returns within so long are flapping."""
CALM = timedelta(minutes=5)
"""So long without an end or a return, and it flaps no more."""
PHASES_KEPT = 20
"""Steps about comings and goings that an incident keeps: the newest."""
_BACK, _PAUSE = "step.came_back", "step.paused"
_STEADY = NOT_FOUND_HERE | {CauseKind.CANNOT_MEASURE, CauseKind.CERTIFICATE_EXPIRING}
"""They may return, but are never said to flap."""
_TAKES_ALL = frozenset({CauseKind.TSLCD_CORE_DOWN, CauseKind.OWN_UPLINK_DOWN, CauseKind.OWN_LAN_DOWN})
"""Their flapping wakes people; any other is a warning, whatever one long outage of it would be."""


def plain(incident: Incident) -> Incident:
    """Return a flapping incident as the outage it is made of: resolved while it pauses; any other as it is."""
    if incident.cause.kind is not CauseKind.FLAPPING:
        return incident
    resolved_at = incident.resolved_at or paused_at(incident)
    return replace(incident, cause=replace(incident.cause, kind=kind_within(incident.cause)), resolved_at=resolved_at)


def kind_within(cause: Cause) -> CauseKind:
    """Return what flaps; the kind itself of a cause that does not."""
    if cause.kind is not CauseKind.FLAPPING:
        return cause.kind
    return CauseKind(_fields(cause.message)["kind"])


def message_within(cause: Cause) -> str:
    """Return what is said of the outage itself."""
    return cause.message if cause.kind is not CauseKind.FLAPPING else _fields(cause.message)["text"]


def _fields(stored: str) -> dict[str, str]:
    pairs = (field.partition("=") for field in stored.split("|")[1:])
    return {name: unquote(value) for name, _, value in pairs}


def paused_at(incident: Incident) -> datetime | None:
    """Return since when a flapping incident's culprit answers; None in an outage."""
    newest = next((step for step in reversed(incident.cause.steps) if _is_phase(step)), None)
    return newest.at if newest is not None and newest.message.startswith(_PAUSE) else None


def began_at(incident: Incident) -> datetime:
    """Return when the present or last outage of an incident was found."""
    return next((step.at for step in reversed(incident.cause.steps) if _is_return(step)), incident.opened_at)


def _is_phase(step: Step) -> bool:
    return step.message.startswith((_BACK, _PAUSE))


def _is_return(step: Step) -> bool:
    return step.message.startswith(_BACK)


def is_same_again(ended: Incident, cause: Cause, members: Iterable[TargetId], topology: Topology) -> bool:
    """Return whether a cause is what an incident that has ended said, or another extent of the same outage."""
    before = plain(ended).cause
    if (before.kind, before.target_id) == (cause.kind, cause.target_id):
        return True
    is_alike = is_outage(before.kind) and is_outage(cause.kind) and not {before.kind, cause.kind} & _STEADY
    return is_alike and not set(culprits_of(plain(ended), topology)).isdisjoint(members)


def returned(ended: Incident, cause: Cause, impact: Impact, severity: Severity, now: datetime) -> Incident:
    """Return an incident whose cause is back, whether it had been resolved or only pauses."""
    was_over_at = ended.resolved_at or paused_at(ended) or now
    gap_s = max(0, round((now - was_over_at).total_seconds()))
    came_back = Step(at=now, message=message(_BACK, seconds=gap_s, kind=cause.kind))
    was_flapping = ended.cause.kind is CauseKind.FLAPPING
    is_told = was_flapping or cause.kind is ended.cause.kind
    steps = (*_with_phase(ended.cause.steps, came_back), *(() if is_told else cause.steps))
    after = replace(
        ended,
        cause=replace(cause, steps=steps),
        impact=impact,
        severity=severity,
        resolved_at=None,
        flaps_count=ended.flaps_count + 1,
    )
    recently = sum(_is_return(step) and now - step.at <= WINDOW for step in steps)
    if was_flapping or (recently >= RETURNS and cause.kind not in _STEADY):
        return _flapping(after, now, is_new=not was_flapping)
    return after


def _with_phase(steps: tuple[Step, ...], newest: Step) -> tuple[Step, ...]:
    """Add a step about coming or going and drop the oldest such steps: whatever flaps for days has a bounded story."""
    phases = [step for step in (*steps, newest) if _is_phase(step)]
    dropped = {id(step) for step in phases[:-PHASES_KEPT]}
    return tuple(step for step in (*steps, newest) if id(step) not in dropped)


def _flapping(incident: Incident, now: datetime, *, is_new: bool) -> Incident:
    cause = incident.cause
    text = message("cause.flapping", kind=cause.kind, count=incident.flaps_count, text=cause.message)
    renamed = Step(at=now, message=message("step.renamed", before=cause.kind, after=CauseKind.FLAPPING))
    steps = (*cause.steps, renamed) if is_new else cause.steps
    return replace(
        incident,
        cause=replace(cause, kind=CauseKind.FLAPPING, message=text, steps=steps),
        severity=flapping_severity(cause.kind),
    )


def flapping_severity(kind: CauseKind) -> Severity:
    """Return how much the flapping of a kind hurts."""
    return severity_of(kind) if kind in _TAKES_ALL else Severity.WARNING


def spread(incident: Incident, cause: Cause) -> Incident:
    """Return a flapping incident whose outage proves to be a wider one."""
    steps = incident.cause.steps
    return _flapping(replace(incident, cause=replace(cause, steps=steps)), incident.opened_at, is_new=False)


def paused(incident: Incident, now: datetime) -> Incident:
    """Return a flapping incident whose culprit answers for the time being."""
    lasted_s = max(0, round((now - began_at(incident)).total_seconds()))
    steps = _with_phase(incident.cause.steps, Step(at=now, message=message(_PAUSE, seconds=lasted_s)))
    return replace(incident, cause=replace(incident.cause, steps=steps))


def is_calm(incident: Incident, now: datetime) -> bool:
    """Return whether a pause of a flapping incident has lasted long enough to be its end."""
    since = paused_at(incident)
    return since is not None and now - since >= CALM


def is_lasting(incident: Incident, now: datetime) -> bool:
    """Return whether the present outage of a flapping incident has lasted so long that it flaps no more."""
    return paused_at(incident) is None and now - began_at(incident) >= CALM
