"""Every statement of the writer and the readers, so that one test can hold them against the tables."""

REVISION = "SELECT revision FROM store_state WHERE id = 1"
COUNTERS = """
SELECT revision, last_observation_seq, last_incident_id, last_event_seq, last_delivery_id, last_mute_id,
    last_override_id
FROM store_state WHERE id = 1"""
NEWEST_MOMENT = """
SELECT coalesce((SELECT last_tick_at FROM engine WHERE id = 1), (SELECT max(resolved_at) FROM incident), 0)"""
INVENTORY = "SELECT revision, document FROM inventory WHERE id = 1"
INVENTORY_REVISION = "SELECT revision FROM inventory WHERE id = 1"
ENGINE = """
SELECT state, started_at, last_tick_at, lag_s, backlog_count, checks_per_s, detect_p50_s, detect_p95_s, config_error,
    icmp_mode
FROM engine WHERE id = 1"""
HEALTHS = """
SELECT k.check_id, h.state, h.since, h.last_good_at, h.is_stale, h.facts, h.measures, h.samples
FROM check_health h JOIN check_key k ON k.id = h.check_key
WHERE h.revision > ?"""
TARGETS = """
SELECT target_id, state, since, reason, explained_by, is_stale
FROM target_health WHERE revision > ?"""
_INCIDENT = """
SELECT id, kind, target_id, unit_id, message, severity, opened_at, last_good_at, resolved_at, acknowledged_at,
    acknowledged_by, acknowledged_until, flaps_count, impact, steps
FROM incident """
INCIDENT = _INCIDENT + "WHERE id = ?"
INCIDENTS_OPEN = _INCIDENT + "WHERE resolved_at IS NULL ORDER BY id"
INCIDENTS_SHOWN = _INCIDENT + "WHERE resolved_at IS NULL OR resolved_at >= ? ORDER BY id"
INCIDENTS_RESOLVED = _INCIDENT + "WHERE resolved_at >= ? ORDER BY id"
INCIDENTS_BETWEEN = _INCIDENT + "WHERE (resolved_at IS NULL OR resolved_at >= ?) AND opened_at < ? ORDER BY id"
INCIDENTS_CHANGED = _INCIDENT + "WHERE revision > ? ORDER BY revision, id"
DETECT_TIMES = """
SELECT opened_at - last_good_at FROM incident WHERE last_good_at IS NOT NULL ORDER BY id DESC LIMIT ?"""
_EVENT = "SELECT seq, at, kind, subject, unit_id, message, incident_id FROM event "
EVENTS = _EVENT + "WHERE seq > ? ORDER BY seq LIMIT ?"
RECENT_EVENTS = _EVENT + "ORDER BY seq DESC LIMIT ?"
RECENT_UNIT_EVENTS = """
SELECT seq, at, kind, subject, unit_id, message, incident_id
FROM event WHERE seq > (SELECT max(seq) FROM event) - ? AND unit_id = ? ORDER BY seq DESC LIMIT ?"""
INCIDENT_EVENTS = _EVENT + "WHERE incident_id = ? ORDER BY seq"
HISTORY = """
SELECT o.seq, o.vantage_id, o.due_at, o.started_at, o.duration_us, o.confirmation_seq, o.outcome, o.failure, o.detail,
    o.measures, f.document
FROM observation o LEFT JOIN fact_set f ON f.id = o.facts_id
WHERE o.check_key = (SELECT id FROM check_key WHERE check_id = ?) AND o.due_at >= ? AND o.due_at < ?
ORDER BY o.due_at, o.confirmation_seq"""
_DEVICE = """
SELECT mac, unit_id, state, name, address, port, vendor, approved_unit_id, first_seen_at, last_seen_at, port_since,
    missed_since
FROM device """
DEVICES = _DEVICE + "ORDER BY unit_id, mac"
UNIT_DEVICES = _DEVICE + "WHERE unit_id = ? ORDER BY mac"
DEVICE_COUNTS = "SELECT unit_id, state, count(*) FROM device GROUP BY unit_id, state"
_ROUTE = """
SELECT k.check_id, r.route_hash, r.hops, r.first_seen_at, r.last_seen_at, r.seen_count, r.accepted_at, r.alternated_at
FROM route r JOIN check_key k ON k.id = r.check_key """
ROUTES = _ROUTE + "ORDER BY r.check_key, r.route_hash"
CHECK_ROUTES = _ROUTE + "WHERE k.check_id = ?"
CHECK_KEYS = "SELECT check_id, id FROM check_key"
LAST_FACTS = "SELECT check_key, document, max(id) FROM fact_set GROUP BY check_key"
COMMANDS_WAITING = 'SELECT id, at, "by", verb, subject FROM command WHERE handled_revision IS NULL ORDER BY id'
COMMAND_RESULT = "SELECT handled_revision, result FROM command WHERE id = ?"

READS = (
    REVISION,
    COUNTERS,
    NEWEST_MOMENT,
    INVENTORY,
    INVENTORY_REVISION,
    ENGINE,
    HEALTHS,
    TARGETS,
    INCIDENT,
    INCIDENTS_OPEN,
    INCIDENTS_SHOWN,
    INCIDENTS_RESOLVED,
    INCIDENTS_BETWEEN,
    INCIDENTS_CHANGED,
    DETECT_TIMES,
    EVENTS,
    RECENT_EVENTS,
    RECENT_UNIT_EVENTS,
    INCIDENT_EVENTS,
    HISTORY,
    DEVICES,
    UNIT_DEVICES,
    DEVICE_COUNTS,
    ROUTES,
    CHECK_ROUTES,
    CHECK_KEYS,
    LAST_FACTS,
    COMMANDS_WAITING,
    COMMAND_RESULT,
)

ADD_COMMAND = 'INSERT INTO command (at, "by", verb, subject) VALUES (?, ?, ?, ?)'
ANSWER_COMMAND = "UPDATE command SET handled_revision = ?, result = ? WHERE id = ? AND handled_revision IS NULL"
PUT_STATE = """
UPDATE store_state SET revision = ?, last_observation_seq = ?, last_incident_id = ?, last_event_seq = ?,
    last_delivery_id = ?, last_mute_id = ?, last_override_id = ?
WHERE id = 1"""
PUT_INVENTORY = """
INSERT INTO inventory (id, revision, document) VALUES (1, ?, ?)
ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, document = excluded.document"""
PUT_ENGINE = """
INSERT INTO engine (id, revision, state, started_at, last_tick_at, lag_s, backlog_count, checks_per_s, detect_p50_s,
    detect_p95_s, config_error, icmp_mode)
VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, state = excluded.state, started_at = excluded.started_at,
    last_tick_at = excluded.last_tick_at, lag_s = excluded.lag_s, backlog_count = excluded.backlog_count,
    checks_per_s = excluded.checks_per_s, detect_p50_s = excluded.detect_p50_s, detect_p95_s = excluded.detect_p95_s,
    config_error = excluded.config_error, icmp_mode = excluded.icmp_mode"""
ADD_CHECK_KEY = "INSERT INTO check_key (check_id) VALUES (?) RETURNING id"
PUT_HEALTH = """
INSERT INTO check_health (check_key, revision, state, since, last_good_at, is_stale, facts, measures, samples)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (check_key) DO UPDATE SET revision = excluded.revision, state = excluded.state, since = excluded.since,
    last_good_at = excluded.last_good_at, is_stale = excluded.is_stale, facts = excluded.facts,
    measures = excluded.measures, samples = excluded.samples"""
PUT_TARGET = """
INSERT INTO target_health (target_id, revision, state, since, reason, explained_by, is_stale)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (target_id) DO UPDATE SET revision = excluded.revision, state = excluded.state, since = excluded.since,
    reason = excluded.reason, explained_by = excluded.explained_by, is_stale = excluded.is_stale"""
STORED_HEALTH_KEYS = "SELECT k.check_id, h.check_key FROM check_health h JOIN check_key k ON k.id = h.check_key"
STORED_TARGET_IDS = "SELECT target_id FROM target_health"
DROP_HEALTH = "DELETE FROM check_health WHERE check_key = ?"
DROP_TARGET = "DELETE FROM target_health WHERE target_id = ?"
ADD_FACTS = "INSERT INTO fact_set (id, check_key, document) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
ADD_OBSERVATION = """
INSERT INTO observation (seq, check_key, due_at, confirmation_seq, started_at, duration_us, outcome, failure, detail,
    facts_id, measures, vantage_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING"""
ADD_TRANSITION = """
INSERT INTO "transition" (at, target_id, before, after, reason, observation_seq) VALUES (?, ?, ?, ?, ?, ?)"""
PUT_INCIDENT = """
INSERT INTO incident (id, revision, kind, target_id, unit_id, message, severity, opened_at, last_good_at, resolved_at,
    acknowledged_at, acknowledged_by, acknowledged_until, flaps_count, impact, steps)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, kind = excluded.kind, target_id = excluded.target_id,
    unit_id = excluded.unit_id, message = excluded.message, severity = excluded.severity,
    opened_at = excluded.opened_at, last_good_at = excluded.last_good_at, resolved_at = excluded.resolved_at,
    acknowledged_at = excluded.acknowledged_at, acknowledged_by = excluded.acknowledged_by,
    acknowledged_until = excluded.acknowledged_until, flaps_count = excluded.flaps_count, impact = excluded.impact,
    steps = excluded.steps"""
ADD_EVENT = """
INSERT INTO event (seq, at, kind, subject, unit_id, message, incident_id) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING"""
PUT_DEVICE = """
INSERT INTO device (mac, unit_id, state, name, address, port, vendor, approved_unit_id, first_seen_at, last_seen_at,
    port_since, missed_since)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (unit_id, mac) DO UPDATE SET state = excluded.state, name = excluded.name, address = excluded.address,
    port = excluded.port, vendor = excluded.vendor, approved_unit_id = excluded.approved_unit_id,
    first_seen_at = excluded.first_seen_at, last_seen_at = excluded.last_seen_at, port_since = excluded.port_since,
    missed_since = excluded.missed_since"""
DROP_DEVICE = "DELETE FROM device WHERE unit_id = ? AND mac = ?"
STORED_DEVICE_UNITS = "SELECT DISTINCT unit_id FROM device"
DROP_DEVICES = "DELETE FROM device WHERE unit_id = ?"
PUT_ROUTE = """
INSERT INTO route (check_key, route_hash, hops, first_seen_at, last_seen_at, seen_count, accepted_at, alternated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (check_key, route_hash) DO UPDATE SET hops = excluded.hops, first_seen_at = excluded.first_seen_at,
    last_seen_at = excluded.last_seen_at, seen_count = excluded.seen_count, accepted_at = excluded.accepted_at,
    alternated_at = excluded.alternated_at"""
DROP_ROUTE = "DELETE FROM route WHERE check_key = ? AND route_hash = ?"
STORED_ROUTE_KEYS = "SELECT DISTINCT k.check_id, r.check_key FROM route r JOIN check_key k ON k.id = r.check_key"
DROP_ROUTES = "DELETE FROM route WHERE check_key = ?"
PRUNE = """
DELETE FROM observation WHERE seq IN (
    SELECT seq FROM (SELECT seq, due_at FROM observation ORDER BY seq LIMIT ?) WHERE due_at < ?)"""
PRUNE_FACTS = """
DELETE FROM fact_set WHERE id < (SELECT min(seq) FROM observation) AND EXISTS (
    SELECT 1 FROM fact_set newer
    WHERE newer.check_key = fact_set.check_key AND newer.id > fact_set.id
        AND newer.id <= (SELECT min(seq) FROM observation))"""

WRITES = (
    ADD_COMMAND,
    ANSWER_COMMAND,
    PUT_STATE,
    PUT_INVENTORY,
    PUT_ENGINE,
    ADD_CHECK_KEY,
    PUT_HEALTH,
    PUT_TARGET,
    STORED_HEALTH_KEYS,
    STORED_TARGET_IDS,
    DROP_HEALTH,
    DROP_TARGET,
    ADD_FACTS,
    ADD_OBSERVATION,
    ADD_TRANSITION,
    PUT_INCIDENT,
    ADD_EVENT,
    PUT_DEVICE,
    DROP_DEVICE,
    STORED_DEVICE_UNITS,
    DROP_DEVICES,
    PUT_ROUTE,
    DROP_ROUTE,
    STORED_ROUTE_KEYS,
    DROP_ROUTES,
    PRUNE,
    PRUNE_FACTS,
)
