"""Random lives of a desk, with episodes, and what must hold in each: the invariants of docs/oncall.md.

Purely random rules are too weak to catch what real products do wrong: outages, storms, crash loops and unanswered
pages are rules of their own.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import product

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from bt_console.evaluate.oncall import calls, operators, planning
from bt_console.evaluate.oncall.chains import TOLD
from bt_console.evaluate.oncall.desk import Outcome
from bt_console.evaluate.oncall.notices import is_muted_hold
from bt_console.evaluate.oncall.orders import AddSilence
from bt_console.model.health import HealthState
from bt_console.model.incident import CauseKind, Severity
from bt_console.model.inventory import TargetId, UnitKind
from bt_console.model.oncall import Match, NoticeKind
from bt_console.model.paging import Call, CallState, Delivery, DeliveryState
from tests.evaluate.oncall.playing import INVENTORY, ONCALL, REAL, UPLINK, Product, World

COMMUNES = [unit.id for unit in INVENTORY.units.values() if unit.kind in (UnitKind.COMMUNE, UnitKind.TOWN)]
LINES = [f"{unit}/tslcd" for unit in COMMUNES]
FEW = st.sampled_from(LINES[:3])
WAITS = st.sampled_from([1.0, 4.0, 20.0, 65.0, 301.0, 1000.0, 4000.0])
PAGING = (CallState.PENDING, CallState.OPEN)


@dataclass
class Watched(World):
    """A world in which every step is looked at."""

    acked: set[int] = field(default_factory=set)
    paged: set[int] = field(default_factory=set)

    def store(self, outcome: Outcome) -> Outcome:
        """Note who was paged and what was taken."""
        self.acked |= {call.incident_id for call in outcome.paper.calls if call.state is CallState.ACKED}
        for delivery in outcome.paper.deliveries:
            if delivery.kind is NoticeKind.PAGE and delivery.incident_id is not None:
                self.paged.add(delivery.incident_id)
            self._is_new_or_known(delivery)
        closed = [call for call in outcome.paper.calls if call.state is CallState.CLOSED]
        stored = super().store(outcome)
        for call in closed:
            self._ends_are_told(call)
        return stored

    def _is_new_or_known(self, delivery: Delivery) -> None:
        """I5: the text carries the number by which duplicates are told; what is done stays done."""
        assert delivery.body.endswith(str(delivery.id))
        assert delivery.short.endswith(f"#{delivery.id}")
        assert len(delivery.short) <= 153
        known = self.rows.get(delivery.id)
        assert known is None or known.done_at is None or known.done_at == delivery.done_at, "a done row was undone"

    def _ends_are_told(self, call: Call) -> None:
        """I2, I4: whoever was paged hears the end, muted or not, and nothing stays muted behind a closed call."""
        rows = [d for d in self.desk.deliveries.values() if d.incident_id == call.incident_id]
        paged = {(d.contact, d.channel) for d in rows if d.kind is NoticeKind.PAGE and d.state in TOLD}
        ended = {(d.contact, d.channel) for d in rows if d.kind is NoticeKind.RESOLVE}
        assert paged <= ended, "a recovery was swallowed"
        assert not [d for d in rows if d.done_at is None and is_muted_hold(d)], "a mute outlived its call"

    def tick(self) -> None:
        """I6: however late, one step a call."""
        before = {number: call.step for number, call in self.desk.calls.items()}
        super().tick()
        for number, call in self.desk.calls.items():
            assert call.step <= before.get(number, -1) + 1, "two steps at once"

    def _send(self, delivery: Delivery) -> bool:
        call = self.desk.calls.get(delivery.incident_id or 0)
        is_taken = delivery.kind is NoticeKind.PAGE and call is not None and call.state is CallState.ACKED
        assert not is_taken, "a page was sent after somebody took the incident"
        return super()._send(delivery)


class DeskLives(RuleBasedStateMachine):
    """The rules."""

    product: Product = REAL

    def __init__(self) -> None:
        super().__init__()
        self.world = Watched(product=self.product)
        self.has_jumped = False

    def _open_on(self, target: str) -> int | None:
        found = (i.id for i in self.world.incidents.values() if i.cause.target_id == target and not i.resolved_at)
        return next(found, None)

    def _break(self, target: str) -> int:
        known = self._open_on(target)
        return known if known is not None else self.world.open(target=target).id

    def _calls(self, *states: CallState) -> list[Call]:
        return [call for call in self.world.desk.calls.values() if call.state in states]

    @rule(place=FEW, wait_s=WAITS)
    def something_breaks(self, place: str, wait_s: float) -> None:
        """An incident begins."""
        self._break(place)
        self.world.tick()
        self._jump_to(wait_s)

    @rule(place=FEW, wait_s=WAITS)
    def something_is_mended(self, place: str, wait_s: float) -> None:
        """An incident ends."""
        known = self._open_on(place)
        if known is not None:
            self.world.resolve(known)
        self.world.tick()
        self._jump_to(wait_s)

    @rule(place=FEW, is_worse=st.booleans())
    def something_comes_back(self, place: str, is_worse: bool) -> None:
        """The newest incident of a place relapses, or becomes worse."""
        found = [i for i in self.world.incidents.values() if i.cause.target_id == place]
        if found and found[-1].resolved_at:
            self.world.relapse(found[-1].id)
        if found and is_worse:
            self.world.change(found[-1].id, severity=Severity.CRITICAL)
        self.world.tick()

    @rule(place=FEW)
    def something_small_breaks(self, place: str) -> None:
        """An incident begins as a warning."""
        self.world.change(self._break(place), severity=Severity.WARNING)
        self.world.tick()

    @rule(by=st.sampled_from(["an", "binh", "root"]))
    def somebody_takes_one(self, by: str) -> None:
        """The oldest incident is acknowledged."""
        found = self._calls(*PAGING)
        if found:
            self.world.acknowledge(found[0].incident_id, by)

    @rule(number=st.integers(0, 3))
    def somebody_escalates(self, number: int) -> None:
        """Somebody wants the next step now."""
        world = self.world
        world.store(operators.escalate(world.desk, world.scene(), number, "an", world.now))

    @rule(place=FEW, lasts_s=st.sampled_from([30.0, 400.0, 3000.0]))
    def somebody_mutes(self, place: str, lasts_s: float) -> None:
        """A silence begins."""
        self._mute(place, lasts_s)
        self.world.tick()

    def _mute(self, target: str, lasts_s: float) -> int:
        world = self.world
        wish = AddSilence(
            match=Match(targets=frozenset({TargetId(target)})),
            ends_at=world.now + timedelta(seconds=lasts_s),
            reason="thay thiết bị",
        )
        number = world.desk.next_mute_id
        world.store(planning.add_silence(world.desk, world.scene(), wish, "an", world.now))
        return number

    @rule()
    def a_mute_and_its_end_change_nothing(self) -> None:
        """I12: what would have been sent is sent."""
        world = self.world
        world.tick()
        found = [call for call in self._calls(CallState.OPEN) if not call.muted_by]
        if not found:
            return
        before = found[0]
        target = world.incidents[before.incident_id].cause.target_id
        queued = self._queued(before.incident_id)
        number = self._mute(target, 600.0)
        world.store(self.product.advance(world.desk, world.scene(), world.now))
        assert not self._queued(before.incident_id), "a muted page was left to be sent"
        world.store(planning.end_mute(world.desk, world.scene(), number, "an", world.now))
        world.store(self.product.advance(world.desk, world.scene(), world.now))
        after = world.call(before.incident_id)
        assert self._queued(before.incident_id) == queued, "unmuting forgot pages"
        assert (after.state, after.step) == (before.state, before.step)
        assert after.next_at is not None
        assert before.next_at is not None
        assert after.next_at == min(before.next_at, world.now + timedelta(seconds=60))

    def _queued(self, incident_id: int) -> set[int]:
        rows = self.world.desk.deliveries.values()
        return {
            d.id
            for d in rows
            if (d.incident_id, d.kind, d.state) == (incident_id, NoticeKind.PAGE, DeliveryState.QUEUED)
        }

    @rule(
        channel=st.sampled_from(["zalo", "sms"]),
        condition=st.sampled_from(["up", "up", "down", "limited", "ambiguous"]),
    )
    def a_channel_changes(self, channel: str, condition: str) -> None:
        """A provider has a mood."""
        self.world.conditions[channel] = condition

    @rule()
    def somebody_blocks_the_bot(self) -> None:
        """One person can never be reached by Zalo again."""
        self.world.conditions["zalo:an"] = "permanent"

    @rule(is_cut=st.booleans())
    def the_uplink_changes(self, is_cut: bool) -> None:
        """The district's own Internet line dies, and the monitor knows it."""
        self.world.states[UPLINK] = HealthState.DOWN if is_cut else HealthState.UP
        known = self._open_on(UPLINK)
        if is_cut and known is None:
            self.world.open(CauseKind.OWN_UPLINK_DOWN, UPLINK)
        if not is_cut and known is not None:
            self.world.resolve(known)
        self.world.tick()

    @rule(how=st.sampled_from(["unstored", "before", "after"]))
    def it_dies(self, how: str) -> None:
        """The monitor dies at some instant of its next step."""
        self.world.crash = how
        self.world.tick()
        self.world.restart()

    @rule(wait_s=WAITS)
    def time_passes(self, wait_s: float) -> None:
        """The engine sleeps until something is due."""
        self._until(self.world.now + timedelta(seconds=wait_s))

    @rule(hours=st.sampled_from([-5, 7]))
    def the_clock_is_set(self, hours: int) -> None:
        """The wall clock jumps."""
        self.has_jumped = True
        self.world.now += timedelta(hours=hours)
        self.world.tick()
        for call in self._calls(*PAGING):
            assert call.next_at is None or call.next_at - self.world.now <= timedelta(seconds=900), "a page went away"

    @rule(polls=st.integers(3, 8), place=FEW, is_mended=st.booleans(), is_healed=st.booleans())
    def outage(self, polls: int, place: str, is_mended: bool, is_healed: bool) -> None:
        """Every channel is dead for a while, in which something breaks and may be mended."""
        before = dict(self.world.conditions)
        self.world.conditions |= {"zalo": "down", "sms": "down"}
        incident_id = self._break(place)
        for _ in range(polls):
            self.world.pass_time(20, 10)
        if is_mended:
            self.world.resolve(incident_id)
            self.world.pass_time(90, 30)
        if is_healed:
            self.world.conditions = before

    @rule(count=st.integers(9, 17), is_mended=st.booleans())
    def storm(self, count: int, is_mended: bool) -> None:
        """Many communes fail for reasons of their own."""
        numbers = [self._break(target) for target in LINES[:count]]
        self.world.pass_time(45, 2)
        if is_mended:
            for number in numbers:
                self.world.resolve(number)
        self.world.pass_time(400, 40)

    @rule(
        dies=st.lists(st.sampled_from(["unstored", "before", "after"]), min_size=2, max_size=5),
        place=FEW,
        is_mended=st.booleans(),
    )
    def crash_loop(self, dies: list[str], place: str, is_mended: bool) -> None:
        """It dies again and again, at each of the worst instants; meanwhile the incident may end."""
        number = self._break(place)
        self.world.pass_time(1)
        for how in dies:
            self.world.crash = how
            self.world.pass_time(1)
            self.world.pass_time(25, 25)
        if is_mended:
            self.world.resolve(number)
            self.world.pass_time(130, 65)

    @rule(place=FEW, is_mended=st.booleans())
    def work_is_announced(self, place: str, is_mended: bool) -> None:
        """Somebody was paged, then mutes it, and it may end under the mute."""
        number = self._break(place)
        self.world.pass_time(4)
        self._mute(place, 400.0)
        self.world.pass_time(30, 15)
        if is_mended:
            self.world.resolve(number)
            self.world.pass_time(130, 65)

    @rule(steps=st.integers(2, 6), place=FEW)
    def unanswered(self, steps: int, place: str) -> None:
        """Nobody reacts."""
        self._break(place)
        for _ in range(steps):
            self.world.pass_time(905, 905)
            self.every_call_has_a_clock()

    def _jump_to(self, wait_s: float) -> None:
        self._until(self.world.now + timedelta(seconds=wait_s))

    def _until(self, end: datetime) -> None:
        """Let time go by as the engine does: from one deadline to the next."""
        world = self.world
        for _ in range(1500):
            world.tick()
            ends = [mute.ends_at for mute in world.desk.mutes.values() if world.now < mute.ends_at]
            wakes = [at for at in (calls.next_wake(world.desk), *ends) if at is not None]
            world.now = max(min([end, *wakes]), world.now + timedelta(seconds=1))
            if world.now >= end:
                break
        else:
            raise AssertionError("it never sleeps")
        world.tick()

    @invariant()
    def every_call_has_a_clock(self) -> None:
        """I6."""
        for call in self._calls(*PAGING):
            assert call.next_at is not None or (call.paused_left_s is not None and call.muted_by), "parked for ever"

    @invariant()
    def everything_hidden_has_an_end(self) -> None:
        """I7."""
        for call in self._calls(CallState.ACKED):
            assert call.acked_by
            assert call.ack_until is not None
        for call in self._calls(CallState.ACKED, *PAGING):
            assert bool(call.muted_by) == (call.muted_at is not None), "time muted cannot be counted"
            assert call.muted_s >= 0

    @invariant()
    def recoveries_follow_pages_and_come_once(self) -> None:
        """I2."""
        ends = {r.delivery.id: r.delivery for r in self.world.received if r.delivery.kind is NoticeKind.RESOLVE}
        paged = {_place(r.delivery) for r in self.world.received if r.delivery.kind is NoticeKind.PAGE}
        seen = Counter(_place(delivery) for delivery in ends.values())
        for place, times in seen.items():
            assert place in paged, "a recovery of what nobody was told"
            assert times <= len(self.world.lives[place[0] or 0]), "a recovery told twice"

    @invariant()
    def duplicates_come_from_ambiguous_tries_only(self) -> None:
        """I5."""
        tries = Counter(delivery.id for _, delivery in self.world.starts)
        for delivery_id, times in Counter(r.delivery.id for r in self.world.received).items():
            assert times <= tries[delivery_id] == self.world.rows[delivery_id].attempts_count

    @invariant()
    def nobody_is_flooded(self) -> None:
        """I8, first half, for what is equally grave. A clock that was set has no windows."""
        if not self.has_jumped:
            for contact, severity in product(ONCALL.contacts, (*Severity, None)):
                assert _most(self._page_times(contact, severity)) <= ONCALL.storm.per_contact.count, "flooded"

    def _page_times(self, contact: str, severity: Severity | None) -> list[datetime]:
        """Return when each page of a person first arrived; emergencies, and what may or may not have arrived
        before it was over or taken, left out."""
        first: dict[int, datetime] = {}
        for received in self.world.received:
            delivery = received.delivery
            incident = self.world.incidents.get(delivery.incident_id or 0)
            is_grave = incident is not None and incident.cause.kind is CauseKind.OWN_UPLINK_DOWN
            row = self.world.rows[delivery.id]
            is_page = NoticeKind.PAGE is delivery.kind is row.kind and row.state is not DeliveryState.CANCELLED
            if is_page and delivery.contact == contact and received.severity is severity and not is_grave:
                first.setdefault(delivery.id, received.at)
        return sorted(first.values())

    @invariant()
    def what_is_held_is_named_once(self) -> None:
        """I8, second half: a digest names all it stands for."""
        digests = {d.id: d for d in self.world.rows.values() if d.kind is NoticeKind.DIGEST}
        for row in self.world.rows.values():
            if row.state is DeliveryState.HELD and row.done_at is not None:
                assert row.digest_id in digests, "held back and forgotten"
                body = digests[row.digest_id].body
                assert f"#{row.incident_id} " in body or "…" in body or "..." in body, (
                    "a digest forgot what it stands for"
                )

    @precondition(lambda self: len(self.world.papers) < 500)
    @rule()
    def the_papers_are_the_desk(self) -> None:
        """I10: replaying what was stored rebuilds the desk."""
        world = self.world
        before = world.desk.tidied(world.now)
        world.restart()
        # A clock put back brings back what had been dropped as too old; nothing that counts may differ.
        assert self.has_jumped or world.desk == before
        for table in ("calls", "deliveries", "attempts", "codes", "healths", "mutes", "inbounds"):
            assert dict(getattr(before, table)).items() <= dict(getattr(world.desk, table)).items()

    @invariant()
    def one_row_for_each_key(self) -> None:
        """I11: no message is queued twice by one decision."""
        keys = Counter(
            (d.incident_id, d.kind, d.contact, d.channel, d.cause_seq)
            for d in self.world.rows.values()
            if d.incident_id is not None
        )
        assert not {key: times for key, times in keys.items() if times > 1}, "queued twice by one decision"

    def teardown(self) -> None:
        """I1: after everything healed nothing decided was lost, and nothing is left behind."""
        world = self.world
        world.crash = ""
        world.conditions = {name: how for name, how in world.conditions.items() if how == "permanent"}
        world.states = {}
        known = self._open_on(UPLINK)
        if known is not None:
            world.resolve(known)
        self._until(world.now + timedelta(seconds=4000))
        lost = world.paged - world.acked - world.told()
        assert not lost, "nobody ever heard of an incident somebody was to be paged for"
        self.the_papers_are_the_desk()
        over = [call for call in world.desk.calls.values() if world.incidents[call.incident_id].resolved_at]
        assert not [call for call in over if call.state is not CallState.CLOSED], "a call outlived its incident"
        assert not [d for d in world.desk.deliveries.values() if d.state is DeliveryState.LEASED]
        for contact_incident, times in self._late_notices().items():
            assert times <= len(world.lives[contact_incident[0] or 0]) * len(ONCALL.channels), "late again and again"

    def _late_notices(self) -> Counter[tuple[int | None, str, str]]:
        """Return how many different late notices a person had of an incident over a channel."""
        late = {r.delivery.id: r.delivery for r in self.world.received if r.delivery.kind is NoticeKind.LATE}
        return Counter(_place(delivery) for delivery in late.values())


def _place(delivery: Delivery) -> tuple[int | None, str, str]:
    return delivery.incident_id, delivery.contact, delivery.channel


def _most(times: list[datetime]) -> int:
    """Return the most within any window of the limit."""
    window = timedelta(seconds=ONCALL.storm.per_contact.window_s)
    return max((bisect_left(times, start + window) - place for place, start in enumerate(times)), default=0)


def play(product: Product, max_examples: int, steps: int = 25, phases: Iterable[Phase] = (Phase.generate,)) -> None:
    """Play so many random lives of a desk, always the same ones."""

    class Lives(DeskLives):
        pass

    Lives.product = product
    run_state_machine_as_test(
        Lives,
        settings=settings(
            max_examples=max_examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            derandomize=True,
            phases=tuple(phases),
            print_blob=False,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
