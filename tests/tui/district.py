"""The whole district as a test sees it, written into a real store, calm or with things broken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bt_console.model.change import Change
from bt_console.model.health import CheckHealth, HealthState, Sample, TargetHealth, Verdict
from bt_console.model.incident import Cause, CauseKind, Impact, Incident, Severity, Step
from bt_console.model.inventory import Check, CheckId, Inventory, Role, Target, TargetId, Unit, UnitId, UnitKind
from bt_console.model.observation import Observation
from bt_console.model.snapshot import EngineState, EngineStatus, Event
from bt_console.store.writer import Writer
from bt_console.words import message
from probes.api import Fact, FailureKind, Outcome, Reading
from tests.communes import COMMUNES

NOW = datetime(2026, 11, 24, 14, 3, 10, tzinfo=UTC)
DEPARTMENTS = {
    "van-phong": "Văn phòng HĐND và UBND",
    "noi-vu": "Phòng Nội vụ",
    "tai-chinh": "Phòng Tài chính - Kế hoạch",
}
SERVICES = {
    "qlvb": ("Quản lý văn bản và hồ sơ công việc", "tslcd", 22.0),
    "mail": ("Thư điện tử công vụ", "tslcd", 18.0),
    "motcua": ("Một cửa, một cửa liên thông", "tslcd", 31.0),
    "dichvucong": ("Cổng dịch vụ công trực tuyến", "internet", 64.0),
    "kyso": ("Ký số", "internet", 40.0),
}
UP, DEGRADED, DOWN, UNREACHABLE = (
    HealthState.UP,
    HealthState.DEGRADED,
    HealthState.DOWN,
    HealthState.UNREACHABLE,
)
SAMPLE_COUNT = 20


def before(seconds: float) -> datetime:
    """Return an instant before now."""
    return NOW - timedelta(seconds=seconds)


def _target(target_id: str, role: Role, name: str, parents: Iterable[str], **more: str) -> Target:
    return Target(
        id=TargetId(target_id),
        unit_id=UnitId(more.get("unit", "hub")),
        role=role,
        name=name,
        address=more.get("address", "10.20.0.1"),
        depends_on=tuple(TargetId(parent) for parent in parents),
        labels={key: value for key, value in more.items() if key in ("path", "service")},
    )


def _commune_targets(unit: str, name: str, number: int) -> list[Target]:
    lan = f"{unit}/lan"
    return [
        _target(f"{unit}/tslcd", Role.TSLCD, f"TSLCD {name}", ["tslcd-core"], unit=unit, address=f"10.255.{number}.2"),
        _target(lan, Role.LAN, f"LAN {name}", [f"{unit}/tslcd"], unit=unit, address=f"10.21.{number}.1"),
        _target(
            f"{unit}/internet",
            Role.INTERNET,
            f"Internet {name}",
            ["hub/uplink-internet"],
            unit=unit,
            address=f"198.51.100.{4 * number + 2}",
        ),
        _target(f"{unit}/device/may-in", Role.DEVICE, "Máy in", [lan], unit=unit, address=f"10.21.{number}.11"),
        _target(f"{unit}/device/may-chu", Role.DEVICE, "Máy chủ tệp", [lan], unit=unit, address=f"10.21.{number}.12"),
    ]


def _targets() -> list[Target]:
    found = [
        _target("hub", Role.HUB, "Máy giám sát", [], address="127.0.0.1"),
        _target("hub/uplink-internet", Role.UPLINK, "Cổng ra Internet", ["hub"], path="internet"),
        _target("hub/uplink-tslcd", Role.UPLINK, "Cổng ra TSLCD", ["hub"], path="tslcd"),
        _target("tslcd-core", Role.CORE, "Lõi TSLCD", ["hub/uplink-tslcd"], address="10.255.255.1"),
        _target("dns", Role.DNS, "Máy chủ tên miền", ["hub"], address="10.20.0.53"),
    ]
    for number, (unit, name) in enumerate(COMMUNES.items(), 1):
        found += _commune_targets(unit, name, number)
    for number, (unit, name) in enumerate(DEPARTMENTS.items(), 1):
        found.append(_target(f"{unit}/lan", Role.LAN, name, ["hub"], unit=unit, address=f"10.20.{number}.1"))
    for service, (name, path, _) in SERVICES.items():
        parent = "tslcd-core" if path == "tslcd" else "hub/uplink-internet"
        address = "10.254.1.11" if path == "tslcd" else "192.0.2.11"
        found.append(_target(service, Role.SERVICE, name, [parent, "dns"], path=path, service="web", address=address))
    return found


def _units() -> dict[UnitId, Unit]:
    hub = Unit(id=UnitId("hub"), name="UBND huyện Bạch Thông", kind=UnitKind.HUB)
    found = [hub]
    for unit, name in COMMUNES.items():
        kind = UnitKind.TOWN if name.startswith("Thị trấn") else UnitKind.COMMUNE
        found.append(Unit(id=UnitId(unit), name=name, kind=kind, parent=hub.id, officials_count=21))
    for unit, name in DEPARTMENTS.items():
        found.append(Unit(id=UnitId(unit), name=name, kind=UnitKind.DEPARTMENT, parent=hub.id, officials_count=9))
    return {unit.id: unit for unit in found}


def inventory() -> Inventory:
    """Return the district's inventory: one ping per target, one page per service."""
    targets = _targets()
    checks = []
    for target in targets:
        is_service = target.role is Role.SERVICE
        probe, interval = ("http_get", 15.0) if is_service else ("icmp_echo", 5.0)
        checks.append(
            Check(
                id=CheckId(f"{target.id}:{probe}"),
                target_id=target.id,
                probe=probe,
                address=f"https://{target.id}.bachthong.example/" if is_service else target.address,
                params=None,
                interval_s=interval,
                timeout_s=2.0,
            )
        )
    return Inventory(
        district="Huyện Bạch Thông",
        timezone="Asia/Ho_Chi_Minh",
        language="vi",
        units=_units(),
        targets={target.id: target for target in targets},
        checks={check.id: check for check in checks},
    )


def base_ms(target: Target) -> float:
    """Return the usual delay of a target; differs per target and never changes."""
    if target.role is Role.SERVICE:
        return SERVICES[target.id][2]
    place = 1 + list(COMMUNES).index(target.unit_id) if target.unit_id in COMMUNES else 0
    step = {Role.INTERNET: 8.0, Role.TSLCD: 1.2, Role.LAN: 1.9, Role.DEVICE: 2.4, Role.CORE: 0.9}.get(target.role, 0.4)
    return step + place * (1.0 if target.role is Role.INTERNET else 0.3)


def samples(
    delay_ms: float, lost: int = 0, *, loss_ratio: float = 0.0, detail: str = "no reply to 3 packets"
) -> tuple[Sample, ...]:
    """Return twenty samples, the newest `lost` of them without an answer."""
    found = []
    for index in range(SAMPLE_COUNT):
        is_lost = index >= SAMPLE_COUNT - lost
        wobble = 1 + ((index * 7) % 5 - 2) / 10
        found.append(
            Sample(
                seq=980 + index,
                started_at=before(5 * (SAMPLE_COUNT - index)),
                verdict=Verdict.BAD if is_lost else Verdict.GOOD,
                rtt_s=None if is_lost else delay_ms * wobble / 1000,
                loss_ratio=1.0 if is_lost else loss_ratio if index % 4 == 1 else 0.0,
                failure="unreachable" if is_lost else "",
                detail=detail if is_lost else "",
            )
        )
    return tuple(found)


def page_measures(total_ms: float) -> tuple[tuple[str, float], ...]:
    """Return the phases of one visit and the days its certificate has."""
    shares = (("dns_s", 0.08), ("connect_s", 0.07), ("tls_s", 0.25), ("first_byte_s", 0.5), ("body_s", 0.1))
    phases = tuple((name, share * total_ms / 1000) for name, share in shares)
    return (*phases, ("total_s", total_ms / 1000), ("certificate_days_left", 80.0))


def health(check: Check, target: Target, state: HealthState) -> CheckHealth:
    """Return what is remembered about a check in a state."""
    delay, lost = base_ms(target), 3 if state in (DOWN, UNREACHABLE) else 0
    loss = 0.2 if state is DEGRADED else 0.0
    delay = delay * 20 if state is DEGRADED else delay
    detail = "connection refused" if check.probe == "http_get" else "no reply to 3 packets"
    taken = samples(delay, lost, loss_ratio=loss, detail=detail)
    if state is DEGRADED:
        taken = (*taken[:-1], replace(taken[-1], loss_ratio=loss))
    measures = page_measures(delay) if check.probe == "http_get" else (("rtt_median_s", delay / 1000),)
    return CheckHealth(
        check_id=check.id,
        state=DOWN if lost else state,
        since=before(420),
        samples=taken,
        last_good_at=before(20),
        measures=() if lost else measures,
        facts=(("ttl", "62"),),
    )


def history(check: Check, delay_ms: float, *, gap: range = range(0)) -> list[Observation]:
    """Return an hour of observations, without answers where `gap` says."""
    found = []
    for index in range(720):
        is_lost = index in gap
        rtt_s = delay_ms / 1000 * (1 + (index % 9) / 12)
        measures = {"rtt_min_s": rtt_s * 0.8, "rtt_median_s": rtt_s, "rtt_max_s": rtt_s * 1.6, "loss_ratio": 0.0}
        facts: dict[str, Fact] = {"ttl": 62, "mode": "raw"}
        reading = Reading(outcome=Outcome.OK, measures=measures, facts=facts)
        if is_lost:
            reading = Reading(outcome=Outcome.TIMEOUT, measures={"loss_ratio": 1.0}, detail="no reply to 3 packets")
        if index == 600:
            reading = Reading(outcome=Outcome.ERROR, failure=FailureKind.STALLED, detail="the monitor was stalled")
        at = before(3600 - 5 * index - 1)
        found.append(
            Observation(
                seq=281 + index,
                check_id=check.id,
                vantage_id="hub",
                due_at=at,
                started_at=at,
                duration_s=0.2,
                reading=reading,
            )
        )
    return found


def engine(**changes: object) -> EngineStatus:
    """Return the monitor's own condition, alive a moment ago."""
    calm = EngineStatus(
        state=EngineState.RUNNING,
        started_at=before(3600),
        last_tick_at=before(0.4),
        checks_per_s=26.0,
        icmp_mode="raw",
    )
    return replace(calm, **changes)  # type: ignore[arg-type]


BROKEN = {
    "cao-son/tslcd": DOWN,
    "cao-son/lan": UNREACHABLE,
    "cao-son/device/may-in": UNREACHABLE,
    "cao-son/device/may-chu": UNREACHABLE,
    "tu-tri/internet": DEGRADED,
    "motcua": DOWN,
}
"""One line cut, one slow and lossy, one service refusing."""
REASONS = {"motcua": message("reason.down", probe="http_get", detail="connection refused")}


def link_incident() -> Incident:
    """Return the incident of the cut line."""
    steps = (
        Step(
            at=before(424),
            message=message("step.missed", name="TSLCD Xã Cao Sơn", probe="icmp_echo", k=2, n=2, detail="–"),
        ),
        Step(at=before(423), message=message("step.on_the_way_yes", names="Lõi TSLCD")),
        Step(at=before(422), message=message("step.other_path_yes", names="Internet Xã Cao Sơn")),
        Step(at=before(421), message=message("step.concluded", kind="tslcd_down", names="TSLCD Xã Cao Sơn", count=4)),
    )
    return Incident(
        id=7,
        cause=Cause(
            kind=CauseKind.TSLCD_DOWN,
            target_id=TargetId("cao-son/tslcd"),
            unit_id=UnitId("cao-son"),
            message=message("cause.tslcd_down", unit="Xã Cao Sơn"),
            steps=steps,
        ),
        impact=Impact(
            targets=tuple(TargetId(name) for name in BROKEN if name.startswith("cao-son")),
            units=(UnitId("cao-son"),),
        ),
        severity=Severity.CRITICAL,
        opened_at=before(420),
        last_good_at=before(426),
    )


def service_incident() -> Incident:
    """Return the incident of the refusing service, acknowledged."""
    return Incident(
        id=8,
        cause=Cause(
            kind=CauseKind.SERVICE_DOWN,
            target_id=TargetId("motcua"),
            unit_id=UnitId("hub"),
            message=message("cause.service_down", name="Một cửa, một cửa liên thông", detail="từ chối kết nối"),
            steps=(Step(at=before(122), message=message("step.on_the_way_yes", names="Lõi TSLCD, Máy chủ tên miền")),),
        ),
        impact=Impact(targets=(TargetId("motcua"),), services=(TargetId("motcua"),)),
        severity=Severity.WARNING,
        opened_at=before(120),
        acknowledged_at=before(60),
        acknowledged_by="lan@10.20.1.15",
    )


def resolved_incident() -> Incident:
    """Return one that is over."""
    return replace(
        service_incident(),
        id=5,
        opened_at=before(5000),
        acknowledged_at=None,
        acknowledged_by="",
        resolved_at=before(4880),
    )


def calm_change() -> Change:
    """Return a district where everything works."""
    return _change({}, ())


def broken_change() -> Change:
    """Return a district with a line cut, a line degraded and a service down."""
    return _change(BROKEN, (resolved_incident(), link_incident(), service_incident()))


def _change(states: dict[str, HealthState], incidents: tuple[Incident, ...]) -> Change:
    plan = inventory()
    by_target = {incident.cause.target_id: incident.id for incident in incidents}
    explained = {name: 7 for name in BROKEN if name.startswith("cao-son")} | by_target
    beliefs, healths, observations = [], [], []
    for check in plan.checks.values():
        target = plan.targets[check.target_id]
        state = states.get(target.id, UP)
        beliefs.append(
            TargetHealth(
                target_id=target.id,
                state=state,
                since=before(420) if state is not UP else before(3000),
                reason=REASONS.get(target.id, "") if state is not UP else "",
                explained_by=explained.get(target.id) if state is not UP else None,
            )
        )
        healths.append(health(check, target, state))
    check = plan.checks[CheckId("cao-son/tslcd:icmp_echo")]
    observations = history(check, 4.0, gap=range(636, 720) if states else range(0))
    return Change(
        inventory=plan,
        healths=tuple(healths),
        targets=tuple(beliefs),
        incidents=incidents,
        observations=tuple(observations),
        events=_events() if incidents else (),
        engine=engine(),
    )


def _events() -> tuple[Event, ...]:
    said = message(
        "event.transition",
        name="TSLCD Xã Cao Sơn",
        before_state="tốt",
        after_state="mất kết nối",
        reason_said="",
    )
    opened = message("event.opened", id=7, text_said="Đứt đường TSLCD của Xã Cao Sơn")
    unit = UnitId("cao-son")
    return (
        Event(seq=1, at=before(421), kind="transition", subject="cao-son/tslcd", unit_id=unit, message=said),
        Event(seq=2, at=before(420), kind="incident_opened", subject="#7", unit_id=unit, message=opened, incident_id=7),
    )


def write(path: Path, *changes: Change) -> None:
    """Write changes into a store, each in its own transaction, and close it."""
    writer = Writer(path)
    try:
        for change in changes:
            writer.commit(change)
    finally:
        writer.close()
