"""Rows of the outbox: whom a decision tells, over which channel, and in which words; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bt_console.evaluate.oncall import texts
from bt_console.evaluate.oncall.chains import TOLD, fall_back, step_of, told_by, usable_of
from bt_console.evaluate.oncall.draft import Draft
from bt_console.evaluate.oncall.texts import Extra
from bt_console.evaluate.oncall.ways import is_telling, ways_to
from bt_console.model.incident import Incident
from bt_console.model.oncall import Channel, Contact, NoticeKind
from bt_console.model.paging import AckCode, Call, Delivery, DeliveryState
from bt_console.words import message

CODE_LASTS = timedelta(days=30)
"""Renewed by each page; the closing of the call ends it."""
CODE_TRIES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Why a page is not sent yet, and until when."""

    why: str
    until: datetime


def add(  # noqa: PLR0913 - a row of the outbox
    draft: Draft,
    kind: NoticeKind,
    contact: Contact,
    channel: Channel,
    incident_id: int | None,
    *,
    call: Call | None = None,
    code: str = "",
    extra: Extra | None = None,
    decision: int | None = None,
    fallback_of: int | None = None,
) -> Delivery:
    """Compose a notice and queue it; `decision` is the first row of the decision it belongs to."""
    number = draft.next_delivery_id
    given = replace(extra or Extra(), id=number)
    incident = draft.incident(incident_id)
    asked = code if is_telling(channel) else ""
    text = texts.compose(kind, incident, call, contact, draft.scene, draft.now, code=asked, extra=given)
    return draft.add(
        Delivery(
            id=number,
            incident_id=incident_id,
            kind=kind,
            contact=contact.id,
            channel=channel.id,
            state=DeliveryState.QUEUED,
            created_at=draft.now,
            next_at=draft.now,
            title=text.title,
            body=text.body,
            short=text.short,
            code=code,
            step=call.step if call else -1,
            cause_seq=number if decision is None else decision,
            why=given.why if kind is not NoticeKind.LATE else "",
            fallback_of=fallback_of,
        )
    )


def page(draft: Draft, call: Call, contacts: Iterable[str], hold: Hold | None = None) -> tuple[str, ...]:
    """Page people about a call's present step; return who could be."""
    found = [draft.oncall.contacts[known] for known in contacts if known in draft.oncall.contacts]
    told = _page_all(draft, call, found, hold)
    if not told:
        others = [contact for contact in draft.oncall.contacts.values() if contact not in found]
        told = _page_all(draft, call, others, hold)
    return tuple(contact.id for contact in told)


def _page_all(draft: Draft, call: Call, contacts: Sequence[Contact], hold: Hold | None) -> list[Contact]:
    """Page each, and let them know of each other."""
    decision = draft.next_delivery_id
    channels = step_of(call, call.step).channels
    names = {one.id: one.name for one in contacts if ways_to(draft.oncall, one, NoticeKind.PAGE, channels)}
    told = []
    for contact in contacts:
        extra = Extra(others=tuple(name for known, name in names.items() if known != contact.id))
        if _page_one(draft, call, contact, hold, extra, decision):
            told.append(contact)
    return told


def _page_one(draft: Draft, call: Call, contact: Contact, hold: Hold | None, extra: Extra, decision: int) -> bool:
    ways = ways_to(draft.oncall, contact, NoticeKind.PAGE, step_of(call, call.step).channels)
    if not ways:
        return False
    usable = usable_of(draft, ways)
    waiting = [d for d in open_pages(draft, call.incident_id) if d.contact == contact.id]
    is_under_way = any(d.channel in usable or d.state is not DeliveryState.QUEUED for d in waiting)
    # What already waits for a dead channel need not wait there twice: only another channel is of use.
    way = next((way for way in ways if way.id in usable), None) if waiting else ways[0]
    if is_under_way or way is None:
        return True
    row = add(
        draft,
        NoticeKind.PAGE,
        contact,
        way,
        call.incident_id,
        call=call,
        code=code_for(draft, call.incident_id, contact),
        extra=extra,
        decision=decision,
        fallback_of=waiting[0].id if waiting else None,
    )
    if hold is not None:
        draft.put(replace(row, state=DeliveryState.HELD, why=hold.why, next_at=hold.until))
    elif way.id not in usable:
        fall_back(draft, row)
    return True


def open_pages(draft: Draft, incident_id: int) -> list[Delivery]:
    """Return an incident's pages that are not done."""
    return [d for d in draft.of_incident(incident_id) if d.kind is NoticeKind.PAGE and d.done_at is None]


def code_for(draft: Draft, incident_id: int, contact: Contact) -> str:
    """Return what a person may reply about an incident: the same as long as it lasts."""
    ends_at = draft.now + CODE_LASTS
    for known in draft.codes.values():
        if (known.incident_id, known.contact) == (incident_id, contact.id) and draft.now < known.expires_at:
            if known.expires_at - draft.now < CODE_LASTS / 2:
                draft.codes[known.code] = replace(known, expires_at=ends_at)
            return known.code
    text = free_code(draft)
    draft.codes[text] = AckCode(code=text, incident_id=incident_id, contact=contact.id, expires_at=ends_at)
    return text


def free_code(draft: Draft) -> str:
    """Return a code nobody else may answer with at present."""
    taken = {code.code for code in draft.codes.values() if draft.now < code.expires_at}
    text = draft.scene.draw()
    for _ in range(CODE_TRIES):
        if text not in taken:
            return text
        text = draft.scene.draw()
    while text in taken:
        text = f"{(int(text) + 1) % 10**6:06}"
    return text


def reached(draft: Draft, incident_id: int) -> dict[str, Delivery]:
    """Return the newest accepted page of each person, by contact."""
    pages = [d for d in draft.of_incident(incident_id) if d.kind is NoticeKind.PAGE and d.state in TOLD]
    return {d.contact: d for d in sorted(pages, key=lambda d: d.done_at or d.created_at)}


def update(draft: Draft, call: Call, why: str, skip: frozenset[str] = frozenset()) -> None:
    """Tell those who have been paged how things stand, each over the channel that reached them."""
    decision = draft.next_delivery_id
    for contact_id, accepted in reached(draft, call.incident_id).items():
        contact = draft.oncall.contacts.get(contact_id)
        channel = draft.oncall.channels.get(accepted.channel)
        if contact is not None and channel is not None and contact_id not in skip:
            extra = Extra(why=why)
            add(
                draft,
                NoticeKind.UPDATE,
                contact,
                channel,
                call.incident_id,
                call=call,
                extra=extra,
                decision=decision,
            )


def resolve(draft: Draft, call: Call, accepted: Delivery) -> None:
    """Tell who was paged over a channel that it is over; once."""
    contact = draft.oncall.contacts.get(accepted.contact)
    channel = draft.oncall.channels.get(accepted.channel)
    if contact is None or channel is None:
        return
    known = draft.of_incident(call.incident_id)
    place = (accepted.contact, accepted.channel)
    if not any(d.kind is NoticeKind.RESOLVE and (d.contact, d.channel) == place for d in known):
        add(draft, NoticeKind.RESOLVE, contact, channel, call.incident_id, call=call)


def lately(draft: Draft, delivery: Delivery) -> Delivery:
    """Turn a page that could not be sent while it lasted into a late notice; a held one stays held."""
    contact = draft.oncall.contacts.get(delivery.contact) or Contact(id=delivery.contact, name=delivery.contact)
    incident = draft.incident(delivery.incident_id)
    if delivery.code in draft.codes and delivery.kind is NoticeKind.PAGE:
        delivery = replace(delivery, code="")
    row = replace(delivery, kind=NoticeKind.LATE, code="")
    if incident is not None:
        text = texts.compose(
            NoticeKind.LATE,
            incident,
            draft.calls.get(incident.id),
            contact,
            draft.scene,
            draft.now,
            extra=_late_extra(draft, delivery),
        )
        row = replace(row, title=text.title, body=text.body, short=text.short)
    if row.state is DeliveryState.HELD and not is_muted_hold(row):
        return draft.put(row)
    return draft.put(replace(row, state=DeliveryState.QUEUED, next_at=draft.now, why="", lease_until=None))


def _late_extra(draft: Draft, delivery: Delivery) -> Extra:
    told = told_by(draft, delivery)
    if told is None:
        return Extra(id=delivery.id)
    return Extra(id=delivery.id, sent_by=told.channel, sent_at=told.done_at)


AMBIGUOUS = message("oncall.why.ambiguous")


def may_have_arrived(delivery: Delivery) -> bool:
    """Return whether an attempt's end is unknown; behind a mute any attempt counts as such."""
    return delivery.attempts_count > 0 and (delivery.why == AMBIGUOUS or is_muted_hold(delivery))


def freed(draft: Draft, delivery: Delivery) -> Delivery:
    """Queue again what a mute held back."""
    why = AMBIGUOUS if may_have_arrived(delivery) else ""
    return draft.put(replace(delivery, state=DeliveryState.QUEUED, why=why, next_at=draft.now))


def is_muted_hold(delivery: Delivery) -> bool:
    """Return whether a mute holds a delivery back."""
    return delivery.state is DeliveryState.HELD and delivery.why.startswith("oncall.why.muted|")


def about_desk(draft: Draft, why: str, contacts: Iterable[str], avoid: str = "") -> None:
    """Tell people once a day that the alerting itself fails, not over the channel that does."""
    for contact_id in contacts:
        contact = draft.oncall.contacts.get(contact_id)
        is_known = any(
            d.kind is NoticeKind.META and (d.contact, d.why) == (contact_id, why)
            for d in draft.deliveries.values()
            if draft.now - d.created_at < timedelta(days=1)
        )
        if contact is None or is_known:
            continue
        ways = [way for way in ways_to(draft.oncall, contact, NoticeKind.META) if way.id != avoid]
        usable = usable_of(draft, ways)
        way = next((way for way in ways if way.id in usable), ways[0] if ways else None)
        if way is not None:
            add(draft, NoticeKind.META, contact, way, None, extra=Extra(why=why))


def mutes_said(ids: Iterable[int]) -> str:
    """Return the numbers of mutes as text."""
    return ", ".join(str(mute_id) for mute_id in ids)


def muted_why(ids: Iterable[int]) -> str:
    """Return why a mute holds something back."""
    return message("oncall.why.muted", mutes=mutes_said(ids))


def incident_of(draft: Draft, call: Call) -> Incident | None:
    """Return a call's incident, where it is still known."""
    return draft.incident(call.incident_id)
