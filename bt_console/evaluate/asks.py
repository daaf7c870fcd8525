"""Whom to measure at once, out of turn, so that a suspicion is settled in a second instead of an interval."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bt_console.evaluate.belief import Belief, Memory
from bt_console.evaluate.standing import Court
from bt_console.evaluate.topology import WITNESSES
from bt_console.model.health import HealthState, Verdict
from bt_console.model.inventory import CheckId, Role, TargetId

_PROMPT_K = 2
"""Thresholds decided by so few readings are worth asking about at once."""


def wanted_checks(court: Court) -> frozenset[CheckId]:
    """Return the checks whose fresh reading would settle something now."""
    wanted: set[CheckId] = set()
    for target_id, belief in court.beliefs.items():
        unsettled = [check.id for check, health in belief.memories if is_unsettled((check, health))]
        wanted.update(unsettled)
        if unsettled and belief.state is not HealthState.DOWN and belief.failing_since is not None:
            wanted |= _checks_of(court, _witnesses(court, target_id, belief.failing_since))
        wanted |= _checks_of(court, court.standing(target_id).asks)
    return frozenset(wanted)


def is_unsettled(memory: Memory) -> bool:
    """Return whether a check's newest reading contradicts its state."""
    check, health = memory
    if not health.samples:
        return False
    newest = health.samples[-1]
    if newest.verdict is Verdict.ERROR:
        return not health.is_stale
    if newest.verdict is Verdict.BAD:
        return health.state is not HealthState.DOWN
    if health.state is HealthState.DOWN:
        return True
    prompt = {t.measure for t in check.thresholds if t.k <= _PROMPT_K}
    return bool(prompt & set(newest.breached)) is not (health.state is HealthState.DEGRADED and bool(prompt))


def _witnesses(court: Court, target_id: TargetId, since: datetime) -> list[TargetId]:
    """Return those whose answer will be needed if a first miss turns out to be an outage, not yet heard since."""
    topology = court.topology
    other = topology.other_path.get(target_id)
    asked = [
        *topology.ancestors[target_id],
        *topology.children[target_id][:WITNESSES],
        *topology.sisters.get(target_id, ())[:WITNESSES],
        *([other] if other else []),
    ]
    return [t for t in asked if not court.beliefs[t].has_been_measured_since(since)]


def _checks_of(court: Court, targets: Iterable[TargetId]) -> set[CheckId]:
    return {check_id for target_id in targets for check_id in _question(court.beliefs[target_id])}


def _question(belief: Belief) -> list[CheckId]:
    """Return the checks that ask a target whether it is alive: its deciding one, or all names of a name server."""
    if belief.role is Role.DNS:
        return [check.id for check, _ in belief.memories]
    return [belief.deciding[0].id] if belief.deciding else []
