"""A desk at play: its papers, a world of channels that may be dead, limited or ambiguous, and what people received."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from bt_console.channels.api import Sent
from bt_console.evaluate.oncall import calls, operators, outbox
from bt_console.evaluate.oncall.desk import Desk, Outcome, Scene, joined_papers
from bt_console.model.change import Memory, Paper
from bt_console.model.health import HealthState
from bt_console.model.incident import Cause, CauseKind, Impact, Incident, Severity
from bt_console.model.inventory import TargetId, UnitId
from bt_console.model.oncall import (
    Channel,
    ChannelPath,
    Contact,
    EscalationPolicy,
    EscalationStep,
    Limit,
    Match,
    Mute,
    MuteKind,
    NoticeKind,
    OnCall,
    Route,
    Schedule,
    Storm,
)
from bt_console.model.paging import Call, Delivery, SendOutcome
from bt_console.model.snapshot import Event
from tests.evaluate.district import district

START = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
INVENTORY = district(17)
UPLINK = TargetId("hub/uplink-internet")
POLICY = EscalationPolicy(
    id="normal", steps=(EscalationStep(notify=("an",)), EscalationStep(notify=("binh", "schedule:it")))
)
GRAVE = EscalationPolicy(id="grave", steps=(EscalationStep(notify=("an", "binh")),), is_emergency=True)
ONCALL = OnCall(
    timezone="Asia/Ho_Chi_Minh",
    contacts={
        "an": Contact(id="an", name="An", addresses={"zalo": "z-an", "sms": "0912345678"}),
        "binh": Contact(id="binh", name="Bình", addresses={"zalo": "z-binh", "sms": "0987654321"}),
        "truc": Contact(id="truc", name="Trực ban", language="en", addresses={"sms": "0900000001"}),
    },
    channels={
        "zalo": Channel(id="zalo", kind="zalo", path=ChannelPath.INTERNET),
        "sms": Channel(id="sms", kind="smstools", path=ChannelPath.GSM),
    },
    schedules={"it": Schedule(id="it", timezone="Asia/Ho_Chi_Minh", layers=(), gap_fallback="truc")},
    policies={"normal": POLICY, "grave": GRAVE},
    routes=(
        Route(match=Match(kinds=frozenset({CauseKind.OWN_UPLINK_DOWN})), policy="grave"),
        Route(match=Match(), policy="normal"),
    ),
    storm=Storm(per_contact=Limit(count=6, window_s=600.0), digest_every_s=300.0),
)
_SEND = {
    "up": SendOutcome.ACCEPTED,
    "down": SendOutcome.TRANSIENT,
    "limited": SendOutcome.RATE_LIMITED,
    "ambiguous": SendOutcome.AMBIGUOUS,
    "path": SendOutcome.PATH_DOWN,
    "permanent": SendOutcome.PERMANENT,
}
_ARRIVES = frozenset({"up", "ambiguous"})


@dataclass(frozen=True)
class Product:
    """What is played with: the real functions, or a mutant's."""

    advance: Callable[[Desk, Scene, datetime], Outcome] = calls.advance
    lease_due: Callable[[Desk, Scene, datetime], tuple[Outcome, tuple[Delivery, ...]]] = outbox.lease_due
    settle: Callable[[Desk, Scene, int, Sent, datetime], Outcome] = outbox.settle
    acknowledge: Callable[[Desk, Scene, int, str, datetime | None, datetime], Outcome] = operators.acknowledge


REAL = Product()


@dataclass(frozen=True)
class Received:
    """A message somebody holds in their hands."""

    at: datetime
    delivery: Delivery
    severity: Severity | None = None
    """How grave it was then; None for what is of no incident."""


@dataclass
class World:
    """Plays the engine: stores papers before it acts on them, sends what is leased, may die at any moment."""

    product: Product = REAL
    oncall: OnCall = ONCALL
    now: datetime = START
    desk: Desk = field(default_factory=Desk)
    incidents: dict[int, Incident] = field(default_factory=dict)
    states: dict[TargetId, HealthState] = field(default_factory=dict)
    conditions: dict[str, str] = field(default_factory=dict)
    """By channel, or `channel:contact`; up where nothing is said."""
    crash: str = ""
    """`unstored`, `before` or `after` the next sending."""
    papers: list[Paper] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    starts: list[tuple[datetime, Delivery]] = field(default_factory=list)
    rows: dict[int, Delivery] = field(default_factory=dict)
    """Every delivery ever, as last stored."""
    lives: dict[int, set[datetime]] = field(default_factory=dict)
    codes: count[int] = field(default_factory=lambda: count(1000))

    def scene(self) -> Scene:
        """Return what the desk looks at."""
        return Scene(
            oncall=self.oncall,
            inventory=INVENTORY,
            incidents=self.incidents,
            states=self.states,
            draw=lambda: str(next(self.codes)),
        )

    def store(self, outcome: Outcome) -> Outcome:
        """Commit a step."""
        self.desk = outcome.desk
        if outcome.paper != Paper():
            self.papers.append(outcome.paper)
        self.events += outcome.events
        self.rows |= {delivery.id: delivery for delivery in outcome.paper.deliveries}
        for call in outcome.paper.calls:
            self.lives.setdefault(call.incident_id, set()).add(call.opened_at)
        return outcome

    def tick(self) -> None:
        """Decide, lease, send, settle at one instant."""
        self.store(self.product.advance(self.desk, self.scene(), self.now))
        outcome, leased = self.product.lease_due(self.desk, self.scene(), self.now)
        if self.crash == "unstored":
            self.restart()
            return
        self.store(outcome)
        for delivery in leased:
            self.starts.append((self.now, delivery))
        for delivery in leased:
            if not self._send(delivery):
                self.restart()
                return

    def _send(self, delivery: Delivery) -> bool:
        """Return whether the engine outlived it."""
        if self.crash == "before":
            return False
        condition = self.condition(delivery)
        if condition in _ARRIVES:
            call = self.desk.calls.get(delivery.incident_id or 0)
            self.received.append(Received(self.now, delivery, call.severity if call else None))
        if self.crash == "after":
            return False
        sent = Sent(outcome=_SEND[condition], retry_after_s=30.0 if condition == "limited" else None, detail=condition)
        self.store(self.product.settle(self.desk, self.scene(), delivery.id, sent, self.now))
        return True

    def condition(self, delivery: Delivery) -> str:
        """Return what a channel does to a message now."""
        found = self.conditions.get(f"{delivery.channel}:{delivery.contact}")
        if found is None:
            found = self.conditions.get(delivery.channel, "up")
        is_cut = self.states.get(UPLINK) is HealthState.DOWN and delivery.channel == "zalo"
        return "path" if is_cut and found != "permanent" else found

    def restart(self) -> None:
        """Die, and come back with what was stored."""
        self.crash = ""
        self.desk = Desk.of(self.memory()).tidied(self.now)

    def memory(self) -> Memory:
        """Return what the papers add up to."""
        paper = joined_papers(self.papers)
        return Memory(
            paper=paper,
            next_delivery_id=1 + max((d.id for d in paper.deliveries), default=0),
            next_mute_id=1 + max((mute.id for mute in paper.mutes), default=0),
            next_override_id=1 + max((override.id for override in paper.overrides), default=0),
        )

    def pass_time(self, seconds: float, step_s: float = 1.0) -> None:
        """Let time go by, deciding at every step."""
        end = self.now + timedelta(seconds=seconds)
        while self.now < end:
            self.now = min(self.now + timedelta(seconds=step_s), end)
            self.tick()

    def open(self, kind: CauseKind = CauseKind.TSLCD_DOWN, target: str = "cao-son/tslcd") -> Incident:
        """Let an incident begin."""
        incident = incident_of(max(self.incidents, default=0) + 1, kind, target, self.now)
        self.incidents[incident.id] = incident
        return incident

    def change(self, incident_id: int, **changes: object) -> None:
        """Let something become of an incident."""
        self.incidents[incident_id] = replace(self.incidents[incident_id], **changes)  # type: ignore[arg-type]

    def resolve(self, incident_id: int) -> None:
        """Let an incident end."""
        self.change(incident_id, resolved_at=self.now)

    def relapse(self, incident_id: int) -> None:
        """Let an incident come back."""
        self.change(incident_id, resolved_at=None, flaps_count=self.incidents[incident_id].flaps_count + 1)

    def acknowledge(self, incident_id: int, by: str = "an", until: datetime | None = None) -> str:
        """Let somebody take an incident; return the answer."""
        return self.store(self.product.acknowledge(self.desk, self.scene(), incident_id, by, until, self.now)).answer

    def call(self, incident_id: int = 1) -> Call:
        """Return an incident's call."""
        return self.desk.calls[incident_id]

    def seen(self, *kinds: NoticeKind) -> list[tuple[str, str, str]]:
        """Return what was received, as (kind, contact, channel), in order."""
        return [
            (str(r.delivery.kind), r.delivery.contact, r.delivery.channel)
            for r in self.received
            if not kinds or r.delivery.kind in kinds
        ]

    def told(self) -> set[int]:
        """Return the incidents somebody has learned of from a page, a late notice or a digest."""
        telling = {NoticeKind.PAGE, NoticeKind.LATE, NoticeKind.DIGEST}
        held = {r.delivery.id for r in self.received if r.delivery.kind in telling}
        direct = {d.incident_id for d in self.rows.values() if d.id in held}
        copied = held | {self._origin(number) for number in held}
        named = {d.incident_id for d in self.rows.values() if d.digest_id is not None and d.digest_id in copied}
        return {incident_id for incident_id in direct | named if incident_id is not None}

    def _origin(self, number: int) -> int:
        """Return the digest a digest is a copy of, for another channel."""
        row = self.rows[number]
        is_copy = row.kind is NoticeKind.DIGEST and row.fallback_of is not None
        return self._origin(row.fallback_of) if is_copy and row.fallback_of is not None else number


def incident_of(number: int, kind: CauseKind, target: str, at: datetime) -> Incident:
    """Return an open incident."""
    return Incident(
        id=number,
        cause=Cause(
            kind=kind,
            target_id=TargetId(target),
            unit_id=UnitId(target.partition("/")[0]),
            message=f"kind.{kind}",
        ),
        impact=Impact(targets=(TargetId(target),)),
        severity=Severity.CRITICAL,
        opened_at=at,
    )


def silence(target: str, start: datetime, end: datetime, number: int = 1) -> Mute:
    """Return a silence of one target."""
    return Mute(
        id=number,
        kind=MuteKind.SILENCE,
        match=Match(targets=frozenset({TargetId(target)})),
        starts_at=start,
        ends_at=end,
        author="an",
        reason="thay bộ định tuyến",
    )
