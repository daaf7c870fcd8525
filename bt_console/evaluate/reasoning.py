"""The steps of a diagnosis, as data: what was missed, who was asked, who answered, what follows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bt_console.evaluate.belief import Belief, Memory
from bt_console.evaluate.culprits import LINE_KINDS, QUALITY_KINDS
from bt_console.evaluate.degraded import change_near, shown_value, typical
from bt_console.evaluate.health import bad_run, breaches, errors_in_a_row, is_beyond, valid_samples
from bt_console.evaluate.routes import shown
from bt_console.evaluate.standing import Court
from bt_console.evaluate.strain import load_ratio
from bt_console.evaluate.topology import WITNESSES
from bt_console.model.health import CheckHealth, HealthState, Sample, Verdict
from bt_console.model.incident import Cause, CauseKind, Step
from bt_console.model.inventory import Check, TargetId, Threshold
from bt_console.words import message

_SISTERS_NAMED = WITNESSES


_SAID = {
    "loss_ratio": "measure.loss",
    "rtt_median_s": "measure.delay",
    "total_s": "measure.answer",
    "query_s": "measure.answer",
    "certificate_days_left": "measure.days",
    "clock_offset_s": "measure.clock",
}


def steps_of(
    court: Court, cause: Cause, members: tuple[TargetId, ...], explained_count: int, now: datetime
) -> tuple[Step, ...]:
    """Return the reasoning in the order in which it was learnt, the conclusion last."""
    if cause.kind is CauseKind.CANNOT_MEASURE:
        found = _unmeasured(court)
    else:
        found = [step for member in members for step in _missed(court, member, now)]
        found += [step for member in members[:1] for step in _asked(court, member, members)]
    if cause.kind is CauseKind.CLOCK_SKEW:
        found += [s for m in members for memory in court.beliefs[m].loads for s in _breached(_named(court, m), memory)]
    if cause.kind in QUALITY_KINDS:
        found += [step for member in members for step in _looked_at(court, member, cause.kind)]
    names = ", ".join(court.topology.targets[member].name for member in members or (court.topology.hub_id,))
    text = message("step.concluded", kind=cause.kind, names=names, count=explained_count)
    return (*sorted(found, key=lambda step: step.at), Step(at=now, message=text))


def key_of(check: Check) -> str:
    """Return a check's name within its target: its probe, and what sets it apart from others of the same probe."""
    return check.id.removeprefix(f"{check.target_id}:")


def _missed(court: Court, member: TargetId, now: datetime) -> list[Step]:
    if court.standing(member).is_inferred:
        return [_mute(court, member, now)]
    belief = court.beliefs[member]
    name = court.topology.targets[member].name
    found: list[Step] = []
    for check, health in belief.memories:
        misses = bad_run(valid_samples(health.samples))
        if misses and health.state is HealthState.DOWN:
            first, newest = misses[0], misses[-1]
            text = newest.detail or newest.failure
            asked = max(check.down_n, len(misses))
            missed = message("step.missed", name=name, k=len(misses), n=asked, probe=key_of(check), detail=text)
            found.append(Step(at=first.started_at, message=missed, observation_seq=first.seq))
        elif health.state is HealthState.DEGRADED:
            found += _breached(name, (check, health))
    return found


def _breached(name: str, memory: Memory) -> list[Step]:
    check, health = memory
    valid = valid_samples(health.samples)
    return [
        _exceeded(name, threshold, memory) for threshold in check.thresholds if is_beyond(threshold, valid, was=True)
    ]


def _exceeded(name: str, threshold: Threshold, memory: Memory) -> Step:
    _, health = memory
    answers = [sample for sample in valid_samples(health.samples) if sample.verdict is not Verdict.BAD]
    bad = breaches(threshold, answers)
    text = message(
        "step.breached",
        name=name,
        what=message(_SAID.get(threshold.measure, "measure.other"), measure=threshold.measure),
        value=shown_value(threshold.measure, typical(threshold, memory)),
        limit=shown_value(threshold.measure, threshold.limit),
        k=len(bad),
        n=len(answers[-threshold.n :]),
    )
    return Step(at=bad[0].started_at, message=text, observation_seq=bad[-1].seq)


def _named(court: Court, member: TargetId) -> str:
    return court.topology.targets[member].name


def _looked_at(court: Court, member: TargetId, kind: CauseKind) -> list[Step]:
    """Tell what was asked about something that answers badly: what lies before and beside it, its use, its route."""
    belief, topology = court.beliefs[member], court.topology
    since = belief.harmed_since or _breached_since(belief)
    groups = [
        ("step.way_clean", topology.ancestors[member]),
        ("step.sisters_clean", topology.sisters.get(member, ())[:_SISTERS_NAMED]),
    ]
    found = [step for code, asked in groups for step in _clean(court, code, asked, since)] if since else []
    if kind in LINE_KINDS:
        found += [_use(topology.targets[member].name, belief, health) for _, health in belief.loads if health.samples]
    change = change_near(court, belief, since) if since and kind is CauseKind.ROUTE_CHANGED else None
    if change is not None:
        fields = {"hop": change.hop, "before": shown(change.before), "after": shown(change.after)}
        text = message("step.rerouted", name=topology.targets[member].name, **fields)
        found.append(Step(at=change.since, message=text))
    return found


def _breached_since(belief: Belief) -> datetime | None:
    limits = ((threshold, health) for check, health in belief.memories for threshold in check.thresholds)
    found = (breaches(threshold, valid_samples(health.samples)) for threshold, health in limits)
    return min((bad[0].started_at for bad in found if bad), default=None)


def _clean(court: Court, code: str, asked: Iterable[TargetId], since: datetime) -> list[Step]:
    """One step for those that were asked since and show neither loss nor delay."""
    heard = [(t, s) for t in asked if (s := _first_since(court, t, since)) is not None]
    fine = [(t, s) for t, s in heard if s.verdict is Verdict.GOOD and court.beliefs[t].harmed_since is None]
    return [_group_step(court, code, fine)] if fine else []


def _use(name: str, belief: Belief, health: CheckHealth) -> Step:
    newest = health.samples[-1]
    full = [sample for sample in health.samples if sample.breached]
    value = shown_value("load_ratio", load_ratio(belief))
    text = message("step.use", name=name, value=value, k=len(full), n=len(health.samples))
    return Step(at=newest.started_at, message=text, observation_seq=newest.seq)


def _unmeasured(court: Court) -> list[Step]:
    """Name the first of those that our own side cannot measure."""
    blind = [(belief, health) for belief in court.beliefs.values() for health in belief.unmeasured]
    return [_failed(court, belief, health) for belief, health in blind[:_SISTERS_NAMED]]


def _failed(court: Court, belief: Belief, health: CheckHealth) -> Step:
    newest, count = health.samples[-1], errors_in_a_row(health.samples)
    text = message(
        "step.unmeasured",
        name=court.topology.targets[belief.target_id].name,
        probe=health.check_id.removeprefix(f"{belief.target_id}:"),
        k=count,
        detail=newest.detail or newest.failure,
    )
    return Step(at=health.samples[-count].started_at, message=text, observation_seq=newest.seq)


def _mute(court: Court, member: TargetId, now: datetime) -> Step:
    children = [court.beliefs[child] for child in court.topology.children[member]]
    silent = sum(belief.state is HealthState.DOWN for belief in children)
    name = court.topology.targets[member].name
    begun_at = court.silent_since(member) or now
    return Step(at=begun_at, message=message("step.mute", name=name, k=silent, n=len(children)))


def _asked(court: Court, member: TargetId, members: tuple[TargetId, ...]) -> list[Step]:
    since = court.beliefs[member].failing_since
    if since is None:
        return []
    topology = court.topology
    groups = [
        ("step.on_the_way", topology.ancestors[member]),
        ("step.sisters", topology.sisters.get(member, ())[:_SISTERS_NAMED]),
        ("step.other_path", _others(topology.other_path.get(member), members)),
        ("step.beyond", topology.children[member][:_SISTERS_NAMED]),
    ]
    return [step for code, asked in groups for step in _answers(court, code, asked, since)]


def _others(other: TargetId | None, members: tuple[TargetId, ...]) -> tuple[TargetId, ...]:
    return (other,) if other is not None and other not in members else ()


def _answers(court: Court, code: str, asked: Iterable[TargetId], since: datetime) -> list[Step]:
    """One step for those of a group that answered, one for those that did not."""
    heard = [(t, s) for t in asked if (s := _first_since(court, t, since)) is not None]
    answered = [(t, s) for t, s in heard if s.verdict is not Verdict.BAD]
    missed = [(t, s) for t, s in heard if s.verdict is Verdict.BAD]
    both = (("yes", answered), ("no", missed))
    return [_group_step(court, f"{code}_{outcome}", found) for outcome, found in both if found]


def _group_step(court: Court, code: str, found: list[tuple[TargetId, Sample]]) -> Step:
    names = ", ".join(court.topology.targets[target_id].name for target_id, _ in found)
    newest = max((sample for _, sample in found), key=lambda sample: sample.started_at)
    return Step(at=newest.started_at, message=message(code, names=names), observation_seq=newest.seq)


def _first_since(court: Court, target_id: TargetId, since: datetime) -> Sample | None:
    samples = (s for _, health in court.beliefs[target_id].memories for s in valid_samples(health.samples))
    return min((s for s in samples if s.started_at >= since), key=lambda s: s.started_at, default=None)
