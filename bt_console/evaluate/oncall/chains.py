"""A message and its siblings on other channels: who was told by which, and where to turn next; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from bt_console.evaluate.oncall import texts
from bt_console.evaluate.oncall.draft import Draft
from bt_console.evaluate.oncall.ways import is_telling, next_way, ways_to
from bt_console.model.oncall import Channel, EscalationStep, NoticeKind
from bt_console.model.paging import Call, Delivery, DeliveryState

TOLD = frozenset({DeliveryState.ACCEPTED, DeliveryState.DELIVERED, DeliveryState.READ})
NOBODY = EscalationStep(notify=())


def step_of(call: Call | None, index: int) -> EscalationStep:
    """Return a step of a call's policy; after the last one, the last."""
    steps = call.policy.steps if call else ()
    return steps[max(0, min(index, len(steps) - 1))] if steps else NOBODY


def usable_of(draft: Draft, ways: Sequence[Channel]) -> frozenset[str]:
    """Return the channels that can work at present."""
    return frozenset(way.id for way in ways if draft.is_usable(way))


def told_by(draft: Draft, delivery: Delivery) -> Delivery | None:
    """Return the sibling by which a person has been told what this one says."""
    siblings = (d for d in draft.chain_of(delivery) if d.id != delivery.id and d.cause_seq >= delivery.cause_seq)
    return next((d for d in siblings if _is_told(draft, d)), None)


def _is_told(draft: Draft, delivery: Delivery) -> bool:
    carrier = draft.deliveries.get(delivery.digest_id or 0, delivery)
    # Copies of a digest say the same; a late notice may have siblings that carry less.
    copies = draft.chain_of(carrier) if carrier.kind is NoticeKind.DIGEST else [carrier]
    return any(_is_accepted(draft, copy) for copy in copies)


def _is_accepted(draft: Draft, delivery: Delivery) -> bool:
    return delivery.state in TOLD and is_telling(draft.oncall.channels.get(delivery.channel))


def is_superfluous(draft: Draft, delivery: Delivery) -> bool:
    """Return whether a late notice, and all it carries, has arrived over other channels."""
    return all(_is_told_late(draft, row) for row in (delivery, *carried_by(draft, delivery)))


def _is_told_late(draft: Draft, delivery: Delivery) -> bool:
    siblings = (d for d in draft.chain_of(delivery) if d.id != delivery.id and d.kind is delivery.kind)
    return any(_is_told(draft, d) for d in siblings)


def is_in_flight(draft: Draft, delivery: Delivery) -> bool:
    """Return whether a sibling is being sent: who is told twice at once is told once too often."""
    siblings = (d for d in draft.chain_of(delivery) if d.id != delivery.id)
    carriers = (draft.deliveries.get(d.digest_id or d.id, d) for d in siblings)
    return any(carrier.state is DeliveryState.LEASED for carrier in carriers)


def carried_by(draft: Draft, delivery: Delivery) -> list[Delivery]:
    """Return the notices a late notice or a digest stands for."""
    return [d for d in draft.deliveries.values() if d.digest_id == delivery.id]


def carry(draft: Draft, rows: Iterable[Delivery], by: int) -> None:
    """Let another notice stand for what one stood for that will not be sent."""
    for row in rows:
        draft.put(replace(row, digest_id=by))


def fall_back(draft: Draft, delivery: Delivery) -> Delivery | None:
    """Queue a sibling on the next channel; None where there is none or it is queued already."""
    contact = draft.oncall.contacts.get(delivery.contact)
    if contact is None:
        return None
    chain = draft.chain_of(delivery)
    if any(d.id > delivery.id and d.done_at is None for d in chain):
        return None
    call = draft.calls.get(delivery.incident_id) if delivery.incident_id is not None else None
    ways = ways_to(draft.oncall, contact, delivery.kind, step_of(call, delivery.step).channels)
    gone = {
        d.channel
        for d in chain
        if d.done_at is None or d.state is DeliveryState.DEAD or d.cause_seq == delivery.cause_seq
    }
    used = [channel for name in gone if (channel := draft.oncall.channels.get(name)) is not None]
    way = next_way(ways, used, usable_of(draft, ways))
    if way is None:
        return None
    return _copied(draft, delivery, way, delivery.id)


def pass_on(draft: Draft, delivery: Delivery, contact_id: str) -> None:
    """Queue for somebody else what a person cannot be told."""
    contact = draft.oncall.contacts.get(contact_id)
    ways = ways_to(draft.oncall, contact, delivery.kind) if contact else ()
    if contact is None or not ways:
        return
    usable = usable_of(draft, ways)
    way = next((way for way in ways if way.id in usable), ways[0])
    _copied(draft, replace(delivery, contact=contact_id, cause_seq=draft.next_delivery_id), way, None)


def _copied(draft: Draft, delivery: Delivery, way: Channel, fallback_of: int | None) -> Delivery:
    """Queue the same message once more, under a number of its own."""
    number = draft.next_delivery_id
    if delivery.done_at is not None:
        carry(draft, carried_by(draft, delivery), number)
    text = _texts(draft, delivery, way, number)
    return draft.add(
        replace(
            delivery,
            **text,
            id=number,
            channel=way.id,
            state=DeliveryState.QUEUED,
            created_at=draft.now,
            next_at=draft.now,
            attempts_count=0,
            lease_until=None,
            provider_id="",
            why="",
            fallback_of=fallback_of,
            done_at=None,
            digest_id=None,
        )
    )


def _texts(draft: Draft, delivery: Delivery, way: Channel, number: int) -> dict[str, Any]:
    """Return what the copy says: only what reaches a certain person asks for their code."""
    contact = draft.oncall.contacts.get(delivery.contact)
    is_asking = is_telling(draft.oncall.channels.get(delivery.channel))
    if contact is None or not delivery.code or is_asking == is_telling(way):
        return {name: _renumbered(getattr(delivery, name), delivery.id, number) for name in ("body", "short")}
    text = texts.compose(
        delivery.kind,
        draft.incident(delivery.incident_id),
        draft.calls.get(delivery.incident_id or 0),
        contact,
        draft.scene,
        draft.now,
        code=delivery.code if is_telling(way) else "",
        extra=texts.Extra(id=number, why=delivery.why),
    )
    return {"title": text.title, "body": text.body, "short": text.short}


def _renumbered(text: str, old: int, new: int) -> str:
    """Return a text that ends with its delivery's number, with another."""
    return f"{text.removesuffix(str(old))}{new}"
