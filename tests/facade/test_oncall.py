"""A console shows who is told what and who is on duty, and nothing that somebody else could acknowledge with."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from bt_console.facade import Console
from bt_console.model.change import Change, Paper
from bt_console.model.oncall import Direction, MuteKind, NoticeKind
from bt_console.model.paging import CallState, Delivery, DeliveryState, SendOutcome
from bt_console.model.snapshot import OutboxView, Snapshot
from bt_console.store.writer import Writer
from tests.store.examples import at, district, engine, incident
from tests.store.oncall_examples import (
    ack_code,
    attempt,
    call,
    channel_health,
    delivery,
    heartbeat,
    inbound,
    mute,
    note,
    oncall,
    override,
    paper,
    schedule,
)

NOW = at(101)


def look(console: Console, now: datetime = NOW) -> Snapshot:
    snapshot = console.snapshot(now)
    assert snapshot is not None
    return snapshot


def test_a_store_without_on_call_shows_none_of_it(console: Console) -> None:
    snapshot = look(console)
    assert (snapshot.calls, snapshot.mutes, snapshot.channels, snapshot.duty) == ((), (), (), ())
    assert (snapshot.outbox, snapshot.oncall) == (OutboxView(), None)
    assert (console.oncall(), console.banners(at(0)), console.call(4)) == (None, (), None)


def test_a_snapshot_has_what_stands_about_telling_people(console: Console, writer: Writer) -> None:
    writer.commit(Change(incidents=(incident(4),), paper=paper(), oncall=oncall()))
    snapshot = look(console)
    assert snapshot.calls == (call(4),)
    assert snapshot.mutes == (mute(3),)
    assert snapshot.channels == paper().channel_healths
    assert snapshot.oncall == console.oncall() == oncall()
    assert snapshot.outbox == OutboxView(queued_count=2, oldest_at=at(100))
    assert [(shift.schedule, shift.contact, shift.why) for shift in snapshot.duty] == [("it", "an", "override:2")]


def test_calls_stand_in_the_order_of_their_incidents_and_go_with_them(console: Console, writer: Writer) -> None:
    incidents = (incident(1), incident(2, opened=50), replace(incident(3), resolved_at=at(60)), incident(5))
    writer.commit(Change(incidents=incidents, paper=Paper(calls=tuple(call(key) for key in (1, 2, 3, 9)))))
    assert [one.incident_id for one in look(console).calls] == [1, 2, 3]
    day_later = at(61) + timedelta(hours=24)
    assert [one.incident_id for one in look(console, day_later).calls] == [1, 2]
    writer.commit(Change(paper=Paper(calls=(call(2, CallState.ACKED),))))
    assert look(console, day_later).calls == (call(1), call(2, CallState.ACKED))


def test_a_console_that_follows_sees_what_one_that_just_came_sees(path: Path, console: Console, writer: Writer) -> None:
    look(console)
    resolved = replace(incident(4), resolved_at=at(95))
    later = (delivery(1, DeliveryState.ACCEPTED), delivery(2, DeliveryState.DEAD), delivery(3))
    changes = [
        Change(oncall=oncall()),
        Change(incidents=(incident(4),), paper=paper()),
        Change(paper=Paper(calls=(call(4, CallState.ACKED),), mutes=(mute(5), mute(3, ended=90)))),
        Change(paper=Paper(overrides=(override(2, ends=90),), deliveries=later)),
        Change(paper=Paper(channel_healths=(replace(channel_health(), fails_count=9),))),
        Change(oncall=replace(oncall(), schedules={"dem": schedule("dem"), "it": schedule()}, channels={})),
        Change(inventory=district(communes=1)),
        Change(incidents=(resolved,), paper=Paper(calls=(call(4, CallState.RESOLVED),))),
        Change(engine=engine(101)),
    ]
    for change in changes:
        writer.commit(change)
        with closing(Console(path)) as fresh:
            assert look(console) == look(fresh)


def test_what_did_not_change_is_the_same_object(console: Console, writer: Writer) -> None:
    writer.commit(Change(incidents=(incident(4),), paper=paper(), oncall=oncall()))
    before = look(console)
    writer.commit(Change(engine=engine(101), paper=Paper(deliveries=(delivery(8),))))
    after = look(console)
    assert after.oncall is before.oncall
    assert after.mutes is before.mutes
    assert after.duty is before.duty
    assert after.calls[0] is before.calls[0]
    assert after.outbox.queued_count == 3


def test_duty_is_handed_over_while_nothing_else_changes(console: Console, writer: Writer) -> None:
    writer.commit(Change(oncall=oncall(), paper=Paper(overrides=(override(1, ends=200),))))
    duty = [look(console, now).duty[0] for now in (at(199), at(200), at(200 + 7 * 86_400))]
    assert [(shift.contact, shift.why) for shift in duty] == [
        ("an", "override:1"),
        ("binh", "layer:tuần"),
        ("an", "layer:tuần"),
    ]


def test_the_outbox_counts_what_waits_and_what_died_today(console: Console, writer: Writer) -> None:
    long_ago = 101.5 - 24 * 3600
    rows = (
        replace(delivery(1), created_at=at(50)),
        delivery(2, DeliveryState.LEASED),
        delivery(3, DeliveryState.HELD),
        delivery(4, DeliveryState.ACCEPTED),
        delivery(5, DeliveryState.DEAD),
        delivery(6, DeliveryState.DEAD, done=long_ago),
    )
    writer.commit(Change(paper=Paper(deliveries=rows)))
    assert look(console, at(101)).outbox == OutboxView(queued_count=2, oldest_at=at(50), dead_count=2)
    writer.commit(Change())
    assert look(console, at(102)).outbox == OutboxView(queued_count=2, oldest_at=at(50), dead_count=1)


def test_calls_are_those_that_go_on_or_began_lately(console: Console, writer: Writer) -> None:
    closed = (call(2, CallState.CLOSED, opened=300), call(3, CallState.CLOSED, opened=200))
    writer.commit(Change(paper=Paper(calls=(call(1), *closed, call(7, CallState.ACKED)))))
    assert [one.incident_id for one in console.calls()] == [7, 1]
    assert [one.incident_id for one in console.calls(at(300))] == [7, 2, 1]
    assert console.call(3) == closed[1]


def shown(row: Delivery) -> Delivery:
    """Return a message as a front end may see it."""
    texts = (text.replace("{code}", "7***") for text in (row.title, row.body, row.short))
    title, body, short = texts
    return replace(row, title=title, body=body, short=short, code="7***" if row.code else "")


def test_messages_come_newest_first_and_with_their_proof(console: Console, writer: Writer) -> None:
    rows = (delivery(1, DeliveryState.ACCEPTED), delivery(2, incident_id=None), delivery(3, incident_id=9), delivery(4))
    tries = (attempt(1, outcome=SendOutcome.TRANSIENT), attempt(1, 2, SendOutcome.ACCEPTED), attempt(4))
    writer.commit(Change(paper=Paper(deliveries=rows, attempts=tries)))
    assert console.deliveries() == tuple(map(shown, reversed(rows)))
    assert [row.id for row in console.deliveries(limit=2)] == [4, 3]
    assert [row.id for row in console.deliveries(4)] == [4, 1]
    assert console.deliveries(4, limit=1) == (shown(rows[3]),)
    assert console.attempts(1) == tries[:2]
    assert console.attempts(99) == ()


def test_no_code_can_be_read_wherever_it_stands(console: Console, writer: Writer) -> None:
    literal = replace(delivery(1), title="7342 Mất TSLCD", body="Trả lời 7342 hay {code}.", short="tra loi 7342")
    without = replace(delivery(2), code="", body="Đã qua {code}")
    writer.commit(
        Change(
            oncall=oncall(),
            incidents=(incident(4),),
            paper=replace(
                paper(),
                deliveries=(literal, without, delivery(3, DeliveryState.ACCEPTED, channel="man-hinh")),
                codes=(ack_code(),),
                inbounds=(inbound(), inbound("in-2", "ma 123456, goi 0912345678 hoac 73 42")),
            ),
        )
    )
    first = console.deliveries()[-1]
    assert (first.title, first.body, first.short) == ("7*** Mất TSLCD", "Trả lời 7*** hay 7***.", "tra loi 7***")
    assert [row.code for row in console.deliveries()] == ["7***", "", "7***"]
    assert console.deliveries()[1].body == "Đã qua "
    assert {row.text for row in console.inbounds()} == {"7*** ok", "ma 1***, goi 0912345678 hoac 73 42"}
    everything_read = (
        look(console),
        console.calls(),
        console.deliveries(),
        console.banners(at(0)),
        console.attempts(3),
        console.inbounds(),
        console.notes(4),
        console.events(),
    )
    assert console.banners(at(0)) != ()
    assert "7342" not in repr(everything_read)


def test_banners_are_what_was_accepted_for_consoles_since(console: Console, writer: Writer) -> None:
    told = [
        replace(delivery(key, DeliveryState.ACCEPTED, channel="man-hinh", done=done), kind=kind)
        for key, done, kind in ((1, 30, NoticeKind.PAGE), (2, 20, NoticeKind.PAGE), (3, 40, NoticeKind.RESOLVE))
    ]
    others = (delivery(4, channel="man-hinh"), delivery(5, DeliveryState.ACCEPTED))
    cancelled = delivery(6, DeliveryState.CANCELLED, channel="man-hinh")
    writer.commit(Change(oncall=oncall(), paper=Paper(deliveries=(*told, *others, cancelled))))
    assert [row.id for row in console.banners(at(0))] == [2, 1, 3]
    assert [row.id for row in console.banners(at(20))] == [1, 3]
    assert [row.id for row in console.banners(at(0), limit=2)] == [1, 3]
    assert console.banners(at(40)) == ()


def test_mutes_overrides_and_the_state_of_channels_can_be_listed(console: Console, writer: Writer) -> None:
    early = replace(override(3), starts_at=at(-200_000), ends_at=at(-150_000), out_contact=None)
    listed = Paper(
        mutes=(mute(1, ended=50), replace(mute(2), kind=MuteKind.MAINTENANCE)),
        overrides=(override(2), early),
        channel_healths=(channel_health(), channel_health("sms")),
        heartbeats=(heartbeat("tinh", Direction.OUT), heartbeat()),
        notes=(note(), replace(note("trước đó"), at=at(5)), replace(note(), incident_id=5)),
    )
    writer.commit(Change(paper=listed))
    assert console.mutes() == listed.mutes[1:]
    assert console.mutes(with_ended=True) == listed.mutes
    assert console.overrides() == (early, override(2))
    assert console.channel_healths() == (channel_health("sms"), channel_health())
    assert console.heartbeats() == (heartbeat(), heartbeat("tinh", Direction.OUT))
    assert [one.text for one in console.notes(4)] == ["trước đó", "đã gọi điện lực"]


def test_a_mute_without_a_rule_goes_at_its_end(console: Console, writer: Writer) -> None:
    once = replace(mute(1), rrule="")
    writer.commit(Change(paper=Paper(mutes=(once, mute(2)))))
    assert look(console, at(3609)).mutes == (once, mute(2))
    assert look(console, at(3610)).mutes == (mute(2),)
    assert console.mutes() == (once, mute(2))
    writer.commit(Change(engine=engine(3610)))
    assert console.mutes() == (mute(2),)
    assert console.mutes(with_ended=True) == (once, mute(2))


def test_answers_come_newest_first(console: Console, writer: Writer) -> None:
    heard = tuple(inbound(f"in-{number}", "nhận", heard=number) for number in range(5))
    writer.commit(Change(paper=Paper(inbounds=heard)))
    assert console.inbounds() == heard[::-1]
    assert console.inbounds(2) == (heard[4], heard[3])


def test_incidents_of_a_time_span_are_those_open_at_any_time_in_it(console: Console, writer: Writer) -> None:
    spans = ((1, 10, 20), (2, 10, 50), (3, 60, 70), (4, 30, 40), (5, 90, None), (6, 10, None), (7, 50, 60))
    incidents = tuple(
        replace(incident(key, opened=opened), resolved_at=None if resolved is None else at(resolved))
        for key, opened, resolved in spans
    )
    writer.commit(Change(incidents=incidents))
    assert [one.id for one in console.incidents_between(at(30), at(60))] == [2, 4, 6, 7]
    assert console.incidents_between(at(200), at(300)) == (incidents[4], incidents[5])


def test_a_long_order_reaches_the_engine_whole(console: Console, writer: Writer) -> None:
    order = '{"reason": "' + "thay cáp " * 440 + '"}'
    assert 3900 < len(order) <= 4000
    console.submit("silence", order, "an", NOW)
    (command,) = writer.pending_commands()
    assert command.subject == order
