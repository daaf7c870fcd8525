"""Papers, and what they add up to."""

from __future__ import annotations

from datetime import timedelta

from bt_console.evaluate.oncall.desk import Desk, Outcome, joined, joined_papers
from bt_console.evaluate.oncall.draft import Draft
from bt_console.model.change import Paper
from bt_console.model.paging import CallState
from tests.evaluate.oncall.playing import World


def lived() -> World:
    world = World()
    world.open()
    world.pass_time(400)
    world.acknowledge(1)
    world.resolve(1)
    world.pass_time(30)
    return world


def test_the_papers_rebuild_the_desk() -> None:
    world = lived()
    assert Desk.of(world.memory()).tidied(world.now) == world.desk


def test_of_rows_with_one_key_the_last_is_kept() -> None:
    world = lived()
    states = [call.state for paper in world.papers for call in paper.calls]
    assert len(states) > 1
    whole = joined_papers(world.papers)
    assert [call.state for call in whole.calls] == [states[-1]]


def test_steps_in_a_row_are_one() -> None:
    first = Outcome(desk=Desk(next_mute_id=1), answer="a")
    second = Outcome(desk=Desk(next_mute_id=2))
    assert joined(first, second) == Outcome(desk=Desk(next_mute_id=2), answer="a")


def test_a_draft_nobody_wrote_into_leads_to_nothing() -> None:
    world = lived()
    outcome = Draft(world.desk, world.scene(), world.now).outcome()
    assert (outcome.paper, outcome.is_news) == (Paper(), False)
    assert outcome.desk == world.desk


def test_what_is_done_leaves_the_desk_after_two_days() -> None:
    world = lived()
    world.pass_time(60)
    assert world.desk.calls == {}
    assert world.desk.deliveries
    world.now += timedelta(days=2, hours=1)
    world.tick()
    assert (world.desk.deliveries, world.desk.codes) == ({}, {})


def test_a_closed_call_stays_while_a_message_of_it_waits() -> None:
    world = World(conditions={"zalo": "down", "sms": "down"})
    world.open()
    world.pass_time(30)
    world.resolve(1)
    world.pass_time(90)
    assert world.call().state is CallState.CLOSED
    assert Desk.of(world.memory()).calls == world.desk.calls
