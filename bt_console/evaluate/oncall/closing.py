"""The end of a call: recoveries to those who were paged, late notices to those who could not be; pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bt_console.evaluate.oncall import chains, notices, rota
from bt_console.evaluate.oncall.chains import TOLD
from bt_console.evaluate.oncall.clockwork import DAILY
from bt_console.evaluate.oncall.draft import Draft
from bt_console.evaluate.oncall.ways import ways_to
from bt_console.model.oncall import NoticeKind
from bt_console.model.paging import Call, CallState, Delivery, DeliveryState
from bt_console.words import message


def close_unheard(draft: Draft, call: Call) -> Call:
    """End a call nobody was paged for; a digest counts it."""
    if not call.muted_by:
        call = _closed(draft, call, "transient")
        _for_digest(draft, call, message("oncall.why.transient"), draft.now + DAILY)
        return call
    call = _closed(draft, call, "recovered_while_muted")
    _for_digest(draft, call, _muted_over(draft, call), _mutes_end(draft, call))
    return call


def close(draft: Draft, call: Call) -> Call:
    """End a call after its hold: each person it told hears the end once, each it could not tell hears it late."""
    rows = draft.of_incident(call.incident_id)
    is_unheard = bool(call.muted_by) and not any(d.kind is NoticeKind.PAGE for d in rows)
    call = _closed(draft, call, "recovered_while_muted" if is_unheard else "recovered")
    if is_unheard:
        _for_digest(draft, call, _muted_over(draft, call), _mutes_end(draft, call))
    accepted = [d for d in rows if d.kind is NoticeKind.PAGE and d.state in TOLD]
    for delivery in accepted:
        notices.resolve(draft, call, delivery)
    places = {(d.contact, d.channel) for d in accepted}
    for delivery in rows:
        if delivery.done_at is None and delivery.state is not DeliveryState.LEASED:
            _overtake(draft, delivery, (delivery.contact, delivery.channel) in places)
        elif delivery.kind is NoticeKind.PAGE and delivery.digest_id is not None:
            _resolve_in_digest(draft, call, delivery)
    return call


def _overtake(draft: Draft, delivery: Delivery, is_recovery_told: bool) -> None:
    if delivery.kind is NoticeKind.UPDATE:
        draft.cancel(delivery, message("oncall.why.overtaken"))
    elif delivery.kind is NoticeKind.PAGE and is_recovery_told:
        draft.cancel(delivery, message("oncall.why.recovery_told"))
    elif delivery.kind is NoticeKind.PAGE:
        notices.lately(draft, delivery)


def _resolve_in_digest(draft: Draft, call: Call, paged: Delivery) -> None:
    """Who learned of it from a digest learns of its end from the next one."""
    digest = draft.deliveries.get(paged.digest_id or 0)
    if digest is None or digest.state not in TOLD or digest.channel not in draft.oncall.channels:
        return
    contact = draft.oncall.contacts.get(paged.contact)
    place = (paged.contact, digest.channel)
    known = draft.of_incident(call.incident_id)
    is_queued = any(d.kind is NoticeKind.RESOLVE and (d.contact, d.channel) == place for d in known)
    if contact is not None and not is_queued:
        row = notices.add(
            draft, NoticeKind.RESOLVE, contact, draft.oncall.channels[digest.channel], call.incident_id, call=call
        )
        until = draft.now + timedelta(seconds=draft.oncall.storm.digest_every_s)
        draft.put(replace(row, state=DeliveryState.HELD, why=message("oncall.why.storm"), next_at=until))


def _closed(draft: Draft, call: Call, reason: str) -> Call:
    """Close a call; its codes end with it."""
    for text, code in list(draft.codes.items()):
        if code.incident_id == call.incident_id and draft.now < code.expires_at:
            draft.codes[text] = replace(code, expires_at=draft.now)
    passed_s = (draft.now - call.muted_at).total_seconds() if call.muted_at else 0.0
    draft.tell("call_closed", "oncall.event.call_closed", call.incident_id, reason=f"oncall.closed.{reason}")
    return draft.put_call(
        replace(
            call,
            state=CallState.CLOSED,
            next_at=None,
            paused_left_s=None,
            hold_until=None,
            muted_s=call.muted_s + max(0.0, passed_s),
            muted_at=None,
            closed_at=draft.now,
            close_reason=reason,
        )
    )


def _for_digest(draft: Draft, call: Call, why: str, at: datetime) -> None:
    """Hold a line for the digest of those who would have been paged first."""
    if call.incident_id not in draft.scene.incidents:
        return
    step = chains.step_of(call, 0)
    decision = draft.next_delivery_id
    for contact_id in rota.people(step.notify, draft.oncall, draft.overrides.values(), draft.now):
        contact = draft.oncall.contacts[contact_id]
        way = next(iter(ways_to(draft.oncall, contact, NoticeKind.DIGEST)), None)
        if way is not None:
            row = notices.add(draft, NoticeKind.LATE, contact, way, call.incident_id, call=call, decision=decision)
            draft.put(replace(row, state=DeliveryState.HELD, why=why, next_at=at))


def _muted_over(draft: Draft, call: Call) -> str:
    incident = draft.incident(call.incident_id)
    ended_at = (incident.resolved_at if incident else None) or draft.now
    minutes = round((ended_at - call.opened_at).total_seconds() / 60)
    return message("oncall.why.muted_over", mutes=notices.mutes_said(call.muted_by), minutes=max(0, minutes))


def _mutes_end(draft: Draft, call: Call) -> datetime:
    """Return when the mutes that cover a call end, at most a day ahead."""
    mutes = {mute.id: mute for mute in (*draft.mutes.values(), *draft.oncall.mutes)}
    ends = [mutes[mute_id].ends_at for mute_id in call.muted_by if mute_id in mutes and not mutes[mute_id].rrule]
    return min(max([draft.now, *ends]), draft.now + DAILY)
