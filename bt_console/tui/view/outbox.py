"""Messages: what waits, is held back or is dead and why, what was sent last, and the proof of each try."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bt_console.model.oncall import NoticeKind, OnCall
from bt_console.model.paging import Attempt, Delivery, DeliveryState, SendOutcome
from bt_console.model.snapshot import OutboxView
from bt_console.tui.view.calls import given_name, person
from bt_console.tui.view.look import Look
from bt_console.tui.view.text import Line, Row, Span, Tone, blank, cut_line, fit, heading, paragraph, stamped, wrap

DELIVERY_KEY = "delivery:"
GLYPH = {
    DeliveryState.QUEUED: ("·", Tone.WARN),
    DeliveryState.HELD: ("□", Tone.HIDDEN),
    DeliveryState.LEASED: ("▶", Tone.ACCENT),
    DeliveryState.ACCEPTED: ("✓", Tone.OK),
    DeliveryState.DELIVERED: ("●", Tone.OK),
    DeliveryState.READ: ("●", Tone.OK),
    DeliveryState.CANCELLED: ("–", Tone.MUTED),
    DeliveryState.DEAD: ("■", Tone.BAD),
}
_WAITING = (DeliveryState.QUEUED, DeliveryState.LEASED)
_STUCK = (*_WAITING, DeliveryState.HELD, DeliveryState.DEAD)
_EXPLAINED = (DeliveryState.QUEUED, DeliveryState.HELD, DeliveryState.CANCELLED, DeliveryState.DEAD)
_TRY_TONE = {SendOutcome.ACCEPTED: Tone.OK, SendOutcome.PERMANENT: Tone.BAD, None: Tone.ACCENT}
_DEAD_SHOWN_S = 86400.0
_KIND, _WHO, _CHANNEL, _ID = 8, 18, 8, 4
_ROOMY = 72
"""Columns from which on seconds and whole names are shown."""


def summary(outbox: OutboxView, deliveries: Iterable[Delivery], look: Look) -> str:
    """Return how many messages wait, are held back, and were found undeliverable today."""
    held = sum(delivery.state is DeliveryState.HELD and delivery.done_at is None for delivery in deliveries)
    return look.tell("told.outbox.note", waiting=outbox.queued_count, held=held, dead=outbox.dead_count)


def stuck(deliveries: Iterable[Delivery], look: Look) -> list[Delivery]:
    """Return what did not get away: dead in the last day first, then waiting, then held back."""
    order = (DeliveryState.DEAD, *_WAITING, DeliveryState.HELD)
    found = [delivery for delivery in deliveries if delivery.state in _STUCK and _is_current(delivery, look)]
    return sorted(found, key=lambda delivery: (order.index(delivery.state), -delivery.id))


def _is_current(delivery: Delivery, look: Look) -> bool:
    if delivery.state is DeliveryState.DEAD:
        return (look.now - (delivery.done_at or delivery.created_at)).total_seconds() < _DEAD_SHOWN_S
    return delivery.done_at is None


def settled(deliveries: Iterable[Delivery]) -> list[Delivery]:
    """Return what was sent, newest first."""
    sent = (DeliveryState.ACCEPTED, DeliveryState.DELIVERED, DeliveryState.READ, DeliveryState.CANCELLED)
    return [delivery for delivery in deliveries if delivery.state in sent]


def rows(deliveries: Sequence[Delivery], oncall: OnCall | None, look: Look, width: int) -> list[Row]:
    """Return one row per message, with the reason under what was not sent."""
    found = []
    for delivery in deliveries:
        found.append(
            Row(line=cut_line(_line(delivery, oncall, look, width), width), key=f"{DELIVERY_KEY}{delivery.id}")
        )
        if delivery.state in _EXPLAINED and delivery.why:
            lines = wrap(look.say(delivery.why), width - 11)[:2]
            found += [Row(line=(Span(" " * 11 + text, Tone.MUTED),)) for text in lines]
    return found


def _line(delivery: Delivery, oncall: OnCall | None, look: Look, width: int) -> Line:
    glyph, tone = GLYPH[delivery.state]
    number = f"#{delivery.incident_id}" if delivery.incident_id is not None else ""
    at, is_roomy = delivery.done_at or delivery.created_at, width >= _ROOMY
    stamp = look.since(at, is_long=True)[-8:] if is_roomy else look.since(at)
    who = person(delivery.contact, oncall) if is_roomy else given_name(delivery.contact, oncall)
    return (
        Span(f"{glyph} ", tone),
        Span(fit(stamp, 8 if is_roomy else 5) + " ", Tone.MUTED),
        Span(fit(number, _ID) + " ", Tone.KEY),
        Span(fit(kind_word(delivery.kind, look), _KIND) + " ", Tone.MUTED),
        Span(fit(who, _WHO if is_roomy else 8) + " "),
        Span(fit(delivery.channel, _CHANNEL if is_roomy else 7) + " ", Tone.MUTED),
        Span(state_word(delivery, look), tone),
    )


def kind_word(kind: NoticeKind, look: Look) -> str:
    """Return why somebody was told."""
    return look.tell(f"told.kind.{kind}")


def state_word(delivery: Delivery, look: Look) -> str:
    """Return where a message stands: `accepted` is the provider's word, `delivered` needs a receipt."""
    return look.tell(f"told.state.{delivery.state}")


def proof(
    delivery: Delivery, attempts: Sequence[Attempt], oncall: OnCall | None, look: Look, width: int
) -> tuple[Row, ...]:
    """Return one message whole: who, over what, every try with what the provider answered, and its text."""
    glyph, tone = GLYPH[delivery.state]
    found = [heading(look.tell("told.proof", id=delivery.id), width, kind_word(delivery.kind, look))]
    to = look.tell("told.proof.to", who=person(delivery.contact, oncall), channel=delivery.channel)
    found += paragraph(to, width, Tone.STRONG)
    found.append(Row(line=(Span(f"{glyph} {state_word(delivery, look)}", tone),)))
    found += paragraph(look.tell(f"told.state.{delivery.state}.means"), width, Tone.MUTED)
    if delivery.why:
        found += paragraph(look.say(delivery.why), width, Tone.WARN)
    found += paragraph(_times(delivery, look), width, Tone.MUTED)
    found += [blank(), heading(look.tell("told.attempts"), width, str(len(attempts)))]
    for attempt in attempts:
        found += _try(attempt, look, width)
    if not attempts:
        found += paragraph(look.tell("told.attempts.none"), width, Tone.MUTED)
    found += [blank(), heading(look.tell("told.text"), width)]
    for text in (delivery.title, *delivery.body.splitlines()):
        found += paragraph(text, width)
    return tuple(found)


def _times(delivery: Delivery, look: Look) -> str:
    parts = [look.tell("told.proof.created", at=look.since(delivery.created_at, is_long=True))]
    if delivery.done_at is not None:
        parts.append(look.tell("told.proof.done", at=look.since(delivery.done_at, is_long=True)))
    elif delivery.state in (DeliveryState.QUEUED, DeliveryState.HELD):
        parts.append(look.tell("told.proof.next", at=look.since(delivery.next_at, is_long=True)))
    if delivery.provider_id:
        parts.append(look.tell("told.proof.provider_id", id=delivery.provider_id))
    if delivery.fallback_of is not None:
        parts.append(look.tell("told.proof.fallback", id=delivery.fallback_of))
    if delivery.digest_id is not None:
        parts.append(look.tell("told.proof.digest", id=delivery.digest_id))
    return " · ".join(parts)


def _try(attempt: Attempt, look: Look, width: int) -> list[Row]:
    outcome = look.tell(f"told.outcome.{attempt.outcome or 'none'}")
    took = ""
    if attempt.ended_at is not None:
        took = look.tell("told.attempt.took", span=look.span((attempt.ended_at - attempt.started_at).total_seconds()))
    parts = [f"{attempt.n}. {outcome}", took, attempt.code and look.tell("told.attempt.code", answer=attempt.code)]
    parts += [attempt.provider_id and look.tell("told.proof.provider_id", id=attempt.provider_id)]
    text = " · ".join(part for part in (*parts, look.detail(attempt.detail) if attempt.detail else "") if part)
    return stamped(look.clock(attempt.started_at), text, width, _TRY_TONE.get(attempt.outcome, Tone.WARN))
