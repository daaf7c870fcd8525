"""The paging for each incident: fourteen transitions, one step a call however late, never parked without a clock; pure.

Source: the table of transitions in docs/oncall.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from bt_console.evaluate.oncall import chains, muting, notices, rota
from bt_console.evaluate.oncall.clockwork import FLAPPING_HOLD, UNMUTED_WAIT_S, clamp
from bt_console.evaluate.oncall.closing import close, close_unheard
from bt_console.evaluate.oncall.desk import Desk, Outcome, Scene
from bt_console.evaluate.oncall.draft import Draft
from bt_console.evaluate.oncall.lanes import lane_wakes, lanes
from bt_console.evaluate.oncall.matching import route_of
from bt_console.evaluate.oncall.notices import Hold
from bt_console.evaluate.oncall.planning import end_idle_mutes
from bt_console.evaluate.oncall.texts import clock
from bt_console.model.incident import Incident, Severity
from bt_console.model.oncall import EscalationPolicy, Route
from bt_console.model.paging import Call, CallState, DeliveryState
from bt_console.words import message

FLAPS_TOLD = 3
"""At so many relapses it is told once that it flaps, and recoveries are believed later."""
NO_POLICY = EscalationPolicy(id="", steps=(chains.NOBODY,))
_PAGING = frozenset({CallState.PENDING, CallState.OPEN})


def advance(desk: Desk, scene: Scene, now: datetime) -> Outcome:
    """Return the desk after everything that is due now; the same one when nothing is."""
    draft = Draft(desk, scene, now)
    clamp(draft)
    end_idle_mutes(draft)
    for incident in scene.incidents.values():
        known = draft.calls.get(incident.id)
        if incident.resolved_at is None and (known is None or known.state is CallState.CLOSED):
            _open(draft, incident)
    for call in list(draft.calls.values()):
        if call.state is not CallState.CLOSED:
            _step(draft, call)
    return draft.outcome(tidy=True)


def next_wake(desk: Desk) -> datetime | None:
    """Return when something is due next. Mutes and incidents begin and end unasked: advance is called for them too."""
    return min((at for at in _deadlines(desk) if at is not None), default=None)


def _deadlines(desk: Desk) -> Iterator[datetime | None]:
    for call in desk.calls.values():
        if call.state in _PAGING:
            yield call.next_at
        elif call.state is CallState.ACKED:
            yield call.ack_until
        elif call.state is CallState.RESOLVED:
            yield call.hold_until
    for delivery in desk.deliveries.values():
        if delivery.state is DeliveryState.HELD and delivery.done_at is None and not notices.is_muted_hold(delivery):
            yield delivery.next_at
    for lane in lanes(desk.deliveries.values()):
        yield from lane_wakes(lane)


def _route(draft: Draft, incident: Incident) -> tuple[Route, EscalationPolicy]:
    route = route_of(draft.oncall, incident, draft.scene.inventory)
    return route, draft.oncall.policies.get(route.policy, NO_POLICY)


def _open(draft: Draft, incident: Incident) -> None:
    """Begin to page. What is only informative is shown and pages nobody, unless a route asks for it."""
    route, policy = _route(draft, incident)
    is_asked_for = route.match.min_severity is Severity.INFO or incident.cause.kind in route.match.kinds
    if incident.severity is Severity.INFO and not is_asked_for:
        return
    wait_s = 0.0 if policy.is_emergency else route.wait_s
    draft.put_call(
        Call(
            incident_id=incident.id,
            policy=policy,
            state=CallState.PENDING,
            severity=incident.severity,
            opened_at=draft.now,
            next_at=draft.now + timedelta(seconds=wait_s),
            flaps_count=incident.flaps_count,
        )
    )


def _step(draft: Draft, call: Call) -> None:
    call = _follow(draft, call)
    if call.state not in (CallState.CLOSED, CallState.RESOLVED):
        call = _mute(draft, call)
    _due(draft, call)


def _follow(draft: Draft, call: Call) -> Call:
    """Take over what became of the incident."""
    incident = draft.incident(call.incident_id)
    if incident is None or incident.resolved_at is not None:
        if call.state is CallState.PENDING:
            return close_unheard(draft, call)
        return call if call.state is CallState.RESOLVED else _resolve(draft, call)
    call = _relapse(draft, call, incident)
    return _raise(draft, call, incident) if incident.severity.gravity > call.severity.gravity else call


def _resolve(draft: Draft, call: Call) -> Call:
    hold_s = call.policy.hold_s * (FLAPPING_HOLD if call.flaps_count >= FLAPS_TOLD else 1)
    left_s = call.paused_left_s if call.next_at is None else (call.next_at - draft.now).total_seconds()
    return draft.put_call(
        replace(
            call,
            state=CallState.RESOLVED,
            prior=call.state,
            hold_until=draft.now + timedelta(seconds=hold_s),
            next_at=None,
            paused_left_s=None if left_s is None else max(0.0, left_s),
        )
    )


def _relapse(draft: Draft, call: Call, incident: Incident) -> Call:
    """Count how often it came back; within its hold a call goes on where it stood."""
    before = call.flaps_count
    count = max(before + (call.state is CallState.RESOLVED), incident.flaps_count)
    if call.state is CallState.RESOLVED:
        call = _resume(draft, call)
    if count != before:
        call = draft.put_call(replace(call, flaps_count=count))
    if before < FLAPS_TOLD <= count:
        notices.update(draft, call, message("oncall.why.flapping", count=count))
        draft.tell("flapping", "oncall.event.flapping", call.incident_id, count=count)
    return call


def _resume(draft: Draft, call: Call) -> Call:
    prior = call.prior or CallState.OPEN
    resumed = replace(call, state=prior, prior=None, hold_until=None)
    if prior in _PAGING and not call.muted_by:
        left = timedelta(seconds=call.paused_left_s or 0.0)
        resumed = replace(resumed, next_at=draft.now + left, paused_left_s=None)
    for page in notices.open_pages(draft, call.incident_id):
        if page.state is DeliveryState.QUEUED:
            draft.put(replace(page, next_at=draft.now))
    return draft.put_call(resumed)


def _raise(draft: Draft, call: Call, incident: Incident) -> Call:
    """It became worse: whoever has it is asked again, and a graver policy begins at its first step."""
    route, policy = _route(draft, incident)
    was = call.state
    call = replace(call, severity=incident.severity, policy=policy)
    if was is CallState.PENDING:
        soonest = draft.now + timedelta(seconds=0.0 if policy.is_emergency else route.wait_s)
        return draft.put_call(replace(call, next_at=min(call.next_at, soonest) if call.next_at else None))
    if was is CallState.ACKED or draft.calls[call.incident_id].policy.id != policy.id:
        draft.tell("escalated", "oncall.event.worse", call.incident_id)
        return draft.put_call(restarted(call, draft.now))
    draft.put_call(call)
    notices.update(draft, call, message("oncall.why.worse", severity=f"severity.{incident.severity}"))
    return call


def restarted(call: Call, now: datetime) -> Call:
    """Return a call that pages from its first step again, at once unless it is muted."""
    is_muted = bool(call.muted_by)
    return replace(
        call,
        state=CallState.OPEN,
        step=-1,
        next_at=None if is_muted else now,
        paused_left_s=0.0 if is_muted else None,
        acked_by="",
        acked_at=None,
        ack_until=None,
    )


def _mute(draft: Draft, call: Call) -> Call:
    incident = draft.incident(call.incident_id)
    mutes = (*draft.mutes.values(), *draft.oncall.mutes)
    found = muting.covering(mutes, incident, draft.scene.inventory, draft.now) if incident and mutes else ()
    ids = tuple(mute.id for mute in found)
    if ids == call.muted_by:
        return call
    if not call.muted_by:
        return _muted(draft, call, ids)
    return draft.put_call(replace(call, muted_by=ids)) if ids else _unmuted(draft, call)


def _muted(draft: Draft, call: Call, ids: tuple[int, ...]) -> Call:
    call = replace(call, muted_by=ids, muted_at=draft.now)
    if call.next_at is not None:
        left_s = max(0.0, (call.next_at - draft.now).total_seconds())
        call = replace(call, next_at=None, paused_left_s=left_s)
    for page in notices.open_pages(draft, call.incident_id):
        if page.state is DeliveryState.QUEUED:
            draft.put(replace(page, state=DeliveryState.HELD, why=notices.muted_why(ids)))
    draft.tell("muted", "oncall.event.muted", call.incident_id, mutes=notices.mutes_said(ids))
    return draft.put_call(call)


def _unmuted(draft: Draft, call: Call) -> Call:
    passed_s = (draft.now - (call.muted_at or draft.now)).total_seconds()
    call = replace(call, muted_by=(), muted_at=None, muted_s=call.muted_s + max(0.0, passed_s))
    if call.paused_left_s is not None:
        wait = timedelta(seconds=min(call.paused_left_s, UNMUTED_WAIT_S))
        call = replace(call, next_at=draft.now + wait, paused_left_s=None)
    for page in notices.open_pages(draft, call.incident_id):
        if notices.is_muted_hold(page):
            notices.freed(draft, page)
    draft.tell("unmuted", "oncall.event.unmuted", call.incident_id)
    return draft.put_call(call)


def _due(draft: Draft, call: Call) -> None:
    """Take the one step that is due."""
    now = draft.now
    if call.state is CallState.ACKED and (call.ack_until is None or call.ack_until <= now):
        draft.tell("ack_expired", "oncall.event.ack_expired", call.incident_id, by=call.acked_by)
        draft.put_call(restarted(call, now))
    elif call.state is CallState.RESOLVED and (call.hold_until is None or call.hold_until <= now):
        close(draft, call)
    elif call.state in _PAGING and call.next_at is not None and call.next_at <= now:
        _take_step(draft, call)


def _take_step(draft: Draft, call: Call) -> None:
    last = len(call.policy.steps) - 1
    index = max(0, min(call.step + 1, last))
    step = chains.step_of(call, index)
    hold = _hours_hold(draft, call.policy)
    wait_s = step.wait_s if index < last else call.policy.repeat_s
    starts_at = hold.until if hold else draft.now
    call = draft.put_call(
        replace(call, state=CallState.OPEN, step=index, next_at=starts_at + timedelta(seconds=wait_s))
    )
    if index > 0:
        draft.tell("escalated", "oncall.event.escalated", call.incident_id, step=index + 1)
    contacts = rota.people(step.notify, draft.oncall, draft.overrides.values(), draft.now)
    told = notices.page(draft, call, contacts, hold)
    _journal(draft, call, told, hold)


def _hours_hold(draft: Draft, policy: EscalationPolicy) -> Hold | None:
    hours = policy.hours
    if hours is None or policy.is_emergency:
        return None
    holidays = tuple(holiday for schedule in draft.oncall.schedules.values() for holiday in schedule.holidays)
    if muting.is_open(hours, holidays, draft.now):
        return None
    until = muting.next_opening(hours, holidays, draft.now)
    return Hold(why=message("oncall.why.hours", at=clock(until, draft.scene)), until=until)


def _journal(draft: Draft, call: Call, told: tuple[str, ...], hold: Hold | None) -> None:
    names = ", ".join(draft.oncall.contacts[contact].name for contact in told)
    for entry in chains.step_of(call, call.step).notify:
        schedule = draft.oncall.schedules.get(entry.removeprefix(rota.SCHEDULE))
        if entry.startswith(rota.SCHEDULE) and schedule is not None:
            shift = rota.who(schedule, rota.standing(draft.overrides.values(), draft.oncall), draft.now)
            if shift.why == rota.GAP:
                draft.tell(
                    "nobody_on_duty", "oncall.event.nobody_on_duty", call.incident_id, schedule=schedule.id, who=names
                )
    if not told:
        draft.tell("nobody_on_duty", "oncall.event.nobody_reachable", call.incident_id)
    elif hold is not None:
        draft.tell("held", "oncall.event.held", call.incident_id, why=hold.why)
    else:
        draft.tell("paged", "oncall.event.paged", call.incident_id, who=names, step=call.step + 1)
