"""From the section `oncall` to the nouns the engine works with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from bt_console.config.load import ConfigErrors, Settings, load_config
from bt_console.config.oncall import default_oncall
from bt_console.config.summary import summarise
from bt_console.model.incident import CauseKind, Severity
from bt_console.model.inventory import Role, TargetId, UnitId
from bt_console.model.oncall import ChannelPath, Direction, Limit, Match, MuteKind, NoticeKind
from probes.secret import Secret

EXAMPLE = Path(__file__).parents[2] / "config.example.yaml"
WHOLE = """
oncall:
  contacts:
    an: {name: Nguyễn Văn An, language: en, addresses: {sms: "+84000000001", zalo: 6ede9afa66b88fe6d6a1}}
    binh: {name: Trần Thị Bình, addresses: {sms: "+84000000002", zalo: none}}
    truc: {name: Trực ban}
  channels:
    console: {type: console, use_for: [page, resolve]}
    sms: {type: smstools, limit: [5/15m, 20/1h], params: {spool: /spool, stale: 2m}}
    zalo:
      type: zalo_bot
      path: lan
      depends_on: {any: [cao-son/tslcd], all: [hub/uplink-internet]}
      params: {token: "credential:zalo"}
  schedules:
    it:
      layers:
        - {name: week, every: 14d, start: 2026-01-05, handoff: "07:30", contacts: [an, binh]}
        - {name: night, start: 2026-01-05, contacts: [binh], weekdays: [mon-wed, sun], hours: 17:00-24:00}
      gap_fallback: binh
  policies:
    critical:
      steps:
        - {notify: ["schedule:it", truc], via: [zalo, sms, console], fallback_after: 30s, wait: 2m}
        - {notify: [an]}
      repeat: 10m
      ack_max: 2h
      hold: 90s
      emergency: true
    office: {steps: [{notify: [an]}], hours: "mon-wed,fri 07:30-17:00"}
  routes:
    - match:
        kinds: [unit_dark]
        min_severity: warning
        units: [cao-son]
        targets: [cao-son/lan]
        roles: [lan]
        labels: {isp: vnpt}
      policy: critical
      wait: 20s
    - {policy: office}
  maintenance:
    - {match: {}, starts: 2026-12-01T22:00+07:00, duration: 2h, rrule: FREQ=DAILY, reason: r, author: a}
    - {match: {units: [cao-son]}, starts: 2026-12-01T22:00Z, duration: 1h, reason: r, author: a}
  heartbeats:
    in: [{name: backup, cron: "0 2 * * *", grace: 45m}, {name: sync, every: 5m}]
    out: [{name: province, url: "env:BEAT", every: 30s}]
  storm: {per_contact: 3/5m, digest_every: 2m}
  silence_max: 1d
  drill: {notify: "schedule:it", weekday: sun, at: "09:15", must_ack: 5m}
"""


def test_contacts_know_their_addresses_and_language(small: Callable[..., Settings]) -> None:
    contacts = small(WHOLE).oncall.contacts
    assert dict(contacts["an"].addresses) == {"sms": "+84000000001", "zalo": "6ede9afa66b88fe6d6a1"}
    assert dict(contacts["binh"].addresses) == {"sms": "+84000000002"}
    assert [contact.language for contact in contacts.values()] == ["en", "vi", "vi"]


def test_channels_have_the_path_of_their_kind_unless_told_otherwise(small: Callable[..., Settings]) -> None:
    channels = small(WHOLE).oncall.channels
    assert [channel.path for channel in channels.values()] == [ChannelPath.LOCAL, ChannelPath.GSM, ChannelPath.LAN]
    assert channels["console"].uses == {NoticeKind.PAGE, NoticeKind.RESOLVE}
    assert channels["sms"].limits == (Limit(count=5, window_s=900.0), Limit(count=20, window_s=3600.0))
    assert (channels["sms"].params.spool, channels["sms"].params.stale_s) == ("/spool", 120.0)
    assert (channels["zalo"].depends_any, channels["zalo"].depends_all) == (
        ("cao-son/tslcd",),
        ("hub/uplink-internet",),
    )
    assert channels["zalo"].params.token == Secret("credential:zalo")


def test_layers_keep_days_and_hours(small: Callable[..., Settings]) -> None:
    week, night = small(WHOLE).oncall.schedules["it"].layers
    assert (week.every_days, week.start, week.handoff, week.hours) == (14, date(2026, 1, 5), time(7, 30), None)
    assert (set(night.weekdays), night.hours, night.handoff) == ({0, 1, 2, 6}, (time(17), time(0)), time(8))


def test_policies_have_what_is_written_and_defaults_for_the_rest(small: Callable[..., Settings]) -> None:
    policies = small(WHOLE).oncall.policies
    critical, office = policies["critical"], policies["office"]
    first, second = critical.steps
    assert (first.notify, first.channels) == (("schedule:it", "truc"), ("zalo", "sms", "console"))
    assert (first.fallback_after_s, first.wait_s) == (30.0, 120.0)
    assert (second.channels, second.wait_s) == ((), 300.0)
    assert (critical.repeat_s, critical.ack_max_s, critical.hold_s, critical.is_emergency) == (600, 7200, 90, True)
    assert office.hours is not None
    assert (set(office.hours.weekdays), office.hours.starts, office.hours.ends) == ({0, 1, 2, 4}, time(7, 30), time(17))
    assert office.hours.timezone == "Asia/Ho_Chi_Minh"


def test_routes_match_what_is_written(small: Callable[..., Settings]) -> None:
    first, last = small(WHOLE).oncall.routes
    match = first.match
    assert match == Match(
        kinds=frozenset({CauseKind.UNIT_DARK}),
        min_severity=Severity.WARNING,
        units=frozenset({UnitId("cao-son")}),
        targets=frozenset({TargetId("cao-son/lan")}),
        roles=frozenset({Role.LAN}),
        labels={"isp": "vnpt"},
    )
    assert (first.wait_s, last.wait_s, last.policy) == (20.0, 1.0, "office")


def test_planned_work_is_a_mute_with_a_negative_number(small: Callable[..., Settings]) -> None:
    daily, once = small(WHOLE).oncall.mutes
    assert (daily.id, once.id, daily.kind) == (-1, -2, MuteKind.MAINTENANCE)
    assert daily.starts_at == datetime(2026, 12, 1, 15, tzinfo=UTC)
    assert daily.ends_at == datetime(2026, 12, 1, 17, tzinfo=UTC)
    assert (daily.rrule, daily.timezone, once.rrule) == ("FREQ=DAILY", "Asia/Ho_Chi_Minh", "")


def test_the_rest_of_the_section_is_read_too(small: Callable[..., Settings]) -> None:
    oncall = small(WHOLE).oncall
    assert [beat.direction for beat in oncall.heartbeats] == [Direction.IN, Direction.IN, Direction.OUT]
    assert (oncall.heartbeats[0].cron, oncall.heartbeats[0].grace_s) == ("0 2 * * *", 2700.0)
    assert (oncall.heartbeats[2].url, oncall.heartbeats[2].every_s) == (Secret("env:BEAT"), 30.0)
    assert (oncall.storm.per_contact, oncall.storm.digest_every_s) == (Limit(count=3, window_s=300.0), 120.0)
    assert oncall.silence_max_s == 86400.0
    assert oncall.drill is not None
    assert (oncall.drill.weekday, oncall.drill.at, oncall.drill.must_ack_s) == (6, time(9, 15), 300.0)


def test_without_the_section_whoever_sits_at_a_console_is_told(small: Callable[..., Settings]) -> None:
    oncall = small().oncall
    assert oncall == default_oncall("Asia/Ho_Chi_Minh", "vi")
    (policy,) = oncall.policies.values()
    (channel,) = oncall.channels.values()
    assert (channel.kind, channel.path) == ("console", ChannelPath.LOCAL)
    assert oncall.contacts["truc"].name == "Trực ban"
    assert policy.steps[0].notify == ("truc",)
    assert policy.hold_s == 60.0
    assert [route.policy for route in oncall.routes] == [policy.id]


def test_no_value_of_a_secret_is_needed_or_shown(small: Callable[..., Settings]) -> None:
    oncall = small(WHOLE.replace("env:BEAT", "env:SURELY_NOT_SET_ANYWHERE")).oncall
    assert "env:SURELY_NOT_SET_ANYWHERE" in repr(oncall)
    with pytest.raises(ConfigErrors) as caught:
        small(WHOLE.replace("credential:zalo", "12345:hunter2"))
    assert "hunter2" not in str(caught.value)


def test_a_unit_left_out_for_its_own_mistake_is_no_second_mistake(small: Callable[..., Settings]) -> None:
    with pytest.raises(ConfigErrors) as caught:
        small(WHOLE, ("gateway: 10.21.2.1}", "gateway: 10.99.2.1}"))
    assert [problem.message.split()[0] for problem in caught.value.problems] == ["gateway"]


def test_the_example_district_is_told_over_four_channels() -> None:
    settings = load_config(EXAMPLE)
    summary = summarise(settings)
    assert (summary.contacts_count, summary.schedules_count, summary.policies_count) == (4, 1, 2)
    assert dict(summary.channels) == {"console": 1, "smstools": 1, "smtp": 1, "zalo_bot": 1}
    paths = {channel.path for channel in settings.oncall.channels.values()}
    assert paths == {ChannelPath.LOCAL, ChannelPath.GSM, ChannelPath.TSLCD, ChannelPath.INTERNET}
