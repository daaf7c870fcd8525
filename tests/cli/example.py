"""A real store of the example district: all up but one commune's TSLCD line, with one incident that names it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bt_console.config.load import Settings
from bt_console.model.change import Change
from bt_console.model.device import Device, DeviceState
from bt_console.model.health import CheckHealth, HealthState, Sample, TargetHealth, Verdict
from bt_console.model.incident import Cause, CauseKind, Impact, Incident, Severity, Step
from bt_console.model.inventory import Check, CheckId, Inventory, TargetId, UnitId
from bt_console.model.observation import Observation
from bt_console.model.route import Route
from bt_console.model.snapshot import EngineState, EngineStatus, Event
from bt_console.store.writer import Writer
from bt_console.words import message
from probes.api import FailureKind, Outcome, Reading

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "config.example.yaml"
NOW = datetime(2026, 11, 24, 13, 44, 3, tzinfo=UTC)
OPENED = NOW - timedelta(seconds=53)
SINCE = NOW - timedelta(hours=3)
BROKEN = TargetId("cao-son/tslcd")
HIDDEN = frozenset({TargetId("cao-son/lan"), TargetId("cao-son/device/may-in")})
RTT_S = 0.0123
TRACE = CheckId(f"{BROKEN}:path_trace")

Run = Callable[..., tuple[int, str, str]]


@dataclass(frozen=True, slots=True)
class Filled:
    """A store with its writer still open, as a running monitor has it."""

    path: Path
    writer: Writer
    settings: Settings


def district(settings: Settings) -> Change:
    inventory = traced(settings.inventory)
    checks = list(inventory.checks.values())
    return Change(
        inventory=inventory,
        observations=tuple(_observation(seq, check) for seq, check in enumerate(checks, start=1)),
        healths=tuple(_health(seq, check) for seq, check in enumerate(checks, start=1)),
        targets=tuple(_target(target) for target in inventory.targets),
        incidents=(incident(),),
        events=tuple(_events()),
        devices=tuple(_devices()),
        routes=(route("1f"), route("2e", hops=("10.255.0.1", "", "10.255.2.2"), accepted_at=None)),
        engine=EngineStatus(
            state=EngineState.RUNNING,
            started_at=SINCE,
            last_tick_at=NOW,
            lag_s=0.012,
            checks_per_s=17.9,
            detect_p50_s=3.2,
            detect_p95_s=5.9,
            icmp_mode="raw",
        ),
    )


def traced(inventory: Inventory) -> Inventory:
    """Return an inventory with a trace to the broken line."""
    like = next(check for check in inventory.checks.values() if check.target_id == BROKEN)
    return replace(inventory, checks={**inventory.checks, TRACE: replace(like, id=TRACE, probe="path_trace")})


def _is_answered(target_id: str) -> bool:
    return target_id != BROKEN and target_id not in HIDDEN


def _measures(check: Check) -> dict[str, float]:
    if check.probe == "icmp_echo":
        return {"rtt_median_s": RTT_S, "loss_ratio": 0.0}
    if check.probe == "http_get":
        return {"dns_s": 0.001, "connect_s": 0.002, "tls_s": 0.004, "first_byte_s": 0.008, "total_s": 0.016}
    return {"certificate_days_left": 61.5} if check.probe == "tls_handshake" else {}


def _reading(check: Check) -> Reading:
    if _is_answered(check.target_id):
        return Reading(outcome=Outcome.OK, measures=_measures(check), facts={"mode": "raw"})
    failure = FailureKind.UNREACHABLE
    return Reading(outcome=Outcome.FAIL, failure=failure, measures={"loss_ratio": 1.0}, detail="no route to host")


def _observation(seq: int, check: Check) -> Observation:
    at = NOW - timedelta(seconds=30)
    return Observation(
        seq=seq,
        check_id=check.id,
        vantage_id="hub",
        due_at=at,
        started_at=at,
        duration_s=0.0625,
        reading=_reading(check),
    )


def _health(seq: int, check: Check) -> CheckHealth:
    is_good = _is_answered(check.target_id)
    measures = _measures(check)
    rtt_s = measures.get("rtt_median_s", measures.get("total_s")) if is_good else None
    sample = Sample(
        seq=seq,
        started_at=NOW - timedelta(seconds=2),
        verdict=Verdict.GOOD if is_good else Verdict.BAD,
        rtt_s=rtt_s,
        loss_ratio=0.0 if is_good else 1.0,
        failure="" if is_good else "unreachable",
    )
    return CheckHealth(
        check_id=check.id,
        state=HealthState.UP if is_good else HealthState.DOWN,
        since=SINCE if is_good else OPENED,
        samples=(sample,),
        last_good_at=sample.started_at if is_good else SINCE,
        measures=tuple(measures.items()) if is_good else (("loss_ratio", 1.0),),
        facts=(("mode", "raw"),),
    )


def _target(target_id: TargetId) -> TargetHealth:
    if target_id == BROKEN:
        reason = message("cause.tslcd_down", unit="Xã Cao Sơn")
        return TargetHealth(target_id=target_id, state=HealthState.DOWN, since=OPENED, reason=reason, explained_by=1)
    if target_id in HIDDEN:
        return TargetHealth(target_id=target_id, state=HealthState.UNREACHABLE, since=OPENED, explained_by=1)
    return TargetHealth(target_id=target_id, state=HealthState.UP, since=SINCE)


def incident(**changes: Any) -> Incident:
    """Return the one incident of the store, changed where told."""
    explained = message("cause.tslcd_down", unit="Xã Cao Sơn")
    whole: dict[str, Any] = {
        "id": 1,
        "cause": Cause(
            kind=CauseKind.TSLCD_DOWN,
            target_id=BROKEN,
            unit_id=UnitId("cao-son"),
            message=explained,
            steps=(Step(at=OPENED, message=explained, observation_seq=7),),
        ),
        "impact": Impact(
            targets=(BROKEN, TargetId("cao-son/lan")),
            units=(UnitId("cao-son"),),
            services=(TargetId("qlvb"),),
            unseen_units=(UnitId("tu-tri"),),
        ),
        "severity": Severity.CRITICAL,
        "opened_at": OPENED,
        "last_good_at": OPENED - timedelta(seconds=4),
    }
    return Incident(**(whole | changes))


def _devices() -> Iterator[Device]:
    """Yield one device in each state, and one approved that nobody saw yet."""
    here = UnitId("cao-son")
    known = Device(
        mac="b4:22:00:00:00:01",
        unit_id=here,
        state=DeviceState.APPROVED,
        name="Máy in",
        address="10.21.2.12",
        port="switch-1 ge-0/3",
        vendor="Canon",
        approved_unit_id=here,
        first_seen_at=SINCE,
        last_seen_at=NOW - timedelta(seconds=40),
    )
    yield known
    yield replace(known, mac="b4:22:00:00:00:02", state=DeviceState.MISSING, missed_since=SINCE)
    yield replace(known, mac="b4:22:00:00:00:03", state=DeviceState.MOVED, approved_unit_id=UnitId("ha-vi"))
    stranger = replace(known, state=DeviceState.NEW, name="", approved_unit_id=None)
    yield replace(stranger, mac="b4:22:00:00:00:04", vendor="=cmd|' /C calc'!A0")
    yield replace(stranger, mac="52:54:00:00:00:05", vendor="", unit_id=UnitId("ha-vi"))
    yield Device(
        mac="b4:22:00:00:00:06",
        unit_id=UnitId("hub"),
        state=DeviceState.APPROVED,
        name="Máy chủ",
        approved_unit_id=UnitId("hub"),
    )


def route(name: str, **changes: Any) -> Route:
    """Return a route of the check that traces."""
    whole: dict[str, Any] = {
        "check_id": TRACE,
        "route_hash": name,
        "hops": ("10.255.0.1", "10.255.255.1", "10.255.2.2"),
        "first_seen_at": SINCE,
        "last_seen_at": NOW - timedelta(seconds=30),
        "seen_count": 36,
        "accepted_at": SINCE,
        "alternated_at": OPENED,
    }
    return Route(**(whole | changes))


def _events() -> Iterator[Event]:
    explained = message("cause.tslcd_down", unit="Xã Cao Sơn")
    for seq, kind, subject in ((1, "transition", BROKEN), (2, "incident_opened", "#1")):
        yield Event(
            seq=seq,
            at=OPENED,
            kind=kind,
            subject=subject,
            unit_id=UnitId("cao-son"),
            message=explained,
            incident_id=1 if kind == "incident_opened" else None,
        )
