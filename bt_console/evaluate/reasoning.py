"""The steps of a diagnosis, as data: what was missed, who was asked, who answered, what follows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bt_console.evaluate.health import bad_run, valid_samples
from bt_console.evaluate.standing import Court
from bt_console.evaluate.topology import WITNESSES
from bt_console.model.health import HealthState, Sample, Verdict
from bt_console.model.incident import Cause, Step
from bt_console.model.inventory import Check, TargetId
from bt_console.words import message

_SISTERS_NAMED = WITNESSES


def steps_of(
    court: Court, cause: Cause, members: tuple[TargetId, ...], explained_count: int, now: datetime
) -> tuple[Step, ...]:
    """Return the reasoning in the order in which it was learnt, the conclusion last."""
    seen = [step for member in members for step in _missed(court, member, now)]
    asked = [step for member in members[:1] for step in _asked(court, member, members)]
    in_time = sorted((*seen, *asked), key=lambda step: step.at)
    last = Step(at=now, message=message("step.concluded", kind=cause.kind, count=explained_count))
    return (*in_time, last)


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
            missed = message("step.missed", name=name, k=len(misses), probe=key_of(check), detail=text)
            found.append(Step(at=first.started_at, message=missed, observation_seq=first.seq))
        elif health.state is HealthState.DEGRADED:
            found.append(_breached(name, key_of(check), valid_samples(health.samples)))
    return found


def _breached(name: str, probe: str, valid: list[Sample]) -> Step:
    bad = [sample for sample in valid if sample.breached] or valid
    text = message("step.breached", name=name, k=len(bad), n=len(valid), probe=probe)
    return Step(at=bad[0].started_at, message=text, observation_seq=bad[-1].seq)


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
