"""What becomes of a message after an attempt: done, tried again later, or told over another way; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from bt_console.channels.api import Sent
from bt_console.evaluate.oncall import chains, notices, rota
from bt_console.evaluate.oncall.clockwork import RATE_LIMIT_MAX
from bt_console.evaluate.oncall.draft import Draft
from bt_console.evaluate.oncall.texts import Extra, clock
from bt_console.model.oncall import NoticeKind
from bt_console.model.paging import Call, CallState, ChannelHealth, ChannelState, Delivery, DeliveryState, SendOutcome
from bt_console.words import message

BACK_OFF_S = (5.0, 15.0, 60.0, 300.0)
"""Then the last for ever."""
DOWN_AFTER = 3
"""Failures in a row."""
GIVEN_UP_AFTER = timedelta(days=1)
"""Of messages that only accompany a page."""
_DISPENSABLE = frozenset({NoticeKind.UPDATE, NoticeKind.RESOLVE, NoticeKind.TEST, NoticeKind.DRILL, NoticeKind.META})


def settle(draft: Draft, delivery: Delivery, sent: Sent) -> None:
    """Write down how an attempt ended and what follows."""
    draft.end_attempt(delivery.id, sent.outcome, code=sent.code, detail=sent.detail, provider_id=sent.provider_id)
    if delivery.state is DeliveryState.LEASED or (
        # The answer came after the lease had run out: nothing need be sent again.
        delivery.state is DeliveryState.QUEUED and sent.outcome is SendOutcome.ACCEPTED
    ):
        _AFTER[sent.outcome](draft, delivery, sent)


def overturned(draft: Draft, delivery: Delivery, sent: Sent) -> None:
    """Write down that what a provider had taken was not delivered, and what follows."""
    _AFTER[sent.outcome](draft, draft.put(replace(delivery, done_at=None)), sent)


def _accepted(draft: Draft, delivery: Delivery, sent: Sent) -> None:
    row = draft.put(
        replace(
            delivery,
            state=DeliveryState.ACCEPTED,
            done_at=draft.now,
            lease_until=None,
            provider_id=sent.provider_id,
            why="" if delivery.kind is NoticeKind.PAGE else delivery.why,
        )
    )
    _worked(draft, row.channel, is_proof=sent.is_proof)
    if row.kind is NoticeKind.PAGE:
        _page_accepted(draft, row)
    elif row.kind in (NoticeKind.LATE, NoticeKind.DIGEST):
        _drop_siblings(draft, row)


def _worked(draft: Draft, channel: str, *, is_proof: bool) -> None:
    """A channel that works again takes at once what has been waiting for it."""
    health = _health(draft, channel)
    if health.state is not ChannelState.UP:
        health = replace(health, state=ChannelState.UP, since=draft.now, fails_count=0, reason="")
        for row in list(draft.deliveries.values()):
            if row.channel == channel and row.state is DeliveryState.QUEUED and row.next_at > draft.now:
                draft.put(replace(row, next_at=draft.now))
    draft.healths[channel] = replace(health, proven_at=draft.now) if is_proof else health


def _page_accepted(draft: Draft, row: Delivery) -> None:
    """A page that arrived after things had changed is followed by how they are."""
    call = draft.calls.get(row.incident_id or 0)
    contact = draft.oncall.contacts.get(row.contact)
    channel = draft.oncall.channels.get(row.channel)
    if call is None or contact is None or channel is None:
        return
    if call.state is CallState.CLOSED:
        notices.resolve(draft, call, row)
    elif call.state is CallState.ACKED and row.contact != call.acked_by:
        extra = Extra(why=acked_why(draft, call))
        notices.add(draft, NoticeKind.UPDATE, contact, channel, row.incident_id, call=call, extra=extra)


def acked_why(draft: Draft, call: Call) -> str:
    """Return who has a call, until when, as a message."""
    known = draft.oncall.contacts.get(call.acked_by)
    until = clock(call.ack_until, draft.scene) if call.ack_until else "?"
    return message("oncall.why.acked", by=known.name if known else call.acked_by, until=until)


def _drop_siblings(draft: Draft, row: Delivery) -> None:
    for sibling in draft.chain_of(row):
        is_waiting = sibling.state is DeliveryState.QUEUED and sibling.kind is row.kind and sibling.id != row.id
        if is_waiting and (row.kind is NoticeKind.DIGEST or chains.is_superfluous(draft, sibling)):
            draft.cancel(sibling, message("oncall.why.told"))


def _retried(draft: Draft, delivery: Delivery, sent: Sent) -> None:
    _failed(draft, delivery, sent)
    back_off_s = BACK_OFF_S[min(max(delivery.attempts_count, 1), len(BACK_OFF_S)) - 1]
    why = notices.AMBIGUOUS if sent.outcome is SendOutcome.AMBIGUOUS else ""
    _requeue(draft, delivery, back_off_s, why)


def _rate_limited(draft: Draft, delivery: Delivery, sent: Sent) -> None:
    """The whole channel waits as long as its provider asks."""
    asked_s = BACK_OFF_S[1] if sent.retry_after_s is None else sent.retry_after_s
    wait_s = min(max(asked_s, 1.0), RATE_LIMIT_MAX.total_seconds())
    health = _health(draft, delivery.channel)
    draft.healths[delivery.channel] = replace(health, not_before=draft.now + timedelta(seconds=wait_s))
    _requeue(draft, delivery, wait_s, "")


def _requeue(draft: Draft, delivery: Delivery, wait_s: float, why: str) -> None:
    if delivery.kind in _DISPENSABLE and draft.now - delivery.created_at > GIVEN_UP_AFTER:
        hours = round(GIVEN_UP_AFTER.total_seconds() / 3600)
        _die(draft, delivery, message("oncall.why.too_old", lasted=hours))
        return
    kept = delivery.why if delivery.kind in (NoticeKind.UPDATE, NoticeKind.META) and not why else why
    row = draft.put(
        replace(
            delivery,
            state=DeliveryState.QUEUED,
            lease_until=None,
            why=kept,
            next_at=draft.now + timedelta(seconds=wait_s),
        )
    )
    call = draft.calls.get(row.incident_id or 0)
    if row.kind is NoticeKind.PAGE and call is not None and CallState.ACKED in (call.state, call.prior):
        acknowledged_meanwhile(draft, row, call)
    elif row.kind is NoticeKind.PAGE and (call is None or call.state is CallState.CLOSED):
        draft.put(replace(notices.lately(draft, row), next_at=row.next_at, why=why))


def acknowledged_meanwhile(draft: Draft, row: Delivery, call: Call) -> None:
    """Nobody is paged for what somebody has."""
    draft.cancel(row, acked_why(draft, call))


def _path_down(draft: Draft, delivery: Delivery, sent: Sent) -> None:
    _retried(draft, delivery, sent)
    row = draft.deliveries[delivery.id]
    if row.state is DeliveryState.QUEUED and row.kind in (NoticeKind.PAGE, NoticeKind.LATE):
        chains.fall_back(draft, row)


def _permanent(draft: Draft, delivery: Delivery, sent: Sent) -> None:
    """The provider will never take it: tell it another way, and tell somebody that this way is dead."""
    detail = sent.detail or sent.code
    _die(draft, delivery, message("oncall.why.permanent", channel=delivery.channel, detail=detail))
    if delivery.kind is NoticeKind.META:
        return
    contact = draft.oncall.contacts.get(delivery.contact)
    name = contact.name if contact else delivery.contact
    why = message("oncall.meta.dead", name=name, channel=delivery.channel, detail=detail)
    notices.about_desk(draft, why, _fallbacks(draft, delivery.contact), avoid=delivery.channel)
    if delivery.kind not in _DISPENSABLE:
        _tell_otherwise(draft, draft.deliveries[delivery.id])


def _fallbacks(draft: Draft, but: str) -> tuple[str, ...]:
    """Return who answers for gaps in the schedules, else any other contact, else the person itself."""
    named = [s.gap_fallback for s in draft.oncall.schedules.values() if s.gap_fallback in draft.oncall.contacts]
    others = [contact for contact in named if contact != but]
    if others:
        return tuple(dict.fromkeys(others))
    return next(((contact,) for contact in draft.oncall.contacts if contact != but), (but,))


def _tell_otherwise(draft: Draft, dead: Delivery) -> None:
    is_open = any(d.done_at is None for d in draft.chain_of(dead))
    if is_open or chains.told_by(draft, dead) is not None or chains.fall_back(draft, dead) is not None:
        return
    call = draft.calls.get(dead.incident_id or 0)
    others = _fallbacks(draft, dead.contact)
    if dead.kind is NoticeKind.PAGE and call is not None and call.state is not CallState.CLOSED:
        notices.page(draft, call, others)
    elif others != (dead.contact,):
        chains.pass_on(draft, dead, others[0])


def _die(draft: Draft, delivery: Delivery, why: str) -> None:
    contact = draft.oncall.contacts.get(delivery.contact)
    draft.put(replace(delivery, state=DeliveryState.DEAD, done_at=draft.now, lease_until=None, why=why))
    draft.tell(
        "delivery_dead",
        "oncall.event.delivery_dead",
        delivery.incident_id,
        delivery=delivery.id,
        name=contact.name if contact else delivery.contact,
        channel=delivery.channel,
        why=why,
    )


def forget(draft: Draft, delivery: Delivery) -> None:
    """Give up a message whose reader or channel is configured no more; somebody else is told in its stead."""
    draft.cancel(delivery, message("oncall.why.no_channel", channel=delivery.channel))
    row = draft.deliveries[delivery.id]
    if row.kind in _DISPENSABLE or chains.told_by(draft, row) is not None:
        return
    if row.contact in draft.oncall.contacts:
        _tell_otherwise(draft, row)
        return
    call = draft.calls.get(row.incident_id or 0)
    if row.kind is NoticeKind.PAGE and call is not None and call.state is not CallState.CLOSED:
        step = chains.step_of(call, row.step)
        notices.page(draft, call, rota.people(step.notify, draft.oncall, draft.overrides.values(), draft.now))
    else:
        chains.pass_on(draft, row, _fallbacks(draft, row.contact)[0])


def _health(draft: Draft, channel: str) -> ChannelHealth:
    return draft.healths.get(channel) or ChannelHealth(channel=channel)


def _failed(draft: Draft, delivery: Delivery, sent: Sent) -> None:
    health = _health(draft, delivery.channel)
    fails = health.fails_count + 1
    state = ChannelState.DOWN if fails >= DOWN_AFTER else ChannelState.SUSPECT
    since = health.since if health.state is state else draft.now
    reason = message("oncall.why.failed", outcome=f"oncall.outcome.{sent.outcome}", detail=sent.detail or sent.code)
    draft.healths[delivery.channel] = replace(health, state=state, since=since, fails_count=fails, reason=reason)


_AFTER: Mapping[SendOutcome, Callable[[Draft, Delivery, Sent], None]] = {
    SendOutcome.ACCEPTED: _accepted,
    SendOutcome.TRANSIENT: _retried,
    SendOutcome.AMBIGUOUS: _retried,
    SendOutcome.RATE_LIMITED: _rate_limited,
    SendOutcome.PERMANENT: _permanent,
    SendOutcome.PATH_DOWN: _path_down,
}
