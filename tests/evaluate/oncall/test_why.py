"""Why somebody was told, or nobody: the desk plays, the answer is read."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

from bt_console.evaluate.oncall import operators
from bt_console.evaluate.oncall.why import told, why
from bt_console.model.inventory import TargetId
from bt_console.model.oncall import Hours, Limit, Match, Mute, MuteKind, Override, Storm
from bt_console.words import LANGUAGES, say
from tests.evaluate.oncall.playing import ONCALL, POLICY, START, World

CHANNELS = ONCALL.channels


def answer(world: World, number: int = 1, language: str = "en", **more: object) -> list[str]:
    """Return the reasons for one incident as they are read."""
    calls = {call.incident_id: call for call in world.memory().paper.calls}
    reasons = why(
        calls.get(number),
        world.rows.values(),
        world.desk.mutes.values(),
        world.oncall,
        world.incidents[number],
        world.now,
        **more,  # type: ignore[arg-type]
    )
    assert all("?" not in say(either, reason) for either in LANGUAGES for reason in reasons)
    return [say(language, reason) for reason in reasons]


def opened(world: World | None = None, seconds: float = 2) -> World:
    world = world or World()
    world.open()
    world.tick()
    if seconds:
        world.pass_time(seconds)
    return world


def silence(world: World, **changes: object) -> None:
    mute = Mute(
        id=7,
        kind=MuteKind.SILENCE,
        match=Match(targets=frozenset({TargetId("cao-son/tslcd")})),
        starts_at=world.now,
        ends_at=world.now + timedelta(hours=1),
        author="lan",
        reason="thay cáp quang",
    )
    world.desk = replace(world.desk, mutes={7: replace(mute, **changes)})  # type: ignore[arg-type]


def test_before_the_first_decision_that_is_said() -> None:
    world = World()
    world.open()
    assert answer(world) == ["Nobody has been told", "The monitor has not decided yet to page anybody about it"]


def test_while_it_waits_nobody_is_told_and_why() -> None:
    assert answer(opened(seconds=0)) == [
        "Nobody has been told",
        "Nobody is paged yet: policy normal waits until 09:00:01 24/11 in case it ends by itself",
    ]


def test_who_was_told_over_what_and_what_comes_next() -> None:
    assert answer(opened()) == [
        "Told: An",
        "Policy normal is at step 1 of 2 and nobody has it; the next step is due at 09:05:01 24/11",
        "page 1 to An over zalo: accepted by the provider at 09:00:01 24/11; nothing more is known",
    ]


def test_the_same_in_vietnamese() -> None:
    assert answer(opened(), language="vi") == [
        "Đã báo: An",
        "Chính sách normal đã đến bước 1/2, chưa ai nhận; bước sau lúc 09:05:01 24/11",
        "tin gọi 1 cho An qua zalo: nhà mạng hoặc máy chủ đã nhận gửi lúc 09:00:01 24/11; chưa rõ đã đến",
    ]


def test_who_has_it_and_until_when() -> None:
    world = opened()
    world.acknowledge(1)
    assert answer(world)[1] == (
        "Nobody is paged: An acknowledged at 09:00:02 24/11, until 13:00:02 24/11; "
        "if it lasts, paging then starts again"
    )


def test_a_claim_is_no_acknowledgement() -> None:
    world = opened()
    world.store(operators.claim(world.desk, world.scene(), 1, "binh", world.now))
    assert "Bình works on it but has not acknowledged it: paging goes on" in answer(world)


def test_who_muted_it_why_and_for_how_long() -> None:
    world = World()
    world.open()
    silence(world)
    world.pass_time(90)
    assert answer(world) == [
        "Nobody has been told",
        "Nobody is paged: policy normal is muted",
        "Muted by silence 7 until 10:00:00 24/11: lan, because: thay cáp quang",
        "Muted for 1.5 min in all",
    ]


def test_planned_work_of_the_configuration_is_named_too() -> None:
    planned = Mute(
        id=-1,
        kind=MuteKind.MAINTENANCE,
        match=Match(targets=frozenset({TargetId("cao-son/tslcd")})),
        starts_at=START,
        ends_at=START + timedelta(hours=2),
        author="Lan",
        reason="sao lưu",
    )
    world = opened(World(oncall=replace(ONCALL, mutes=(planned,))))
    assert "Muted by maintenance -1 until 11:00:00 24/11: Lan, because: sao lưu" in answer(world)


def test_outside_the_hours_it_is_held_until_they_begin() -> None:
    hours = Hours(timezone="Asia/Ho_Chi_Minh", weekdays=frozenset(range(5)), starts=time(13), ends=time(17))
    policies = {**ONCALL.policies, "normal": replace(POLICY, hours=hours)}
    found = answer(opened(World(oncall=replace(ONCALL, policies=policies))))
    assert found[0] == "Nobody has been told"
    assert "Outside the hours of policy normal: held until 13:00:00 24/11" in found
    assert found[-1].startswith("page 1 to An over zalo: held: outside the hours")


def test_a_dead_channel_leaves_the_message_queued_and_says_how_often_it_was_tried() -> None:
    world = World(conditions={"zalo": "down"})
    found = answer(opened(world))
    assert found[0] == "Nobody has been told"
    assert found[-1] == "page 1 to An over zalo: queued, next try 09:00:06 24/11, 1 tries so far"


def test_a_refusal_for_good_is_told_with_its_reason() -> None:
    world = World(conditions={"zalo:an": "permanent"})
    found = answer(opened(world))
    assert found[0] == "Told: An"
    assert any(line.startswith("page 1 to An over zalo: can never be sent: zalo refuses for good") for line in found)


def test_what_ended_before_anybody_was_paged_is_said() -> None:
    world = World()
    world.open()
    world.tick()
    world.resolve(1)
    world.pass_time(2)
    found = answer(world)
    assert found[1] == "It ended before policy normal paged anybody; a digest counts it"


def test_a_gap_in_the_schedule_names_who_was_called_instead() -> None:
    world = opened(seconds=302)
    assert "Nobody was on duty in schedule it then: its fallback Trực ban is called" in answer(world)


def test_a_stand_in_is_named() -> None:
    override = Override(
        id=3,
        schedule="it",
        starts_at=START - timedelta(hours=1),
        ends_at=START + timedelta(hours=9),
        in_contact="binh",
        out_contact=None,
        author="an",
    )
    world = World()
    world.desk = replace(world.desk, overrides={3: override})
    found = answer(opened(world, seconds=302), overrides=(override,))
    assert "Bình stood in on schedule it (stand-in 3)" in found


def test_over_for_now_and_over_for_good() -> None:
    world = opened()
    world.resolve(1)
    world.pass_time(1)
    assert answer(world)[1].startswith("Over for now; if it returns before 09:01:03 24/11")
    world.pass_time(62)
    assert answer(world)[1] == "Over; paging closed at 09:01:03 24/11"


def test_a_message_on_a_screen_tells_nobody_in_particular() -> None:
    channels = {"desk": replace(CHANNELS["sms"], id="desk", kind="console", needs_address=False)}
    contacts = {"an": replace(ONCALL.contacts["an"], addresses={})}
    world = opened(World(oncall=replace(ONCALL, channels=channels, contacts=contacts)))
    assert told(1, world.rows.values(), world.oncall) == ()
    assert answer(world)[0].startswith("Shown only to whoever sits at a console")
    assert answer(world)[-1] == "page 1 shown on desk at 09:00:01 24/11 to whoever is there"


def test_what_a_digest_named_is_told_once_the_digest_is() -> None:
    world = World(oncall=replace(ONCALL, storm=Storm(per_contact=Limit(count=1, window_s=600.0))))
    world.open()
    world.open(target="ha-vi/tslcd")
    world.tick()
    world.pass_time(2)
    held = answer(world, 2)
    assert held[0] == "Nobody has been told"
    assert held[-1].startswith("page 2 to An over zalo: held: too many messages")
    world.pass_time(40)
    found = answer(world, 2)
    assert found[0] == "Told: An"
    assert found[-1].startswith("page 2 to An over zalo: named in notice 3, accepted over zalo at 09:00:")
