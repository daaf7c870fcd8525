"""What was decided about telling people is there again after a restart, and what cannot be is refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bt_console.model.change import Change, Memory, Paper
from bt_console.model.oncall import Channel, ChannelPath, Direction, Mute, NoticeKind
from bt_console.model.paging import Call, CallState, Delivery, DeliveryState, SendOutcome
from bt_console.store.errors import StoreError
from bt_console.store.writer import Writer
from tests.store.examples import at, engine, incident
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
)

DAY_S = 86_400


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def writer(path: Path) -> Iterator[Writer]:
    with closing(Writer(path)) as opened:
        yield opened


def rows(path: Path, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(statement).fetchall()


def told(writer: Writer, **values: Any) -> int:
    return writer.commit(Change(paper=Paper(**values)))


def reopened(path: Path) -> Memory:
    with closing(Writer(path)) as writer:
        return writer.load()


def test_a_restart_gives_back_exactly_what_was_decided(path: Path) -> None:
    with closing(Writer(path)) as writer:
        writer.commit(Change(engine=engine(), incidents=(incident(4),), paper=paper(), oncall=oncall()))
    memory = reopened(path)
    assert memory.paper == paper()
    assert (memory.next_delivery_id, memory.next_mute_id, memory.next_override_id) == (4, 4, 3)


@pytest.mark.parametrize("state", [state for state in CallState if state is not CallState.CLOSED])
def test_a_call_in_any_state_is_kept(writer: Writer, state: CallState) -> None:
    told(writer, calls=(call(4, state),))
    assert writer.load().paper.calls == (call(4, state),)


@pytest.mark.parametrize("state", DeliveryState)
def test_a_message_in_any_state_is_kept(writer: Writer, state: DeliveryState) -> None:
    told(writer, deliveries=(delivery(1, state),))
    assert writer.load().paper.deliveries == (delivery(1, state),)


def test_a_row_replaces_the_one_of_the_same_key(writer: Writer) -> None:
    writer.commit(Change(engine=engine(), paper=paper()))
    later = Paper(
        calls=(call(4, CallState.ACKED),),
        deliveries=tuple(delivery(key, DeliveryState.ACCEPTED, done=200) for key in (1, 2, 3)),
        attempts=(attempt(3, outcome=SendOutcome.ACCEPTED), attempt(3, 2)),
        codes=(replace(ack_code(), used_at=at(103)),),
        mutes=(replace(mute(3), reason="kéo dài", ends_at=at(9000)),),
        overrides=(override(2, ends=100_000),),
        channel_healths=(replace(channel_health("sms"), fails_count=0), replace(channel_health(), since=None)),
        inbounds=(replace(inbound(), result="inbound.unknown"),),
        cursors=(("zalo", "offset-8"),),
        heartbeats=(replace(heartbeat(), last_at=at(99), is_missed=False),),
    )
    writer.commit(Change(paper=later))
    assert writer.load().paper == replace(later, attempts=(attempt(3, 2),))


def test_what_is_over_is_not_given_back(writer: Writer) -> None:
    over = Paper(
        calls=(call(4, CallState.CLOSED),),
        deliveries=(delivery(1, DeliveryState.ACCEPTED, done=100), delivery(2, DeliveryState.DEAD, done=100)),
        attempts=(attempt(1, outcome=SendOutcome.TRANSIENT),),
        codes=(ack_code(expires=2 * DAY_S),),
        mutes=(mute(1, ended=200),),
        overrides=(override(1, ends=200),),
        inbounds=(inbound(heard=100),),
    )
    writer.commit(Change(engine=engine(101 + 2 * DAY_S), paper=over))
    assert writer.load().paper == Paper()


def test_a_mute_without_a_rule_is_over_at_its_end_but_not_before_the_monitor_lived_to_see_it(writer: Writer) -> None:
    once = replace(mute(1), rrule="")
    told(writer, mutes=(once, mute(2)))
    writer.commit(Change(engine=engine(3609)))
    assert writer.load().paper.mutes == (once, mute(2))
    writer.commit(Change(engine=engine(3610)))
    assert writer.load().paper.mutes == (mute(2),)


def test_messages_of_a_call_that_goes_on_are_given_back_however_old(writer: Writer) -> None:
    pages = (delivery(1, DeliveryState.ACCEPTED), replace(delivery(2, DeliveryState.CANCELLED), incident_id=5))
    paging = (call(4, CallState.ACKED), call(5, CallState.CLOSED))
    writer.commit(Change(engine=engine(30 * DAY_S), paper=Paper(calls=paging, deliveries=pages)))
    assert writer.load().paper.deliveries == pages[:1]


def test_a_closed_call_is_given_back_while_a_message_of_it_waits(writer: Writer) -> None:
    calls = (call(4, CallState.CLOSED), call(5, CallState.CLOSED))
    pages = (replace(delivery(1, DeliveryState.DEAD), incident_id=5), delivery(2))
    told(writer, calls=calls, deliveries=pages)
    assert writer.load().paper.calls == calls[:1]


def test_a_message_held_back_is_given_back_until_a_digest_named_it(writer: Writer) -> None:
    held = delivery(1, DeliveryState.HELD, incident_id=None)
    named = replace(delivery(2, DeliveryState.HELD, incident_id=None), done_at=at(300))
    writer.commit(Change(engine=engine(30 * DAY_S), paper=Paper(deliveries=(held, named))))
    assert writer.load().paper.deliveries == (held,)


def test_incidents_resolved_in_the_last_hour_of_the_monitors_life_are_given_back(writer: Writer) -> None:
    ended = [replace(incident(key), resolved_at=at(at_s)) for key, at_s in ((1, 399), (2, 400), (3, 3999))]
    writer.commit(Change(engine=engine(4000), incidents=(*ended, incident(9))))
    assert writer.load().resolved_incidents == tuple(ended[1:])


def test_without_a_sign_of_life_the_newest_resolution_is_the_last_that_is_known(writer: Writer) -> None:
    ended = [replace(incident(key), resolved_at=at(at_s)) for key, at_s in ((1, 399), (2, 400), (3, 4000))]
    writer.commit(Change(incidents=tuple(ended)))
    assert writer.load().resolved_incidents == tuple(ended[1:])


def test_an_acknowledgement_keeps_its_end_and_an_incident_its_flaps(writer: Writer) -> None:
    found = replace(
        incident(1), acknowledged_at=at(1), acknowledged_by="an", acknowledged_until=at(7200.5), flaps_count=3
    )
    writer.commit(Change(incidents=(found,)))
    assert writer.load().open_incidents == (found,)


def test_numbers_are_never_given_again_even_when_rows_are_gone(path: Path) -> None:
    with closing(Writer(path)) as writer:
        told(writer, deliveries=(delivery(70),), mutes=(mute(80),), overrides=(override(90),))
        told(writer, deliveries=(delivery(7),), mutes=(mute(8),), overrides=(override(9),))
    for table in ("delivery", "mute", "duty_override"):
        rows(path, f"DELETE FROM {table}")
    memory = reopened(path)
    assert memory.paper == Paper()
    assert (memory.next_delivery_id, memory.next_mute_id, memory.next_override_id) == (71, 81, 91)


PENDING, OPEN, ACKED, RESOLVED = (
    call(4, state) for state in (CallState.PENDING, CallState.OPEN, CallState.ACKED, CallState.RESOLVED)
)
IMPOSSIBLE_CALLS = {
    "a pending call without a clock": (replace(PENDING, next_at=None), "call_has_clock"),
    "an open call without a clock": (replace(OPEN, next_at=None), "call_has_clock"),
    "an acknowledgement without an end": (replace(ACKED, ack_until=None), "call_ack_ends"),
    "an acknowledgement by nobody": (replace(ACKED, acked_by=""), "call_ack_ends"),
    "a hold without an end": (replace(RESOLVED, hold_until=None), "call_hold_ends"),
    "a closed call that never closed": (replace(call(4, CallState.CLOSED), closed_at=None), "call_closed"),
    "an open call that closed": (replace(OPEN, closed_at=at(9)), "call_closed"),
}


@pytest.mark.parametrize(("value", "constraint"), IMPOSSIBLE_CALLS.values(), ids=IMPOSSIBLE_CALLS)
def test_a_call_that_cannot_be_is_refused(writer: Writer, value: Call, constraint: str) -> None:
    with pytest.raises(StoreError, match=constraint):
        told(writer, calls=(value,))
    assert writer.load().paper == Paper()


def test_a_muted_call_needs_no_clock_but_what_was_left(writer: Writer) -> None:
    paused = replace(OPEN, next_at=None, paused_left_s=60.5)
    told(writer, calls=(paused,))
    assert writer.load().paper.calls == (paused,)


IMPOSSIBLE_MESSAGES = {
    "under way without an end": (replace(delivery(1, DeliveryState.LEASED), lease_until=None), "delivery_lease_ends"),
    "waiting yet under way": (replace(delivery(1), lease_until=at(1)), "delivery_lease_ends"),
    "held for no reason": (replace(delivery(1, DeliveryState.HELD), why=""), "delivery_has_why"),
    "cancelled for no reason": (replace(delivery(1, DeliveryState.CANCELLED), why=""), "delivery_has_why"),
    "accepted at no time": (replace(delivery(1, DeliveryState.ACCEPTED), done_at=None), "delivery_done"),
    "dead for no reason": (replace(delivery(1, DeliveryState.DEAD), why=""), "delivery_has_why"),
}


@pytest.mark.parametrize(("value", "constraint"), IMPOSSIBLE_MESSAGES.values(), ids=IMPOSSIBLE_MESSAGES)
def test_a_message_that_cannot_be_is_refused(writer: Writer, value: Delivery, constraint: str) -> None:
    with pytest.raises(StoreError, match=constraint):
        told(writer, deliveries=(value,))


def test_the_same_message_is_queued_once(writer: Writer) -> None:
    told(writer, deliveries=(delivery(1),))
    with pytest.raises(StoreError, match=r"UNIQUE constraint failed: delivery\.incident_id"):
        told(writer, deliveries=(replace(delivery(2), cause_seq=1),))
    others = (
        replace(delivery(3), cause_seq=1, channel="sms"),
        replace(delivery(4), cause_seq=1, contact="binh"),
        replace(delivery(5), cause_seq=1, kind=NoticeKind.UPDATE),
        replace(delivery(6), cause_seq=1, incident_id=5),
        replace(delivery(7), cause_seq=2),
    )
    told(writer, deliveries=others)
    assert [found.id for found in writer.load().paper.deliveries] == [1, 3, 4, 5, 6, 7]


def test_messages_without_an_incident_are_not_compared(writer: Writer) -> None:
    told(writer, deliveries=tuple(delivery(key, incident_id=None, channel="sms") for key in (1, 2)))
    told(writer, deliveries=(replace(delivery(3, incident_id=None, channel="sms"), cause_seq=1),))
    assert len(writer.load().paper.deliveries) == 3


@pytest.mark.parametrize(
    "value", [replace(mute(1), ends_at=mute(1).starts_at), replace(mute(1), reason=""), replace(mute(1), author="")]
)
def test_a_mute_without_end_reason_or_author_is_refused(writer: Writer, value: Mute) -> None:
    with pytest.raises(StoreError, match="mute_"):
        told(writer, mutes=(value,))


def test_planned_work_of_the_configuration_is_not_stored_as_asked_for(writer: Writer) -> None:
    with pytest.raises(StoreError, match="mute_is_asked_for"):
        told(writer, mutes=oncall().mutes)


def test_an_override_that_ends_before_it_begins_is_refused(writer: Writer) -> None:
    with pytest.raises(StoreError, match="duty_override_ends"):
        told(writer, overrides=(override(1, ends=-100_001),))


def test_an_attempt_is_completed_once_and_never_changed(path: Path, writer: Writer) -> None:
    told(writer, attempts=(attempt(1),))
    done = attempt(1, outcome=SendOutcome.ACCEPTED)
    told(writer, attempts=(done,))
    told(writer, attempts=(done,))
    rewritten = (
        attempt(1),
        replace(done, outcome=SendOutcome.AMBIGUOUS),
        replace(done, ended_at=at(103)),
        replace(done, code="500"),
        replace(done, detail="khác"),
        replace(done, provider_id="m-2"),
    )
    for value in rewritten:
        with pytest.raises(StoreError, match="a finished attempt is proof"):
            told(writer, attempts=(value,))
    stored = "SELECT n, outcome, code, detail, provider_id FROM attempt"
    assert rows(path, stored) == [(1, "accepted", "200", "đã nhận", "m-1")]


def test_when_an_attempt_began_is_never_changed(writer: Writer) -> None:
    told(writer, attempts=(attempt(1),))
    with pytest.raises(StoreError, match="a finished attempt is proof"):
        told(writer, attempts=(replace(attempt(1), started_at=at(99)),))


def test_an_attempt_is_never_removed(path: Path, writer: Writer) -> None:
    told(writer, attempts=(attempt(1),))
    with pytest.raises(sqlite3.IntegrityError, match="never removed"):
        rows(path, "DELETE FROM attempt")


@pytest.mark.parametrize(
    "value", [replace(attempt(1), ended_at=at(9)), replace(attempt(1), outcome=SendOutcome.ACCEPTED)]
)
def test_an_attempt_has_an_end_and_an_outcome_or_neither(writer: Writer, value: Any) -> None:
    with pytest.raises(StoreError, match="attempt_ended"):
        told(writer, attempts=(value,))


def test_a_refused_row_takes_the_whole_change_with_it(writer: Writer) -> None:
    change = Change(
        incidents=(incident(4),), paper=Paper(deliveries=(delivery(1),), calls=(replace(OPEN, next_at=None),))
    )
    with pytest.raises(StoreError):
        writer.commit(change)
    memory = writer.load()
    assert (memory.open_incidents, memory.paper, memory.next_delivery_id) == ((), Paper(), 1)


def test_a_code_may_be_given_to_somebody_else_later(writer: Writer) -> None:
    told(writer, codes=(ack_code(),))
    other = replace(ack_code(), incident_id=9, contact="binh", expires_at=at(90_000))
    told(writer, codes=(other,))
    assert writer.load().paper.codes == (other,)


def test_a_note_stored_twice_is_one_note(path: Path, writer: Writer) -> None:
    told(writer, notes=(note(), note("khác")))
    told(writer, notes=(note(),))
    assert rows(path, "SELECT text FROM note ORDER BY id") == [("đã gọi điện lực",), ("khác",)]


def test_a_new_configuration_drops_the_state_of_channels_and_heartbeats_it_no_longer_names(writer: Writer) -> None:
    beats = (heartbeat(), heartbeat("tinh", Direction.OUT), heartbeat("cu"))
    told(writer, channel_healths=(channel_health(), channel_health("cu")), heartbeats=beats, cursors=(("cu", "7"),))
    writer.commit(Change(oncall=oncall()))
    kept = writer.load().paper
    assert kept.channel_healths == (channel_health(),)
    assert kept.heartbeats == beats[:2]
    assert kept.cursors == (("cu", "7"),)
    fewer = replace(oncall(), channels={"cu": Channel(id="cu", kind="console", path=ChannelPath.LOCAL)}, heartbeats=())
    writer.commit(Change(oncall=fewer, paper=Paper(channel_healths=(channel_health("cu"),))))
    assert writer.load().paper.channel_healths == (channel_health("cu"),)
    assert writer.load().paper.heartbeats == ()


def test_secrets_of_channels_and_heartbeats_are_not_written_anywhere(path: Path) -> None:
    with closing(Writer(path)) as writer:
        writer.commit(Change(oncall=oncall(params={"token": "bi-mat-1"}, url="https://bi-mat-2.example")))
    stored = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert "Nguyễn Văn An".encode() in stored
    assert b"bi-mat" not in stored
