"""No person gets more pages than they can read: beyond a limit pages wait for one digest that names them all; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from bt_console.evaluate.oncall import chains, notices, texts
from bt_console.evaluate.oncall.chains import TOLD
from bt_console.evaluate.oncall.clockwork import GATHER_S
from bt_console.evaluate.oncall.draft import Draft
from bt_console.evaluate.oncall.notices import is_muted_hold
from bt_console.evaluate.oncall.texts import Extra
from bt_console.evaluate.oncall.ways import ways_to
from bt_console.model.incident import Severity
from bt_console.model.oncall import Contact, Limit, NoticeKind
from bt_console.model.paging import Delivery, DeliveryState
from bt_console.words import message


def is_in_window(delivery: Delivery, limit: Limit, now: datetime) -> bool:
    """Return whether a message counts against a limit: it was sent, is being sent, or may have been."""
    if delivery.state is DeliveryState.LEASED or notices.may_have_arrived(delivery):
        return True
    if delivery.state not in TOLD or delivery.done_at is None:
        return False
    return now - timedelta(seconds=limit.window_s) < delivery.done_at <= now


def is_over_limit(draft: Draft, delivery: Delivery) -> bool:
    """Return whether a page would be one too many for its reader; lesser things use up no room of graver ones."""
    call = draft.calls.get(delivery.incident_id or 0)
    if call is not None and call.policy.is_emergency:
        return False
    limit = draft.oncall.storm.per_contact
    least = _gravity(draft, delivery)
    pages = (
        d
        for d in draft.deliveries.values()
        if d.kind is NoticeKind.PAGE and d.contact == delivery.contact and d.id != delivery.id
    )
    counted = (page for page in pages if is_in_window(page, limit, draft.now))
    return sum(_gravity(draft, page) >= least for page in counted) >= limit.count


def _gravity(draft: Draft, delivery: Delivery) -> int:
    """Return how grave what a page speaks of is; what is no longer known counts as the gravest."""
    known = draft.calls.get(delivery.incident_id or 0) or draft.incident(delivery.incident_id)
    return known.severity.gravity if known else Severity.CRITICAL.gravity + 1


def hold(draft: Draft, delivery: Delivery) -> Delivery:
    """Put a page aside for the reader's next digest; of siblings on several channels only one."""
    for sibling in draft.chain_of(delivery):
        is_newer = sibling.id != delivery.id and sibling.cause_seq >= delivery.cause_seq
        if is_newer and sibling.state is DeliveryState.HELD and not is_muted_hold(sibling):
            return draft.cancel(delivery, message("oncall.why.coalesced", delivery=sibling.id))
    why = message("oncall.why.storm")
    draft.tell("held", "oncall.event.held", delivery.incident_id, why=why)
    return draft.put(
        replace(delivery, state=DeliveryState.HELD, why=why, next_at=_next_digest(draft, delivery.contact))
    )


def _next_digest(draft: Draft, contact: str) -> datetime:
    waiting = [d.next_at for d in _held(draft) if d.contact == contact and d.why.startswith("oncall.why.storm")]
    if waiting:
        return min(waiting)
    every = timedelta(seconds=draft.oncall.storm.digest_every_s)
    digests = [d.created_at for d in draft.deliveries.values() if d.kind is NoticeKind.DIGEST and d.contact == contact]
    soonest = draft.now + min(timedelta(seconds=GATHER_S), every)
    return max(soonest, *(at + every for at in digests if at <= draft.now), soonest)


def _held(draft: Draft) -> Iterator[Delivery]:
    """Return what waits for a digest; what a mute holds waits for the mute's end."""
    return (
        d
        for d in draft.deliveries.values()
        if d.state is DeliveryState.HELD and d.done_at is None and not is_muted_hold(d)
    )


def send_digests(draft: Draft) -> None:
    """Queue a digest for each person something held is due for: it names all that is held, once."""
    held: dict[str, list[Delivery]] = {}
    for delivery in _held(draft):
        held.setdefault(delivery.contact, []).append(delivery)
    for contact_id, rows in held.items():
        if any(row.next_at <= draft.now for row in rows):
            _send_digest(draft, contact_id, [row for row in rows if not _waits_for_hours(row, draft.now)])


def _waits_for_hours(delivery: Delivery, now: datetime) -> bool:
    return delivery.why.startswith("oncall.why.hours") and delivery.next_at > now


def _send_digest(draft: Draft, contact_id: str, rows: list[Delivery]) -> None:
    """Where the person or every channel of theirs is configured no more, somebody else reads it."""
    others = iter(draft.oncall.contacts.values())
    contact = draft.oncall.contacts.get(contact_id) or next(others, None)
    ways = ways_to(draft.oncall, contact, NoticeKind.DIGEST) if contact else ()
    if contact is None or not ways:
        return
    usable = chains.usable_of(draft, ways)
    way = next((way for way in ways if way.id in usable), ways[0])
    lines = tuple(_lines(draft, contact, rows))
    digest = notices.add(draft, NoticeKind.DIGEST, contact, way, None, extra=Extra(lines=lines))
    for row in rows:
        draft.put(replace(row, digest_id=digest.id, done_at=draft.now))


def _lines(draft: Draft, contact: Contact, rows: Iterable[Delivery]) -> Iterator[str]:
    for row in rows:
        incident = draft.incident(row.incident_id)
        if incident is None:
            yield row.title
        else:
            yield texts.line_of(contact.language, incident, draft.scene, draft.now)
