"""The state of a unit from the states of its LAN and its two paths; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bt_console.model.health import HealthState
from bt_console.model.incident import CauseKind
from bt_console.model.snapshot import TargetView

Rolled = tuple[HealthState, datetime | None]
"""A unit's state, and since when: the newest change among the targets that decide it."""


def unit_state(lan: TargetView | None, paths: Sequence[TargetView], causes: Mapping[int, CauseKind]) -> Rolled:
    """Return the state of a unit; `causes` has the kind of each open incident by its id.

    With no path of its own (a department) its LAN alone decides. Otherwise, the first that holds: every path DOWN is
    DOWN; a path or the LAN DOWN, or a path lost behind the TSLCD core, is DEGRADED; something unknown is UNKNOWN;
    something DEGRADED is DEGRADED; a path hidden by the hub's own trouble is UNKNOWN; else UP.
    """
    if not paths:
        return (lan.state, lan.since) if lan else (HealthState.UNKNOWN, None)
    down = [path for path in paths if path.state is HealthState.DOWN]
    if len(down) == len(paths):
        return _rolled(HealthState.DOWN, down)
    parts = [*paths, lan] if lan and not _is_behind_own_path(lan, paths) else [*paths]
    lost = [part for part in parts if part.state is HealthState.DOWN or _is_behind_core(part, causes)]
    if lost:
        return _rolled(HealthState.DEGRADED, lost)
    return _unlost(parts, causes)


def _unlost(parts: Sequence[TargetView], causes: Mapping[int, CauseKind]) -> Rolled:
    hidden = [part for part in parts if part.state is HealthState.UNREACHABLE]
    excused = [part for part in hidden if _cause(part, causes) in _OWN_TROUBLE]
    unknown = [part for part in parts if part.state is HealthState.UNKNOWN or part.is_stale]
    unknown += [part for part in hidden if part not in excused]
    degraded = [part for part in parts if part.state is HealthState.DEGRADED]
    ranked = (
        (HealthState.UNKNOWN, unknown),
        (HealthState.DEGRADED, degraded),
        (HealthState.UNKNOWN, excused),
    )
    for state, deciding in ranked:
        if deciding:
            return _rolled(state, deciding)
    return _rolled(HealthState.UP, parts)


_OWN_TROUBLE = frozenset({CauseKind.OWN_UPLINK_DOWN, CauseKind.OWN_LAN_DOWN})


def _cause(part: TargetView, causes: Mapping[int, CauseKind]) -> CauseKind | None:
    return None if part.explained_by is None else causes.get(part.explained_by)


def _is_behind_core(part: TargetView, causes: Mapping[int, CauseKind]) -> bool:
    return part.state is HealthState.UNREACHABLE and _cause(part, causes) is CauseKind.TSLCD_CORE_DOWN


def _is_behind_own_path(lan: TargetView, paths: Sequence[TargetView]) -> bool:
    """Say whether the LAN is merely hidden by a path that is itself lost, and so is that path's fault only."""
    if lan.state is not HealthState.UNREACHABLE:
        return False
    parents = [path for path in paths if path.id in lan.depends_on]
    return any(path.state in (HealthState.DOWN, HealthState.UNREACHABLE) for path in parents)


def _rolled(state: HealthState, deciding: Sequence[TargetView]) -> Rolled:
    return state, max((part.since for part in deciding if part.since), default=None)
