"""On call: who has duty, whether the ways to people work, what was sent, and the monitor's audit of itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bt_console.model.oncall import Override
from bt_console.model.paging import Delivery, Heartbeat, Inbound
from bt_console.model.snapshot import Snapshot
from bt_console.tui.view import channels, duty, heartbeats, mutes, outbox
from bt_console.tui.view.calls import person
from bt_console.tui.view.look import Look
from bt_console.tui.view.text import Row, Span, Tone, blank, fit, heading, paragraph, spread

_SENT_SHOWN, _ANSWERS_SHOWN = 40, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What is read for this page beside the snapshot."""

    deliveries: tuple[Delivery, ...] = ()
    heartbeats: tuple[Heartbeat, ...] = ()
    overrides: tuple[Override, ...] = ()
    inbounds: tuple[Inbound, ...] = ()


NOTHING = Desk()


def main_rows(snapshot: Snapshot, desk: Desk, coming: Sequence[duty.Plan], look: Look, width: int) -> tuple[Row, ...]:
    """Return duty, channels, what did not get away, the audit."""
    stuck = outbox.stuck(desk.deliveries, look)
    return (
        heading(look.tell("told.duty"), width, look.tell("told.duty.note")),
        *duty.rows(snapshot, coming, look, width),
        blank(),
        heading(look.tell("told.channels"), width),
        *channels.rows(snapshot, look, width),
        blank(),
        heading(look.tell("told.outbox"), width, outbox.summary(snapshot.outbox, desk.deliveries, look)),
        *(outbox.rows(stuck, snapshot.oncall, look, width) or _none("told.outbox.none", look, width)),
        blank(),
        heading(look.tell("told.audit"), width, heartbeats.audit_note(desk.heartbeats, look)),
        *heartbeats.audit_rows(desk.heartbeats, look, width),
    )


def more_rows(snapshot: Snapshot, desk: Desk, look: Look, width: int) -> tuple[Row, ...]:
    """Return what was sent last and answered, mutes, stand-ins, signs of life."""
    sent = outbox.settled(desk.deliveries)[:_SENT_SHOWN]
    return (
        heading(look.tell("told.sent"), width, look.tell("told.sent.note")),
        *(outbox.rows(sent, snapshot.oncall, look, width) or _none("told.sent.none", look, width)),
        blank(),
        heading(look.tell("told.answers"), width),
        *(_answers(snapshot, desk, look, width) or _none("told.answers.none", look, width)),
        blank(),
        heading(look.tell("told.mutes"), width, look.tell("told.mutes.note")),
        *mutes.rows(snapshot, look, width),
        blank(),
        heading(look.tell("told.overrides"), width, look.tell("told.overrides.note")),
        *duty.override_rows(desk.overrides, snapshot.oncall, look, width),
        blank(),
        heading(look.tell("told.heartbeats"), width),
        *heartbeats.rows(desk.heartbeats, snapshot.oncall, look, width),
    )


def _none(code: str, look: Look, width: int) -> list[Row]:
    return paragraph(look.tell(code), width, Tone.MUTED)


def _answers(snapshot: Snapshot, desk: Desk, look: Look, width: int) -> list[Row]:
    found = []
    for heard in desk.inbounds[:_ANSWERS_SHOWN]:
        left = (
            Span(fit(look.since(heard.at, is_long=True)[-8:], 8) + " ", Tone.MUTED),
            Span(fit(heard.channel, 8) + " ", Tone.MUTED),
            Span(fit(person(heard.sender, snapshot.oncall), 16) + " "),
            Span(heard.text),
        )
        found.append(Row(line=spread(left, (Span(fit(look.say(heard.result), width * 4 // 10), Tone.MUTED),), width)))
    return found
