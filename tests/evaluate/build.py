"""Small makers for tests of one module: a check, its readings in a row, a court over the simulated district."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bt_console.evaluate.belief import Belief, believe
from bt_console.evaluate.health import advance
from bt_console.evaluate.standing import Court
from bt_console.evaluate.topology import Topology, build
from bt_console.model.health import CheckHealth
from bt_console.model.incident import Cause, CauseKind, Impact, Incident, Severity
from bt_console.model.inventory import Check, CheckId, Inventory, Side, TargetId, Threshold, UnitId
from bt_console.model.observation import Observation
from probes.api import FailureKind, Outcome, Reading
from tests.evaluate.district import district
from tests.evaluate.simulation import instant

LOSSY = Threshold(measure="loss_ratio", side=Side.ABOVE, limit=0.1, k=3, n=5)
DELAYED = Threshold(measure="rtt_median_s", side=Side.ABOVE, limit=0.2)
_READINGS = {
    "ok": Reading(outcome=Outcome.OK, measures={"rtt_median_s": 0.01, "loss_ratio": 0.0}, facts={"via": ("a", "b")}),
    "slow": Reading(outcome=Outcome.OK, measures={"rtt_median_s": 0.5, "loss_ratio": 0.0}),
    "lossy": Reading(outcome=Outcome.OK, measures={"rtt_median_s": 0.01, "loss_ratio": 0.4}),
    "timeout": Reading(outcome=Outcome.TIMEOUT),
    "refused": Reading(outcome=Outcome.FAIL, failure=FailureKind.REFUSED, detail="connection refused"),
    "tls": Reading(outcome=Outcome.FAIL, failure=FailureKind.TLS, measures={"certificate_days_left": -2.0}),
    "error": Reading(outcome=Outcome.ERROR, failure=FailureKind.PERMISSION, detail="no raw socket"),
}


def check_of(**changes: object) -> Check:
    """Return a ping check of one target."""
    fields: dict[str, object] = {
        "id": CheckId("x:icmp_echo"),
        "target_id": TargetId("x"),
        "probe": "icmp_echo",
        "address": "192.0.2.1",
        "params": None,
        "interval_s": 5.0,
        "timeout_s": 0.8,
    }
    return Check(**{**fields, **changes})  # type: ignore[arg-type]


def read(check: Check, word: str, at_s: float, seq: int = 1) -> Observation:
    """Return one observation by its word: ok slow lossy timeout refused tls error."""
    return Observation(
        seq=seq,
        check_id=check.id,
        vantage_id="hub",
        due_at=instant(at_s),
        started_at=instant(at_s),
        duration_s=0.0,
        reading=_READINGS[word],
    )


def after(check: Check, words: str, step_s: float = 5.0, start_s: float = 0.0) -> CheckHealth:
    """Return the memory of a check after readings in a row, such as "ok ok timeout"."""
    health = CheckHealth(check_id=check.id)
    for place, word in enumerate(words.split()):
        health = advance(health, check, read(check, word, start_s + place * step_s, place + 1))
    return health


def court_of(
    histories: Mapping[str, str], incidents: Sequence[Incident] = (), units: int = 4, otherwise: str = "ok ok ok ok"
) -> Court:
    """Return a court where targets have read what a history says, one word every five seconds."""
    inventory = district(units)
    topology = build(inventory)
    return Court(topology, _beliefs(inventory, topology, histories, otherwise), tuple(incidents))


def _beliefs(
    inventory: Inventory, topology: Topology, histories: Mapping[str, str], otherwise: str
) -> dict[TargetId, Belief]:
    return {
        target.id: believe(
            target,
            tuple((c, after(c, histories.get(target.id, otherwise))) for c in topology.checks.get(target.id, ())),
        )
        for target in inventory.targets.values()
    }


def incident_of(
    kind: CauseKind, target: str, at_s: float = 0.0, resolved_s: float | None = None, behind: Sequence[str] = ()
) -> Incident:
    """Return an incident, open unless it was resolved."""
    unit = target.partition("/")[0]
    return Incident(
        id=1,
        cause=Cause(kind=kind, target_id=TargetId(target), unit_id=UnitId(unit), message=f"cause.{kind}"),
        impact=Impact(targets=tuple(TargetId(t) for t in (target, *behind))),
        severity=Severity.CRITICAL,
        opened_at=instant(at_s),
        resolved_at=None if resolved_s is None else instant(resolved_s),
    )


def later(at: datetime, seconds: float) -> datetime:
    """Return an instant so many seconds after another."""
    return at + timedelta(seconds=seconds)
