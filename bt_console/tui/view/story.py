"""An incident as it went: seen, asked, concluded, told, acknowledged, noted; and why people were paged or not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bt_console.model.incident import Incident
from bt_console.model.oncall import OnCall
from bt_console.model.paging import Call, CallState, Delivery, Note
from bt_console.model.snapshot import Event, Snapshot
from bt_console.tui.view import mutes, outbox
from bt_console.tui.view.calls import call_of, person, short_state
from bt_console.tui.view.look import Look
from bt_console.tui.view.summary import unit_names
from bt_console.tui.view.text import Row, Span, Tone, blank, heading, paragraph, stamped

_NOTED = "noted"
"""Events of notes say less than the notes."""
_PAGING = frozenset(
    {
        "paged",
        "held",
        "muted",
        "unmuted",
        "escalated",
        "flapping",
        "nobody_on_duty",
        "delivery_dead",
        "call_closed",
        "ack_expired",
        "acknowledged",
        "unacknowledged",
    }
)
"""Kinds of events that say why somebody was or was not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What is read for one incident beside the snapshot."""

    events: tuple[Event, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    notes: tuple[Note, ...] = ()


NOTHING = Story()


def paging_rows(incident: Incident, story: Story, snapshot: Snapshot, look: Look, width: int) -> list[Row]:
    """Return where the paging stands, why so, and who was told over what."""
    call, oncall = call_of(snapshot, incident.id), snapshot.oncall
    found = [blank(), heading(look.tell("told.paging"), width, call.policy.id if call else "")]
    if call is None:
        found += paragraph(look.tell("told.paging.none"), width, Tone.MUTED)
    else:
        found += _call_rows(call, snapshot, look, width)
    found += _why_rows(call, story, look, width)
    if story.deliveries:
        count = str(len(story.deliveries))
        found += [blank(), heading(look.tell("told.told"), width, count)]
        found += outbox.rows(story.deliveries, oncall, look, width)
    return found


def _call_rows(call: Call, snapshot: Snapshot, look: Look, width: int) -> list[Row]:
    oncall = snapshot.oncall
    state = short_state(call, oncall, look)
    found = [Row(line=(Span(state.text, state.tone), Span(_due(call, look), Tone.MUTED)))]
    if call.acked_by and call.acked_at is not None:
        who = person(call.acked_by, oncall)
        at, until = look.since(call.acked_at, is_long=True), look.until(call.ack_until)
        found += paragraph(look.tell("told.acked", who=who, at=at, until=until), width, Tone.TEXT)
    if call.claimed_by:
        found += paragraph(look.tell("told.claimed", who=person(call.claimed_by, oncall)), width, Tone.TEXT)
    if call.close_reason:
        reason = look.tell(f"told.closed.{call.close_reason}")
        found += paragraph(look.tell("told.closed", at=look.since(call.closed_at, is_long=True), reason=reason), width)
    return found + _muted_by(call, snapshot, look, width)


def _due(call: Call, look: Look) -> str:
    if call.state in (CallState.PENDING, CallState.OPEN) and call.next_at is not None:
        return "  " + look.tell("told.next_step", at=look.until(call.next_at))
    if call.state is CallState.RESOLVED and call.hold_until is not None:
        return "  " + look.tell("told.hold_until", at=look.until(call.hold_until))
    return ""


def _muted_by(call: Call, snapshot: Snapshot, look: Look, width: int) -> list[Row]:
    known, names, found = {mute.id: mute for mute in mutes.all_mutes(snapshot)}, unit_names(snapshot), []
    for number in call.muted_by:
        mute = known.get(number)
        what = mutes.match_text(mute.match, names, look) if mute else ""
        by = look.tell("told.mute.by", who=person(mute.author, snapshot.oncall), reason=mute.reason) if mute else ""
        found += paragraph(look.tell("told.muted_by", id=number, what=what, by=by), width, Tone.HIDDEN)
    return found


def _why_rows(call: Call | None, story: Story, look: Look, width: int) -> list[Row]:
    said = [event for event in story.events if event.kind in _PAGING]
    if not said:
        return []
    found = [blank(), heading(look.tell("told.why"), width)]
    for event in said:
        found += stamped(look.clock(event.at), look.say(event.message).strip(), width)
    return found


def timeline_rows(incident: Incident, story: Story, oncall: OnCall | None, look: Look, width: int) -> list[Row]:
    """Return everything that happened, in order of time."""
    entries = sorted(_entries(incident, story, oncall, look), key=lambda entry: entry[0])
    if not entries:
        return []
    found = [blank(), heading(look.tell("told.timeline"), width)]
    for at, text, tone in entries:
        found += stamped(look.clock(at), text, width, tone)
    return found


def _entries(
    incident: Incident, story: Story, oncall: OnCall | None, look: Look
) -> Iterator[tuple[datetime, str, Tone]]:
    for step in incident.cause.steps:
        yield step.at, look.say(step.message), Tone.TEXT
    for event in story.events:
        if event.kind != _NOTED:
            yield event.at, look.say(event.message).strip(), Tone.MUTED
    for delivery in story.deliveries:
        said = look.tell(
            "told.line",
            kind=outbox.kind_word(delivery.kind, look),
            who=person(delivery.contact, oncall),
            channel=delivery.channel,
            state=outbox.state_word(delivery, look),
            at=look.since(delivery.done_at, is_long=True) if delivery.done_at else "",
        )
        yield delivery.created_at, said.strip(), outbox.GLYPH[delivery.state][1]
    for note in story.notes:
        yield note.at, look.tell("told.note", who=person(note.by, oncall), text=note.text), Tone.ACCENT
