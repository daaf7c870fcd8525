"""What telling people wants stored, as rows for oncall_sql.py's statements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bt_console.model.change import Change, Paper
from bt_console.model.oncall import Mute, OnCall, Override
from bt_console.model.paging import AckCode, Attempt, Call, ChannelHealth, Delivery, Heartbeat, Inbound, Note
from bt_console.store import oncall_sql as sql
from bt_console.store.codec import dump, maybe_micros, micros
from bt_console.store.document import dump_document

Row = tuple[Any, ...]
Batch = tuple[str, list[Row]]


def batches(change: Change, revision: int) -> Iterator[Batch]:
    """Return statements with their rows, in order."""
    if change.oncall is not None:
        yield from _configured(change.oncall, revision)
    yield from _told(change.paper, revision)
    yield from _decided(change.paper)
    if change.oncall is not None or change.paper.mutes or change.paper.overrides or change.paper.channel_healths:
        yield sql.PUT_DESK_REVISION, [(revision,)]


def _configured(value: OnCall, revision: int) -> Iterator[Batch]:
    yield sql.PUT_ONCALL, [(revision, dump_document(value))]
    yield sql.DROP_CHANNELS, [(dump(list(value.channels)),)]
    yield sql.DROP_HEARTBEATS, [(dump([f"{plan.direction}:{plan.name}" for plan in value.heartbeats]),)]


def _told(paper: Paper, revision: int) -> Iterator[Batch]:
    yield sql.PUT_CALL, [call(value, revision) for value in paper.calls]
    yield sql.PUT_DELIVERY, [delivery(value) for value in paper.deliveries]
    yield sql.PUT_ATTEMPT, [attempt(value) for value in paper.attempts]
    yield sql.PUT_CODE, [code(value) for value in paper.codes]
    yield sql.PUT_INBOUND, [inbound(value) for value in paper.inbounds]
    yield sql.PUT_CURSOR, list(paper.cursors)


def _decided(paper: Paper) -> Iterator[Batch]:
    yield sql.PUT_MUTE, [mute(value) for value in paper.mutes]
    yield sql.PUT_OVERRIDE, [override(value) for value in paper.overrides]
    yield sql.PUT_CHANNEL, [channel(value) for value in paper.channel_healths]
    yield sql.PUT_HEARTBEAT, [heartbeat(value) for value in paper.heartbeats]
    yield sql.ADD_NOTE, [note(value) for value in paper.notes]


def call(value: Call, revision: int) -> Row:
    """Return a row for PUT_CALL."""
    return (
        value.incident_id,
        revision,
        dump_document(value.policy),
        value.state,
        value.severity,
        micros(value.opened_at),
        value.step,
        maybe_micros(value.next_at),
        value.prior,
        value.acked_by,
        maybe_micros(value.acked_at),
        maybe_micros(value.ack_until),
        maybe_micros(value.hold_until),
        value.paused_left_s,
        dump(value.muted_by),
        maybe_micros(value.muted_at),
        value.muted_s,
        value.claimed_by,
        value.flaps_count,
        maybe_micros(value.closed_at),
        value.close_reason,
    )


def delivery(value: Delivery) -> Row:
    """Return a row for PUT_DELIVERY."""
    return (
        value.id,
        value.incident_id,
        value.kind,
        value.contact,
        value.channel,
        value.state,
        micros(value.created_at),
        micros(value.next_at),
        value.title,
        value.body,
        value.short,
        value.code,
        value.step,
        value.cause_seq,
        value.attempts_count,
        maybe_micros(value.lease_until),
        value.provider_id,
        value.why,
        value.fallback_of,
        maybe_micros(value.done_at),
        value.digest_id,
    )


def attempt(value: Attempt) -> Row:
    """Return a row for PUT_ATTEMPT."""
    started_at, ended_at = micros(value.started_at), maybe_micros(value.ended_at)
    key = (value.delivery_id, value.n)
    return (*key, started_at, ended_at, value.outcome, value.code, value.detail, value.provider_id)


def code(value: AckCode) -> Row:
    """Return a row for PUT_CODE."""
    expires_at, used_at = micros(value.expires_at), maybe_micros(value.used_at)
    return (value.code, value.incident_id, value.contact, expires_at, used_at)


def mute(value: Mute) -> Row:
    """Return a row for PUT_MUTE."""
    return (
        value.id,
        value.kind,
        dump_document(value.match),
        micros(value.starts_at),
        micros(value.ends_at),
        value.author,
        value.reason,
        value.rrule,
        value.timezone,
        value.idle_expire_s,
        maybe_micros(value.ended_at),
    )


def override(value: Override) -> Row:
    """Return a row for PUT_OVERRIDE."""
    return (
        value.id,
        value.schedule,
        micros(value.starts_at),
        micros(value.ends_at),
        value.in_contact,
        value.out_contact,
        value.author,
        value.reason,
    )


def channel(value: ChannelHealth) -> Row:
    """Return a row for PUT_CHANNEL."""
    return (
        value.channel,
        value.state,
        maybe_micros(value.since),
        value.fails_count,
        maybe_micros(value.not_before),
        maybe_micros(value.proven_at),
        value.reason,
    )


def inbound(value: Inbound) -> Row:
    """Return a row for PUT_INBOUND."""
    return (value.channel, value.provider_id, value.sender, value.text, micros(value.at), value.result)


def heartbeat(value: Heartbeat) -> Row:
    """Return a row for PUT_HEARTBEAT."""
    return (value.direction, value.name, maybe_micros(value.last_at), value.is_missed, value.detail)


def note(value: Note) -> Row:
    """Return a row for ADD_NOTE."""
    return (value.incident_id, micros(value.at), value.by, value.text)
