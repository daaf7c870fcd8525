"""Whom to measure at once, out of turn, so that a suspicion is settled in a second instead of an interval."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from bt_console.evaluate.belief import Belief, Memory
from bt_console.evaluate.culprits import culprits_of
from bt_console.evaluate.degraded import harm_began_at, is_full_line
from bt_console.evaluate.flapping import began_at
from bt_console.evaluate.health import bad_run, is_unsettled, valid_samples
from bt_console.evaluate.routes import SURE_N
from bt_console.evaluate.standing import Court
from bt_console.evaluate.strain import is_full_since
from bt_console.evaluate.topology import CLOCK_MEASURE, WITNESSES
from bt_console.model.health import HealthState
from bt_console.model.incident import CauseKind
from bt_console.model.inventory import Check, CheckId, Role, TargetId

LOOK_AGAIN = timedelta(seconds=5)
"""What is rarely due is looked at so often while something about it is open."""
WATCH = timedelta(seconds=60)
"""So long after its last miss or outage, what is rarely due is watched."""
RETRY_UNMEASURED = timedelta(seconds=10)
"""A check that our side could not measure is tried again so soon, however rarely it is due."""


def wanted_checks(court: Court, now: datetime) -> frozenset[CheckId]:
    """Return the checks whose fresh reading would settle something now."""
    wanted: set[CheckId] = set()
    for target_id, belief in court.beliefs.items():
        wanted.update(belief.unsettled, _due_again(belief, now), _offers(belief))
        wanted.update(_counters(court, belief, now), _traces(court, belief))
        if belief.unsettled and belief.state is not HealthState.DOWN:
            wanted |= _checks_of(court, _witnesses(court, target_id, belief))
    wanted |= {c.id for c, h in watched(court, now) if h.samples and now - h.samples[-1].started_at >= LOOK_AGAIN}
    for standing in court.not_clear().values():
        wanted |= _checks_of(court, standing.asks)
    return frozenset(wanted)


def watched(court: Court, now: datetime) -> list[Memory]:
    """Return the rare pings of what went or came back lately, or missed once: it may move again before they are due."""
    young = (i for i in court.incidents if now - (i.resolved_at or began_at(i)) <= WATCH)
    culprits = {target_id for incident in young for target_id in culprits_of(incident, court.topology)}
    found = [b for b in court.beliefs.values() if b.target_id in culprits or _missed_lately(b, now)]
    return [m for belief in found for m in belief.memories if m[0].probe == "icmp_echo" and _is_rare(m[0])]


def _is_rare(check: Check) -> bool:
    return timedelta(seconds=check.interval_s) > LOOK_AGAIN


def _missed_lately(belief: Belief, now: datetime) -> bool:
    if belief.role is not Role.DEVICE or belief.state is HealthState.DOWN:
        return False
    return belief.missed_at is not None and now - belief.missed_at <= WATCH


def _due_again(belief: Belief, now: datetime) -> list[CheckId]:
    return [h.check_id for h in belief.unmeasured if now - h.samples[-1].started_at >= RETRY_UNMEASURED]


_PROMPT_PROBES = frozenset({"http_get", "tcp_connect"})


def _offers(belief: Belief) -> list[CheckId]:
    """Return what a server that has just missed a ping offers: if that answers, it only ignores pings."""
    if belief.role is not Role.SERVICE:
        return []
    missed = [bad_run(valid_samples(h.samples)) for c, h in belief.memories if c.probe == "icmp_echo"]
    since = max((run[0].started_at for run in missed if run), default=None)
    others = [(c.id, h) for c, h in belief.memories if c.probe in _PROMPT_PROBES] if since else []
    return [check_id for check_id, h in others if since and h.samples and h.samples[-1].started_at < since]


def _counters(court: Court, belief: Belief, now: datetime) -> list[CheckId]:
    """Return what to read again of a line that may be full, or was and may be so no more; of a clock that seems off."""
    if not belief.loads:
        return []
    began_at = harm_began_at(court, belief)
    if began_at is not None and is_full_since(belief, began_at) is None:
        return [check.id for check, _ in belief.loads]
    clocks = [m for m in belief.loads if any(limit.measure == CLOCK_MEASURE for limit in m[0].thresholds)]
    if clocks:
        return [check.id for check, health in clocks if is_unsettled(check, health)]
    if not is_full_line(court, belief):
        return []
    return [check.id for check, h in belief.loads if h.samples and now - h.samples[-1].started_at >= LOOK_AGAIN]


def _traces(court: Court, belief: Belief) -> list[CheckId]:
    """Return what traces the way to a line whose loss or delay has just become an incident: it may be another way."""
    named = {CauseKind.LINK_DELAY, CauseKind.LINK_LOSS} & {k for k, t in court.charges if t == belief.target_id}
    began_at = harm_began_at(court, belief) if named and belief.traces else None
    if began_at is None:
        return []
    return [c.id for c, h in belief.traces if sum(s.started_at >= began_at for s in h.samples) < SURE_N]


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
