"""Values of the model as the numbers and compact JSON the tables hold, and back; exact both ways."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

from bt_console.model.health import Sample, Verdict
from bt_console.model.incident import Impact, Step
from bt_console.model.inventory import Check, CheckId, Inventory, Role, Target, TargetId, Unit, UnitId, UnitKind
from probes.api import Fact

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_VERDICTS = {verdict.value: verdict for verdict in Verdict}
_SAMPLE_TAIL: tuple[Any, ...] = (None, None, "", (), "")
"""Defaults of rtt_s, loss_ratio, failure, breached and detail."""

dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
parse = json.JSONDecoder().decode


def micros(at: datetime) -> int:
    """Return an aware instant as microseconds since the epoch."""
    return (at - EPOCH) // _MICROSECOND


def instant(at_us: int) -> datetime:
    """Return microseconds since the epoch as a UTC instant."""
    return EPOCH + timedelta(0, 0, at_us)


def maybe_micros(at: datetime | None) -> int | None:
    """Return micros() of an instant that may be missing."""
    return None if at is None else micros(at)


def maybe_instant(at_us: int | None) -> datetime | None:
    """Return instant() of a number that may be missing."""
    return None if at_us is None else instant(at_us)


def dump_samples(samples: Iterable[Sample]) -> str:
    """Return samples as JSON rows, most of them three or five numbers long."""
    return dump([_sample_row(sample) for sample in samples])


def _sample_row(sample: Sample) -> list[Any]:
    head = [sample.seq, micros(sample.started_at), sample.verdict]
    tail = (sample.rtt_s, sample.loss_ratio, sample.failure, sample.breached, sample.detail)
    kept = len(tail)
    while kept and tail[kept - 1] == _SAMPLE_TAIL[kept - 1]:
        kept -= 1
    return head + list(tail[:kept])


def parse_samples(text: str) -> tuple[Sample, ...]:
    """Return what dump_samples() was given."""
    return tuple([_sample(*row) for row in parse(text)])


# A console's first look builds thousands of samples. The __init__ of a frozen class costs twice as much as filling
# the slots of a new one; a field added to Sample makes this line fail at once.
_SEQ, _AT, _VERDICT, _RTT, _LOSS, _FAILURE, _BREACHED, _DETAIL = (
    Sample.__dict__[field.name].__set__ for field in fields(Sample)
)


def _sample(  # noqa: PLR0913 - the columns of a row
    seq: int,
    started_at_us: int,
    verdict: str,
    rtt_s: float | None = None,
    loss_ratio: float | None = None,
    failure: str = "",
    breached: Iterable[str] = (),
    detail: str = "",
) -> Sample:
    sample = Sample.__new__(Sample)
    _SEQ(sample, seq)
    _AT(sample, EPOCH + timedelta(0, 0, started_at_us))
    _VERDICT(sample, _VERDICTS[verdict])
    _RTT(sample, rtt_s)
    _LOSS(sample, loss_ratio)
    _FAILURE(sample, failure)
    _BREACHED(sample, tuple(breached))
    _DETAIL(sample, detail)
    return sample


def parse_pairs(text: str) -> tuple[tuple[str, Any], ...]:
    """Return name and value pairs."""
    return tuple([(name, value) for name, value in parse(text)])


def parse_facts(text: str) -> dict[str, Fact]:
    """Return facts with their sequences as tuples, as probes give them."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in parse(text).items()}


def dump_mapping(values: Mapping[str, object]) -> str:
    """Return a mapping as compact JSON."""
    return dump(dict(values))


def dump_impact(impact: Impact) -> str:
    """Return an impact as four lists."""
    return dump([impact.targets, impact.units, impact.services, impact.unseen_units])


def parse_impact(text: str) -> Impact:
    """Return what dump_impact() was given."""
    targets, units, services, unseen_units = (tuple(ids) for ids in parse(text))
    return Impact(targets=targets, units=units, services=services, unseen_units=unseen_units)


def dump_steps(steps: Iterable[Step]) -> str:
    """Return the reasoning as rows."""
    return dump([[micros(step.at), step.message, step.observation_seq] for step in steps])


def parse_steps(text: str) -> tuple[Step, ...]:
    """Return what dump_steps() was given."""
    return tuple(Step(at=instant(at), message=message, observation_seq=seq) for at, message, seq in parse(text))


def dump_inventory(inventory: Inventory) -> str:
    """Return what readers need of an inventory; a check's params and address stay out, for they may hold secrets."""
    return dump(
        {
            "district": inventory.district,
            "timezone": inventory.timezone,
            "language": inventory.language,
            "units": [_unit_row(unit) for unit in inventory.units.values()],
            "targets": [_target_row(target) for target in inventory.targets.values()],
            "checks": [
                [check.id, check.target_id, check.probe, check.interval_s, check.timeout_s, check.vantage_id]
                for check in inventory.checks.values()
            ],
        }
    )


def _unit_row(unit: Unit) -> list[Any]:
    return [unit.id, unit.name, unit.kind, unit.parent, unit.officials_count, dict(unit.labels)]


def _target_row(target: Target) -> list[Any]:
    labels = dict(target.labels)
    return [target.id, target.unit_id, target.role, target.name, target.address, target.depends_on, labels]


def parse_inventory(text: str) -> Inventory:
    """Return a stored inventory; its checks have no params and no address."""
    document = parse(text)
    return Inventory(
        district=document["district"],
        timezone=document["timezone"],
        language=document["language"],
        units={UnitId(row[0]): _unit(row) for row in document["units"]},
        targets={TargetId(row[0]): _target(row) for row in document["targets"]},
        checks={CheckId(row[0]): _check(row) for row in document["checks"]},
    )


def _unit(row: list[Any]) -> Unit:
    unit_id, name, kind, parent, officials_count, labels = row
    return Unit(
        id=unit_id, name=name, kind=UnitKind(kind), parent=parent, officials_count=officials_count, labels=labels
    )


def _target(row: list[Any]) -> Target:
    target_id, unit_id, role, name, address, depends_on, labels = row
    return Target(
        id=target_id,
        unit_id=unit_id,
        role=Role(role),
        name=name,
        address=address,
        depends_on=tuple(depends_on),
        labels=labels,
    )


def _check(row: list[Any]) -> Check:
    check_id, target_id, probe, interval_s, timeout_s, vantage_id = row
    return Check(
        id=check_id,
        target_id=target_id,
        probe=probe,
        address="",
        params=None,
        interval_s=interval_s,
        timeout_s=timeout_s,
        vantage_id=vantage_id,
    )
