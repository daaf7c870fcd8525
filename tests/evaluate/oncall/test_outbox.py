"""What becomes of a message: every answer of a provider, dead paths, late notices, limits, order."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from bt_console.channels.api import Sent
from bt_console.evaluate.oncall import calls, outbox
from bt_console.model.health import HealthState
from bt_console.model.incident import CauseKind
from bt_console.model.inventory import TargetId
from bt_console.model.oncall import Channel, ChannelPath, EscalationPolicy, EscalationStep, Limit, NoticeKind
from bt_console.model.paging import CallState, ChannelState, Delivery, DeliveryState, SendOutcome
from tests.evaluate.oncall.playing import ONCALL, POLICY, UPLINK, World

PAGE, RESOLVE, LATE, META = NoticeKind.PAGE, NoticeKind.RESOLVE, NoticeKind.LATE, NoticeKind.META
ALONE = replace(
    ONCALL,
    policies={"normal": EscalationPolicy(id="normal", steps=(EscalationStep(notify=("truc",)),)), "grave": POLICY},
)
"""One person with one channel."""


def paged(world: World) -> World:
    world.open()
    world.tick()
    world.pass_time(1)
    return world


def only(world: World, delivery_id: int = 1) -> Delivery:
    return world.rows[delivery_id]


def cut(world: World) -> World:
    """Let the district's own Internet line die, as the monitor knows."""
    world.states[UPLINK] = HealthState.DOWN
    world.open(CauseKind.OWN_UPLINK_DOWN, UPLINK)
    return world


def test_an_attempt_is_stored_before_anything_is_sent() -> None:
    world = World()
    world.open()
    world.tick()
    world.now += timedelta(seconds=1)
    world.store(calls.advance(world.desk, world.scene(), world.now))
    outcome, leased = outbox.lease_due(world.desk, world.scene(), world.now)
    assert [row.id for row in leased] == [1]
    assert leased[0].lease_until == world.now + timedelta(seconds=20)
    attempt = outcome.paper.attempts[0]
    assert (attempt.delivery_id, attempt.n, attempt.started_at, attempt.ended_at) == (1, 1, world.now, None)
    assert outcome.desk.attempts == {1: attempt}


def test_an_accepted_message_is_done_and_its_channel_proven() -> None:
    world = paged(World())
    assert (only(world).state, only(world).done_at) == (DeliveryState.ACCEPTED, world.now)
    health = world.desk.healths["zalo"]
    assert (health.state, health.proven_at) == (ChannelState.UP, world.now)
    last = world.papers[-1].attempts[-1]
    assert (last.outcome, last.ended_at) == (SendOutcome.ACCEPTED, world.now)


def test_what_accepts_without_knowing_proves_nothing() -> None:
    world = World()
    world.open()
    world.tick()
    world.now += timedelta(seconds=1)
    world.store(calls.advance(world.desk, world.scene(), world.now))
    world.store(outbox.lease_due(world.desk, world.scene(), world.now)[0])
    sent = Sent(outcome=SendOutcome.ACCEPTED, is_proof=False)
    world.store(outbox.settle(world.desk, world.scene(), 1, sent, world.now))
    assert world.desk.healths["zalo"].proven_at is None


def test_a_message_is_tried_again_after_5_15_60_and_then_every_300_seconds() -> None:
    world = World(oncall=ALONE, conditions={"sms": "down"})
    paged(world)
    world.pass_time(1000)
    starts = [at for at, delivery in world.starts if delivery.id == 1]
    gaps = [round((b - a).total_seconds()) for a, b in itertools.pairwise(starts)]
    assert gaps == [5, 15, 60, 300, 300, 300]


def test_a_page_is_never_given_up_while_nobody_has_been_told() -> None:
    world = World(oncall=ALONE, conditions={"sms": "down"})
    paged(world)
    world.pass_time(3 * 86400, 300)
    assert only(world).state is DeliveryState.QUEUED
    world.conditions.clear()
    world.pass_time(300, 10)
    assert world.seen(PAGE)[0] == ("page", "truc", "sms")


def test_a_dead_channel_does_not_pile_up_pages() -> None:
    world = World(oncall=ALONE, conditions={"sms": "down"})
    paged(world)
    world.pass_time(5 * 3600, 60)
    assert len(world.rows) == 1


def test_what_only_accompanies_a_page_is_given_up_after_a_day() -> None:
    world = paged(World())
    world.conditions = {"zalo": "down"}
    world.resolve(1)
    world.pass_time(90000, 300)
    resolve = next(row for row in world.rows.values() if row.kind is RESOLVE)
    assert resolve.state is DeliveryState.DEAD
    assert "delivery_dead" in {event.kind for event in world.events}


def test_failures_make_a_channel_suspect_then_down_and_a_success_up() -> None:
    world = World(oncall=ALONE, conditions={"sms": "down"})
    paged(world)
    seen = [world.desk.healths["sms"].state]
    for condition, seconds in (("down", 30), ("up", 100)):
        world.conditions["sms"] = condition
        world.pass_time(seconds)
        seen.append(world.desk.healths["sms"].state)
    assert seen == [ChannelState.SUSPECT, ChannelState.DOWN, ChannelState.UP]


def test_a_rate_limit_makes_the_whole_channel_wait_as_long_as_asked() -> None:
    world = World(conditions={"zalo": "limited"})
    paged(world)
    asked_at = world.now
    world.conditions.clear()
    world.open(target="vu-muon/tslcd")
    world.pass_time(29)
    assert world.seen() == []
    world.pass_time(3)
    assert len(world.seen(PAGE)) == 2
    assert world.received[0].at == asked_at + timedelta(seconds=30)
    assert world.desk.healths["zalo"].fails_count == 0


def test_a_rate_limit_of_days_is_not_believed() -> None:
    world = paged(World())
    world.pass_time(300)
    world.store(outbox.lease_due(world.desk, world.scene(), world.now)[0])
    leased = replace(only(world, 2), state=DeliveryState.LEASED, done_at=None)
    desk = replace(world.desk, deliveries={**world.desk.deliveries, 2: leased})
    sent = Sent(outcome=SendOutcome.RATE_LIMITED, retry_after_s=10**6)
    after = outbox.settle(desk, world.scene(), 2, sent, world.now).desk
    assert after.deliveries[2].next_at == world.now + timedelta(hours=1)


def test_who_blocks_the_bot_is_paged_over_the_next_channel_at_once() -> None:
    world = World(conditions={"zalo:an": "permanent"})
    paged(world)
    world.pass_time(2)
    assert ("page", "an", "sms") in world.seen(PAGE)
    assert only(world).state is DeliveryState.DEAD
    assert world.seen(META) == [("meta", "truc", "sms")]


def test_the_same_dead_address_is_told_of_once_a_day() -> None:
    world = World(conditions={"zalo:an": "permanent"})
    for target in ("cao-son/tslcd", "vu-muon/tslcd"):
        world.open(target=target)
    world.pass_time(600, 5)
    assert world.seen(META) == [("meta", "truc", "sms")]


def test_who_cannot_be_reached_at_all_is_stood_in_for() -> None:
    world = World(conditions={"zalo:an": "permanent", "sms:an": "permanent"})
    paged(world)
    world.pass_time(3)
    assert ("page", "truc", "sms") in world.seen(PAGE)


def test_an_unknown_end_is_repeated_under_the_same_number() -> None:
    world = World(conditions={"zalo": "ambiguous"})
    paged(world)
    world.conditions.clear()
    world.pass_time(6)
    assert [received.delivery.id for received in world.received] == [1, 1]
    assert {received.delivery.body for received in world.received} == {only(world).body}


def test_a_death_while_sending_is_an_unknown_end() -> None:
    world = World()
    world.open()
    world.tick()
    world.crash = "after"
    world.pass_time(1)
    world.pass_time(25)
    ended = [a for paper in world.papers for a in paper.attempts if a.ended_at]
    assert [attempt.outcome for attempt in ended] == [SendOutcome.AMBIGUOUS, SendOutcome.ACCEPTED]
    assert world.seen(PAGE) == [("page", "an", "zalo")] * 2


def test_an_answer_after_the_lease_spares_the_repetition() -> None:
    world = World()
    world.open()
    world.tick()
    world.now += timedelta(seconds=1)
    world.store(calls.advance(world.desk, world.scene(), world.now))
    world.store(outbox.lease_due(world.desk, world.scene(), world.now)[0])
    expired = replace(only(world), state=DeliveryState.QUEUED, lease_until=None)
    desk = replace(world.desk, deliveries={1: expired})
    after = outbox.settle(desk, world.scene(), 1, Sent(outcome=SendOutcome.ACCEPTED), world.now)
    assert after.desk.deliveries[1].state is DeliveryState.ACCEPTED


def test_a_failure_of_what_is_done_changes_nothing() -> None:
    world = paged(World())
    after = outbox.settle(world.desk, world.scene(), 1, Sent(outcome=SendOutcome.TRANSIENT), world.now)
    assert not after.is_news
    assert not outbox.settle(world.desk, world.scene(), 99, Sent(outcome=SendOutcome.ACCEPTED), world.now).is_news


def test_the_districts_own_dead_line_pages_by_sms_at_once_and_late_by_internet_once() -> None:
    world = cut(World())
    world.tick()
    assert set(world.seen()) == {("page", "an", "sms"), ("page", "binh", "sms")}
    world.pass_time(120)
    assert len(world.received) == 2
    world.states.clear()
    world.resolve(1)
    world.pass_time(600)
    assert world.seen(PAGE) == [("page", "an", "sms"), ("page", "binh", "sms")]
    assert sorted(world.seen(LATE)) == [("late", "an", "zalo"), ("late", "binh", "zalo")]
    assert sorted(world.seen(RESOLVE)) == [("resolve", "an", "sms"), ("resolve", "binh", "sms")]
    late = next(r.delivery for r in world.received if r.delivery.kind is LATE)
    assert "sms" in late.body
    assert "09:00" in late.body


def test_a_known_dead_path_is_not_even_tried() -> None:
    world = cut(World())
    world.pass_time(200)
    assert {delivery.channel for _, delivery in world.starts} == {"sms"}


def test_a_belief_that_a_path_is_dead_is_put_to_the_test_where_nothing_else_is_left() -> None:
    channels = {"zalo": ONCALL.channels["zalo"]}
    world = cut(World(oncall=replace(ONCALL, channels=channels)))
    world.conditions = {}
    world.pass_time(290, 10)
    assert world.starts == []
    world.pass_time(30, 10)
    assert {delivery.channel for _, delivery in world.starts} == {"zalo"}


def test_a_page_not_accepted_for_a_minute_gets_a_sibling_on_another_path() -> None:
    world = World(conditions={"zalo": "limited"})
    paged(world)
    world.pass_time(58)
    assert world.seen() == []
    world.pass_time(5)
    assert world.seen(PAGE) == [("page", "an", "sms")]
    assert only(world, 2).fallback_of == 1


def test_a_channel_that_failed_three_times_is_left_for_another_at_once() -> None:
    world = World(conditions={"zalo": "down"})
    paged(world)
    world.pass_time(19)
    assert world.seen() == []
    world.pass_time(2)
    assert world.seen(PAGE) == [("page", "an", "sms")]


def test_a_channel_that_works_again_takes_at_once_what_waited_for_it() -> None:
    world = World(oncall=ALONE, conditions={"sms": "down"})
    for target in ("cao-son/tslcd", "vu-muon/tslcd"):
        world.open(target=target)
    world.pass_time(200)
    world.conditions.clear()
    world.pass_time(300)
    first, second = (received.at for received in world.received)
    assert second - first <= timedelta(seconds=2)


def test_a_channel_that_failed_three_times_is_not_waited_for() -> None:
    world = World(conditions={"zalo": "down"})
    paged(world)
    world.pass_time(70)
    world.open(target="vu-muon/tslcd")
    world.pass_time(3)
    assert ("page", "an", "sms") in [(str(d.kind), d.contact, d.channel) for _, d in world.starts if d.incident_id == 2]


def test_who_was_told_by_sms_is_not_paged_again_when_the_internet_is_back() -> None:
    world = cut(World())
    world.open(target="cao-son/tslcd")
    world.pass_time(5)
    world.states.clear()
    world.pass_time(200)
    mine = [place for r, place in zip(world.received, world.seen(), strict=True) if r.delivery.incident_id == 2]
    assert mine == [("page", "an", "sms")]


def test_late_notices_of_one_person_and_channel_become_one() -> None:
    world = World(conditions={"zalo": "down", "sms": "down"})
    numbers = [world.open(target=target).id for target in ("cao-son/tslcd", "vu-muon/tslcd", "ha-vi/tslcd")]
    world.pass_time(20)
    for number in numbers:
        world.resolve(number)
    world.pass_time(100)
    world.conditions.clear()
    world.pass_time(400)
    assert len(world.seen()) == 1
    assert world.seen()[0][:2] == ("late", "an")
    assert world.told() == {1, 2, 3}


def test_a_page_in_flight_when_the_call_closes_is_followed_by_the_recovery() -> None:
    world = World(crash="")
    world.open()
    world.tick()
    world.now += timedelta(seconds=1)
    world.store(calls.advance(world.desk, world.scene(), world.now))
    world.store(outbox.lease_due(world.desk, world.scene(), world.now)[0])
    world.resolve(1)
    for _ in range(2):
        world.store(calls.advance(world.desk, world.scene(), world.now))
        world.now += timedelta(seconds=61)
    world.store(calls.advance(world.desk, world.scene(), world.now))
    assert world.call().state is CallState.CLOSED
    world.store(outbox.settle(world.desk, world.scene(), 1, Sent(outcome=SendOutcome.ACCEPTED), world.now))
    world.tick()
    assert world.seen() == [("resolve", "an", "zalo")]


def test_a_page_whose_channel_is_configured_no_more_goes_another_way() -> None:
    world = World(conditions={"zalo": "down"})
    paged(world)
    world.oncall = replace(ONCALL, channels={"sms": ONCALL.channels["sms"]})
    world.pass_time(10)
    assert world.seen(PAGE) == [("page", "an", "sms")]


def test_a_page_whose_reader_is_configured_no_more_reaches_somebody_else() -> None:
    world = World(conditions={"zalo": "down", "sms": "down"})
    paged(world)
    world.oncall = replace(ONCALL, contacts={"truc": ONCALL.contacts["truc"]})
    world.conditions.clear()
    world.pass_time(10)
    assert world.seen(PAGE) == [("page", "truc", "sms")]


def test_a_screen_nobody_may_look_at_tells_nobody_for_certain() -> None:
    console = Channel(id="console", kind="console", path=ChannelPath.LOCAL, needs_address=False)
    contacts = {"an": replace(ONCALL.contacts["an"], addresses={"zalo": "z-an", "console": ""})}
    oncall = replace(ONCALL, contacts=contacts, channels={"zalo": ONCALL.channels["zalo"], "console": console})
    world = World(oncall=oncall, conditions={"zalo": "down"})
    paged(world)
    world.pass_time(90)
    assert world.seen(PAGE) == [("page", "an", "console")]
    world.conditions.clear()
    world.pass_time(300)
    assert ("page", "an", "zalo") in world.seen(PAGE)


def test_a_provider_gets_no_more_than_its_limit() -> None:
    zalo = replace(ONCALL.channels["zalo"], limits=(Limit(count=2, window_s=60.0),))
    world = World(oncall=replace(ONCALL, channels={**ONCALL.channels, "zalo": zalo}))
    for target in ("cao-son/tslcd", "vu-muon/tslcd", "ha-vi/tslcd"):
        world.open(target=target)
    world.pass_time(40)
    assert len(world.seen()) == 2
    world.pass_time(40)
    assert len(world.seen()) == 3


def test_messages_to_one_person_keep_their_order() -> None:
    world = World()
    for target in ("cao-son/tslcd", "vu-muon/tslcd", "ha-vi/tslcd"):
        world.open(target=target)
    world.pass_time(10)
    assert [received.delivery.id for received in world.received] == [1, 2, 3]


def test_what_is_being_retried_does_not_hold_up_a_new_page() -> None:
    world = paged(World())
    world.conditions = {"zalo": "down"}
    world.acknowledge(1, "binh")
    world.pass_time(30)
    world.conditions.clear()
    world.open(target="vu-muon/tslcd")
    world.pass_time(3)
    assert [r.delivery.incident_id for r in world.received if r.delivery.kind is PAGE] == [1, 2]


def test_no_more_is_leased_than_asked_for() -> None:
    world = World(oncall=replace(ONCALL, policies={"normal": replace(POLICY, steps=(EscalationStep(notify=()),))}))
    world.open()
    world.tick()
    world.now += timedelta(seconds=1)
    world.store(calls.advance(world.desk, world.scene(), world.now))
    assert len(outbox.lease_due(world.desk, world.scene(), world.now)[1]) == 3
    assert len(outbox.lease_due(world.desk, world.scene(), world.now, limit=1)[1]) == 1


@pytest.mark.parametrize(
    ("changes", "states", "is_up"),
    [
        ({}, {}, True),
        ({}, {"hub/uplink-internet": HealthState.DOWN}, False),
        ({}, {"hub/uplink-internet": HealthState.UNREACHABLE}, False),
        ({}, {"hub/uplink-internet": HealthState.DEGRADED}, True),
        ({}, {"hub/anchor-1": HealthState.DOWN}, True),
        ({}, {"hub/anchor-1": HealthState.DOWN, "hub/anchor-2": HealthState.DOWN}, False),
        ({"path": ChannelPath.TSLCD}, {"hub/uplink-internet": HealthState.DOWN}, True),
        ({"path": ChannelPath.TSLCD}, {"hub/uplink-tslcd": HealthState.DOWN}, False),
        ({"path": ChannelPath.GSM}, {"hub/uplink-internet": HealthState.DOWN}, True),
        ({"depends_any": ("dns", "qlvb")}, {"dns": HealthState.DOWN}, True),
        ({"depends_any": ("dns", "qlvb")}, {"dns": HealthState.DOWN, "qlvb": HealthState.UNREACHABLE}, False),
        ({"depends_all": ("dns", "qlvb")}, {"dns": HealthState.DOWN}, False),
        ({"depends_all": ("dns",)}, {"hub/uplink-internet": HealthState.DOWN}, True),
    ],
)
def test_a_path_is_up_as_the_monitor_sees_it(
    changes: dict[str, object], states: dict[str, HealthState], is_up: bool
) -> None:
    world = World(states={TargetId(name): state for name, state in states.items()})
    channel = replace(ONCALL.channels["zalo"], **changes)  # type: ignore[arg-type]
    assert outbox.is_path_up(channel, world.scene()) is is_up
