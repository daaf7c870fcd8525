"""Which messages may be sent now, and what becomes of them; at least once, never given up while nobody was told; pure.

Source: the table of deliveries in docs/oncall.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from bt_console.channels.api import Sent
from bt_console.evaluate.oncall import chains, muting, notices, settling, storm, texts
from bt_console.evaluate.oncall.clockwork import BACK_OFF_MAX, LEASE
from bt_console.evaluate.oncall.desk import Desk, Outcome, Scene
from bt_console.evaluate.oncall.draft import Draft
from bt_console.evaluate.oncall.lanes import lanes
from bt_console.evaluate.oncall.ways import is_path_up as is_path_up
from bt_console.model.oncall import Channel, Limit, NoticeKind
from bt_console.model.paging import Call, CallState, Delivery, DeliveryState, SendOutcome
from bt_console.words import message

RECHECK = timedelta(seconds=5)
"""How soon a channel whose path is down is looked at again; ever more seldom, up to RECHECK_MAX."""
RECHECK_MAX = timedelta(seconds=60)
TOLD_RECHECK = timedelta(seconds=60)
"""How often a page is looked at whose reader has been told over another channel."""
NEVER_DROPPED = frozenset({NoticeKind.PAGE, NoticeKind.LATE, NoticeKind.DIGEST})


def lease_due(desk: Desk, scene: Scene, now: datetime, *, limit: int = 20) -> tuple[Outcome, tuple[Delivery, ...]]:
    """Return what to send now. The attempts are written before the first byte: store the outcome, then send."""
    draft = Draft(desk, scene, now)
    _expire_leases(draft)
    storm.send_digests(draft)
    _fall_back(draft, _is_cut_off)
    leased: list[Delivery] = []
    for lane in sorted(lanes(draft.deliveries.values()), key=lambda lane: _urgency(draft, lane)):
        if len(leased) < limit:
            leased += _lease_first(draft, lane)
    # Only now: what has been tried again just now may yet arrive.
    _fall_back(draft, _is_late)
    return draft.outcome(), tuple(leased)


def settle(desk: Desk, scene: Scene, delivery_id: int, sent: Sent, now: datetime) -> Outcome:
    """Return what an attempt's end leads to."""
    draft = Draft(desk, scene, now)
    delivery = draft.deliveries.get(delivery_id)
    if delivery is not None:
        settling.settle(draft, delivery, sent)
    return draft.outcome()


def _urgency(draft: Draft, lane: list[Delivery]) -> tuple[bool, bool, int]:
    """Pages first, and over channels that work: siblings on others wait for how they end."""
    is_page = any(row.kind is NoticeKind.PAGE for row in lane)
    return not is_page, _is_cut_off(draft, lane[0]), lane[0].id


def _expire_leases(draft: Draft) -> None:
    """What was being sent when we died may have arrived: it is sent again under the same number."""
    for row in list(draft.deliveries.values()):
        if row.state is DeliveryState.LEASED and (row.lease_until is None or row.lease_until <= draft.now):
            draft.end_attempt(row.id, SendOutcome.AMBIGUOUS)
            draft.put(
                replace(row, state=DeliveryState.QUEUED, next_at=draft.now, lease_until=None, why=notices.AMBIGUOUS)
            )


def _fall_back(draft: Draft, is_stuck: Callable[[Draft, Delivery], bool]) -> None:
    """Give what waits for a dead channel, or too long, a sibling on another."""
    for row in list(draft.deliveries.values()):
        is_waiting = row.state is DeliveryState.QUEUED and row.kind in NEVER_DROPPED
        if is_waiting and is_stuck(draft, row) and _is_wanted(draft, row):
            chains.fall_back(draft, row)


def _is_cut_off(draft: Draft, row: Delivery) -> bool:
    channel = draft.oncall.channels.get(row.channel)
    return channel is None or not draft.is_usable(channel)


def _is_late(draft: Draft, row: Delivery) -> bool:
    after_s = chains.step_of(draft.calls.get(row.incident_id or 0), row.step).fallback_after_s
    return draft.now - row.created_at >= timedelta(seconds=after_s)


def _is_wanted(draft: Draft, row: Delivery) -> bool:
    """Return whether anybody must still be told."""
    call = draft.calls.get(row.incident_id or 0)
    if row.kind is NoticeKind.PAGE and call is not None and call.state in (CallState.ACKED, CallState.RESOLVED):
        return False
    return chains.told_by(draft, row) is None


def _lease_first(draft: Draft, lane: list[Delivery]) -> Iterator[Delivery]:
    """Lease the first of a lane that may be sent; what is retried holds up only its own incident."""
    waiting: set[int | None] = set()
    for known in lane:
        row = draft.deliveries[known.id]
        if row.state is DeliveryState.LEASED:
            return
        if row.done_at is not None or row.state is not DeliveryState.QUEUED or row.incident_id in waiting:
            continue
        ready = _ready(draft, row) if row.next_at <= draft.now else None
        if ready is not None:
            yield _lease(draft, ready, lane)
            return
        if draft.deliveries[row.id].state is DeliveryState.QUEUED and row.incident_id is not None:
            waiting.add(row.incident_id)


def _lease(draft: Draft, row: Delivery, lane: list[Delivery]) -> Delivery:
    if row.kind is NoticeKind.LATE:
        row = _coalesce(draft, row, lane)
    leased = draft.put(
        replace(
            row,
            state=DeliveryState.LEASED,
            attempts_count=row.attempts_count + 1,
            lease_until=draft.now + LEASE,
            why="" if row.why == notices.AMBIGUOUS else row.why,
        )
    )
    draft.start_attempt(leased)
    return leased


def _coalesce(draft: Draft, head: Delivery, lane: list[Delivery]) -> Delivery:
    """Put all late notices for one person over one channel into the first."""
    now_known = (draft.deliveries[row.id] for row in lane)
    others = [
        row
        for row in now_known
        if row.kind is NoticeKind.LATE and row.state is DeliveryState.QUEUED and row.id != head.id
    ]
    if not others:
        return head
    carried = [row for other in others for row in chains.carried_by(draft, other)]
    chains.carry(draft, carried, head.id)
    for row in others:
        draft.cancel(row, message("oncall.why.coalesced", delivery=head.id), digest_id=head.id)
    count = 1 + sum(row.digest_id == head.id for row in draft.deliveries.values())
    contact = draft.oncall.contacts[head.contact]
    text = texts.together(contact.language, head, [*others, *carried], count)
    return replace(head, title=text.title, body=text.body, short=text.short)


def _ready(draft: Draft, row: Delivery) -> Delivery | None:
    """Return a message that may be sent now; otherwise write down why it may not, or till when it waits."""
    if row.kind is NoticeKind.PAGE:
        found = _still_a_page(draft, row)
        if found is None:
            return None
        row = found
    if row.kind is NoticeKind.LATE and chains.is_superfluous(draft, row):
        draft.cancel(row, message("oncall.why.told"))
        return None
    channel = draft.oncall.channels.get(row.channel)
    if channel is None or row.contact not in draft.oncall.contacts:
        settling.forget(draft, row)
        return None
    if (free_at := _free_at(draft, row, channel)) > draft.now:
        draft.put(replace(row, next_at=free_at))
        return None
    if row.kind is NoticeKind.PAGE and row.why != notices.AMBIGUOUS and storm.is_over_limit(draft, row):
        storm.hold(draft, row)
        return None
    return row


def _still_a_page(draft: Draft, row: Delivery) -> Delivery | None:
    """Look once more whether somebody has it, it is over, muted, or told already."""
    call = draft.calls.get(row.incident_id or 0)
    if call is None or call.state is CallState.CLOSED:
        return notices.lately(draft, row)
    if CallState.ACKED in (call.state, call.prior):
        settling.acknowledged_meanwhile(draft, row, call)
        return None
    if mutes := _mutes(draft, call):
        draft.put(replace(row, state=DeliveryState.HELD, why=notices.muted_why(mutes)))
        return None
    if call.state is CallState.RESOLVED or chains.told_by(draft, row) is not None:
        draft.put(replace(row, next_at=draft.now + TOLD_RECHECK))
        return None
    return row


def _mutes(draft: Draft, call: Call) -> tuple[int, ...]:
    incident = draft.incident(call.incident_id)
    if call.muted_by or incident is None:
        return call.muted_by
    mutes = (*draft.mutes.values(), *draft.oncall.mutes)
    found = muting.covering(mutes, incident, draft.scene.inventory, draft.now) if mutes else ()
    return tuple(mute.id for mute in found)


def _free_at(draft: Draft, row: Delivery, channel: Channel) -> datetime:
    """Return when a channel can take a message. A belief that its path is down is put to the test now and then."""
    patience = BACK_OFF_MAX * (row.attempts_count + 1)
    waited = draft.now - row.created_at
    if not draft.is_path_up(channel) and waited < patience:
        return draft.now + max(RECHECK, min(RECHECK_MAX, waited / 10))
    if row.kind in NEVER_DROPPED and chains.is_in_flight(draft, row):
        return draft.now + RECHECK
    health = draft.healths.get(channel.id)
    free_at = health.not_before if health and health.not_before else draft.now
    return max([free_at, *(_limit_over(draft, row, limit) for limit in channel.limits)])


def _limit_over(draft: Draft, row: Delivery, limit: Limit) -> datetime:
    counted = [
        d
        for d in draft.deliveries.values()
        if d.channel == row.channel and d.id != row.id and storm.is_in_window(d, limit, draft.now)
    ]
    if len(counted) < limit.count:
        return draft.now
    oldest = min(d.done_at or draft.now for d in counted)
    return max(draft.now + timedelta(seconds=1), oldest + timedelta(seconds=limit.window_s))
