from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from bt_console.channels.api import Heard
from bt_console.evaluate.oncall import drillpage, replies
from bt_console.evaluate.oncall.desk import Desk, Outcome, Scene
from bt_console.model.oncall import DrillPlan, NoticeKind
from bt_console.model.paging import Heartbeat
from tests.evaluate.oncall.playing import INVENTORY, ONCALL

PLAN = DrillPlan(notify="an", weekday=2, at=time(10, 0), must_ack_s=600)
WEDNESDAY_10 = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
"""10:00 in Vietnam."""
BEFORE = WEDNESDAY_10 - timedelta(hours=5)
MINUTE = timedelta(minutes=1)


def scene() -> Scene:
    return Scene(oncall=replace(ONCALL, drill=PLAN), inventory=INVENTORY, incidents={}, draw=lambda: "4711")


def row(outcome: Outcome) -> Heartbeat:
    (found,) = outcome.paper.heartbeats
    return found


def sent() -> Outcome:
    outcome = drillpage.step(Desk(), scene(), None, BEFORE, WEDNESDAY_10 + MINUTE)
    assert outcome is not None
    return outcome


def test_the_appointed_hour_is_local_and_the_newest_that_has_come() -> None:
    zone = "Asia/Ho_Chi_Minh"
    assert drillpage.appointed_at(PLAN, zone, WEDNESDAY_10) == WEDNESDAY_10
    assert drillpage.appointed_at(PLAN, zone, WEDNESDAY_10 - MINUTE) == WEDNESDAY_10 - timedelta(days=7)
    assert drillpage.appointed_at(PLAN, zone, WEDNESDAY_10 + timedelta(days=6)) == WEDNESDAY_10


def test_a_drill_goes_over_every_way_to_a_person_once_a_week() -> None:
    outcome = sent()
    letters = outcome.paper.deliveries
    assert {(d.kind, d.contact, d.channel, d.code) for d in letters} == {
        (NoticeKind.DRILL, "an", "zalo", "4711"),
        (NoticeKind.DRILL, "an", "sms", "4711"),
    }
    again = drillpage.step(outcome.desk, scene(), row(outcome), BEFORE, WEDNESDAY_10 + 2 * MINUTE)
    assert again is None
    next_week = drillpage.step(outcome.desk, scene(), row(outcome), BEFORE, WEDNESDAY_10 + timedelta(days=7, minutes=1))
    assert next_week is not None


def test_a_monitor_that_began_after_the_hour_waits_for_the_next() -> None:
    assert drillpage.step(Desk(), scene(), None, WEDNESDAY_10 + MINUTE, WEDNESDAY_10 + 2 * MINUTE) is None


def test_an_answered_drill_proves_the_person_can_be_reached() -> None:
    outcome = sent()
    reply = Heard(provider_id="1", sender="0912345678", text="4711", at=WEDNESDAY_10 + 2 * MINUTE)
    answered = replies.heard(outcome.desk, scene(), "sms", reply, WEDNESDAY_10 + 2 * MINUTE)
    judged = drillpage.step(answered.desk, scene(), row(outcome), BEFORE, WEDNESDAY_10 + 12 * MINUTE)
    assert judged is not None
    assert (row(judged).is_missed, row(judged).detail) == (False, "drill.answered")
    assert drillpage.step(judged.desk, scene(), row(judged), BEFORE, WEDNESDAY_10 + 13 * MINUTE) is None


def test_an_unanswered_drill_is_told_to_somebody_else() -> None:
    outcome = sent()
    judged = drillpage.step(outcome.desk, scene(), row(outcome), BEFORE, WEDNESDAY_10 + 12 * MINUTE)
    assert judged is not None
    assert row(judged).is_missed
    told = [d for d in judged.paper.deliveries if d.kind is NoticeKind.META]
    assert [d.contact for d in told] == ["binh"]
