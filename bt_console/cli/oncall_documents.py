"""Calls, messages, mutes and stand-ins as they stand inside JSON documents (docs/json.md)."""

from __future__ import annotations

from datetime import datetime

from bt_console.cli.documents import Document, instant
from bt_console.evaluate.oncall import muting
from bt_console.evaluate.oncall.orders import write_match
from bt_console.evaluate.oncall.why import name_of
from bt_console.model.oncall import Mute, OnCall, Override, Shift
from bt_console.model.paging import Attempt, Call, Delivery, Note
from bt_console.words import say


def both(name: str, stored: str) -> Document:
    """Return a message in English and, under the same name with `_vi`, in Vietnamese."""
    return {name: say("en", stored) if stored else "", f"{name}_vi": say("vi", stored) if stored else ""}


def call(item: Call) -> Document:
    """Return where the paging for an incident stands."""
    return {
        "state": item.state,
        "policy": item.policy.id,
        "severity": item.severity,
        "opened_at": instant(item.opened_at),
        "step": max(0, item.step + 1),
        "steps_count": len(item.policy.steps),
        "next_at": instant(item.next_at),
        "acknowledged_by": item.acked_by or None,
        "acknowledged_at": instant(item.acked_at),
        "acknowledged_until": instant(item.ack_until),
        "claimed_by": item.claimed_by or None,
        "muted_by": list(item.muted_by),
        "muted_s": round(item.muted_s, 3),
        "flaps_count": item.flaps_count,
        "hold_until": instant(item.hold_until),
        "closed_at": instant(item.closed_at),
        "close_reason": item.close_reason or None,
    }


def delivery(item: Delivery, oncall: OnCall | None) -> Document:
    """Return one message; its code is nobody's but its reader's."""
    return {
        "id": item.id,
        "incident": item.incident_id,
        "kind": item.kind,
        "state": item.state,
        "contact": item.contact,
        "name": name_of(item.contact, oncall) if oncall else item.contact,
        "channel": item.channel,
        "title": item.title,
        "created_at": instant(item.created_at),
        "next_at": instant(item.next_at) if item.done_at is None else None,
        "done_at": instant(item.done_at),
        "attempts_count": item.attempts_count,
        "provider_id": item.provider_id or None,
        "digest": item.digest_id,
        **both("why", item.why),
    }


def attempt(item: Attempt) -> Document:
    """Return the proof of one try."""
    return {
        "n": item.n,
        "started_at": instant(item.started_at),
        "ended_at": instant(item.ended_at),
        "outcome": item.outcome,
        "code": item.code,
        "detail": item.detail,
        "provider_id": item.provider_id or None,
    }


def note(item: Note) -> Document:
    """Return what somebody wrote."""
    return {"at": instant(item.at), "by": item.by, "text": item.text}


def mute(item: Mute, now: datetime) -> Document:
    """Return a silence or maintenance with the window that holds, or else the next one."""
    stretch = muting.window(item, now)
    coming = stretch or muting.next_window(item, now)
    return {
        "id": item.id,
        "kind": item.kind,
        "match": write_match(item.match),
        "starts_at": instant(item.starts_at),
        "ends_at": instant(item.ends_at),
        "rrule": item.rrule or None,
        "timezone": item.timezone,
        "author": item.author,
        "reason": item.reason,
        "is_active": stretch is not None,
        "window_starts_at": instant(coming[0]) if coming else None,
        "window_ends_at": instant(coming[1]) if coming else None,
        "is_from_file": item.id < 0,
        "ended_at": instant(item.ended_at),
    }


def shift(item: Shift, oncall: OnCall) -> Document:
    """Return one stretch of duty."""
    return {
        "contact": item.contact,
        "name": name_of(item.contact, oncall),
        "starts_at": instant(item.starts_at),
        "ends_at": instant(item.ends_at),
        "why": item.why,
    }


def override(item: Override, oncall: OnCall) -> Document:
    """Return one stand-in."""
    return {
        "id": item.id,
        "schedule": item.schedule,
        "contact": item.in_contact,
        "name": name_of(item.in_contact, oncall),
        "for": item.out_contact,
        "starts_at": instant(item.starts_at),
        "ends_at": instant(item.ends_at),
        "author": item.author,
        "reason": item.reason,
    }
