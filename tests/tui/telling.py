"""The broken district with people to tell: duty, channels, calls, messages with their proof, mutes, signs of life."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from bt_console.model.change import Change, Paper
from bt_console.model.incident import CauseKind, Severity
from bt_console.model.inventory import TargetId, UnitId
from bt_console.model.oncall import (
    Channel,
    ChannelPath,
    Contact,
    Direction,
    EscalationPolicy,
    EscalationStep,
    HeartbeatPlan,
    Layer,
    Match,
    Mute,
    MuteKind,
    NoticeKind,
    OnCall,
    Override,
    Route,
    Schedule,
    Shift,
)
from bt_console.model.paging import (
    Attempt,
    Call,
    CallState,
    ChannelHealth,
    ChannelState,
    Delivery,
    DeliveryState,
    Heartbeat,
    Inbound,
    Note,
    SendOutcome,
)
from bt_console.model.snapshot import Event
from bt_console.words import message
from tests.tui import district
from tests.tui.district import before

ZONE = "Asia/Ho_Chi_Minh"
POLICY = EscalationPolicy(
    id="critical",
    steps=(
        EscalationStep(notify=("schedule:it", "truc"), channels=("zalo", "sms", "console"), wait_s=300.0),
        EscalationStep(notify=("an", "binh", "cuong"), channels=("sms", "mail"), wait_s=600.0),
    ),
)
PEOPLE = {"an": "Nguyễn Văn An", "binh": "Trần Thị Bình", "cuong": "Hoàng Văn Cường"}


def oncall() -> OnCall:
    """Return the configuration: a rota that leaves Sunday empty, three ways out, and the open consoles."""
    contacts = {
        key: Contact(
            id=key, name=name, addresses={"zalo": f"z-{key}", "sms": "+84000000001", "mail": f"{key}@x.example"}
        )
        for key, name in PEOPLE.items()
    }
    contacts["truc"] = Contact(id="truc", name="Trực ban")
    channels = (
        Channel(id="console", kind="console", path=ChannelPath.LOCAL, needs_address=False),
        Channel(id="sms", kind="smstools", path=ChannelPath.GSM),
        Channel(id="zalo", kind="zalo_bot", path=ChannelPath.INTERNET),
        Channel(id="mail", kind="smtp", path=ChannelPath.TSLCD, depends_all=(TargetId("tslcd-core"), TargetId("mail"))),
    )
    layer = Layer(name="tuần", contacts=("an", "binh"), start=date(2026, 11, 2), weekdays=frozenset(range(6)))
    return OnCall(
        timezone=ZONE,
        contacts=contacts,
        channels={channel.id: channel for channel in channels},
        schedules={"it": Schedule(id="it", timezone=ZONE, layers=(layer,), gap_fallback="cuong")},
        policies={POLICY.id: POLICY},
        routes=(Route(match=Match(), policy=POLICY.id),),
        mutes=(
            Mute(
                id=-1,
                kind=MuteKind.MAINTENANCE,
                match=Match(units=frozenset({UnitId("ha-vi")})),
                starts_at=before(-86400),
                ends_at=before(-90000),
                author="cấu hình",
                reason="thay cáp quang",
            ),
        ),
        heartbeats=(
            HeartbeatPlan(name="sao-luu", direction=Direction.IN, cron="0 2 * * *"),
            HeartbeatPlan(name="tinh", direction=Direction.OUT),
        ),
    )


def shift(contact: str) -> Shift:
    """Return a stretch of duty that lasts until tomorrow."""
    return Shift(schedule="it", contact=contact, starts_at=before(3600), ends_at=before(-39_410), why="layer:tuần")


def open_call(incident_id: int = 7, **changes: object) -> Call:
    """Return a call under way, its first step taken."""
    call = Call(
        incident_id=incident_id,
        policy=POLICY,
        state=CallState.OPEN,
        severity=Severity.CRITICAL,
        opened_at=before(420),
        step=0,
        next_at=before(-120),
    )
    return replace(call, **changes)  # type: ignore[arg-type]


def acked_call(incident_id: int = 8) -> Call:
    """Return a call that An has for four hours."""
    return open_call(
        incident_id,
        state=CallState.ACKED,
        severity=Severity.WARNING,
        acked_by="an",
        acked_at=before(60),
        ack_until=before(60 - 4 * 3600),
        next_at=None,
    )


def delivery(key: int, channel: str, state: DeliveryState, **changes: object) -> Delivery:
    """Return a page about the cut line."""
    is_done = state not in (DeliveryState.QUEUED, DeliveryState.HELD, DeliveryState.LEASED)
    row = Delivery(
        id=key,
        incident_id=7,
        kind=NoticeKind.PAGE,
        contact="binh",
        channel=channel,
        state=state,
        created_at=before(419),
        next_at=before(419),
        title="[nghiêm trọng] Đứt đường TSLCD của Xã Cao Sơn",
        body="Sự cố #7, Xã Cao Sơn, từ 20:56.\nTrả lời {code} để nhận việc",
        short="Dut TSLCD Cao Son",
        step=0,
        cause_seq=key,
        attempts_count=1,
        done_at=before(418) if is_done else None,
    )
    return replace(row, **changes)  # type: ignore[arg-type]


def banner(key: int, at: datetime, *, incident_id: int = 7) -> Delivery:
    """Return a page for whoever sits at a console, accepted at an instant."""
    row = delivery(key, "console", DeliveryState.ACCEPTED, contact="truc", incident_id=incident_id)
    return replace(row, created_at=at, next_at=at, done_at=at)


def deliveries() -> tuple[Delivery, ...]:
    """Return one message in every state worth showing."""
    refused = message("oncall.why.permanent", channel="mail", detail="550 no such user")
    return (
        delivery(1, "zalo", DeliveryState.ACCEPTED, provider_id="m-77"),
        delivery(2, "sms", DeliveryState.DELIVERED, done_at=before(400)),
        delivery(3, "sms", DeliveryState.QUEUED, contact="an", why=message("oncall.why.path_down")),
        delivery(4, "mail", DeliveryState.DEAD, contact="cuong", why=refused),
        delivery(5, "zalo", DeliveryState.HELD, contact="an", incident_id=8, why=message("oncall.why.storm")),
    )


def attempts() -> tuple[Attempt, ...]:
    """Return how the first message got away at the second try."""
    first = Attempt(delivery_id=1, n=1, started_at=before(419))
    return (
        replace(first, ended_at=before(418.5), outcome=SendOutcome.TRANSIENT, code="503", detail="service unavailable"),
        replace(
            first,
            n=2,
            started_at=before(418.4),
            ended_at=before(418),
            outcome=SendOutcome.ACCEPTED,
            code="200",
            provider_id="m-77",
        ),
    )


def mute(key: int = 3, **changes: object) -> Mute:
    """Return a silence of one unit."""
    row = Mute(
        id=key,
        kind=MuteKind.SILENCE,
        match=Match(kinds=frozenset({CauseKind.LINK_LOSS}), units=frozenset({UnitId("tu-tri")})),
        starts_at=before(3600),
        ends_at=before(-3600),
        author="an",
        reason="nhà mạng đang sửa",
    )
    return replace(row, **changes)  # type: ignore[arg-type]


def heartbeats() -> tuple[Heartbeat, ...]:
    """Return an audit with one complaint, a backup that did not report, and our own sign of life."""
    own = Heartbeat(name="clock", direction=Direction.SELF, last_at=before(10))
    gap = message("audit.gap", schedule="it", count=1, at="2026-11-28T17:00:00+00:00")
    overdue = message("heartbeat.missed", name="sao-luu", at="2026-11-23T19:45:00+00:00")
    return (
        own,
        replace(own, name="disk"),
        replace(own, name="duty:it", is_missed=True, detail=gap),
        Heartbeat(name="sao-luu", direction=Direction.IN, last_at=before(150_000), is_missed=True, detail=overdue),
        Heartbeat(name="tinh", direction=Direction.OUT, last_at=before(12)),
    )


def healths() -> tuple[ChannelHealth, ...]:
    """Return a channel that works, one in doubt, one nobody used yet."""
    failed = message("oncall.why.failed", outcome="transient", detail="no modem")
    return (
        ChannelHealth(channel="zalo", state=ChannelState.UP, since=before(3600), proven_at=before(418)),
        ChannelHealth(channel="sms", state=ChannelState.SUSPECT, since=before(300), fails_count=2, reason=failed),
    )


def _event(seq: int, at: float, kind: str, text: str) -> Event:
    unit = UnitId("cao-son")
    return Event(seq=seq, at=before(at), kind=kind, subject="#7", unit_id=unit, message=text, incident_id=7)


def events() -> tuple[Event, ...]:
    """Return what the desk wrote into the journal."""
    paged = message("oncall.event.paged", who="Trần Thị Bình, Trực ban", id=7, step=1)
    return (
        *district.broken_change().events,
        _event(3, 419, "paged", paged),
        _event(4, 200, "noted", message("oncall.event.noted", by="binh", id=7)),
    )


def paper(**changes: object) -> Paper:
    """Return everything about telling people."""
    override = Override(
        id=2,
        schedule="it",
        starts_at=before(-3600),
        ends_at=before(-40_000),
        in_contact="cuong",
        out_contact="binh",
        author="binh",
        reason="nghỉ phép",
    )
    answer = Inbound(
        channel="sms",
        provider_id="in-1",
        sender="+84000000001",
        text="?",
        at=before(300),
        result=message("oncall.reply.no_code"),
    )
    known = Paper(
        calls=(open_call(), acked_call()),
        deliveries=deliveries(),
        attempts=attempts(),
        mutes=(mute(),),
        overrides=(override,),
        channel_healths=healths(),
        inbounds=(answer,),
        heartbeats=heartbeats(),
        notes=(Note(incident_id=7, at=before(200), by="binh", text="đã gọi điện lực, mất điện trạm"),),
    )
    return replace(known, **changes)  # type: ignore[arg-type]


def told_change(**changes: object) -> Change:
    """Return the broken district with people who were told."""
    return replace(district.broken_change(), oncall=oncall(), paper=paper(**changes), events=events())


def page(*banners: Delivery, calls: Iterable[Call] = ()) -> Change:
    """Return news for whoever sits at a console."""
    return Change(paper=Paper(deliveries=banners, calls=tuple(calls)))


SOON = timedelta(seconds=1)
MORNING = time(7, 30)
