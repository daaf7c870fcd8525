"""Whom to measure at once, out of turn, so that a suspicion is settled in a second instead of an interval."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from bt_console.evaluate.belief import Belief
from bt_console.evaluate.standing import Court
from bt_console.evaluate.topology import WITNESSES
from bt_console.model.health import HealthState
from bt_console.model.inventory import CheckId, Role, TargetId

RETRY_UNMEASURED = timedelta(seconds=10)
"""A check that our side could not measure is tried again so soon, however rarely it is due."""


def wanted_checks(court: Court, now: datetime) -> frozenset[CheckId]:
    """Return the checks whose fresh reading would settle something now."""
    wanted: set[CheckId] = set()
    for target_id, belief in court.beliefs.items():
        wanted.update(belief.unsettled, _due_again(belief, now))
        if belief.unsettled and belief.state is not HealthState.DOWN:
            wanted |= _checks_of(court, _witnesses(court, target_id, belief))
    for standing in court.not_clear().values():
        wanted |= _checks_of(court, standing.asks)
    return frozenset(wanted)


def _due_again(belief: Belief, now: datetime) -> list[CheckId]:
    return [h.check_id for h in belief.unmeasured if now - h.samples[-1].started_at >= RETRY_UNMEASURED]


def _witnesses(court: Court, target_id: TargetId, belief: Belief) -> list[TargetId]:
    """Return those whose answer will be needed if a first bad reading turns out to be a fault, not yet heard since."""
    topology = court.topology
    since = belief.failing_since
    asked = list(topology.ancestors[target_id])
    if since is None:
        since = _breached_at(belief)
    else:
        other = topology.other_path.get(target_id)
        asked += topology.children[target_id][:WITNESSES]
        asked += topology.sisters.get(target_id, ())[:WITNESSES]
        asked += [other] if other else []
    return [t for t in asked if since is not None and not court.beliefs[t].has_been_measured_since(since)]


def _breached_at(belief: Belief) -> datetime | None:
    """Return when a target that answers was last asked by a check whose reading was beyond a threshold."""
    newest = (h.samples[-1] for check, h in belief.memories if check.id in belief.unsettled)
    return max((sample.started_at for sample in newest if sample.breached), default=None)


def _checks_of(court: Court, targets: Iterable[TargetId]) -> set[CheckId]:
    return {check_id for target_id in targets for check_id in _question(court.beliefs[target_id])}


def _question(belief: Belief) -> list[CheckId]:
    """Return the checks that ask a target whether it is alive: its deciding one, or all names of a name server."""
    if belief.role is Role.DNS:
        return [check.id for check, _ in belief.memories]
    return [belief.deciding[0].id] if belief.deciding else []
