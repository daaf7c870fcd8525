"""A reply that came back over a channel: the right code from the right person acknowledges, with no network; pure."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

from bt_console.channels.api import Heard
from bt_console.evaluate.oncall.desk import Desk, Outcome, Scene
from bt_console.evaluate.oncall.draft import Draft
from bt_console.evaluate.oncall.taking import take
from bt_console.model.oncall import Contact
from bt_console.model.paging import AckCode, CallState, Inbound
from bt_console.words import message
from probes.api import clean

WRONG_MAX = 5
WRONG_WINDOW = timedelta(minutes=10)
LOCKED_FOR = timedelta(minutes=10)
WRONG = message("oncall.reply.wrong")
_CODE = re.compile(r"\s*(?:[^\W\d_]{1,5}\b)?\W*(\d{4,6})\W*", re.IGNORECASE)
"""`7342`, `ACK 7342`, `ok: 7342.`"""
_NUMBER = re.compile(r"\+?[\d\s().-]{6,}")


def heard(desk: Desk, scene: Scene, channel: str, message: Heard, now: datetime) -> Outcome:
    """Return what a reply leads to; one heard before leads to nothing."""
    draft = Draft(desk, scene, now)
    key = (channel, message.provider_id)
    if key in draft.inbounds:
        return draft.outcome()
    answer = _answer(draft, channel, message)
    draft.inbounds[key] = Inbound(
        channel=channel,
        provider_id=message.provider_id,
        sender=clean(message.sender),
        text=clean(message.text),
        at=now,
        result=answer,
    )
    return draft.outcome(answer)


def _answer(draft: Draft, channel: str, reply: Heard) -> str:
    contact = _sender(draft, channel, reply.sender)
    if contact is None:
        return message("oncall.reply.unknown_sender")
    if _is_locked(draft, channel, reply.sender):
        return message("oncall.reply.locked")
    found = _CODE.fullmatch(reply.text)
    if found is None:
        return message("oncall.reply.no_code")
    code = draft.codes.get(found.group(1))
    if code is None or code.contact != contact.id or code.expires_at <= draft.now:
        return WRONG
    return _acknowledge(draft, code, contact)


def _acknowledge(draft: Draft, code: AckCode, contact: Contact) -> str:
    call = draft.calls.get(code.incident_id)
    draft.codes[code.code] = replace(code, used_at=draft.now)
    if code.incident_id <= 0:
        draft.tell("drill_answered", "oncall.event.drill_answered", by=contact.name)
        return message("oncall.reply.drill", by=contact.name)
    if call is None or call.state in (CallState.RESOLVED, CallState.CLOSED):
        return message("oncall.reply.too_late", id=code.incident_id)
    take(draft, code.incident_id, contact.id, None)
    return message("oncall.reply.acknowledged", id=code.incident_id, by=contact.name)


def _sender(draft: Draft, channel: str, sender: str) -> Contact | None:
    people = draft.oncall.contacts.values()
    return next((c for c in people if _same(c.addresses.get(channel, ""), sender)), None)


def _same(address: str, sender: str) -> bool:
    return bool(address) and _plain(address) == _plain(sender)


def _plain(address: str) -> str:
    """Return an address as it is compared: a Vietnamese number has one form, with or without +84."""
    text = address.strip().casefold()
    if not _NUMBER.fullmatch(text):
        return text
    digits = re.sub(r"\D", "", text).removeprefix("00")
    return f"0{digits[2:]}" if digits.startswith("84") and len(digits) > 10 else digits


def _is_locked(draft: Draft, channel: str, sender: str) -> bool:
    """Return whether somebody guesses: five wrong codes in ten minutes cost ten minutes."""
    wrong = sorted(
        known.at
        for known in draft.inbounds.values()
        if known.channel == channel and known.result == WRONG and _same(known.sender, sender)
    )
    return any(
        last - first <= WRONG_WINDOW and last <= draft.now < last + LOCKED_FOR
        for first, last in zip(wrong, wrong[WRONG_MAX - 1 :], strict=False)
    )
