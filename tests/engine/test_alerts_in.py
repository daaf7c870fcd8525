"""Reading what other monitors post: what senders really send, and anything else."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bt_console.engine.alerts_in import ALERTS_LIMIT, AlertsError, alerts_document, read_alerts
from bt_console.model.incident import Severity
from probes.api import clean

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
PROMETHEUS = """[{"annotations":{"summary":"Instance 10.21.2.1 down"},"endsAt":"2026-11-24T08:03:15.003Z",
"startsAt":"2026-11-24T07:59:15.003Z","generatorURL":"http://prom:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1",
"labels":{"alertname":"InstanceDown","instance":"10.21.2.1:9100","job":"node","severity":"page","unit":"cao-son"}}]"""
"""As Prometheus 2.42 posts it."""
AMTOOL = """[{"labels":{"alertname":"foo","node":"bar"},"annotations":{},"startsAt":"0001-01-01T00:00:00.000Z",
"endsAt":"0001-01-01T00:00:00.000Z"}]"""
"""As amtool 0.25 posts it: Go's times that are not set."""


def _read(**fields: Any) -> Any:
    item = {"labels": {"alertname": "A"}, **fields}
    reading = read_alerts(json.dumps([item]).encode(), NOW)
    return reading.alerts[0] if reading.alerts else reading.problems[0]


def test_what_prometheus_posts_is_read_whole() -> None:
    (alert,) = read_alerts(PROMETHEUS.encode(), NOW).alerts
    assert alert.name == "InstanceDown"
    assert alert.severity is Severity.CRITICAL
    assert alert.summary == "Instance 10.21.2.1 down"
    assert alert.starts_at == datetime(2026, 11, 24, 7, 59, 15, 3000, tzinfo=UTC)
    assert alert.ends_at == datetime(2026, 11, 24, 8, 3, 15, 3000, tzinfo=UTC)
    assert alert.heard_at == NOW
    assert alert.labels["unit"] == "cao-son"
    assert alert.generator_url.startswith("http://prom:9090/graph?")


def test_gos_times_that_are_not_set_are_no_times() -> None:
    (alert,) = read_alerts(AMTOOL.encode(), NOW).alerts
    assert (alert.starts_at, alert.ends_at) == (NOW, None)


def test_the_same_labels_are_the_same_alert_in_whatever_order() -> None:
    one = _read(labels={"alertname": "A", "b": "1", "c": "2"})
    assert one.fingerprint == _read(labels={"c": "2", "b": "1", "alertname": "A", "d": ""}).fingerprint
    others = [{"alertname": "A", "b": "1"}, {"alertname": "A", "b": "2", "c": "1"}, {"alertname": "A", "b": '1", "c'}]
    assert len({one.fingerprint, *(_read(labels=labels).fingerprint for labels in others)}) == 4


def test_long_values_that_begin_alike_stay_apart() -> None:
    one, two = (_read(labels={"alertname": "A", "x": "x" * 5000 + end}) for end in "12")
    assert one.fingerprint != two.fingerprint
    assert len(one.labels["x"]) == 300


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("critical", "critical"),
        (" PAGE ", "critical"),
        ("warning", "warning"),
        ("", "warning"),
        ("odd", "warning"),
        ("none", "info"),
    ],
)
def test_severities_of_others_become_ours(word: str, severity: str) -> None:
    assert _read(labels={"alertname": "A", "severity": word}).severity == severity


def test_the_summary_is_the_first_text_that_says_something() -> None:
    assert _read(annotations={"summary": " ", "description": "b"}).summary == "b"
    assert _read(annotations=None).summary == ""


def test_a_start_in_the_future_is_now() -> None:
    assert _read(startsAt="2030-01-01T00:00:00Z").starts_at == NOW


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"labels": None}, "its labels are not an object of texts"),
        ({"labels": {"alertname": 5}}, "its labels are not an object of texts"),
        ({"labels": {"job": "x"}}, "has no label `alertname`"),
        ({"labels": {"alertname": ""}}, "has no label `alertname`"),
        ({"labels": {"alertname": "A", "a\nb": "x"}}, "'a␊b' cannot be a name in labels"),
        ({"labels": {"alertname": "A", **{f"l{n}": "x" for n in range(64)}}}, "has 65 labels; at most 64 are taken"),
        ({"annotations": [1]}, "its annotations are not an object of texts"),
        ({"startsAt": "yesterday"}, "startsAt 'yesterday' is no RFC 3339 time"),
        ({"startsAt": "2026-11-24T08:00:00"}, "startsAt '2026-11-24T08:00:00' is no RFC 3339 time"),
        ({"endsAt": 7}, "endsAt '7' is no RFC 3339 time"),
        ({"endsAt": "2026-13-24T08:00:00Z"}, "endsAt '2026-13-24T08:00:00Z' is no RFC 3339 time"),
        ({"endsAt": "9999-12-31T23:59:59-23:59"}, "endsAt '9999-12-31T23:59:59-23:59' is no RFC 3339 time"),
        ({"startsAt": "2026-11-24T08:00:00Z", "endsAt": "2026-11-24T07:00:00Z"}, "endsAt is before startsAt"),
    ],
)
def test_what_is_wrong_with_an_alert_is_said(fields: dict[str, Any], problem: str) -> None:
    assert _read(**fields) == f"alert 0: {problem}"


def test_one_bad_alert_does_not_lose_the_good_ones() -> None:
    items = [{"labels": {"alertname": "A"}}, "x", {"labels": {"alertname": "B"}}]
    reading = read_alerts(json.dumps(items).encode(), NOW)
    assert [alert.name for alert in reading.alerts] == ["A", "B"]
    assert reading.problems == ("alert 1: is not an object",)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe\xfd", "not JSON"),
        (b"{}", "not a list"),
        (b"[" * 200_000, "not JSON"),
        (b"[" + b"9" * 10_000 + b"]", "not JSON"),
        (json.dumps([{}] * (ALERTS_LIMIT + 1)).encode(), "1001 alerts at once; at most 1000"),
    ],
)
def test_what_is_no_list_of_alerts_is_refused(body: bytes, problem: str) -> None:
    with pytest.raises(AlertsError, match=problem):
        read_alerts(body, NOW)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=20)
    | st.just("\ud800\x1b[2J"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
TIMES = st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat) | VALUES
ITEMS = VALUES | st.fixed_dictionaries(
    {},
    optional={
        "labels": st.dictionaries(st.sampled_from(["alertname", "severity", "unit"]) | st.text(max_size=5), VALUES)
        | VALUES,
        "annotations": st.dictionaries(st.sampled_from(["summary", "title"]), VALUES) | VALUES,
        "startsAt": TIMES,
        "endsAt": TIMES,
        "generatorURL": VALUES,
    },
)


@settings(max_examples=200, deadline=None)
@given(st.lists(ITEMS, max_size=3).map(lambda items: json.dumps(items).encode()) | st.binary(max_size=100))
def test_any_body_is_read_or_refused_and_nothing_unclean_comes_in(body: bytes) -> None:
    try:
        reading = read_alerts(body, NOW)
    except AlertsError:
        return
    for alert in reading.alerts:
        texts = (alert.name, alert.summary, alert.generator_url, *alert.labels, *alert.labels.values())
        assert all(text == clean(text) for text in texts)
        assert alert.starts_at <= NOW
        assert alert.starts_at.utcoffset() == timedelta(0)
    json.dumps(alerts_document(reading.alerts)).encode("utf-8")


def test_what_holds_is_listed_the_way_alertmanager_lists_it() -> None:
    (alert,) = read_alerts(PROMETHEUS.encode(), NOW).alerts
    (item,) = alerts_document([alert])
    assert item["labels"]["alertname"] == "InstanceDown"
    assert (item["startsAt"], item["endsAt"]) == ("2026-11-24T07:59:15.003Z", "2026-11-24T08:03:15.003Z")
    assert item["status"] == {"inhibitedBy": [], "silencedBy": [], "state": "active"}
    assert item["receivers"] == [{"name": "bt-console"}]
