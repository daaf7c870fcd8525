"""Nobody gets more pages than they can read, and nothing held back is forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bt_console.model.incident import CauseKind, Severity
from bt_console.model.oncall import NoticeKind
from bt_console.model.paging import ChannelHealth, DeliveryState
from tests.evaluate.oncall.machine import LINES
from tests.evaluate.oncall.playing import ONCALL, World

PAGE, DIGEST, RESOLVE = NoticeKind.PAGE, NoticeKind.DIGEST, NoticeKind.RESOLVE


def storm(count: int, world: World | None = None) -> World:
    world = world or World()
    for target in LINES[:count]:
        world.open(target=target)
    world.pass_time(40)
    return world


def test_seventeen_incidents_are_six_pages_and_one_digest() -> None:
    world = storm(17)
    assert world.seen() == [("page", "an", "zalo")] * 6 + [("digest", "an", "zalo")]
    assert world.told() == set(range(1, 18))


def test_a_digest_names_each_incident_it_stands_for() -> None:
    world = storm(17)
    body = world.received[-1].delivery.body
    assert [number for number in range(1, 18) if f"#{number} " in body] == list(range(7, 18))
    held = [row for row in world.rows.values() if row.state is DeliveryState.HELD]
    assert {row.digest_id for row in held} == {world.received[-1].delivery.id}
    assert len(held) == 11


def test_six_are_no_storm() -> None:
    assert storm(6).seen(DIGEST) == []


def test_an_emergency_is_never_held_back() -> None:
    world = storm(17)
    world.open(CauseKind.OWN_UPLINK_DOWN, "hub/uplink-internet")
    world.pass_time(2)
    assert world.received[-1].delivery.kind is PAGE
    assert world.received[-1].delivery.incident_id == 18


def test_what_is_graver_is_never_held_back_for_what_is_less() -> None:
    world = World()
    for target in LINES[:10]:
        lesser = world.open(target=target)
        world.change(lesser.id, severity=Severity.WARNING)
    world.pass_time(40)
    assert len(world.seen(PAGE)) == 6
    worse = world.open(target=LINES[11])
    world.pass_time(3)
    assert world.received[-1].delivery.kind is PAGE
    assert world.received[-1].delivery.incident_id == worse.id


def test_the_next_digest_waits_its_turn() -> None:
    world = storm(10)
    first = world.received[-1].at
    world.open(target=LINES[12])
    world.pass_time(250)
    digests = [received.at for received in world.received if received.delivery.kind is DIGEST]
    assert digests == [first]
    world.pass_time(60)
    digests = [r.at for r in world.received if r.delivery.kind is DIGEST and r.delivery.contact == "an"]
    assert digests[1] - first >= timedelta(seconds=299)


def test_after_the_window_pages_come_singly_again() -> None:
    world = storm(10)
    for number in list(world.incidents):
        world.acknowledge(number, "an")
    world.pass_time(600, 10)
    world.open(target=LINES[12])
    world.pass_time(2)
    assert world.received[-1].delivery.kind is PAGE


def test_what_is_taken_while_held_is_not_named() -> None:
    world = World()
    for target in LINES[:8]:
        world.open(target=target)
    world.pass_time(15)
    world.acknowledge(8, "binh")
    world.pass_time(30)
    assert "#8 " not in world.received[-1].delivery.body
    assert "#7 " in world.received[-1].delivery.body


def test_who_learned_of_it_from_a_digest_learns_of_its_end_from_one() -> None:
    world = storm(8)
    for number in list(world.incidents):
        world.resolve(number)
    world.pass_time(500, 5)
    assert len(world.seen(RESOLVE)) == 6
    assert len(world.seen(DIGEST)) == 2
    assert "#8 " in world.received[-1].delivery.body


def test_a_storm_that_passes_while_it_is_held_back_is_still_named() -> None:
    world = World()
    for target in LINES[:9]:
        world.open(target=target)
    world.pass_time(12)
    for number in list(world.incidents):
        world.resolve(number)
    world.pass_time(300, 5)
    assert world.told() == set(range(1, 10))


def test_a_digest_finds_another_way_when_its_channel_is_dead() -> None:
    world = World(conditions={"sms": "up"})
    for target in LINES[:10]:
        world.open(target=target)
    world.pass_time(20)
    world.conditions["zalo"] = "down"
    world.pass_time(120)
    assert world.seen(DIGEST) == [("digest", "an", "sms")]


def test_a_reader_who_is_configured_no_more_is_replaced() -> None:
    world = World()
    for target in LINES[:10]:
        world.open(target=target)
    world.pass_time(12)
    world.oncall = replace(ONCALL, contacts={"truc": ONCALL.contacts["truc"]})
    world.pass_time(40)
    assert ("digest", "truc", "sms") in world.seen()


def test_a_page_that_waits_on_two_channels_is_held_back_once_and_its_end_told_once() -> None:
    world = storm(6)
    busy = ChannelHealth(channel="zalo", not_before=world.now + timedelta(seconds=70))
    world.desk = replace(world.desk, healths={"zalo": busy})
    world.open(target=LINES[6])
    world.pass_time(120)
    digest = next(r.delivery for r in world.received if r.delivery.kind is DIGEST and r.delivery.contact == "an")
    assert digest.body.count("#7 ") == 1
    pages = [row for row in world.rows.values() if row.incident_id == 7 and row.contact == "an" and row.kind is PAGE]
    assert sorted((row.channel, row.state.value) for row in pages) == [("sms", "held"), ("zalo", "cancelled")]
    world.resolve(7)
    world.pass_time(700)
    ends = [row for row in world.rows.values() if row.incident_id == 7 and row.kind is RESOLVE]
    assert len([row for row in ends if row.contact == "an"]) == 1
