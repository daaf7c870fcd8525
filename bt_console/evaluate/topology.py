"""The inventory as a graph: who is behind whom, who is beside whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from bt_console.model.inventory import Check, CheckId, Inventory, Role, Target, TargetId, UnitId

LINK_ROLES = frozenset({Role.TSLCD, Role.INTERNET})
"""A unit's two ways out."""
LINE_ROLES = LINK_ROLES | {Role.UPLINK}
"""Routers at the end of one line."""
PATH_ROLES = frozenset({Role.UPLINK, Role.CORE, Role.TSLCD, Role.INTERNET, Role.LAN})
"""Targets that others are reached through."""
_QUICK = LINK_ROLES | {Role.UPLINK, Role.CORE, Role.ANCHOR, Role.LAN}
"""Children that a ping asks: they come first as witnesses."""
CLOCK_MEASURE = "clock_offset_s"
WITNESSES = 3
"""How many sisters or children are asked before one of them is blamed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """Lookups made once per inventory; order is the configuration's."""

    targets: Mapping[TargetId, Target]
    checks: Mapping[TargetId, tuple[Check, ...]]
    """Those that decide whether their target works."""
    load_checks: Mapping[TargetId, tuple[Check, ...]]
    """Those that read how full its line or how wrong its clock is; they decide nothing."""
    trace_checks: Mapping[TargetId, tuple[Check, ...]]
    """Those that trace the way to it."""
    check_target: Mapping[CheckId, TargetId]
    ancestors: Mapping[TargetId, tuple[TargetId, ...]]
    """Every measured target on the way to one, nearest first; the hub itself is not among them."""
    children: Mapping[TargetId, tuple[TargetId, ...]]
    descendants: Mapping[TargetId, frozenset[TargetId]]
    sisters: Mapping[TargetId, tuple[TargetId, ...]]
    """What would fail together with a target if their parent did not forward: the links behind one router, the devices
    of one LAN, all that the hub's own LAN joins, starting after this one and going round; of a service, what a ping
    asks behind its router."""
    other_path: Mapping[TargetId, TargetId]
    """A unit's link -> its other link; one uplink of the hub -> the other."""
    links: Mapping[UnitId, tuple[TargetId, ...]]
    """A unit's ways out."""
    hub_id: TargetId

    def unit_of(self, target_id: TargetId) -> UnitId:
        """Return the unit a target belongs to."""
        return self.targets[target_id].unit_id


def build(inventory: Inventory) -> Topology:
    """Return the lookups for an inventory, whose dependencies must be acyclic."""
    targets = inventory.targets
    checks = _by_target(check for check in inventory.checks.values() if check.decides)
    ancestors = {target_id: _ancestors(targets, checks, target_id) for target_id in targets}
    children = _children(targets, checks)
    return Topology(
        targets=targets,
        checks=checks,
        load_checks=_by_target(check for check in inventory.checks.values() if _is_load(check)),
        trace_checks=_by_target(check for check in inventory.checks.values() if check.probe == "path_trace"),
        check_target={check.id: check.target_id for check in inventory.checks.values()},
        ancestors=ancestors,
        children=children,
        descendants=_descendants(ancestors),
        sisters=_sisters(targets, children),
        other_path=_other_paths(targets.values(), checks),
        links=_links(targets.values(), checks),
        hub_id=next((t.id for t in targets.values() if t.role is Role.HUB), TargetId("hub")),
    )


def _is_load(check: Check) -> bool:
    limits = (limit.measure for limit in check.thresholds)
    return not check.decides and any(m.endswith("_utilisation_ratio") or m == CLOCK_MEASURE for m in limits)


def _by_target(checks: Iterable[Check]) -> dict[TargetId, tuple[Check, ...]]:
    found: dict[TargetId, tuple[Check, ...]] = {}
    for check in checks:
        found[check.target_id] = (*found.get(check.target_id, ()), check)
    return found


def _ancestors(
    targets: Mapping[TargetId, Target], checks: Mapping[TargetId, object], start: TargetId
) -> tuple[TargetId, ...]:
    found: dict[TargetId, None] = {}
    waiting = list(targets[start].depends_on)
    while waiting:
        parent = waiting.pop(0)
        if parent not in found:
            found[parent] = None
            waiting.extend(targets[parent].depends_on)
    return tuple(parent for parent in found if targets[parent].role is not Role.HUB and parent in checks)


def _children(
    targets: Mapping[TargetId, Target], checks: Mapping[TargetId, object]
) -> dict[TargetId, tuple[TargetId, ...]]:
    found: dict[TargetId, list[TargetId]] = defaultdict(list)
    for target in targets.values():
        for parent in target.depends_on:
            if target.id in checks:
                found[parent].append(target.id)
    return {t: tuple(sorted(found[t], key=lambda child: _is_slow(targets[child]))) for t in targets}


def _descendants(ancestors: Mapping[TargetId, tuple[TargetId, ...]]) -> dict[TargetId, frozenset[TargetId]]:
    found: dict[TargetId, set[TargetId]] = {target_id: set() for target_id in ancestors}
    for target_id, above in ancestors.items():
        for parent in above:
            found[parent].add(target_id)
    return {target_id: frozenset(below) for target_id, below in found.items()}


def _sisters(
    targets: Mapping[TargetId, Target], children: Mapping[TargetId, tuple[TargetId, ...]]
) -> dict[TargetId, tuple[TargetId, ...]]:
    found: dict[TargetId, tuple[TargetId, ...]] = {}
    for parent, group in children.items():
        if targets[parent].role in (Role.CORE, Role.UPLINK):
            quick = _of_roles(targets, group, LINK_ROLES | {Role.ANCHOR})
            found |= dict.fromkeys(_of_roles(targets, group, {Role.SERVICE}), quick)
        is_hub = targets[parent].role is Role.HUB
        families = [group] if is_hub else [_of_roles(targets, group, r) for r in (LINK_ROLES, {Role.DEVICE})]
        for family in families:
            for place, child in enumerate(family):
                found[child] = tuple(sorted(family[place + 1 :] + family[:place], key=lambda t: _is_slow(targets[t])))
    return found


def _of_roles(
    targets: Mapping[TargetId, Target], group: Iterable[TargetId], roles: Collection[Role]
) -> tuple[TargetId, ...]:
    return tuple(child for child in group if targets[child].role in roles)


def _is_slow(target: Target) -> bool:
    return target.role not in _QUICK


def _links(targets: Iterable[Target], checks: Mapping[TargetId, object]) -> dict[UnitId, tuple[TargetId, ...]]:
    found: dict[UnitId, list[TargetId]] = defaultdict(list)
    for target in targets:
        if target.role in LINK_ROLES and target.id in checks:
            found[target.unit_id].append(target.id)
    return {unit_id: tuple(links) for unit_id, links in found.items()}


def primary_of(target: Target) -> TargetId:
    """Return the service a target is a way into: itself, or the one it is a second way of."""
    return TargetId(target.labels.get("way_of") or target.id)


def _other_paths(targets: Iterable[Target], checks: Mapping[TargetId, object]) -> dict[TargetId, TargetId]:
    pairs: dict[tuple[str, str], list[TargetId]] = defaultdict(list)
    for target in targets:
        if target.id not in checks:
            continue
        if target.role in LINK_ROLES | {Role.UPLINK}:
            pairs[target.unit_id, "uplinks" if target.role is Role.UPLINK else "links"].append(target.id)
        elif target.role is Role.SERVICE:
            pairs[primary_of(target), "ways"].append(target.id)
    found: dict[TargetId, TargetId] = {}
    for pair in pairs.values():
        if len(pair) == 2:
            found |= {pair[0]: pair[1], pair[1]: pair[0]}
    return found
