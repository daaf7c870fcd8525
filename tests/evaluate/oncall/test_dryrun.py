"""A trial decides as the desk does: same route, same people, same times, and nothing remains of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

from bt_console.evaluate.oncall.dryrun import Trial, play
from bt_console.model.health import HealthState
from bt_console.model.incident import CauseKind
from bt_console.model.oncall import Hours
from bt_console.model.paging import ChannelHealth, ChannelState
from tests.evaluate.oncall.playing import ONCALL, POLICY, START, UPLINK, World, incident_of, silence

TSLCD = incident_of(1, CauseKind.TSLCD_DOWN, "cao-son/tslcd", START)


def told(trial: Trial) -> list[tuple[float, str, str, bool]]:
    """Return (seconds after the beginning, contact, channel, is_usable)."""
    return [
        ((turn.at - START).total_seconds(), page.contact, page.channel, page.is_usable)
        for turn in trial.turns
        for page in turn.pages
    ]


def test_each_step_is_taken_at_its_time_and_the_last_repeated_once() -> None:
    trial = play(TSLCD, World().scene(), START)
    assert (trial.route_index, trial.route.policy, trial.mutes) == (1, "normal", ())
    assert told(trial) == [
        (1.0, "an", "zalo", True),
        (301.0, "binh", "zalo", True),
        (301.0, "truc", "sms", True),
        (1201.0, "binh", "zalo", True),
        (1201.0, "truc", "sms", True),
    ]
    assert [(shift.contact, shift.why) for shift in trial.shifts] == [("truc", "gap")]


def test_it_says_what_really_happens() -> None:
    world = World()
    world.open()
    world.tick()
    world.pass_time(1202)
    really = [((r.at - START).total_seconds(), r.delivery.contact, r.delivery.channel) for r in world.received]
    assert really == [page[:3] for page in told(play(TSLCD, World().scene(), START))]


def test_over_a_dead_path_a_message_waits_and_a_sibling_goes_another_way() -> None:
    world = World(states={UPLINK: HealthState.DOWN})
    assert told(play(TSLCD, world.scene(), START))[:2] == [(1.0, "an", "zalo", False), (1.0, "an", "sms", True)]


def test_a_channel_that_failed_is_passed_over() -> None:
    health = ChannelHealth(channel="zalo", state=ChannelState.DOWN)
    found = told(play(TSLCD, World().scene(), START, healths=(health,)))
    assert (1.0, "an", "sms", True) in found


def test_what_a_silence_covers_pages_nobody() -> None:
    mute = silence("cao-son/tslcd", START - timedelta(hours=1), START + timedelta(hours=1))
    trial = play(TSLCD, World().scene(), START, mutes=(mute,))
    assert (trial.mutes, trial.turns) == ((mute,), ())


def test_outside_the_hours_pages_are_held() -> None:
    hours = Hours(timezone="Asia/Ho_Chi_Minh", weekdays=frozenset(), starts=time(13), ends=time(17))
    policies = {**ONCALL.policies, "normal": replace(POLICY, hours=hours)}
    trial = play(TSLCD, World(oncall=replace(ONCALL, policies=policies)).scene(), START)
    (page,) = trial.turns[0].pages
    assert page.held_until == START + timedelta(hours=4)


def test_an_emergency_takes_its_own_route_at_once() -> None:
    incident = incident_of(1, CauseKind.OWN_UPLINK_DOWN, "hub/uplink-internet", START)
    trial = play(incident, World().scene(), START)
    assert trial.route_index == 0
    assert trial.turns[0].at == START


def test_without_routes_and_policies_everybody_is_told() -> None:
    bare = replace(ONCALL, routes=(), policies={})
    trial = play(TSLCD, World(oncall=bare).scene(), START)
    assert (trial.route_index, trial.policy) == (None, None)
    assert {page.contact for turn in trial.turns for page in turn.pages} == set(bare.contacts)
