"""From traces to the route in force of each check, and an event when it is another for good.

Load balancing makes traces alternate, lost answers make holes in them; neither is a change. A route takes over when
SURE_K of the last SURE_N traces took it and it has not alternated with the one in force, nor been in force itself,
within CALM. So there is at most one event per route and day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bt_console.model.inventory import CheckId, Target
from bt_console.model.observation import Observation
from bt_console.model.route import Route
from bt_console.model.snapshot import Event
from bt_console.words import message
from probes.api import Fact, Outcome, clean

SURE_K, SURE_N = 4, 5
CALM = timedelta(hours=24)
ROUTES_PER_CHECK_MAX = 32
"""The oldest beyond it are no longer kept."""
_HOPS_MAX, _TEXT_LIMIT = 64, 80
_SILENT = frozenset({"", "*", "?"})
"""How a trace may write a router that does not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One way to the target, from end to end."""

    check_id: CheckId
    at: datetime
    route_hash: str
    hops: tuple[str, ...]
    others: tuple[frozenset[str], ...] = ()
    """Per hop, who answered there too: load was balanced packet by packet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """What is known of one check's routes."""

    known: Mapping[str, Route]
    """By hash."""
    recent: tuple[str, ...] = ()
    """Hashes of the last SURE_N traces, oldest first; none of before a restart."""

    @property
    def in_force(self) -> Route | None:
        """The route traces take as a rule."""
        accepted = [route for route in self.known.values() if route.accepted_at]
        return max(accepted, key=lambda route: (route.accepted_at, route.last_seen_at), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteChange:
    """The way to a target is another for good."""

    since: datetime
    """Start of the first trace that took it."""
    hop: int
    """The first that differs, from 1."""
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteFindings:
    """What a trace changes."""

    after: Routes
    routes: tuple[Route, ...] = ()
    gone: tuple[Route, ...] = ()
    events: tuple[Event, ...] = ()
    """Without numbers (seq 0)."""
    change: RouteChange | None = None


def routes_by_check(stored: Iterable[Route]) -> dict[CheckId, Routes]:
    """Return stored routes by their checks."""
    found: dict[CheckId, dict[str, Route]] = {}
    for route in stored:
        found.setdefault(route.check_id, {})[route.route_hash] = route
    return {check_id: Routes(known=known) for check_id, known in found.items()}


def trace_of(observation: Observation) -> Trace | None:
    """Return the trace a reading is, or None for one that is none or did not get there."""
    facts = observation.reading.facts
    hops, route_hash = facts.get("hop_address"), facts.get("route_hash")
    if observation.reading.outcome is not Outcome.OK or facts.get("reached") is False:
        return None
    if not isinstance(hops, tuple) or not hops or not isinstance(route_hash, str) or not route_hash:
        return None
    return Trace(
        check_id=observation.check_id,
        at=observation.started_at,
        route_hash=clean(route_hash, _TEXT_LIMIT),
        hops=tuple("" if str(hop) in _SILENT else clean(str(hop), _TEXT_LIMIT) for hop in hops[:_HOPS_MAX]),
        others=_others(facts.get("hop_others")),
    )


def _others(column: Fact | None) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(str(cell).split()) for cell in column[:_HOPS_MAX]) if isinstance(column, tuple) else ()


def fold(before: Routes, trace: Trace, target: Target) -> RouteFindings:
    """Return what one more trace changes."""
    in_force = before.in_force
    taken = _matched(before, trace, in_force)
    seen = _seen(taken, trace)
    changed = {seen.route_hash: seen}
    recent = (*before.recent, seen.route_hash)[-SURE_N:]
    change: RouteChange | None = None
    if in_force is None or seen.route_hash == in_force.route_hash:
        accepted_at = seen.accepted_at or trace.at
        changed = {seen.route_hash: replace(seen, accepted_at=accepted_at)}
        changed |= _gave_way(before, trace.at) if in_force else {}
    elif _is_another_place(in_force, seen) and _is_sure(recent, seen):
        changed[seen.route_hash] = replace(seen, accepted_at=trace.at)
    elif _is_sure(recent, seen) and _is_calm(seen, trace.at):
        changed[seen.route_hash] = replace(seen, accepted_at=trace.at)
        change = _change(in_force, seen, trace.at)
    gone = _overflow({**before.known, **changed})
    kept = {key: route for key, route in {**before.known, **changed}.items() if key not in gone}
    return RouteFindings(
        after=Routes(known=kept, recent=recent),
        routes=tuple(route for key, route in changed.items() if key not in gone),
        gone=tuple(gone.values()),
        events=(_event(change, trace, target),) if change else (),
        change=change,
    )


def _matched(before: Routes, trace: Trace, in_force: Route | None) -> Route | None:
    """Return the known route a trace took; a router that did not answer this time does not make another."""
    others = sorted(before.known.values(), key=lambda route: route.last_seen_at, reverse=True)
    candidates = [in_force, *others] if in_force else others
    exact = next((route for route in candidates if route.hops == trace.hops), None)
    same_hash = before.known.get(trace.route_hash)
    return exact or next((route for route in candidates if _is_taken(route.hops, trace)), same_hash)


def _is_taken(hops: tuple[str, ...], trace: Trace) -> bool:
    """Say whether a trace may have taken a known route."""
    others = trace.others if len(trace.others) == len(trace.hops) else (frozenset[str](),) * len(trace.hops)
    found = (hop if hop in also else seen for hop, seen, also in zip(hops, trace.hops, others, strict=False))
    return len(hops) == len(trace.hops) and _is_compatible(hops, tuple(found))


def _is_compatible(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return len(one) == len(other) and all(a == b or not a or not b for a, b in zip(one, other, strict=True))


def _seen(taken: Route | None, trace: Trace) -> Route:
    if taken is None:
        return Route(
            check_id=trace.check_id,
            route_hash=trace.route_hash,
            hops=trace.hops,
            first_seen_at=trace.at,
            last_seen_at=trace.at,
        )
    hops = taken.hops
    if _is_compatible(hops, trace.hops):
        hops = tuple(known or found for known, found in zip(hops, trace.hops, strict=True))
    last_seen_at = max(taken.last_seen_at, trace.at)
    return replace(taken, hops=hops, last_seen_at=last_seen_at, seen_count=taken.seen_count + 1)


def _gave_way(before: Routes, at: datetime) -> dict[str, Route]:
    """Return the route that traces took until just now, when the one in force is taken again."""
    last = before.known.get(before.recent[-1]) if before.recent else None
    if last is None or (before.in_force and last.route_hash == before.in_force.route_hash):
        return {}
    return {last.route_hash: replace(last, alternated_at=at)}


def _is_sure(recent: tuple[str, ...], seen: Route) -> bool:
    return recent.count(seen.route_hash) >= SURE_K


def _is_calm(seen: Route, at: datetime) -> bool:
    # The very first route was in force from its first trace on: that was no change, and nobody was told.
    told_at = None if seen.accepted_at == seen.first_seen_at else seen.accepted_at
    return all(mark is None or at - mark > CALM for mark in (seen.alternated_at, told_at))


def _is_another_place(one: Route, other: Route) -> bool:
    """Say whether two routes end at different addresses: then the target has moved, not the way to it."""
    return one.hops[-1] != other.hops[-1]


def _overflow(routes: Mapping[str, Route]) -> dict[str, Route]:
    excess = len(routes) - ROUTES_PER_CHECK_MAX
    if excess <= 0:
        return {}
    in_force = Routes(known=routes).in_force
    others = [route for route in routes.values() if route is not in_force]
    others.sort(key=lambda route: (route.last_seen_at, route.route_hash))
    return {route.route_hash: route for route in others[:excess]}


def _change(before: Route, after: Route, at: datetime) -> RouteChange:
    return RouteChange(
        since=after.first_seen_at if after.seen_count <= SURE_N else at,
        hop=1 + next(_differences(before.hops, after.hops), 0),
        before=before.hops,
        after=after.hops,
    )


def _event(change: RouteChange, trace: Trace, target: Target) -> Event:
    text = message(
        "event.route_changed",
        name=target.name,
        hop=change.hop,
        before=shown(change.before),
        after=shown(change.after),
    )
    return Event(seq=0, at=trace.at, kind="route_changed", subject=trace.check_id, unit_id=target.unit_id, message=text)


def _differences(one: tuple[str, ...], other: tuple[str, ...]) -> Iterator[int]:
    yield from (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a and b and a != b)
    yield min(len(one), len(other))


def shown(hops: Iterable[str]) -> str:
    """Return hops as people read them: * stands for a router that does not answer."""
    return " > ".join(hop or "*" for hop in hops)


def shifted(route: Route, by: timedelta) -> Route:
    """Return a route with its ages kept, after the clock jumped."""
    return replace(
        route,
        last_seen_at=route.last_seen_at + by,
        accepted_at=route.accepted_at and route.accepted_at + by,
        alternated_at=route.alternated_at and route.alternated_at + by,
    )
