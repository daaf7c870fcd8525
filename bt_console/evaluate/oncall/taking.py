"""Somebody has it: what was still to be sent is not, and who was paged is told; pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bt_console.evaluate.oncall import notices
from bt_console.evaluate.oncall.draft import Draft
from bt_console.evaluate.oncall.settling import acked_why, acknowledged_meanwhile
from bt_console.evaluate.oncall.texts import clock
from bt_console.model.paging import Call, CallState, DeliveryState
from bt_console.words import message


def take(draft: Draft, incident_id: int, by: str, until: datetime | None) -> str:
    """Acknowledge; return what the person is answered."""
    call = draft.calls.get(incident_id)
    if call is None or call.state in (CallState.CLOSED, CallState.RESOLVED):
        return message("oncall.answer.no_call", id=incident_id)
    longest = draft.now + timedelta(seconds=call.policy.ack_max_s)
    if until is not None and until <= draft.now:
        return message("oncall.answer.until_past", until=clock(until, draft.scene))
    ends_at = longest if until is None else min(until, longest)
    call = _taken(draft, call, by, ends_at)
    said = clock(ends_at, draft.scene)
    draft.tell("acknowledged", "oncall.event.acknowledged", incident_id, by=by, until=said)
    return message("oncall.answer.acknowledged", id=incident_id, until=said)


def _taken(draft: Draft, call: Call, by: str, ends_at: datetime) -> Call:
    call = draft.put_call(
        replace(
            call,
            state=CallState.ACKED,
            acked_by=by or "?",
            acked_at=draft.now,
            ack_until=ends_at,
            next_at=None,
            paused_left_s=None,
        )
    )
    for page in notices.open_pages(draft, call.incident_id):
        if page.state is not DeliveryState.LEASED:
            acknowledged_meanwhile(draft, page, call)
    notices.update(draft, call, acked_why(draft, call), skip=frozenset({by}))
    return call
