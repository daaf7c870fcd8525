"""What would be done about an incident that is not: the real decisions on an empty desk, nothing sent; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from bt_console.evaluate.oncall import calls, muting, rota
from bt_console.evaluate.oncall.desk import Desk, Scene
from bt_console.evaluate.oncall.matching import route_of
from bt_console.evaluate.oncall.ways import is_path_up
from bt_console.model.incident import Incident
from bt_console.model.oncall import EscalationPolicy, Mute, NoticeKind, Override, Route, Shift
from bt_console.model.paging import Call, ChannelHealth, Delivery, DeliveryState

STEPS_MAX = 12
"""So many decisions are played at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One message that would be written."""

    contact: str
    channel: str
    is_usable: bool
    """Whether its channel can work as the network is now; otherwise it waits, and a sibling goes another way."""
    held_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One step of the policy."""

    at: datetime
    step: int
    pages: tuple[Page, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What would follow."""

    route: Route
    route_index: int | None
    """Its place among the routes, from 0; None where none matched."""
    policy: EscalationPolicy | None
    mutes: tuple[Mute, ...]
    """While one of them holds, nobody is paged."""
    shifts: tuple[Shift, ...]
    """Of the schedules the policy names, at the beginning."""
    turns: tuple[Turn, ...]


def play(
    incident: Incident,
    scene: Scene,
    at: datetime,
    *,
    mutes: Iterable[Mute] = (),
    overrides: Iterable[Override] = (),
    healths: Iterable[ChannelHealth] = (),
) -> Trial:
    """Return what the desk would decide until each step of the policy was taken, if nobody acknowledged."""
    stand_ins = tuple(overrides)
    desk = Desk(
        mutes={mute.id: mute for mute in mutes},
        overrides={override.id: override for override in stand_ins},
        healths={health.channel: health for health in healths},
    )
    scene = replace(scene, incidents={incident.id: incident})
    route = route_of(scene.oncall, incident, scene.inventory)
    policy = scene.oncall.policies.get(route.policy)
    found = muting.covering((*desk.mutes.values(), *scene.oncall.mutes), incident, scene.inventory, at)
    return Trial(
        route=route,
        route_index=next((n for n, known in enumerate(scene.oncall.routes) if known is route), None),
        policy=policy,
        mutes=found,
        shifts=_shifts(policy, scene, stand_ins, at),
        turns=() if found else _turns(desk, scene, incident.id, at),
    )


def _shifts(
    policy: EscalationPolicy | None, scene: Scene, overrides: tuple[Override, ...], at: datetime
) -> tuple[Shift, ...]:
    entries = dict.fromkeys(entry for step in (policy.steps if policy else ()) for entry in step.notify)
    names = (entry.removeprefix(rota.SCHEDULE) for entry in entries if entry.startswith(rota.SCHEDULE))
    schedules = (scene.oncall.schedules.get(name) for name in names)
    standing = rota.standing(overrides, scene.oncall)
    return tuple(rota.who(schedule, standing, at) for schedule in schedules if schedule is not None)


def _turns(desk: Desk, scene: Scene, incident_id: int, at: datetime) -> tuple[Turn, ...]:
    turns: list[Turn] = []
    for _ in range(STEPS_MAX):
        desk = calls.advance(desk, scene, at).desk
        call = desk.calls[incident_id]
        if fresh := [row for row in desk.deliveries.values() if _is_fresh(row, at)]:
            turns.append(_turn(call, fresh, desk, scene, at))
            desk = _accepted(desk, scene, fresh)
        if call.next_at is None or len(turns) > len(call.policy.steps):
            break
        at = call.next_at
    return tuple(turns)


def _is_fresh(row: Delivery, at: datetime) -> bool:
    return row.kind is NoticeKind.PAGE and row.created_at == at


def _turn(call: Call, rows: Iterable[Delivery], desk: Desk, scene: Scene, at: datetime) -> Turn:
    pages = tuple(
        Page(
            contact=row.contact,
            channel=row.channel,
            is_usable=_is_usable(row.channel, desk, scene),
            held_until=row.next_at if row.state is DeliveryState.HELD else None,
        )
        for row in rows
    )
    return Turn(at=at, step=call.step, pages=pages)


def _is_usable(channel_id: str, desk: Desk, scene: Scene) -> bool:
    health = desk.healths.get(channel_id)
    channel = scene.oncall.channels[channel_id]
    return is_path_up(channel, scene) and (health is None or health.state != "down")


def _accepted(desk: Desk, scene: Scene, rows: Iterable[Delivery]) -> Desk:
    """Return the desk after everything that can be sent was taken."""
    taken = {
        row.id: replace(row, state=DeliveryState.ACCEPTED, done_at=row.created_at)
        for row in rows
        if row.state is not DeliveryState.QUEUED or _is_usable(row.channel, desk, scene)
    }
    return replace(desk, deliveries={**desk.deliveries, **taken})
