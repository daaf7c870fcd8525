"""What of telling people the engine needs to go on after a restart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from bt_console.model.change import Paper
from bt_console.store import oncall_decode as decode
from bt_console.store import oncall_sql as sql
from bt_console.store.codec import micros

DELIVERIES_KEPT = timedelta(days=2)


def recall(rows: Callable[..., Sequence[Any]], now: datetime) -> Paper:
    """Return what Memory.paper promises, as of an instant; rows() runs a statement with its values."""
    now_us, since_us = micros(now), micros(now - DELIVERIES_KEPT)
    return Paper(
        calls=tuple(map(decode.call, rows(sql.CALLS_KEPT))),
        deliveries=tuple(map(decode.delivery, rows(sql.DELIVERIES_KEPT, since_us))),
        attempts=tuple(map(decode.attempt, rows(sql.ATTEMPTS_UNDER_WAY))),
        codes=tuple(map(decode.code, rows(sql.CODES_VALID, now_us))),
        mutes=tuple(map(decode.mute, rows(sql.MUTES_ONGOING, now_us))),
        overrides=tuple(map(decode.override, rows(sql.OVERRIDES_SINCE, now_us))),
        channel_healths=tuple(map(decode.channel, rows(sql.CHANNELS))),
        inbounds=tuple(map(decode.inbound, rows(sql.INBOUNDS_SINCE, since_us))),
        cursors=tuple(tuple(row) for row in rows(sql.CURSORS)),
        heartbeats=tuple(map(decode.heartbeat, rows(sql.HEARTBEATS))),
    )
