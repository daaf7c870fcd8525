"""Calls, messages and the rest of on-call as they might be, for tests of store and facade."""

from __future__ import annotations

from datetime import date, time

from bt_console.model.change import Paper
from bt_console.model.incident import CauseKind, Severity
from bt_console.model.inventory import Role, TargetId, UnitId
from bt_console.model.oncall import (
    Channel,
    ChannelPath,
    Contact,
    Direction,
    DrillPlan,
    EscalationPolicy,
    EscalationStep,
    HeartbeatPlan,
    Hours,
    Layer,
    Limit,
    Match,
    Mute,
    MuteKind,
    NoticeKind,
    OnCall,
    Override,
    Route,
    Schedule,
)
from bt_console.model.paging import (
    AckCode,
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
from tests.store.examples import at

ZONE = "Asia/Ho_Chi_Minh"
POLICY = EscalationPolicy(
    id="core",
    steps=(
        EscalationStep(notify=("schedule:it",), channels=("zalo", "sms"), wait_s=120.5),
        EscalationStep(notify=("binh",)),
    ),
    hours=Hours(timezone=ZONE, weekdays=frozenset(range(5)), starts=time(7, 30), ends=time(17, 0)),
)


def call(incident_id: int, state: CallState = CallState.OPEN, *, opened: float = 100) -> Call:
    """Return a call in a state, with what that state needs."""
    return Call(
        incident_id=incident_id,
        policy=POLICY,
        state=state,
        severity=Severity.CRITICAL,
        opened_at=at(opened),
        step=0,
        next_at=at(opened + 120) if state in (CallState.PENDING, CallState.OPEN) else None,
        prior=CallState.ACKED if state is CallState.RESOLVED else None,
        acked_by="an@10.0.0.9" if state is CallState.ACKED else "",
        acked_at=at(110) if state is CallState.ACKED else None,
        ack_until=at(7200) if state is CallState.ACKED else None,
        hold_until=at(300) if state is CallState.RESOLVED else None,
        muted_by=(3, -1),
        muted_at=at(120),
        muted_s=12.25,
        claimed_by="bình",
        flaps_count=2,
        closed_at=at(400) if state is CallState.CLOSED else None,
        close_reason="recovered" if state is CallState.CLOSED else "",
    )


_WAITING = (DeliveryState.QUEUED, DeliveryState.HELD, DeliveryState.LEASED)
_EXPLAINED = (DeliveryState.HELD, DeliveryState.CANCELLED, DeliveryState.DEAD)


def delivery(
    key: int,
    state: DeliveryState = DeliveryState.QUEUED,
    *,
    incident_id: int | None = 4,
    channel: str = "zalo",
    done: float = 105,
) -> Delivery:
    """Return a page in a state, with what that state needs."""
    return Delivery(
        id=key,
        incident_id=incident_id,
        kind=NoticeKind.PAGE,
        contact="an",
        channel=channel,
        state=state,
        created_at=at(100),
        next_at=at(101.5),
        title="Mất TSLCD xã Cao Sơn",
        body="Mất từ 08:01. Trả lời {code} để nhận.\nMã tin D1.",
        short="Mat TSLCD Cao Son. Tra loi {code}",
        code="7342",
        step=1,
        cause_seq=key,
        attempts_count=2,
        lease_until=at(130) if state is DeliveryState.LEASED else None,
        provider_id="" if state in _WAITING else "m-1",
        why="why.muted|mute=3" if state in _EXPLAINED else "",
        fallback_of=1,
        done_at=None if state in _WAITING else at(done),
        digest_id=9,
    )


def attempt(delivery_id: int = 1, n: int = 1, outcome: SendOutcome | None = None) -> Attempt:
    """Return a try that is under way, or one that ended."""
    if outcome is None:
        return Attempt(delivery_id=delivery_id, n=n, started_at=at(101))
    return Attempt(
        delivery_id=delivery_id,
        n=n,
        started_at=at(101),
        ended_at=at(102),
        outcome=outcome,
        code="200",
        detail="đã nhận",
        provider_id="m-1",
    )


def ack_code(code: str = "7342", *, expires: float = 10_000) -> AckCode:
    """Return what An may answer."""
    return AckCode(code=code, incident_id=4, contact="an", expires_at=at(expires))


def mute(key: int, *, ended: float | None = None) -> Mute:
    """Return a silence that recurs."""
    return Mute(
        id=key,
        kind=MuteKind.SILENCE,
        match=Match(
            kinds=frozenset({CauseKind.TSLCD_DOWN, CauseKind.LINK_LOSS}),
            min_severity=Severity.WARNING,
            units=frozenset({UnitId("xa-1")}),
            targets=frozenset({TargetId("xa-1/tslcd")}),
            roles=frozenset({Role.TSLCD}),
            labels={"path": "tslcd"},
        ),
        starts_at=at(10),
        ends_at=at(3610),
        author="an",
        reason="thay cáp quang",
        rrule="FREQ=WEEKLY;BYDAY=TU",
        idle_expire_s=3600.0,
        ended_at=None if ended is None else at(ended),
    )


def override(key: int, *, ends: float = 90_000) -> Override:
    """Return a stand-in."""
    return Override(
        id=key,
        schedule="it",
        starts_at=at(-100_000),
        ends_at=at(ends),
        in_contact="an",
        out_contact="binh",
        author="binh",
        reason="nghỉ phép",
    )


def channel_health(channel: str = "zalo", state: ChannelState = ChannelState.SUSPECT) -> ChannelHealth:
    """Return a channel that failed."""
    return ChannelHealth(
        channel=channel,
        state=state,
        since=at(5),
        fails_count=3,
        not_before=at(120),
        proven_at=at(1),
        reason="channel.refused|code=429",
    )


def inbound(provider_id: str = "in-1", text: str = "7342 ok", *, heard: float = 103) -> Inbound:
    """Return an answer."""
    return Inbound(
        channel="zalo", provider_id=provider_id, sender="+84900000001", text=text, at=at(heard), result="inbound.acked"
    )


def heartbeat(name: str = "backup", direction: Direction = Direction.IN) -> Heartbeat:
    """Return a sign of life that did not come."""
    return Heartbeat(name=name, direction=direction, last_at=at(3), is_missed=True, detail="heartbeat.late|s=60")


def note(text: str = "đã gọi điện lực") -> Note:
    """Return what An wrote."""
    return Note(incident_id=4, at=at(104), by="an", text=text)


def paper() -> Paper:
    """Return one of everything that outlives a restart."""
    return Paper(
        calls=(call(4),),
        deliveries=(delivery(1, DeliveryState.ACCEPTED), delivery(2), delivery(3, DeliveryState.LEASED)),
        attempts=(attempt(3),),
        codes=(ack_code(),),
        mutes=(mute(3),),
        overrides=(override(2),),
        channel_healths=(channel_health("sms", ChannelState.UP), channel_health()),
        inbounds=(inbound(),),
        cursors=(("zalo", "offset-7"),),
        heartbeats=(heartbeat(),),
    )


def schedule(key: str = "it") -> Schedule:
    """Return a rotation of two with a night layer."""
    return Schedule(
        id=key,
        timezone=ZONE,
        layers=(
            Layer(name="tuần", contacts=("an", "binh"), start=date(2026, 11, 2)),
            Layer(
                name="đêm",
                contacts=("binh",),
                start=date(2026, 11, 2),
                weekdays=frozenset({5, 6}),
                hours=(time(22, 0), time(6, 0)),
            ),
        ),
        gap_fallback="binh",
    )


def oncall(*, params: object = None, url: object = None) -> OnCall:
    """Return an on-call configuration."""
    people = {
        key: Contact(id=key, name=name, addresses={"zalo": f"z-{key}", "sms": "+84900000001"})
        for key, name in (("an", "Nguyễn Văn An"), ("binh", "Trần Thị Bình"))
    }
    channels = (
        Channel(
            id="zalo",
            kind="zalo_bot",
            path=ChannelPath.INTERNET,
            depends_any=(TargetId("hub/uplink-internet"),),
            limits=(Limit(count=20, window_s=60.0),),
            params=params,
        ),
        Channel(id="sms", kind="smstools", path=ChannelPath.GSM, uses=frozenset({NoticeKind.PAGE, NoticeKind.LATE})),
        Channel(id="man-hinh", kind="console", path=ChannelPath.LOCAL, needs_address=False),
    )
    planned = Mute(
        id=-1,
        kind=MuteKind.MAINTENANCE,
        match=Match(units=frozenset({UnitId("xa-2")})),
        starts_at=at(0),
        ends_at=at(7200),
        author="cấu hình",
        reason="sao lưu hằng tuần",
        rrule="FREQ=WEEKLY;BYDAY=TU;BYHOUR=22",
    )
    return OnCall(
        timezone=ZONE,
        contacts=people,
        channels={channel.id: channel for channel in channels},
        schedules={"it": schedule()},
        policies={POLICY.id: POLICY},
        routes=(Route(match=Match(kinds=frozenset({CauseKind.OWN_UPLINK_DOWN})), policy="core"),),
        mutes=(planned,),
        heartbeats=(
            HeartbeatPlan(name="backup", direction=Direction.IN, cron="0 2 * * *"),
            HeartbeatPlan(name="tinh", direction=Direction.OUT, url=url),
        ),
        drill=DrillPlan(notify="schedule:it"),
    )
