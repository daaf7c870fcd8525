"""What is learnt of a message after it was accepted: it arrived, or it never will; pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bt_console.channels.api import Sent
from bt_console.evaluate.oncall import settling
from bt_console.evaluate.oncall.desk import Desk, Outcome, Scene
from bt_console.evaluate.oncall.draft import Draft
from bt_console.model.paging import ChannelHealth, Delivery, DeliveryState, SendOutcome

AWAITED_FOR = timedelta(hours=1)


def awaiting(desk: Desk, channel: str, now: datetime) -> tuple[Delivery, ...]:
    """Return the accepted messages of a channel of which nothing more is known."""
    return tuple(
        delivery
        for delivery in desk.deliveries.values()
        if delivery.channel == channel
        and delivery.state is DeliveryState.ACCEPTED
        and delivery.provider_id
        and delivery.done_at is not None
        and now - delivery.done_at <= AWAITED_FOR
    )


def receipt(desk: Desk, scene: Scene, delivery_id: int, sent: Sent, now: datetime) -> Outcome:
    """Take in what became of an accepted message; one that was not delivered after all is told again."""
    draft = Draft(desk, scene, now)
    delivery = draft.deliveries.get(delivery_id)
    if delivery is None or delivery.state is not DeliveryState.ACCEPTED:
        return draft.outcome()
    if sent.outcome is SendOutcome.ACCEPTED:
        draft.put(
            replace(delivery, state=DeliveryState.DELIVERED, provider_id=sent.provider_id or delivery.provider_id)
        )
        known = draft.healths.get(delivery.channel) or ChannelHealth(channel=delivery.channel)
        draft.healths[delivery.channel] = replace(known, proven_at=now)
    else:
        settling.overturned(draft, delivery, sent)
    return draft.outcome()
