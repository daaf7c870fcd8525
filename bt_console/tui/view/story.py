"""An incident as it went: seen, asked, concluded, told, acknowledged, noted; and why people were paged or not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from bt_console.evaluate.oncall.why import why
from bt_console.model.incident import Incident
from bt_console.model.oncall import OnCall, Override
from bt_console.model.paging import Call, CallState, Delivery, Note
from bt_console.model.snapshot import Event, Snapshot
from bt_console.tui.view import outbox
from bt_console.tui.view.calls import call_of, person, short_state
from bt_console.tui.view.look import Look
from bt_console.tui.view.text import Row, Span, Tone, blank, heading, paragraph, stamped

_NOTED = "noted"
"""Events of notes say less than the notes."""
_ROW = "why.row."
"""Reasons of single messages: the list of messages shows them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What is read for one incident beside the snapshot."""

    events: tuple[Event, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    notes: tuple[Note, ...] = ()
    why: tuple[str, ...] = ()
    """Why somebody was told or nobody was, as messages of words.say()."""


NOTHING = Story()


def explain(
    incident: Incident, deliveries: Iterable[Delivery], overrides: Iterable[Override], snapshot: Snapshot, now: datetime
) -> tuple[str, ...]:
    """Return why somebody was told of an incident, or nobody was: worth keeping while nothing changes."""
    oncall = snapshot.oncall
    if oncall is None:
        return ()
    call = call_of(snapshot, incident.id)
    found = why(call, deliveries, snapshot.mutes, oncall, incident, now, overrides=overrides)
    return tuple(said for said in found if not said.startswith(_ROW))


def paging_rows(incident: Incident, story: Story, snapshot: Snapshot, look: Look, width: int) -> list[Row]:
    """Return where the paging stands, why so, and who was told over what."""
    call, oncall = call_of(snapshot, incident.id), snapshot.oncall
    found = [blank(), heading(look.tell("told.paging"), width, call.policy.id if call else "")]
    if call is None:
        found += paragraph(look.tell("told.paging.none"), width, Tone.MUTED)
    else:
        state = short_state(call, oncall, look)
        found.append(Row(line=(Span(state.text, state.tone), Span(_due(call, look), Tone.MUTED))))
    if story.why:
        found += [blank(), heading(look.tell("told.why"), width)]
    for said in story.why:
        first, *others = paragraph(look.say(said), width - 2)
        found.append(Row(line=(Span("· ", Tone.RULE), *first.line)))
        found += [Row(line=(Span("  "), *row.line)) for row in others]
    if story.deliveries:
        found += [blank(), heading(look.tell("told.told"), width, str(len(story.deliveries)))]
        found += outbox.rows(story.deliveries, oncall, look, width)
    return found


def _due(call: Call, look: Look) -> str:
    if call.state in (CallState.PENDING, CallState.OPEN) and call.next_at is not None:
        return "  " + look.tell("told.next_step", at=look.until(call.next_at))
    if call.state is CallState.RESOLVED and call.hold_until is not None:
        return "  " + look.tell("told.hold_until", at=look.until(call.hold_until))
    return ""


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
