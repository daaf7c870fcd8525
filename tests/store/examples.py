"""A made-up district and the values that happen in it, for tests of store and facade."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from bt_console.model.change import Change
from bt_console.model.device import Device, DeviceState
from bt_console.model.health import CheckHealth, HealthState, Sample, TargetHealth, Verdict
from bt_console.model.incident import Cause, CauseKind, Impact, Incident, Severity, Step
from bt_console.model.inventory import Check, CheckId, Inventory, Role, Target, TargetId, Unit, UnitId, UnitKind
from bt_console.model.observation import Observation
from bt_console.model.route import Route
from bt_console.model.snapshot import EngineState, EngineStatus, Event
from probes.api import Fact, FailureKind, Outcome, Reading

START = datetime(2026, 11, 24, 8, 0, 0, 123456, tzinfo=UTC)
HUB = UnitId("hub")


def at(seconds: float) -> datetime:
    """Return an instant after the start."""
    return START + timedelta(seconds=seconds)


def target(target_id: str, role: Role, unit: str = "hub", parents: Iterable[str] = (), path: str = "") -> Target:
    """Return a target."""
    return Target(
        id=TargetId(target_id),
        unit_id=UnitId(unit),
        role=role,
        name=f"Tên {target_id}",
        address="10.21.1.1",
        depends_on=tuple(TargetId(parent) for parent in parents),
        labels={"path": path} if path else {},
    )


def commune_targets(unit: str) -> list[Target]:
    """Return a commune's two paths, its LAN and two devices."""
    devices = [target(f"{unit}/device/{name}", Role.DEVICE, unit, [f"{unit}/lan"]) for name in ("may-in", "may-chu")]
    return [
        target(f"{unit}/tslcd", Role.TSLCD, unit, ["tslcd-core"]),
        target(f"{unit}/internet", Role.INTERNET, unit, ["hub/uplink-internet"]),
        target(f"{unit}/lan", Role.LAN, unit, [f"{unit}/tslcd"]),
        *devices,
    ]


def hub_targets() -> list[Target]:
    """Return the district's own infrastructure and one service."""
    return [
        target("hub", Role.HUB),
        target("hub/uplink-internet", Role.UPLINK, parents=["hub"], path="internet"),
        target("hub/uplink-tslcd", Role.UPLINK, parents=["hub"], path="tslcd"),
        target("tslcd-core", Role.CORE, parents=["hub/uplink-tslcd"]),
        target("dns", Role.DNS, parents=["hub"]),
        target("qlvb", Role.SERVICE, parents=["tslcd-core", "dns"], path="tslcd"),
    ]


def check(of: Target, probe: str = "icmp_echo", params: object = None) -> Check:
    """Return a check of a target."""
    return Check(
        id=CheckId(f"{of.id}:{probe}"),
        target_id=of.id,
        probe=probe,
        address=of.address,
        params=params,
        interval_s=5.0,
        timeout_s=2.0,
    )


def district(communes: int = 2, departments: int = 1) -> Inventory:
    """Return an inventory: hub, communes of five targets, departments of one, one service with three checks."""
    units = [Unit(id=HUB, name="UBND huyện Bạch Thông", kind=UnitKind.HUB)]
    targets = hub_targets()
    for number in range(1, communes + 1):
        units.append(Unit(id=UnitId(f"xa-{number}"), name=f"Xã {number}", kind=UnitKind.COMMUNE, officials_count=20))
        targets += commune_targets(f"xa-{number}")
    for number in range(1, departments + 1):
        units.append(Unit(id=UnitId(f"phong-{number}"), name=f"Phòng {number}", kind=UnitKind.DEPARTMENT, parent=HUB))
        targets.append(target(f"phong-{number}/lan", Role.LAN, f"phong-{number}", ["hub"]))
    checks = [check(one) for one in targets]
    checks += [check(targets[5], probe) for probe in ("http_get", "tls_handshake")]
    return Inventory(
        district="Bạch Thông",
        timezone="Asia/Ho_Chi_Minh",
        language="vi",
        units={unit.id: unit for unit in units},
        targets={one.id: one for one in targets},
        checks={one.id: one for one in checks},
    )


def sample(seq: int, verdict: Verdict = Verdict.GOOD) -> Sample:
    """Return one sample; a good one has a time, a bad one a reason."""
    if verdict is Verdict.GOOD:
        return Sample(seq=seq, started_at=at(5 * seq), verdict=verdict, rtt_s=0.0123 + seq * 1e-5, loss_ratio=0.0)
    return Sample(seq=seq, started_at=at(5 * seq), verdict=verdict, failure="unreachable", detail="không có đường")


def health(check_id: str, seq: int = 20, state: HealthState = HealthState.UP) -> CheckHealth:
    """Return a check's memory with its twenty samples."""
    return CheckHealth(
        check_id=CheckId(check_id),
        state=state,
        since=at(0),
        samples=tuple(sample(number) for number in range(max(1, seq - 19), seq + 1)),
        last_good_at=at(5 * seq),
        facts=(("status", "200"), ("server", "máy chủ")),
        measures=(("rtt_median_s", 0.1 + 0.2), ("loss_ratio", 0.0)),
    )


def belief(
    target_id: str, state: HealthState = HealthState.UP, *, since: float = 0, by: int | None = None
) -> TargetHealth:
    """Return a belief about a target."""
    return TargetHealth(target_id=TargetId(target_id), state=state, since=at(since), reason="up", explained_by=by)


def observation(
    seq: int, check_id: str, *, due: float | None = None, facts: Mapping[str, Fact] | None = None
) -> Observation:
    """Return a good reading."""
    due_at = at(5 * seq if due is None else due)
    return Observation(
        seq=seq,
        check_id=CheckId(check_id),
        vantage_id="hub",
        due_at=due_at,
        started_at=due_at + timedelta(microseconds=1500),
        duration_s=0.012345,
        reading=Reading(outcome=Outcome.OK, measures={"rtt_median_s": 0.0101, "loss_ratio": 0.0}, facts=facts or {}),
    )


def failed_observation(seq: int, check_id: str) -> Observation:
    """Return a bad reading."""
    return Observation(
        seq=seq,
        check_id=CheckId(check_id),
        vantage_id="hub",
        due_at=at(5 * seq),
        started_at=at(5 * seq),
        duration_s=2.0,
        reading=Reading(outcome=Outcome.FAIL, failure=FailureKind.REFUSED, detail="từ chối kết nối"),
    )


def incident(key: int, unit: str = "xa-1", kind: CauseKind = CauseKind.TSLCD_DOWN, *, opened: float = 100) -> Incident:
    """Return an open incident."""
    where = TargetId(f"{unit}/tslcd" if unit != "hub" else "tslcd-core")
    steps = (
        Step(at=at(opened - 1), message="step.timeout|target=x", observation_seq=7),
        Step(at=at(opened), message="step.concluded"),
    )
    return Incident(
        id=key,
        cause=Cause(kind=kind, target_id=where, unit_id=UnitId(unit), message=f"cause.{kind}", steps=steps),
        impact=Impact(
            targets=(where,), units=(UnitId(unit),), services=(TargetId("qlvb"),), unseen_units=(UnitId("xa-2"),)
        ),
        severity=Severity.CRITICAL,
        opened_at=at(opened),
        last_good_at=at(opened - 6.5),
    )


def device(number: int, unit: str = "xa-1", state: DeviceState = DeviceState.NEW, *, seen: float = 5) -> Device:
    """Return a device that was seen."""
    return Device(
        mac=f"b4:22:00:00:00:{number:02x}",
        unit_id=UnitId(unit),
        state=state,
        name="Máy in",
        address=f"10.21.1.{number}",
        port="switch-1 ge-0/3",
        vendor="Hãng Ô",
        approved_unit_id=UnitId("xa-2"),
        first_seen_at=at(1),
        last_seen_at=at(seen),
        port_since=at(2),
        missed_since=at(3),
    )


def route(name: str, check_id: str = "xa-1/tslcd:icmp_echo", *, seen: float = 5, accepted: float | None = 2) -> Route:
    """Return a route with a hop that does not answer."""
    return Route(
        check_id=CheckId(check_id),
        route_hash=name,
        hops=("10.255.0.1", "", "10.255.1.2"),
        first_seen_at=at(1),
        last_seen_at=at(seen),
        seen_count=7,
        accepted_at=None if accepted is None else at(accepted),
        alternated_at=at(4),
    )


def event(seq: int, *, incident_id: int | None = None) -> Event:
    """Return a line of the journal."""
    return Event(
        seq=seq,
        at=at(seq),
        kind="transition",
        subject="xa-1/tslcd",
        unit_id=UnitId("xa-1"),
        message="transition|before=up|after=down",
        incident_id=incident_id,
    )


def engine(tick: float = 100) -> EngineStatus:
    """Return a running engine's status."""
    return EngineStatus(
        state=EngineState.RUNNING,
        started_at=START,
        last_tick_at=at(tick),
        lag_s=0.001,
        backlog_count=2,
        checks_per_s=21.5,
        detect_p50_s=5.25,
        config_error="",
        icmp_mode="raw",
    )


def everything(inventory: Inventory, seq: int = 20, tick: float = 100) -> Change:
    """Return a change that makes all of a district known and up."""
    return Change(
        inventory=inventory,
        healths=tuple(health(check_id, seq) for check_id in inventory.checks),
        targets=tuple(belief(target_id) for target_id in inventory.targets),
        engine=engine(tick),
    )
