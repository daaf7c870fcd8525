"""What people at the desk may do about an incident: take it, give it back, escalate it, write into it, test; pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bt_console.evaluate.oncall import notices
from bt_console.evaluate.oncall.calls import restarted
from bt_console.evaluate.oncall.desk import Desk, Outcome, Scene
from bt_console.evaluate.oncall.draft import Draft
from bt_console.evaluate.oncall.taking import take
from bt_console.evaluate.oncall.texts import Extra
from bt_console.evaluate.oncall.ways import ways_to
from bt_console.model.oncall import NoticeKind
from bt_console.model.paging import Call, CallState, Note
from bt_console.words import message
from probes.api import clean

NOTE_LIMIT = 1000


def acknowledge(desk: Desk, scene: Scene, incident_id: int, by: str, until: datetime | None, now: datetime) -> Outcome:
    """Let somebody have an incident until an instant; None: as long as the policy allows."""
    draft = Draft(desk, scene, now)
    return draft.outcome(take(draft, incident_id, by, until))


def unacknowledge(desk: Desk, scene: Scene, incident_id: int, by: str, now: datetime) -> Outcome:
    """Page again from the first step."""

    def give_back(draft: Draft, call: Call) -> str:
        if call.state is not CallState.ACKED:
            return message("oncall.answer.not_acked", id=incident_id)
        draft.put_call(restarted(call, now))
        draft.tell("unacknowledged", "oncall.event.unacknowledged", incident_id, by=by)
        return message("oncall.answer.unacknowledged", id=incident_id)

    return _on_call(desk, scene, incident_id, now, give_back)


def claim(desk: Desk, scene: Scene, incident_id: int, by: str, now: datetime) -> Outcome:
    """Write down who works on it; pages go on until it is acknowledged."""

    def write_down(draft: Draft, call: Call) -> str:
        draft.put_call(replace(call, claimed_by=by))
        draft.tell("claimed", "oncall.event.claimed", incident_id, by=by)
        return message("oncall.answer.claimed", id=incident_id)

    return _on_call(desk, scene, incident_id, now, write_down)


def escalate(desk: Desk, scene: Scene, incident_id: int, by: str, now: datetime) -> Outcome:
    """Take the next step now, whoever has it."""

    def hurry(draft: Draft, call: Call) -> str:
        if call.muted_by:
            return message("oncall.answer.is_muted", id=incident_id)
        if call.state is CallState.RESOLVED:
            return message("oncall.answer.no_call", id=incident_id)
        state = CallState.PENDING if call.state is CallState.PENDING else CallState.OPEN
        hurried = replace(call, state=state, next_at=now, acked_by="", acked_at=None, ack_until=None)
        draft.put_call(hurried)
        draft.tell("escalated", "oncall.event.escalate_now", incident_id, by=by)
        return message("oncall.answer.escalated", id=incident_id)

    return _on_call(desk, scene, incident_id, now, hurry)


def _on_call(desk: Desk, scene: Scene, incident_id: int, now: datetime, act: Callable[[Draft, Call], str]) -> Outcome:
    draft = Draft(desk, scene, now)
    call = draft.calls.get(incident_id)
    if call is None or call.state is CallState.CLOSED:
        return draft.outcome(message("oncall.answer.no_call", id=incident_id))
    return draft.outcome(act(draft, call))


def note(desk: Desk, scene: Scene, incident_id: int, by: str, text: str, now: datetime) -> Outcome:
    """Write into an incident, also one that is over."""
    draft = Draft(desk, scene, now)
    written = clean(text.strip(), NOTE_LIMIT)
    if not written:
        return draft.outcome(message("oncall.answer.empty_note"))
    if incident_id not in scene.incidents and incident_id not in draft.calls:
        return draft.outcome(message("oncall.answer.no_call", id=incident_id))
    draft.notes.append(Note(incident_id=incident_id, at=now, by=by, text=written))
    draft.tell("noted", "oncall.event.noted", incident_id, by=by)
    return draft.outcome(message("oncall.answer.noted"))


def test(desk: Desk, scene: Scene, contact: str, by: str, now: datetime) -> Outcome:
    """Send a person one test over every channel of theirs."""
    draft = Draft(desk, scene, now)
    person = scene.oncall.contacts.get(contact)
    if person is None:
        return draft.outcome(message("oncall.answer.no_contact", contact=contact))
    ways = ways_to(scene.oncall, person, NoticeKind.TEST)
    if not ways:
        return draft.outcome(message("oncall.answer.no_way", contact=contact))
    decision = draft.next_delivery_id
    for way in ways:
        why = message("oncall.why.test", by=by, channel=way.id)
        notices.add(draft, NoticeKind.TEST, person, way, None, extra=Extra(why=why), decision=decision)
    draft.tell("tested", "oncall.event.tested", by=by, who=person.name)
    return draft.outcome(message("oncall.answer.tested", count=len(ways), contact=contact))
