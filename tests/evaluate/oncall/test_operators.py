"""What people do at the desk and by reply, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bt_console.channels.api import Heard
from bt_console.evaluate.oncall import operators, planning, replies
from bt_console.evaluate.oncall.desk import Outcome
from bt_console.evaluate.oncall.orders import AddMaintenance, AddOverride, AddSilence
from bt_console.model.incident import CauseKind
from bt_console.model.inventory import Role, TargetId
from bt_console.model.oncall import Match, MuteKind, NoticeKind
from bt_console.model.paging import CallState, DeliveryState
from bt_console.words import say
from tests.evaluate.oncall.playing import ONCALL, START, World

LINE = Match(targets=frozenset({TargetId("cao-son/tslcd")}))
HOUR = timedelta(hours=1)


def paged() -> World:
    world = World()
    world.open()
    world.tick()
    world.pass_time(1)
    return world


def reply(world: World, text: str, *, sender: str = "0912345678", channel: str = "sms", number: str = "") -> str:
    heard = Heard(provider_id=number or str(len(world.desk.inbounds)), sender=sender, text=text, at=world.now)
    return world.store(replies.heard(world.desk, world.scene(), channel, heard, world.now)).answer


def silence(world: World, **changes: object) -> Outcome:
    wish = AddSilence(match=LINE, ends_at=world.now + HOUR, reason="thay cáp quang")
    return world.store(
        planning.add_silence(world.desk, world.scene(), replace(wish, **changes), "an", world.now)  # type: ignore[arg-type]
    )


def code_of(outcome: Outcome) -> str:
    return outcome.answer.partition("|")[0]


def test_taking_it_cancels_what_is_queued_and_tells_who_was_paged() -> None:
    world = paged()
    world.conditions = {"zalo": "down", "sms": "down"}
    world.pass_time(300)
    answer = world.acknowledge(1, "binh", world.now + HOUR)
    assert answer.startswith("oncall.answer.acknowledged|id=1")
    world.conditions.clear()
    world.pass_time(400)
    assert world.seen() == [("page", "an", "zalo"), ("update", "an", "zalo")]
    assert {row.state for row in world.rows.values() if row.kind is NoticeKind.PAGE and row.contact != "an"} == {
        DeliveryState.CANCELLED
    }
    assert "Bình" in world.received[-1].delivery.title


def test_who_takes_it_is_not_told_so() -> None:
    world = paged()
    world.acknowledge(1, "an")
    world.pass_time(10)
    assert world.seen() == [("page", "an", "zalo")]


def test_an_acknowledgement_lasts_at_most_as_long_as_its_policy_allows() -> None:
    world = paged()
    world.acknowledge(1, "an", world.now + timedelta(days=30))
    assert world.call().ack_until == world.now + timedelta(hours=4)


def test_an_acknowledgement_that_is_over_is_refused() -> None:
    world = paged()
    assert world.acknowledge(1, "an", world.now).startswith("oncall.answer.until_past")
    assert world.call().state is CallState.OPEN


def test_what_is_over_or_unknown_cannot_be_taken() -> None:
    world = paged()
    assert world.acknowledge(9).startswith("oncall.answer.no_call")
    world.resolve(1)
    world.tick()
    assert world.acknowledge(1).startswith("oncall.answer.no_call")


def test_a_claim_is_written_down_and_pages_go_on() -> None:
    world = paged()
    world.store(operators.claim(world.desk, world.scene(), 1, "an", world.now))
    assert (world.call().claimed_by, world.call().state) == ("an", CallState.OPEN)


def test_escalating_takes_the_next_step_now_even_from_who_has_it() -> None:
    world = paged()
    world.acknowledge(1)
    world.store(operators.escalate(world.desk, world.scene(), 1, "binh", world.now))
    world.pass_time(2)
    assert (world.call().state, world.call().step) == (CallState.OPEN, 1)


def test_what_is_muted_is_not_escalated() -> None:
    world = paged()
    silence(world)
    world.tick()
    outcome = operators.escalate(world.desk, world.scene(), 1, "an", world.now)
    assert code_of(outcome) == "oncall.answer.is_muted"


def test_only_what_somebody_has_can_be_given_back() -> None:
    world = paged()
    outcome = operators.unacknowledge(world.desk, world.scene(), 1, "an", world.now)
    assert code_of(outcome) == "oncall.answer.not_acked"


def test_a_note_is_kept_clean_and_an_empty_one_is_refused() -> None:
    world = paged()
    kept = operators.note(world.desk, world.scene(), 1, "an", " đã gọi VNPT\x1b[2J ", world.now)
    assert kept.paper.notes[0].text == "đã gọi VNPT\u241b[2J"
    assert code_of(operators.note(world.desk, world.scene(), 1, "an", "  ", world.now)) == "oncall.answer.empty_note"
    assert code_of(operators.note(world.desk, world.scene(), 9, "an", "x", world.now)) == "oncall.answer.no_call"


def test_a_test_goes_over_every_channel_of_a_contact() -> None:
    world = World()
    world.store(operators.test(world.desk, world.scene(), "an", "root", world.now))
    world.pass_time(2)
    assert sorted(world.seen()) == [("test", "an", "sms"), ("test", "an", "zalo")]
    assert code_of(operators.test(world.desk, world.scene(), "x", "root", world.now)) == "oncall.answer.no_contact"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reason": "vì"}, "no_reason"),
        ({"reason": "      "}, "no_reason"),
        ({"ends_at": START}, "bad_span"),
        ({"starts_at": START + 2 * HOUR}, "bad_span"),
        ({"ends_at": START + timedelta(days=8)}, "too_long"),
        ({"match": Match()}, "empty_match"),
        ({"match": Match(kinds=frozenset({CauseKind.CANNOT_MEASURE}))}, "own_health"),
        ({"match": Match(targets=frozenset({TargetId("hub")}))}, "own_health"),
        ({"match": Match(roles=frozenset({Role.HUB}))}, "own_health"),
    ],
)
def test_a_silence_without_reason_end_or_bounds_is_refused(changes: dict[str, object], code: str) -> None:
    outcome = silence(World(), **changes)
    assert code_of(outcome) == f"oncall.answer.{code}"
    assert not outcome.desk.mutes


def test_maintenance_may_recur_and_a_rule_that_cannot_be_followed_is_refused() -> None:
    world = World()
    wish = AddMaintenance(
        match=LINE, starts_at=START, ends_at=START + HOUR, reason="bảo trì", rrule="FREQ=WEEKLY;BYDAY=TU"
    )
    kept = planning.add_maintenance(world.desk, world.scene(), wish, "an", world.now)
    assert [(mute.kind, mute.timezone) for mute in kept.paper.mutes] == [(MuteKind.MAINTENANCE, "Asia/Ho_Chi_Minh")]
    bad = planning.add_maintenance(world.desk, world.scene(), replace(wish, rrule="FREQ=NEVER"), "an", world.now)
    assert code_of(bad) == "oncall.answer.bad_rule"


def test_a_mute_can_be_ended_once_and_one_of_the_file_not_at_all() -> None:
    world = World()
    silence(world)
    ended = world.store(planning.end_mute(world.desk, world.scene(), 1, "binh", world.now))
    assert ended.paper.mutes[0].ended_at == world.now
    assert code_of(planning.end_mute(world.desk, world.scene(), 1, "binh", world.now)) == "oncall.answer.no_mute"
    planned = replace(ended.paper.mutes[0], id=-1, ended_at=None)
    world.oncall = replace(ONCALL, mutes=(planned,))
    assert code_of(planning.end_mute(world.desk, world.scene(), -1, "binh", world.now)) == "oncall.answer.planned_mute"


def test_a_stand_in_is_paged_and_stops_when_ended() -> None:
    world = World()
    wish = AddOverride(schedule="it", in_contact="an", starts_at=START, ends_at=START + HOUR)
    world.store(planning.add_override(world.desk, world.scene(), wish, "binh", world.now))
    assert world.desk.overrides[1].author == "binh"
    world.store(planning.end_override(world.desk, world.scene(), 1, "binh", world.now))
    assert world.desk.overrides[1].ends_at == world.now
    assert code_of(planning.end_override(world.desk, world.scene(), 1, "an", world.now)) == "oncall.answer.no_override"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"schedule": "x"}, "no_schedule"),
        ({"in_contact": "x"}, "no_contact"),
        ({"out_contact": "x"}, "no_contact"),
        ({"ends_at": START}, "bad_span"),
    ],
)
def test_a_stand_in_who_cannot_be_is_refused(changes: dict[str, object], code: str) -> None:
    world = World()
    wish = AddOverride(schedule="it", in_contact="an", starts_at=START, ends_at=START + HOUR)
    outcome = planning.add_override(
        world.desk,
        world.scene(),
        replace(wish, **changes),  # type: ignore[arg-type]
        "binh",
        world.now,
    )
    assert code_of(outcome) == f"oncall.answer.{code}"


@pytest.mark.parametrize("text", ["1000", " 1000 ", "ACK 1000", "ok: 1000.", "nhận 1000"])
def test_the_code_alone_or_in_few_words_takes_it(text: str) -> None:
    world = paged()
    assert reply(world, text).startswith("oncall.reply.acknowledged")
    assert (world.call().state, world.call().acked_by) == (CallState.ACKED, "an")
    assert world.desk.codes["1000"].used_at == world.now


@pytest.mark.parametrize("sender", ["+84912345678", "84 912 345 678", "0912.345.678"])
def test_a_number_is_the_same_however_it_is_written(sender: str) -> None:
    assert reply(paged(), "1000", sender=sender).startswith("oncall.reply.acknowledged")


@pytest.mark.parametrize(
    ("text", "sender", "channel", "code"),
    [
        ("1000", "0987654321", "sms", "wrong"),
        ("1000", "0912345678", "zalo", "unknown_sender"),
        ("1000", "", "sms", "unknown_sender"),
        ("9999", "0912345678", "sms", "wrong"),
        ("cảm ơn", "0912345678", "sms", "no_code"),
        ("gọi 1000 hay 1001", "0912345678", "sms", "no_code"),
    ],
)
def test_a_code_counts_only_from_its_owner_over_that_channel(text: str, sender: str, channel: str, code: str) -> None:
    world = paged()
    assert reply(world, text, sender=sender, channel=channel) == f"oncall.reply.{code}"
    assert world.call().state is CallState.OPEN
    assert say("en", f"oncall.reply.{code}") != f"oncall.reply.{code}"


def test_a_message_read_twice_counts_once() -> None:
    world = paged()
    reply(world, "1000", number="m1")
    world.store(operators.unacknowledge(world.desk, world.scene(), 1, "an", world.now))
    assert reply(world, "1000", number="m1") == ""
    assert world.call().state is CallState.OPEN


def test_who_guesses_is_locked_out_for_ten_minutes() -> None:
    world = paged()
    for guess in range(5):
        assert reply(world, f"900{guess}") == "oncall.reply.wrong"
    assert reply(world, "1000") == "oncall.reply.locked"
    world.now += timedelta(seconds=599)
    assert reply(world, "1000") == "oncall.reply.locked"
    world.now += timedelta(seconds=1)
    assert reply(world, "1000").startswith("oncall.reply.acknowledged")


def test_five_wrong_codes_in_a_day_lock_nobody_out() -> None:
    world = paged()
    for guess in range(5):
        reply(world, f"900{guess}")
        world.now += timedelta(minutes=5)
    assert reply(world, "1000").startswith("oncall.reply.acknowledged")


def test_a_code_ends_with_its_call() -> None:
    world = paged()
    world.resolve(1)
    world.tick()
    assert reply(world, "1000").startswith("oncall.reply.too_late")
    world.pass_time(65)
    assert reply(world, "1000") == "oncall.reply.wrong"


def test_each_person_and_incident_has_a_code_of_its_own() -> None:
    world = World()
    for target in ("cao-son/tslcd", "vu-muon/tslcd"):
        world.open(target=target)
    world.pass_time(400)
    owners = {(code.incident_id, code.contact) for code in world.desk.codes.values()}
    assert len(owners) == len(world.desk.codes) == 6


def test_a_code_drawn_twice_is_drawn_again() -> None:
    world = World()
    for target in ("cao-son/tslcd", "vu-muon/tslcd"):
        world.open(target=target)
    scene = replace(world.scene(), draw=lambda: "4711")
    world.tick()
    world.now += timedelta(seconds=1)
    world.store(world.product.advance(world.desk, scene, world.now))
    assert sorted(world.desk.codes) == ["004712", "4711"]


def test_stored_texts_hold_no_code() -> None:
    world = paged()
    row = world.rows[1]
    assert row.code == "1000"
    assert "1000" not in row.title + row.body + row.short
    assert "{code}" in row.body
    assert "{code}" in row.short
