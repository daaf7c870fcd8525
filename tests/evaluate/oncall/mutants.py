"""Wrong desks, copied from what real products do: the machine must catch each of them.

Source: the mistakes of Alertmanager, GoAlert, Healthchecks and others that docs/oncall.md is written against.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from bt_console.channels.api import Sent
from bt_console.evaluate.oncall import calls, operators, outbox
from bt_console.evaluate.oncall.desk import Desk, Outcome, Scene
from bt_console.evaluate.oncall.notices import is_muted_hold
from bt_console.model.oncall import Limit, NoticeKind, Storm
from bt_console.model.paging import Call, CallState, Delivery, DeliveryState
from tests.evaluate.oncall.playing import Product

Leased = tuple[Outcome, tuple[Delivery, ...]]
Spoil = Callable[[Desk, Delivery], Delivery]
"""What the mutant makes of a row the product wrote, knowing the desk before."""


def _spoiled(before: Desk, outcome: Outcome, spoil: Spoil) -> Outcome:
    rows = {row.id: spoil(before, row) for row in outcome.paper.deliveries}
    desk = replace(outcome.desk, deliveries={**outcome.desk.deliveries, **rows})
    return replace(outcome, desk=desk, paper=replace(outcome.paper, deliveries=tuple(rows.values())))


def _spoiled_lease(before: Desk, leased: Leased, spoil: Spoil) -> Leased:
    outcome = _spoiled(before, leased[0], spoil)
    rows = outcome.desk.deliveries
    return outcome, tuple(row for row in leased[1] if rows[row.id].state is DeliveryState.LEASED)


def _cancelled(row: Delivery, at: datetime) -> Delivery:
    return replace(row, state=DeliveryState.CANCELLED, why="mutant", lease_until=None, done_at=at)


def _everywhere(spoil: Callable[[Desk, Delivery, datetime], Delivery]) -> Product:
    def advance(desk: Desk, scene: Scene, now: datetime) -> Outcome:
        return _spoiled(desk, calls.advance(desk, scene, now), lambda d, row: spoil(d, row, now))

    def lease_due(desk: Desk, scene: Scene, now: datetime) -> Leased:
        return _spoiled_lease(desk, outbox.lease_due(desk, scene, now), lambda d, row: spoil(d, row, now))

    def settle(desk: Desk, scene: Scene, delivery_id: int, sent: Sent, now: datetime) -> Outcome:
        outcome = outbox.settle(desk, scene, delivery_id, sent, now)
        return _spoiled(desk, outcome, lambda d, row: spoil(d, row, now))

    return Product(advance=advance, lease_due=lease_due, settle=settle)


def _forgets_what_is_over(before: Desk, row: Delivery, now: datetime) -> Delivery:
    """Never notified and resolved: nothing at all."""
    known = before.deliveries.get(row.id)
    was_page = known is not None and known.kind is NoticeKind.PAGE
    return _cancelled(row, now) if row.kind is NoticeKind.LATE and was_page else row


def _deadline_is_final(before: Desk, row: Delivery, now: datetime) -> Delivery:
    """What was being sent when it died is not sent again."""
    known = before.deliveries.get(row.id)
    is_expired = known is not None and known.lease_until is not None and known.lease_until <= now
    return _cancelled(known, now) if known is not None and is_expired and row.done_at is None else row


def _marked_before_sending(before: Desk, row: Delivery, now: datetime) -> Delivery:
    """A failed try was the only one."""
    known = before.deliveries.get(row.id)
    has_failed = known is not None and known.state is DeliveryState.LEASED and row.state is DeliveryState.QUEUED
    return _cancelled(row, now) if has_failed else row


def _three_tries(before: Desk, row: Delivery, now: datetime) -> Delivery:
    is_tired = row.state is DeliveryState.QUEUED and row.attempts_count >= 3
    return _cancelled(row, now) if is_tired else row


def _unmuting_forgets(before: Desk, row: Delivery, now: datetime) -> Delivery:
    """I12: what a mute held back is gone when it ends."""
    known = before.deliveries.get(row.id)
    is_freed = known is not None and is_muted_hold(known) and row.state is DeliveryState.QUEUED
    return _cancelled(row, now) if is_freed else row


def _swallows_recoveries_when_muted(before: Desk, row: Delivery, now: datetime) -> Delivery:
    """I4: a mute blocks the recovery, too."""
    call = before.calls.get(row.incident_id or 0)
    is_new = row.id not in before.deliveries
    is_muted = call is not None and bool(call.muted_by)
    return replace(row, kind=NoticeKind.UPDATE) if is_new and is_muted and row.kind is NoticeKind.RESOLVE else row


def _escalation_stops(desk: Desk, scene: Scene, now: datetime) -> Outcome:
    """After the last step nothing more is due."""
    outcome = calls.advance(desk, scene, now)

    def ended(call: Call) -> Call:
        is_last = call.state is CallState.OPEN and call.step == len(call.policy.steps) - 1
        return replace(call, next_at=None) if is_last else call

    rows = tuple(ended(call) for call in outcome.paper.calls)
    known = {**outcome.desk.calls, **{c.incident_id: c for c in rows if c.incident_id in outcome.desk.calls}}
    return replace(outcome, desk=replace(outcome.desk, calls=known), paper=replace(outcome.paper, calls=rows))


def _taking_does_not_cancel() -> Product:
    """What is queued goes out although somebody has it."""

    def acknowledge(*args: Any) -> Outcome:
        before = args[0]

        def kept(_: Desk, row: Delivery) -> Delivery:
            known = before.deliveries.get(row.id)
            return known if known is not None and row.state is DeliveryState.CANCELLED else row

        return _spoiled(before, operators.acknowledge(*args), kept)

    def lease_due(desk: Desk, scene: Scene, now: datetime) -> Leased:
        taken = {number: call for number, call in desk.calls.items() if call.state is CallState.ACKED}
        blind = {number: replace(call, state=CallState.OPEN) for number, call in taken.items()}
        outcome, leased = outbox.lease_due(replace(desk, calls={**desk.calls, **blind}), scene, now)
        return replace(outcome, desk=replace(outcome.desk, calls={**outcome.desk.calls, **taken})), leased

    return Product(acknowledge=acknowledge, lease_due=lease_due)


def _no_limit(desk: Desk, scene: Scene, now: datetime) -> Leased:
    """I8: everybody gets everything."""
    storm = Storm(per_contact=Limit(count=10**6, window_s=1.0))
    return outbox.lease_due(desk, replace(scene, oncall=replace(scene.oncall, storm=storm)), now)


def _digest_leaves_one_out(desk: Desk, scene: Scene, now: datetime) -> Leased:
    """I8: a digest names all but one of what it stands for."""

    def short(before: Desk, row: Delivery) -> Delivery:
        is_new = row.kind is NoticeKind.DIGEST and row.id not in before.deliveries
        lines = row.body.split("\n")
        return replace(row, body="\n".join([lines[0], *lines[2:]])) if is_new else row

    return _spoiled_lease(desk, outbox.lease_due(desk, scene, now), short)


LOST = "nobody ever heard"
MUTANTS: Mapping[str, tuple[Product, str]] = {
    "alertmanager": (_everywhere(_forgets_what_is_over), LOST),
    "goalert-deadline": (_everywhere(_deadline_is_final), LOST),
    "healthchecks": (_everywhere(_marked_before_sending), LOST),
    "three-tries": (_everywhere(_three_tries), LOST),
    "escalation-stops": (Product(advance=_escalation_stops), "parked for ever"),
    "ack-does-not-cancel": (_taking_does_not_cancel(), "after somebody took"),
    "mute-swallows-recovery": (_everywhere(_swallows_recoveries_when_muted), "recovery was swallowed"),
    "no-limit": (Product(lease_due=_no_limit), "flooded"),
    "digest-leaves-one-out": (Product(lease_due=_digest_leaves_one_out), "forgot what it stands for"),
    "unmuting-forgets": (_everywhere(_unmuting_forgets), "unmuting forgot"),
}
"""Each with what catches it."""
