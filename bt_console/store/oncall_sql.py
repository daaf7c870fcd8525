"""Every statement about on-call, paging and proof; what sql.py is for the rest."""

_CALL = """
SELECT incident_id, policy, state, severity, opened_at, step, next_at, prior, acked_by, acked_at, ack_until,
    hold_until, paused_left_s, muted_by, muted_at, muted_s, claimed_by, flaps_count, closed_at, close_reason
FROM call """
CALL = _CALL + "WHERE incident_id = ?"
CALLS_ONGOING = _CALL + "WHERE state <> 'closed' ORDER BY incident_id"
_NOT_DONE = "SELECT incident_id FROM delivery WHERE done_at IS NULL"
CALLS_KEPT = f"{_CALL}WHERE state <> 'closed' OR incident_id IN ({_NOT_DONE}) ORDER BY incident_id"
CALLS_CHANGED = _CALL + "WHERE revision > ?"
_SHOWN_INCIDENTS = "SELECT id FROM incident WHERE resolved_at IS NULL OR resolved_at >= ?"
CALLS_SHOWN = f"{_CALL}WHERE incident_id IN ({_SHOWN_INCIDENTS})"
CALLS_SINCE = _CALL + "WHERE opened_at >= ? OR state <> 'closed' ORDER BY incident_id DESC"
DELIVERIES_KEPT = """
SELECT id, incident_id, kind, contact, channel, state, created_at, next_at, title, body, short, code, step,
    cause_seq, attempts_count, lease_until, provider_id, why, fallback_of, done_at, digest_id
FROM delivery
WHERE done_at IS NULL OR done_at >= ?
    OR incident_id IN (SELECT incident_id FROM call WHERE state <> 'closed')
ORDER BY id"""
# A code acknowledges in its owner's name: readers see no more than its first figure, wherever it stands.
_MASK = "CASE code WHEN '' THEN '' ELSE substr(code, 1, 1) || '***' END"
_TEXTS = ("title", "body", "short")
_SHOWN = ", ".join(f"replace(replace({text}, code, '{{code}}'), '{{code}}', {_MASK})" for text in _TEXTS)
_DELIVERY = f"""
SELECT id, incident_id, kind, contact, channel, state, created_at, next_at, {_SHOWN}, {_MASK},
    step, cause_seq, attempts_count, lease_until, provider_id, why, fallback_of, done_at, digest_id
FROM delivery """  # noqa: S608 - constants
DELIVERIES = _DELIVERY + "ORDER BY id DESC LIMIT ?"
INCIDENT_DELIVERIES = _DELIVERY + "WHERE incident_id = ? ORDER BY id DESC LIMIT ?"
TOLD_ON_CHANNEL = (
    _DELIVERY
    + "WHERE state IN ('accepted', 'delivered', 'read') AND channel = ? AND done_at > ? ORDER BY done_at DESC LIMIT ?"
)
OUTBOX = "SELECT count(*), min(created_at) FROM delivery WHERE state IN ('queued', 'leased')"
OUTBOX_DEAD = "SELECT count(*) FROM delivery WHERE state = 'dead' AND done_at >= ?"
_ATTEMPT = "SELECT delivery_id, n, started_at, ended_at, outcome, code, detail, provider_id FROM attempt "
ATTEMPTS = _ATTEMPT + "WHERE delivery_id = ? ORDER BY n"
ATTEMPTS_UNDER_WAY = _ATTEMPT + "WHERE ended_at IS NULL ORDER BY delivery_id, n"
CODES_VALID = "SELECT code, incident_id, contact, expires_at, used_at FROM ack_code WHERE expires_at > ? ORDER BY code"
_MUTE = """
SELECT id, kind, matcher, starts_at, ends_at, author, reason, rrule, timezone, idle_expire_s, ended_at
FROM mute """
MUTES = _MUTE + "ORDER BY id"
MUTES_ONGOING = _MUTE + "WHERE ended_at IS NULL AND (rrule <> '' OR ends_at > ?) ORDER BY id"
_OVERRIDE = "SELECT id, schedule, starts_at, ends_at, in_contact, out_contact, author, reason FROM duty_override "
OVERRIDES = _OVERRIDE + "ORDER BY starts_at, id"
OVERRIDES_SINCE = _OVERRIDE + "WHERE ends_at > ? ORDER BY id"
CHANNELS = (
    "SELECT channel, state, since, fails_count, not_before, proven_at, reason FROM channel_health ORDER BY channel"
)
_INBOUND = "SELECT channel, provider_id, sender, text, at, result FROM inbound "
INBOUNDS = _INBOUND + "ORDER BY at DESC LIMIT ?"
INBOUNDS_SINCE = _INBOUND + "WHERE at >= ? ORDER BY at"
CURSORS = "SELECT channel, cursor FROM inbound_cursor ORDER BY channel"
HEARTBEATS = "SELECT direction, name, last_at, is_missed, detail FROM heartbeat ORDER BY direction, name"
NOTES = 'SELECT incident_id, at, "by", text FROM note WHERE incident_id = ? ORDER BY at, id'
ONCALL = "SELECT revision, document FROM oncall WHERE id = 1"
DESK_REVISION = "SELECT desk_revision FROM store_state WHERE id = 1"

READS = (
    CALL,
    CALLS_ONGOING,
    CALLS_KEPT,
    CALLS_CHANGED,
    CALLS_SHOWN,
    CALLS_SINCE,
    DELIVERIES_KEPT,
    DELIVERIES,
    INCIDENT_DELIVERIES,
    TOLD_ON_CHANNEL,
    OUTBOX,
    OUTBOX_DEAD,
    ATTEMPTS,
    ATTEMPTS_UNDER_WAY,
    CODES_VALID,
    MUTES,
    MUTES_ONGOING,
    OVERRIDES,
    OVERRIDES_SINCE,
    CHANNELS,
    INBOUNDS,
    INBOUNDS_SINCE,
    CURSORS,
    HEARTBEATS,
    NOTES,
    ONCALL,
    DESK_REVISION,
)

PUT_ONCALL = """
INSERT INTO oncall (id, revision, document) VALUES (1, ?, ?)
ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, document = excluded.document"""
PUT_DESK_REVISION = "UPDATE store_state SET desk_revision = ? WHERE id = 1"
DROP_CHANNELS = "DELETE FROM channel_health WHERE channel NOT IN (SELECT value FROM json_each(?))"
DROP_HEARTBEATS = "DELETE FROM heartbeat WHERE direction || ':' || name NOT IN (SELECT value FROM json_each(?))"
ADD_NOTE = 'INSERT INTO note (incident_id, at, "by", text) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING'
PUT_CALL = """
INSERT INTO call (incident_id, revision, policy, state, severity, opened_at, step, next_at, prior, acked_by,
    acked_at, ack_until, hold_until, paused_left_s, muted_by, muted_at, muted_s, claimed_by, flaps_count, closed_at,
    close_reason)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (incident_id) DO UPDATE SET revision = excluded.revision, policy = excluded.policy,
    state = excluded.state, severity = excluded.severity, opened_at = excluded.opened_at, step = excluded.step,
    next_at = excluded.next_at, prior = excluded.prior, acked_by = excluded.acked_by, acked_at = excluded.acked_at,
    ack_until = excluded.ack_until, hold_until = excluded.hold_until, paused_left_s = excluded.paused_left_s,
    muted_by = excluded.muted_by, muted_at = excluded.muted_at, muted_s = excluded.muted_s,
    claimed_by = excluded.claimed_by, flaps_count = excluded.flaps_count,
    closed_at = excluded.closed_at, close_reason = excluded.close_reason"""
PUT_DELIVERY = """
INSERT INTO delivery (id, incident_id, kind, contact, channel, state, created_at, next_at, title, body, short, code,
    step, cause_seq, attempts_count, lease_until, provider_id, why, fallback_of, done_at, digest_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET incident_id = excluded.incident_id, kind = excluded.kind, contact = excluded.contact,
    channel = excluded.channel, state = excluded.state, created_at = excluded.created_at, next_at = excluded.next_at,
    title = excluded.title, body = excluded.body, short = excluded.short, code = excluded.code, step = excluded.step,
    cause_seq = excluded.cause_seq, attempts_count = excluded.attempts_count, lease_until = excluded.lease_until,
    provider_id = excluded.provider_id, why = excluded.why, fallback_of = excluded.fallback_of,
    done_at = excluded.done_at, digest_id = excluded.digest_id"""
PUT_ATTEMPT = """
INSERT INTO attempt (delivery_id, n, started_at, ended_at, outcome, code, detail, provider_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (delivery_id, n) DO UPDATE SET started_at = excluded.started_at, ended_at = excluded.ended_at,
    outcome = excluded.outcome, code = excluded.code, detail = excluded.detail, provider_id = excluded.provider_id"""
PUT_CODE = """
INSERT INTO ack_code (code, incident_id, contact, expires_at, used_at)
VALUES (?, ?, ?, ?, ?)
ON CONFLICT (code) DO UPDATE SET incident_id = excluded.incident_id, contact = excluded.contact,
    expires_at = excluded.expires_at, used_at = excluded.used_at"""
PUT_MUTE = """
INSERT INTO mute (id, kind, matcher, starts_at, ends_at, author, reason, rrule, timezone, idle_expire_s, ended_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, matcher = excluded.matcher, starts_at = excluded.starts_at,
    ends_at = excluded.ends_at, author = excluded.author, reason = excluded.reason, rrule = excluded.rrule,
    timezone = excluded.timezone, idle_expire_s = excluded.idle_expire_s, ended_at = excluded.ended_at"""
PUT_OVERRIDE = """
INSERT INTO duty_override (id, schedule, starts_at, ends_at, in_contact, out_contact, author, reason)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET schedule = excluded.schedule, starts_at = excluded.starts_at,
    ends_at = excluded.ends_at, in_contact = excluded.in_contact, out_contact = excluded.out_contact,
    author = excluded.author, reason = excluded.reason"""
PUT_CHANNEL = """
INSERT INTO channel_health (channel, state, since, fails_count, not_before, proven_at, reason)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (channel) DO UPDATE SET state = excluded.state, since = excluded.since,
    fails_count = excluded.fails_count, not_before = excluded.not_before, proven_at = excluded.proven_at,
    reason = excluded.reason"""
PUT_INBOUND = """
INSERT INTO inbound (channel, provider_id, sender, text, at, result)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (channel, provider_id) DO UPDATE SET sender = excluded.sender, text = excluded.text, at = excluded.at,
    result = excluded.result"""
PUT_CURSOR = """
INSERT INTO inbound_cursor (channel, cursor)
VALUES (?, ?)
ON CONFLICT (channel) DO UPDATE SET cursor = excluded.cursor"""
PUT_HEARTBEAT = """
INSERT INTO heartbeat (direction, name, last_at, is_missed, detail)
VALUES (?, ?, ?, ?, ?)
ON CONFLICT (direction, name) DO UPDATE SET last_at = excluded.last_at, is_missed = excluded.is_missed,
    detail = excluded.detail"""

WRITES = (
    PUT_ONCALL,
    PUT_DESK_REVISION,
    DROP_CHANNELS,
    DROP_HEARTBEATS,
    ADD_NOTE,
    PUT_CALL,
    PUT_DELIVERY,
    PUT_ATTEMPT,
    PUT_CODE,
    PUT_MUTE,
    PUT_OVERRIDE,
    PUT_CHANNEL,
    PUT_INBOUND,
    PUT_CURSOR,
    PUT_HEARTBEAT,
)
