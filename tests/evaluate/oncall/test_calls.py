"""The fourteen transitions of a call, one by one."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

from bt_console.evaluate.oncall import calls, operators, planning
from bt_console.evaluate.oncall.orders import AddSilence
from bt_console.model.change import Paper
from bt_console.model.incident import CauseKind, Severity
from bt_console.model.inventory import TargetId
from bt_console.model.oncall import EscalationPolicy, EscalationStep, Hours, Match, NoticeKind, Route
from bt_console.model.paging import CallState, DeliveryState
from tests.evaluate.oncall.playing import ONCALL, POLICY, World

PAGE, RESOLVE, LATE, UPDATE = NoticeKind.PAGE, NoticeKind.RESOLVE, NoticeKind.LATE, NoticeKind.UPDATE
SECOND = timedelta(seconds=1)


def opened(world: World | None = None) -> World:
    """Return a world with one incident whose first step has been taken."""
    world = world or World()
    world.open()
    world.tick()
    world.pass_time(2)
    return world


def mute(world: World, lasts_s: float) -> int:
    number = world.desk.next_mute_id
    wish = AddSilence(
        match=Match(targets=frozenset({TargetId("cao-son/tslcd")})),
        ends_at=world.now + timedelta(seconds=lasts_s),
        reason="thay cáp quang",
    )
    world.store(planning.add_silence(world.desk, world.scene(), wish, "an", world.now))
    return number


def kinds(world: World) -> list[str]:
    return [event.kind for event in world.events]


def test_a_new_incident_waits_before_anybody_is_paged() -> None:
    world = World()
    world.open()
    world.tick()
    assert world.call().state is CallState.PENDING
    assert world.call().next_at == world.now + SECOND
    assert world.received == []


def test_an_emergency_pages_at_once() -> None:
    world = World()
    world.open(CauseKind.OWN_UPLINK_DOWN, "hub/uplink-internet")
    world.tick()
    assert world.call().state is CallState.OPEN
    assert {contact for _, contact, _ in world.seen(PAGE)} == {"an", "binh"}


def test_the_first_step_pages_those_it_names_over_their_first_channel() -> None:
    world = opened()
    assert world.seen() == [("page", "an", "zalo")]
    assert world.call().step == 0
    assert kinds(world) == ["paged"]


def test_what_ends_before_anybody_was_paged_is_only_counted() -> None:
    world = World()
    world.open()
    world.tick()
    world.resolve(1)
    world.pass_time(30)
    assert world.seen() == []
    assert "call_closed" in kinds(world)
    held = [row for row in world.rows.values() if row.state is DeliveryState.HELD]
    assert [(row.kind, row.contact) for row in held] == [(LATE, "an")]


def test_what_ended_before_anybody_was_paged_is_named_by_the_next_digest() -> None:
    world = World()
    world.open()
    world.tick()
    world.resolve(1)
    world.tick()
    world.pass_time(86400 + 60, 3600)
    assert world.seen() == [("digest", "an", "zalo")]
    assert "#1 " in world.received[0].delivery.body


def test_nobody_answers_so_the_next_step_is_taken() -> None:
    world = opened()
    world.pass_time(300)
    assert world.call().step == 1
    assert ("page", "binh", "zalo") in world.seen()
    assert "escalated" in kinds(world)


def test_an_empty_schedule_calls_its_fallback_and_says_so() -> None:
    world = opened()
    world.pass_time(300)
    assert ("page", "truc", "sms") in world.seen()
    assert "nobody_on_duty" in kinds(world)


def test_the_last_step_is_repeated_for_ever() -> None:
    world = opened()
    world.pass_time(300 + 4 * 900 + 5, 5)
    assert world.call().step == 1
    assert world.seen().count(("page", "binh", "zalo")) == 5


def test_a_late_jump_takes_one_step() -> None:
    world = opened()
    world.now += timedelta(days=2)
    world.tick()
    assert world.call().step == 1
    assert len(world.seen(PAGE)) == 3


def test_taking_it_stops_the_paging_until_its_end() -> None:
    world = opened()
    world.acknowledge(1, "an")
    world.pass_time(4 * 3600 - 10, 60)
    assert world.seen(PAGE) == [("page", "an", "zalo")]
    assert world.call().state is CallState.ACKED


def test_the_end_of_an_acknowledgement_pages_from_the_first_step() -> None:
    world = opened()
    world.acknowledge(1, "an", world.now + timedelta(minutes=10))
    world.pass_time(605)
    assert world.call().state is CallState.OPEN
    assert world.call().step == 0
    assert world.seen(PAGE) == [("page", "an", "zalo")] * 2
    assert "ack_expired" in kinds(world)


def test_what_becomes_worse_is_paged_again_though_somebody_has_it() -> None:
    world = World()
    world.open()
    world.change(1, severity=Severity.WARNING)
    world.tick()
    world.pass_time(2)
    world.acknowledge(1)
    world.change(1, severity=Severity.CRITICAL)
    world.pass_time(2)
    assert world.call().severity is Severity.CRITICAL
    assert world.call().state is CallState.OPEN
    assert world.seen(PAGE) == [("page", "an", "zalo")] * 2


def test_what_becomes_less_bad_keeps_its_severity() -> None:
    world = opened()
    world.change(1, severity=Severity.WARNING)
    world.pass_time(2)
    assert world.call().severity is Severity.CRITICAL


def test_what_becomes_worse_takes_the_policy_of_the_worse() -> None:
    calm = EscalationPolicy(id="calm", steps=(EscalationStep(notify=("truc",)),))
    routes = (Route(match=Match(min_severity=Severity.CRITICAL), policy="normal"), Route(match=Match(), policy="calm"))
    oncall = replace(ONCALL, policies={"normal": POLICY, "calm": calm}, routes=routes)
    world = World(oncall=oncall)
    world.open()
    world.change(1, severity=Severity.WARNING)
    world.tick()
    world.pass_time(2)
    world.change(1, severity=Severity.CRITICAL)
    world.pass_time(2)
    assert world.call().policy.id == "normal"
    assert world.seen(PAGE) == [("page", "truc", "sms"), ("page", "an", "zalo")]


def test_who_was_paged_is_told_when_it_becomes_worse_under_the_same_policy() -> None:
    world = World()
    world.open()
    world.change(1, severity=Severity.WARNING)
    world.tick()
    world.pass_time(2)
    world.change(1, severity=Severity.CRITICAL)
    world.pass_time(2)
    assert world.seen() == [("page", "an", "zalo"), ("update", "an", "zalo")]


def test_a_recovery_is_believed_after_its_hold_and_told_once() -> None:
    world = opened()
    world.resolve(1)
    world.tick()
    assert world.call().state is CallState.RESOLVED
    assert world.call().hold_until == world.now + timedelta(seconds=60)
    world.pass_time(200)
    assert world.seen() == [("page", "an", "zalo"), ("resolve", "an", "zalo")]


def test_a_relapse_within_the_hold_pages_nobody_anew() -> None:
    world = opened()
    world.resolve(1)
    world.pass_time(30)
    world.relapse(1)
    world.pass_time(30)
    assert world.call().state is CallState.OPEN
    assert world.call().flaps_count == 1
    assert world.seen() == [("page", "an", "zalo")]


def test_a_relapse_leaves_what_somebody_has_to_them() -> None:
    world = opened()
    world.acknowledge(1, "binh")
    world.resolve(1)
    world.pass_time(30)
    world.relapse(1)
    world.pass_time(30)
    assert (world.call().state, world.call().acked_by) == (CallState.ACKED, "binh")


def test_the_time_left_to_the_next_step_stands_still_while_it_seems_over() -> None:
    world = opened()
    world.pass_time(200)
    world.resolve(1)
    world.pass_time(50)
    world.relapse(1)
    world.pass_time(95)
    assert world.call().step == 0
    world.pass_time(10)
    assert world.call().step == 1


def test_the_third_relapse_is_told_and_makes_recoveries_doubtful() -> None:
    world = opened()
    for _ in range(4):
        world.resolve(1)
        world.pass_time(20)
        world.relapse(1)
        world.pass_time(5)
    assert world.seen(UPDATE) == [("update", "an", "zalo")]
    world.resolve(1)
    world.tick()
    assert world.call().hold_until == world.now + timedelta(seconds=240)


def test_what_comes_back_after_the_end_is_paged_like_a_new_one() -> None:
    world = opened()
    world.resolve(1)
    world.pass_time(70)
    world.relapse(1)
    world.pass_time(5)
    world.resolve(1)
    world.pass_time(70)
    assert world.seen() == [("page", "an", "zalo"), ("resolve", "an", "zalo")] * 2


def test_a_mute_stops_the_clock_and_holds_what_is_queued() -> None:
    world = World(conditions={"zalo": "down", "sms": "down"})
    opened(world)
    mute(world, 600)
    world.tick()
    assert world.call().next_at is None
    assert 290 < (world.call().paused_left_s or 0.0) < 300
    assert {row.state for row in world.desk.deliveries.values()} == {DeliveryState.HELD}


def test_the_end_of_a_mute_goes_on_within_a_minute() -> None:
    world = opened()
    mute(world, 600)
    world.pass_time(599)
    assert world.call().muted_by == (1,)
    world.pass_time(1)
    assert world.call().muted_by == ()
    assert world.call().next_at == world.now + timedelta(seconds=60)
    assert world.call().muted_s == 599
    assert [kind for kind in kinds(world) if "mute" in kind] == ["mute_added", "muted", "unmuted"]


def test_what_was_held_by_a_mute_is_sent_at_its_end() -> None:
    world = World(conditions={"zalo": "down", "sms": "down"})
    opened(world)
    mute(world, 600)
    world.tick()
    world.conditions.clear()
    world.pass_time(590)
    assert world.seen() == []
    world.pass_time(20)
    assert world.seen(PAGE) == [("page", "an", "zalo")]


def test_a_mute_blocks_neither_recoveries_nor_late_notices() -> None:
    world = opened()
    mute(world, 6000)
    world.pass_time(10)
    world.resolve(1)
    world.pass_time(100)
    assert world.seen() == [("page", "an", "zalo"), ("resolve", "an", "zalo")]


def test_what_came_and_went_under_a_mute_is_one_line_of_a_digest() -> None:
    world = World()
    mute(world, 600)
    world.open()
    world.tick()
    world.pass_time(120)
    world.resolve(1)
    world.tick()
    assert world.seen() == []
    world.pass_time(500)
    assert world.seen() == [("digest", "an", "zalo")]
    closed = [call for paper in world.papers for call in paper.calls if call.state is CallState.CLOSED]
    assert [call.close_reason for call in closed] == ["recovered_while_muted"]
    assert closed[0].muted_s == 120


def test_the_monitor_itself_is_never_muted() -> None:
    world = World()
    wish = AddSilence(
        match=Match(labels={"path": "internet"}, targets=frozenset({TargetId("hub/uplink-internet")})),
        ends_at=world.now + timedelta(hours=1),
        reason="thử đường truyền",
    )
    world.store(planning.add_silence(world.desk, world.scene(), wish, "an", world.now))
    world.open(CauseKind.CANNOT_MEASURE, "hub/uplink-internet")
    world.pass_time(5)
    assert world.seen() == [("page", "an", "zalo")]


def test_an_idle_silence_ends_by_itself() -> None:
    world = World()
    wish = AddSilence(
        match=Match(targets=frozenset({TargetId("cao-son/tslcd")})),
        ends_at=world.now + timedelta(hours=5),
        reason="chờ thợ đến",
        idle_expire_s=600.0,
    )
    world.store(planning.add_silence(world.desk, world.scene(), wish, "an", world.now))
    world.pass_time(300, 10)
    world.open()
    world.pass_time(60, 10)
    world.resolve(1)
    world.pass_time(580, 10)
    assert world.desk.mutes
    world.pass_time(30, 10)
    assert not world.desk.mutes
    assert kinds(world)[-1] == "mute_ended"


def test_outside_office_hours_pages_wait_for_the_morning() -> None:
    hours = Hours(timezone="Asia/Ho_Chi_Minh", weekdays=frozenset(range(5)), starts=time(7, 30), ends=time(17, 0))
    policy = replace(POLICY, hours=hours)
    world = World(oncall=replace(ONCALL, policies={"normal": policy}, routes=(Route(match=Match(), policy="normal"),)))
    world.now = world.now.replace(hour=14)  # 21:00 in Vietnam
    for target in ("cao-son/tslcd", "vu-muon/tslcd"):
        world.open(target=target)
    world.pass_time(10 * 3600, 600)
    assert world.seen() == []
    assert kinds(world)[:2] == ["held", "held"]
    world.pass_time(1800, 30)
    assert world.seen() == [("digest", "an", "zalo")]
    assert {"#1 ", "#2 "} <= {f"#{n} " for n in (1, 2) if f"#{n} " in world.received[0].delivery.body}


def test_what_only_informs_pages_nobody() -> None:
    world = World()
    world.open(CauseKind.DEVICE_MISSING, "cao-son/device/may-in")
    world.change(1, severity=Severity.INFO)
    world.pass_time(30)
    assert world.desk.calls == {}
    world.change(1, severity=Severity.WARNING)
    world.pass_time(30)
    assert world.seen() == [("page", "an", "zalo")]


def test_an_incident_nobody_knows_any_more_counts_as_over() -> None:
    world = opened()
    world.incidents.clear()
    world.pass_time(65)
    assert world.seen() == [("page", "an", "zalo"), ("resolve", "an", "zalo")]


def test_where_nobody_can_be_reached_the_journal_says_so() -> None:
    world = World(oncall=replace(ONCALL, channels={}))
    opened(world)
    assert kinds(world) == ["nobody_on_duty"]
    assert world.call().next_at is not None


def test_a_step_whose_people_have_no_channel_calls_the_others() -> None:
    contacts = {**ONCALL.contacts, "an": replace(ONCALL.contacts["an"], addresses={})}
    world = opened(World(oncall=replace(ONCALL, contacts=contacts)))
    assert {contact for _, contact, _ in world.seen(PAGE)} == {"binh", "truc"}


def test_nothing_due_leaves_the_desk_as_it_was() -> None:
    world = opened()
    world.tick()
    again = calls.advance(world.desk, world.scene(), world.now)
    assert (again.desk, again.paper, again.events) == (world.desk, Paper(), ())
    assert not again.is_news


def test_the_desk_wakes_for_the_next_deadline() -> None:
    world = World()
    assert calls.next_wake(world.desk) is None
    world.open()
    world.tick()
    assert calls.next_wake(world.desk) == world.now + SECOND
    world.pass_time(2)
    assert calls.next_wake(world.desk) == world.call().next_at
    world.acknowledge(1)
    assert calls.next_wake(world.desk) == world.call().ack_until
    world.resolve(1)
    world.tick()
    assert calls.next_wake(world.desk) == world.call().hold_until


def test_a_clock_put_back_delays_no_page() -> None:
    world = opened()
    world.now -= timedelta(hours=6)
    world.pass_time(301)
    assert world.call().step == 1


def test_giving_it_back_pages_from_the_first_step() -> None:
    world = opened()
    world.acknowledge(1)
    world.store(operators.unacknowledge(world.desk, world.scene(), 1, "an", world.now))
    world.pass_time(2)
    assert world.seen(PAGE) == [("page", "an", "zalo")] * 2
