"""Silences, maintenance and stand-ins that people ask for: each has an author, a reason and an end; pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bt_console.evaluate.oncall import muting
from bt_console.evaluate.oncall.desk import Desk, Outcome, Scene
from bt_console.evaluate.oncall.draft import Draft
from bt_console.evaluate.oncall.matching import matches
from bt_console.evaluate.oncall.orders import AddMaintenance, AddOverride, AddSilence
from bt_console.model import recurrence
from bt_console.model.inventory import Role
from bt_console.model.oncall import Match, Mute, MuteKind, Override
from bt_console.words import message
from probes.api import clean

REASON_MIN = 5
"""Letters."""


def add_silence(desk: Desk, scene: Scene, wish: AddSilence, by: str, now: datetime) -> Outcome:
    """Hide notifications until an instant, or say why not."""
    mute = Mute(
        id=desk.next_mute_id,
        kind=MuteKind.SILENCE,
        match=wish.match,
        starts_at=wish.starts_at or now,
        ends_at=wish.ends_at,
        author=by,
        reason=clean(wish.reason.strip()),
        idle_expire_s=wish.idle_expire_s,
        timezone=scene.oncall.timezone,
    )
    return _add_mute(desk, scene, mute, now)


def add_maintenance(desk: Desk, scene: Scene, wish: AddMaintenance, by: str, now: datetime) -> Outcome:
    """Plan work, once or by a rule, or say why not."""
    mute = Mute(
        id=desk.next_mute_id,
        kind=MuteKind.MAINTENANCE,
        match=wish.match,
        starts_at=wish.starts_at,
        ends_at=wish.ends_at,
        author=by,
        reason=clean(wish.reason.strip()),
        rrule=wish.rrule,
        timezone=wish.timezone or scene.oncall.timezone,
    )
    return _add_mute(desk, scene, mute, now)


def _add_mute(desk: Desk, scene: Scene, wish: Mute, now: datetime) -> Outcome:
    draft = Draft(desk, scene, now)
    if refusal := refused(scene, wish, now):
        return draft.outcome(refusal)
    draft.mutes[wish.id] = wish
    draft.next_mute_id = wish.id + 1
    draft.tell("mute_added", "oncall.event.mute_added", mute=wish.id, by=wish.author, reason=wish.reason)
    return draft.outcome(message("oncall.answer.muted", id=wish.id))


def refused(scene: Scene, wish: Mute, now: datetime) -> str:
    """Return why a mute cannot be; empty where it can."""
    if len(wish.reason) < REASON_MIN:
        return message("oncall.answer.no_reason", count=REASON_MIN)
    if wish.ends_at <= wish.starts_at or (wish.ends_at <= now and not wish.rrule):
        return message("oncall.answer.bad_span")
    if wish.match == Match():
        return message("oncall.answer.empty_match")
    if _covers_monitor(scene, wish.match):
        return message("oncall.answer.own_health")
    return _refused_span(scene, wish)


def _refused_span(scene: Scene, wish: Mute) -> str:
    longest_s = scene.oncall.silence_max_s if wish.kind is MuteKind.SILENCE else muting.WINDOW_MAX.total_seconds()
    if wish.ends_at - wish.starts_at > timedelta(seconds=longest_s):
        return message("oncall.answer.too_long", hours=round(longest_s / 3600))
    try:
        if wish.rrule:
            recurrence.check(wish.rrule, wish.timezone)
    except ValueError as error:
        return message("oncall.answer.bad_rule", detail=clean(str(error)))
    return ""


def _covers_monitor(scene: Scene, match: Match) -> bool:
    """Return whether a match speaks of the monitor itself rather than of what it measures."""
    hubs = {target.id for target in scene.inventory.targets.values() if target.role is Role.HUB}
    return bool(match.kinds & muting.NEVER_MUTED or match.targets & hubs or Role.HUB in match.roles)


def end_mute(desk: Desk, scene: Scene, mute_id: int, by: str, now: datetime) -> Outcome:
    """End a silence or maintenance now."""
    draft = Draft(desk, scene, now)
    mute = draft.mutes.get(mute_id)
    if any(planned.id == mute_id for planned in scene.oncall.mutes):
        return draft.outcome(message("oncall.answer.planned_mute", id=mute_id))
    if mute is None or mute.ended_at is not None:
        return draft.outcome(message("oncall.answer.no_mute", id=mute_id))
    draft.mutes[mute_id] = replace(mute, ended_at=now)
    draft.tell("mute_ended", "oncall.event.mute_ended", mute=mute_id, by=by)
    return draft.outcome(message("oncall.answer.mute_ended", id=mute_id))


def end_idle_mutes(draft: Draft) -> None:
    """End the silences that have covered nothing for as long as they were to wait."""
    for mute in list(draft.mutes.values()):
        if mute.ended_at is None and muting.is_idle(mute, _covered_at(draft, mute), draft.now):
            draft.mutes[mute.id] = replace(mute, ended_at=draft.now)
            draft.tell("mute_ended", "oncall.event.mute_idle", mute=mute.id)


def _covered_at(draft: Draft, mute: Mute) -> datetime | None:
    """Return when a mute last covered an incident; what ended more than an hour ago is not remembered."""
    inventory = draft.scene.inventory
    found = [i for i in draft.scene.incidents.values() if matches(mute.match, i, inventory, whole_impact=True)]
    return max((incident.resolved_at or draft.now for incident in found), default=None)


def add_override(desk: Desk, scene: Scene, wish: AddOverride, by: str, now: datetime) -> Outcome:
    """Let somebody stand in, or say why not."""
    draft = Draft(desk, scene, now)
    if wish.schedule not in scene.oncall.schedules:
        return draft.outcome(message("oncall.answer.no_schedule", schedule=wish.schedule))
    named = (wish.in_contact, wish.out_contact)
    missing = [name for name in named if name is not None and name not in scene.oncall.contacts]
    if missing:
        return draft.outcome(message("oncall.answer.no_contact", contact=missing[0]))
    if wish.ends_at <= max(wish.starts_at, now):
        return draft.outcome(message("oncall.answer.bad_span"))
    number = draft.next_override_id
    draft.next_override_id = number + 1
    draft.overrides[number] = Override(
        id=number,
        schedule=wish.schedule,
        starts_at=wish.starts_at,
        ends_at=wish.ends_at,
        in_contact=wish.in_contact,
        out_contact=wish.out_contact,
        author=by,
        reason=clean(wish.reason.strip()),
    )
    name = scene.oncall.contacts[wish.in_contact].name
    draft.tell(
        "override_added", "oncall.event.override_added", by=by, who=name, schedule=wish.schedule, override=number
    )
    return draft.outcome(message("oncall.answer.override_added", id=number))


def end_override(desk: Desk, scene: Scene, override_id: int, by: str, now: datetime) -> Outcome:
    """End a stand-in now; one that has not begun never will."""
    draft = Draft(desk, scene, now)
    override = draft.overrides.get(override_id)
    if override is None or override.ends_at <= now:
        return draft.outcome(message("oncall.answer.no_override", id=override_id))
    starts_at = min(override.starts_at, now - timedelta(microseconds=1))
    draft.overrides[override_id] = replace(override, starts_at=starts_at, ends_at=now)
    draft.tell("override_ended", "oncall.event.override_ended", by=by, override=override_id)
    return draft.outcome(message("oncall.answer.override_ended", id=override_id))
