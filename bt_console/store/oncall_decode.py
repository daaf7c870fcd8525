"""Rows of oncall_sql.py's statements as values of the model."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from bt_console.model.incident import Severity
from bt_console.model.oncall import Direction, EscalationPolicy, Match, Mute, MuteKind, NoticeKind, OnCall, Override
from bt_console.model.paging import (
    AckCode,
    Attempt,
    Call,
    CallState,
    ChannelHealth,
    ChannelState,
    Delivery,
    DeliveryState,
    Heartbeat,
    Inbound,
    Note,
    SendOutcome,
)
from bt_console.store.codec import instant, maybe_instant, parse
from bt_console.store.document import parse_document

Row = tuple[Any, ...]
_POLICIES_KEPT = 64
_CODE = re.compile(r"(?<!\d)(\d)\d{3,5}(?!\d)")


@lru_cache(_POLICIES_KEPT)
def _policy(text: str) -> EscalationPolicy:
    return parse_document(EscalationPolicy, text)


def call(row: Row) -> Call:
    """Return a row of CALL and its relatives."""
    key, policy, state, severity, opened, step, next_at, prior, acked_by, acked, ack_until, hold_until, *rest = row
    paused_left_s, muted_by, muted_at, muted_s, claimed_by, flaps_count, closed, close_reason = rest
    return Call(
        incident_id=key,
        policy=_policy(policy),
        state=CallState(state),
        severity=Severity(severity),
        opened_at=instant(opened),
        step=step,
        next_at=maybe_instant(next_at),
        prior=CallState(prior) if prior else None,
        acked_by=acked_by,
        acked_at=maybe_instant(acked),
        ack_until=maybe_instant(ack_until),
        hold_until=maybe_instant(hold_until),
        paused_left_s=paused_left_s,
        muted_by=tuple(parse(muted_by)),
        muted_at=maybe_instant(muted_at),
        muted_s=muted_s,
        claimed_by=claimed_by,
        flaps_count=flaps_count,
        closed_at=maybe_instant(closed),
        close_reason=close_reason,
    )


def delivery(row: Row) -> Delivery:
    """Return a row of DELIVERIES and its relatives."""
    key, incident_id, kind, contact, channel, state, created, next_at, title, body, short, code, *rest = row
    step, cause_seq, attempts_count, lease_until, provider_id, why, fallback_of, done, digest_id = rest
    return Delivery(
        id=key,
        incident_id=incident_id,
        kind=NoticeKind(kind),
        contact=contact,
        channel=channel,
        state=DeliveryState(state),
        created_at=instant(created),
        next_at=instant(next_at),
        title=title,
        body=body,
        short=short,
        code=code,
        step=step,
        cause_seq=cause_seq,
        attempts_count=attempts_count,
        lease_until=maybe_instant(lease_until),
        provider_id=provider_id,
        why=why,
        fallback_of=fallback_of,
        done_at=maybe_instant(done),
        digest_id=digest_id,
    )


def attempt(row: Row) -> Attempt:
    """Return a row of ATTEMPTS and its relatives."""
    delivery_id, n, started, ended, outcome, code, detail, provider_id = row
    return Attempt(
        delivery_id=delivery_id,
        n=n,
        started_at=instant(started),
        ended_at=maybe_instant(ended),
        outcome=SendOutcome(outcome) if outcome else None,
        code=code,
        detail=detail,
        provider_id=provider_id,
    )


def code(row: Row) -> AckCode:
    """Return a row of CODES_VALID."""
    text, incident_id, contact, expires, used = row
    return AckCode(
        code=text,
        incident_id=incident_id,
        contact=contact,
        expires_at=instant(expires),
        used_at=maybe_instant(used),
    )


def mute(row: Row) -> Mute:
    """Return a row of MUTES and its relatives."""
    key, kind, matcher, starts, ends, author, reason, rrule, timezone, idle_expire_s, ended = row
    return Mute(
        id=key,
        kind=MuteKind(kind),
        match=parse_document(Match, matcher),
        starts_at=instant(starts),
        ends_at=instant(ends),
        author=author,
        reason=reason,
        rrule=rrule,
        timezone=timezone,
        idle_expire_s=idle_expire_s,
        ended_at=maybe_instant(ended),
    )


def override(row: Row) -> Override:
    """Return a row of OVERRIDES and its relatives."""
    key, schedule, starts, ends, in_contact, out_contact, author, reason = row
    return Override(
        id=key,
        schedule=schedule,
        starts_at=instant(starts),
        ends_at=instant(ends),
        in_contact=in_contact,
        out_contact=out_contact,
        author=author,
        reason=reason,
    )


def channel(row: Row) -> ChannelHealth:
    """Return a row of CHANNELS."""
    name, state, since, fails_count, not_before, proven, reason = row
    return ChannelHealth(
        channel=name,
        state=ChannelState(state),
        since=maybe_instant(since),
        fails_count=fails_count,
        not_before=maybe_instant(not_before),
        proven_at=maybe_instant(proven),
        reason=reason,
    )


def inbound(row: Row) -> Inbound:
    """Return a row of INBOUNDS and its relatives."""
    name, provider_id, sender, text, at, result = row
    return Inbound(channel=name, provider_id=provider_id, sender=sender, text=text, at=instant(at), result=result)


def masked(text: str) -> str:
    """Return what somebody answered with all but the first figure of what may be a code hidden."""
    return _CODE.sub(r"\1***", text)


def heartbeat(row: Row) -> Heartbeat:
    """Return a row of HEARTBEATS."""
    direction, name, last, is_missed, detail = row
    return Heartbeat(
        name=name,
        direction=Direction(direction),
        last_at=maybe_instant(last),
        is_missed=bool(is_missed),
        detail=detail,
    )


def note(row: Row) -> Note:
    """Return a row of NOTES."""
    incident_id, at, by, text = row
    return Note(incident_id=incident_id, at=instant(at), by=by, text=text)


def oncall(row: Row) -> OnCall:
    """Return a row of ONCALL."""
    return _oncall(row[1])


@lru_cache(1)
def _oncall(text: str) -> OnCall:
    return parse_document(OnCall, text)
