"""Where the paging for an incident stands, in a few words: who has it until when, or why nobody is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bt_console.evaluate.oncall import muting
from bt_console.model.incident import Incident
from bt_console.model.oncall import Holiday, OnCall
from bt_console.model.paging import Call, CallState
from bt_console.model.snapshot import Snapshot
from bt_console.tui.view.look import Look
from bt_console.tui.view.text import Span, Tone

HELD, MUTED = "held", "muted"
"""Shown like states, though they are overlays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Of the open incidents."""

    opened: int
    acked: int
    muted: int


def calls_by_incident(snapshot: Snapshot) -> Mapping[int, Call]:
    """Return every call of a snapshot."""
    return {call.incident_id: call for call in snapshot.calls}


def call_of(snapshot: Snapshot, incident_id: int) -> Call | None:
    """Return the call of an incident."""
    return next((call for call in snapshot.calls if call.incident_id == incident_id), None)


def is_acknowledged(incident: Incident, call: Call | None) -> bool:
    """Return whether somebody has it: the call knows best, since it ends by itself."""
    return incident.acknowledged_at is not None if call is None else call.state is CallState.ACKED


def counts(snapshot: Snapshot) -> Counts:
    """Return how many incidents are open, and how many of them somebody has or a mute hides."""
    calls, opened = calls_by_incident(snapshot), snapshot.open_incidents
    return Counts(
        opened=len(opened),
        acked=sum(is_acknowledged(incident, calls.get(incident.id)) for incident in opened),
        muted=sum(bool(call.muted_by) for incident in opened if (call := calls.get(incident.id))),
    )


def person(name: str, oncall: OnCall | None) -> str:
    """Return who that is: a contact's name, or a login without the address it came from."""
    contact = oncall.contacts.get(name) if oncall else None
    return contact.name if contact else name.partition("@")[0] or name


def given_name(name: str, oncall: OnCall | None) -> str:
    """Return how people call that person: the last of three names or more; two are short, or a desk's."""
    known = person(name, oncall)
    words = known.split()
    return words[-1] if len(words) > 2 else known


def standing(call: Call, oncall: OnCall | None, look: Look) -> str:
    """Return the state to show: of the call, or of what lies over it."""
    if call.muted_by and call.state is not CallState.CLOSED:
        return MUTED
    if call.state in (CallState.PENDING, CallState.OPEN) and _is_held(call, oncall, look):
        return HELD
    return call.state.value


def _is_held(call: Call, oncall: OnCall | None, look: Look) -> bool:
    hours = call.policy.hours
    return hours is not None and not call.policy.is_emergency and not muting.is_open(hours, _holidays(oncall), look.now)


def _holidays(oncall: OnCall | None) -> tuple[Holiday, ...]:
    return tuple(day for schedule in oncall.schedules.values() for day in schedule.holidays) if oncall else ()


_TONES = {
    CallState.PENDING.value: Tone.MUTED,
    CallState.OPEN.value: Tone.BAD,
    CallState.ACKED.value: Tone.OK,
    CallState.RESOLVED.value: Tone.OK,
    CallState.CLOSED.value: Tone.MUTED,
    HELD: Tone.HIDDEN,
    MUTED: Tone.HIDDEN,
}


def short_state(call: Call, oncall: OnCall | None, look: Look, *, is_brief: bool = False) -> Span:
    """Return where a call stands; brief: with given names, in at most some 25 columns."""
    state, name = standing(call, oncall, look), given_name if is_brief else person
    values = {
        "who": name(call.acked_by, oncall),
        "until": look.until(call.ack_until),
        "step": call.step + 1,
        "at": look.until(_opening(call, oncall, look)) if state == HELD else "",
    }
    code = "told.call.calling" if state == CallState.OPEN and call.step < 0 else f"told.call.{state}"
    text = look.tell(code, **values)
    if call.claimed_by and call.state in (CallState.PENDING, CallState.OPEN):
        text = look.tell("told.call.claimed", who=name(call.claimed_by, oncall))
    if call.flaps_count:
        text = look.tell("told.call.flapping", n=call.flaps_count, state=text)
    return Span(text, _TONES[state])


def _opening(call: Call, oncall: OnCall | None, look: Look) -> datetime | None:
    return muting.next_opening(call.policy.hours, _holidays(oncall), look.now) if call.policy.hours else None
