"""What no single section can show to be wrong: ids, references, cycles, subnets and addresses used twice."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from ipaddress import ip_address

from bt_console.config.errors import ConfigProblem, did_you_mean
from bt_console.config.places import DNS, RESERVED, Place
from bt_console.config.schema import FileSpec
from bt_console.config.values import Network
from bt_console.config.yaml_reader import Document, Loc
from bt_console.model.inventory import Role, TargetId

_MAY_SHARE = (Role.HUB, Role.DNS, Role.SERVICE)
"""Roles whose address may serve twice: one server can hold several services and the name server."""


def problems(document: Document, spec: FileSpec, places: tuple[Place, ...]) -> Iterator[ConfigProblem]:
    """Yield every mistake that shows only between sections."""
    yield from _ids(document)
    yield from _overlaps(document, spec)
    yield from _twice(document, places)
    yield from _references(document, spec, places)
    yield from _ways(document, spec)
    yield from _cycles(document, places)


def _ids(document: Document) -> Iterator[ConfigProblem]:
    units, services = _entries(document, "units"), _entries(document, "services")
    for section, entries in (("units", units), ("services", services)):
        for name in entries & set(RESERVED):
            yield document.problem(
                (section, name), f"the id {name} is taken by the district itself", "rename it", at_key=True
            )
    for name in units & services:
        line = document.mark(("services", name), at_key=True).line
        hint = "rename one of them"
        yield document.problem(("units", name), f"the id {name} is a service's too, on line {line}", hint, at_key=True)


def _entries(document: Document, section: str) -> set[str]:
    written = document.data.get(section)
    return set(written) if isinstance(written, dict) else set()


def _overlaps(document: Document, spec: FileSpec) -> Iterator[ConfigProblem]:
    lans: list[tuple[Network, str]] = [(unit.lan.subnet, name) for name, unit in spec.units.items() if unit.lan]
    lans.sort(key=lambda lan: (lan[0].version, int(lan[0].network_address), lan[0].prefixlen))
    widest: tuple[Network, str] | None = None
    for subnet, name in lans:
        if widest and subnet.overlaps(widest[0]):
            yield _overlap(document, (subnet, name), widest)
        else:
            widest = (subnet, name)


def _overlap(document: Document, one: tuple[Network, str], two: tuple[Network, str]) -> ConfigProblem:
    places = sorted((document.mark(("units", name, "lan", "subnet")), subnet, name) for subnet, name in (one, two))
    (first, other, owner), (_, subnet, name) = places
    message = f"LAN {subnet} of {name} overlaps {other} of {owner} on line {first.line}"
    return document.problem(("units", name, "lan", "subnet"), message, "give each unit a subnet of its own")


def _twice(document: Document, places: tuple[Place, ...]) -> Iterator[ConfigProblem]:
    seen: dict[object, Place] = {}
    for place in sorted(places, key=lambda place: document.mark(place.loc)):
        if place.target.role in _MAY_SHARE:
            continue
        first = seen.setdefault(ip_address(place.target.address), place)
        if first is not place:
            line = document.mark(first.loc).line
            message = f"address {place.target.address} of {place.target.id} is also {first.target.id}'s, on line {line}"
            yield document.problem(place.loc, message, "one of the two is a slip: correct it")


def _references(document: Document, spec: FileSpec, places: tuple[Place, ...]) -> Iterator[ConfigProblem]:
    known = {place.target.id for place in places}
    for place in places:
        for at, parent in enumerate(place.target.depends_on):
            if place.depends_loc and parent not in known and not is_left_out(document, spec, parent):
                message = f"{place.target.id} depends on {parent}, which is not here"
                yield document.problem((*place.depends_loc, at), message, did_you_mean(parent, known))


def _ways(document: Document, spec: FileSpec) -> Iterator[ConfigProblem]:
    """Yield what is wrong with second ways into services: each service has at most one, over the other path."""
    taken: set[str] = set()
    for name, service in spec.services.items():
        first = service.way_of
        if first is None or (first not in spec.services and first in _entries(document, "services")):
            continue
        if problem := _why_no_way(spec, name, first, taken):
            yield document.problem(("services", name, "way_of"), *problem)
        taken.add(first)


def _why_no_way(spec: FileSpec, name: str, first: str, taken: Collection[str]) -> tuple[str, str] | None:
    """Return why a service cannot be a second way into another, and what to do."""
    others = {other: service for other, service in spec.services.items() if other != name}
    if first not in others:
        return f"there is no other service {first}", did_you_mean(first, others)
    if first in taken or others[first].way_of is not None:
        return f"{first} has a second way already, or is one", "a service has two ways at most"
    if others[first].path == spec.services[name].path:
        return f"{first} is reached over the {others[first].path} path too", "a second way leads over the other path"
    return None


def is_left_out(document: Document, spec: FileSpec, target: TargetId) -> bool:
    """Tell whether a missing target is written, but its unit or service was left out for a mistake of its own."""
    if target == DNS:
        return spec.dns is None and document.data.get("dns", "none") != "none"
    name, slash, _ = target.partition("/")
    section, kept = ("units", set(spec.units)) if slash else ("services", set(spec.services))
    return name in _entries(document, section) - kept


def _cycles(document: Document, places: tuple[Place, ...]) -> Iterator[ConfigProblem]:
    graph = {place.target.id: set(place.target.depends_on) for place in places}
    own = {place.target.id: place.depends_loc for place in places if place.depends_loc}
    while cycle := _cycle(graph):
        written = next((name for name in cycle if name in own), cycle[0])
        at = cycle.index(written)
        chain = " -> ".join([*cycle[at:], *cycle[:at], written])
        loc: Loc = own.get(written) or ()
        yield document.problem(loc, f"dependencies run in a circle: {chain}", "remove one of these dependencies")
        graph[written] = set()


def _cycle(graph: Mapping[TargetId, Iterable[TargetId]]) -> list[TargetId]:
    """Return the members of one cycle, each followed by what it depends on; empty when there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        members: list[TargetId] = error.args[1]
        return list(reversed(members[1:]))
    return []
