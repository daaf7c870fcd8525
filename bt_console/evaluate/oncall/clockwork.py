"""No deadline lies farther ahead than it can have been set: a clock put back delays nobody's page by hours; pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bt_console.evaluate.oncall.draft import Draft
from bt_console.model.paging import Call, CallState, ChannelHealth, Delivery, DeliveryState

LEASE = timedelta(seconds=20)
BACK_OFF_MAX = timedelta(seconds=300)
RATE_LIMIT_MAX = timedelta(hours=1)
GATHER_S = 30.0
"""The first digest of a storm waits so long for what is still coming."""
DAILY = timedelta(days=1)
"""What nobody was paged for is named within a day, or by any digest before."""
_APPOINTED = ("oncall.why.hours|", "oncall.why.muted|")
"""Held until a time of day, or by something else than time."""
FLAPPING_HOLD = 4
"""Times its usual hold a call that flaps stays open."""
UNMUTED_WAIT_S = 60.0
"""At most so long after the end of a mute the next step is taken."""


def clamp(draft: Draft) -> None:
    """Pull every deadline that a clock put back left too far ahead to where it can be at most."""
    for call in list(draft.calls.values()):
        if call.state is not CallState.CLOSED and (after := _call(call, draft.now)) != call:
            draft.put_call(after)
    for name, health in list(draft.healths.items()):
        if health.not_before is not None and health.not_before > draft.now + RATE_LIMIT_MAX:
            draft.healths[name] = replace(health, not_before=draft.now + RATE_LIMIT_MAX)
    every = timedelta(seconds=max(draft.oncall.storm.digest_every_s, GATHER_S))
    for row in list(draft.deliveries.values()):
        if row.done_at is None and (clamped := _delivery(row, draft.healths.get(row.channel), every, draft.now)) != row:
            draft.put(clamped)


def _call(call: Call, now: datetime) -> Call:
    policy, jumped = call.policy, call.opened_at - now
    if jumped > timedelta(0):
        call = replace(call, opened_at=now, next_at=call.next_at - jumped if call.next_at else None)
    is_last = not 0 <= call.step < len(policy.steps) - 1
    wait_s = max(UNMUTED_WAIT_S, policy.repeat_s if is_last else policy.steps[call.step].wait_s)
    is_bound = call.state is CallState.OPEN and policy.hours is None
    furthest = {
        "next_at": wait_s if is_bound else None,
        "ack_until": policy.ack_max_s,
        "hold_until": policy.hold_s * FLAPPING_HOLD,
        "muted_at": 0.0,
    }
    found = {name: _beyond(getattr(call, name), now, ahead_s) for name, ahead_s in furthest.items()}
    moved: dict[str, Any] = {name: at for name, at in found.items() if at is not None}
    return replace(call, **moved) if moved else call


def _beyond(at: datetime | None, now: datetime, ahead_s: float | None) -> datetime | None:
    """Return the furthest a deadline may lie, where it lies beyond."""
    if at is None or ahead_s is None:
        return None
    furthest = now + timedelta(seconds=ahead_s)
    return furthest if at > furthest else None


def _delivery(delivery: Delivery, health: ChannelHealth | None, digest_every: timedelta, now: datetime) -> Delivery:
    if delivery.created_at > now:
        delivery = replace(delivery, created_at=now)
    if delivery.state is DeliveryState.QUEUED:
        furthest = max(now + BACK_OFF_MAX, health.not_before if health and health.not_before else now)
        return replace(delivery, next_at=furthest) if delivery.next_at > furthest else delivery
    if delivery.state is DeliveryState.HELD and not delivery.why.startswith(_APPOINTED):
        furthest = now + (digest_every if delivery.why.startswith("oncall.why.storm") else DAILY)
        return replace(delivery, next_at=furthest) if delivery.next_at > furthest else delivery
    if delivery.lease_until is not None and delivery.lease_until > now + LEASE:
        return replace(delivery, lease_until=now + LEASE)
    return delivery
