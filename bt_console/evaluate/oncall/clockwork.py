"""No deadline lies farther ahead than it can have been set: a clock put back delays nobody's page by hours; pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bt_console.evaluate.oncall.draft import Draft
from bt_console.model.oncall import Call, CallState, ChannelHealth, Delivery, DeliveryState

LEASE = timedelta(seconds=20)
BACK_OFF_MAX = timedelta(seconds=300)
RATE_LIMIT_MAX = timedelta(hours=1)
FLAPPING_HOLD = 4


def clamp(draft: Draft) -> None:
    """Pull every deadline that a clock put back left too far ahead to where it can be at most."""
    for call in list(draft.calls.values()):
        if call.state is not CallState.CLOSED and (after := _call(call, draft.now)) != call:
            draft.put_call(after)
    for name, health in list(draft.healths.items()):
        if health.not_before is not None and health.not_before > draft.now + RATE_LIMIT_MAX:
            draft.healths[name] = replace(health, not_before=draft.now + RATE_LIMIT_MAX)
    for row in list(draft.deliveries.values()):
        if row.done_at is None and (clamped := _delivery(row, draft.healths.get(row.channel), draft.now)) != row:
            draft.put(clamped)


def _call(call: Call, now: datetime) -> Call:
    policy = call.policy
    jumped = call.opened_at - now
    if jumped > timedelta(0):
        moved = call.next_at - jumped if call.next_at else None
        call = replace(call, opened_at=now, next_at=moved)
    if call.state is CallState.OPEN and policy.hours is None:
        wait_s = max([policy.repeat_s, *(step.wait_s for step in policy.steps)])
        call = replace(call, next_at=_at_most(call.next_at, now, wait_s))
    return replace(
        call,
        ack_until=_at_most(call.ack_until, now, policy.ack_max_s),
        hold_until=_at_most(call.hold_until, now, policy.hold_s * FLAPPING_HOLD),
        muted_at=_at_most(call.muted_at, now, 0.0),
    )


def _at_most(at: datetime | None, now: datetime, ahead_s: float) -> datetime | None:
    return None if at is None else min(at, now + timedelta(seconds=ahead_s))


def _delivery(delivery: Delivery, health: ChannelHealth | None, now: datetime) -> Delivery:
    if delivery.created_at > now:
        delivery = replace(delivery, created_at=now)
    if delivery.state is DeliveryState.QUEUED:
        limited = health.not_before if health and health.not_before else now
        furthest = max(now + BACK_OFF_MAX, limited)
        return replace(delivery, next_at=min(delivery.next_at, furthest))
    if delivery.lease_until is not None and delivery.lease_until > now + LEASE:
        return replace(delivery, lease_until=now + LEASE)
    return delivery
