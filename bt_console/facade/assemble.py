"""Puts what a reader found together into what front ends show; pure, and keeps every view that did not change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

from bt_console.evaluate.flapping import kind_within
from bt_console.evaluate.oncall.rota import who
from bt_console.evaluate.rollup import unit_state
from bt_console.model.health import CheckHealth, HealthState, TargetHealth
from bt_console.model.incident import CauseKind, Incident
from bt_console.model.inventory import Check, CheckId, Inventory, Role, Target, TargetId, Unit, UnitId, UnitKind
from bt_console.model.oncall import Mute, Shift
from bt_console.model.paging import Call
from bt_console.model.snapshot import (
    LATE_AFTER_S,
    CheckView,
    DeviceCounts,
    EngineState,
    EngineStatus,
    OutboxView,
    Snapshot,
    TargetView,
    UnitView,
)
from bt_console.store.oncall_reader import DeskNews
from bt_console.store.reader import NO_INVENTORY, News

RESOLVED_SHOWN = timedelta(hours=24)
_INFRASTRUCTURE = frozenset({Role.HUB, Role.UPLINK, Role.ANCHOR, Role.CORE, Role.DNS})
_OWN_PATHS = frozenset({Role.INTERNET, Role.TSLCD})
_ROWS = frozenset({UnitKind.COMMUNE, UnitKind.TOWN})
_NO_ENGINE = EngineStatus(state=EngineState.STOPPED)
_NO_DESK = DeskNews(oncall=None, mutes=(), overrides=(), channels=())
K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """An inventory by what belongs to what, in the configuration's order."""

    inventory: Inventory
    checks: Mapping[TargetId, tuple[Check, ...]]
    targets: Mapping[UnitId, tuple[Target, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class District:
    """Everything known at one revision, and the views made of it."""

    revision: int
    layout: Layout
    healths: Mapping[CheckId, CheckHealth] = field(default_factory=dict)
    targets: Mapping[TargetId, TargetHealth] = field(default_factory=dict)
    incidents: Mapping[int, Incident] = field(default_factory=dict)
    engine: EngineStatus = _NO_ENGINE
    device_counts: Mapping[UnitId, DeviceCounts] = field(default_factory=dict)
    calls: Mapping[int, Call] = field(default_factory=dict)
    """Of the incidents."""
    desk: DeskNews = _NO_DESK
    duty: tuple[Shift, ...] = ()
    """Of an instant; on_duty() keeps it true."""
    outbox: OutboxView = field(default_factory=OutboxView)
    target_views: Mapping[TargetId, TargetView] = field(default_factory=dict)
    unit_views: Mapping[UnitId, UnitView] = field(default_factory=dict)


def _lay_out(inventory: Inventory) -> Layout:
    checks: dict[TargetId, list[Check]] = {}
    for check in inventory.checks.values():
        checks.setdefault(check.target_id, []).append(check)
    targets: dict[UnitId, list[Target]] = {}
    for target in inventory.targets.values():
        targets.setdefault(target.unit_id, []).append(target)
    return Layout(
        inventory=inventory,
        checks={key: tuple(values) for key, values in checks.items()},
        targets={key: tuple(values) for key, values in targets.items()},
    )


EMPTY = District(revision=-1, layout=_lay_out(NO_INVENTORY))
"""Before the first look at a store."""


def advance(before: District, news: News, resolved_since: datetime) -> District:
    """Return the district after some news; with an inventory in it, the district is built whole.

    Incidents resolved before an instant are forgotten.
    """
    if news.inventory is None:
        return _learn(replace(before, incidents=_recent(before.incidents, resolved_since)), news, whole=False)
    return _learn(District(revision=-1, layout=_lay_out(news.inventory)), news, whole=True)


def _recent(incidents: Mapping[int, Incident], since: datetime) -> Mapping[int, Incident]:
    return {key: value for key, value in incidents.items() if value.resolved_at is None or value.resolved_at >= since}


def _learn(before: District, news: News, *, whole: bool) -> District:
    after = replace(
        before,
        revision=news.revision,
        healths=_merged(before.healths, {health.check_id: health for health in news.healths}),
        targets=_merged(before.targets, {target.target_id: target for target in news.targets}),
        incidents=_merged(before.incidents, {incident.id: incident for incident in news.incidents}),
        engine=news.engine or _NO_ENGINE,
        device_counts=news.device_counts,
        outbox=news.outbox,
    )
    after = _learn_desk(after, news)
    inventory = after.layout.inventory
    touched = set(inventory.targets) if whole else _touched_targets(inventory, news)
    after = replace(after, target_views=_merged(before.target_views, _target_views(before, after, touched)))
    units = set(inventory.units) if whole else _touched_units(before, after, news, touched)
    return replace(after, unit_views=_merged(before.unit_views, _unit_views(before, after, units)))


def _learn_desk(district: District, news: News) -> District:
    calls = _merged(district.calls, {call.incident_id: call for call in news.calls})
    if not calls.keys() <= district.incidents.keys():
        calls = {key: call for key, call in calls.items() if key in district.incidents}
    if news.desk is None:
        return replace(district, calls=calls)
    return replace(district, calls=calls, desk=news.desk, duty=())


def on_duty(district: District, now: datetime) -> District:
    """Return the district with who is on duty at an instant; the same one while nobody handed over."""
    oncall = district.desk.oncall
    schedules = oncall.schedules.values() if oncall else ()
    if len(district.duty) == len(schedules) and all(shift.starts_at <= now < shift.ends_at for shift in district.duty):
        return district
    return replace(district, duty=tuple(who(schedule, district.desk.overrides, now) for schedule in schedules))


def _merged(old: Mapping[K, V], new: Mapping[K, V]) -> Mapping[K, V]:
    return {**old, **new} if new else old


def _touched_targets(inventory: Inventory, news: News) -> set[TargetId]:
    checks = (inventory.checks.get(health.check_id) for health in news.healths)
    touched = {check.target_id for check in checks if check} | {target.target_id for target in news.targets}
    return touched & set(inventory.targets)


def _touched_units(before: District, after: District, news: News, touched: Iterable[TargetId]) -> set[UnitId]:
    inventory = after.layout.inventory
    units = {inventory.targets[target_id].unit_id for target_id in touched}
    old, new = before.device_counts, after.device_counts
    units |= {unit_id for unit_id in (*old, *new) if old.get(unit_id) != new.get(unit_id)}
    if news.incidents:
        changed = {incident.id for incident in news.incidents}
        units |= {view.unit_id for view in after.target_views.values() if view.explained_by in changed}
        for known in (before.incidents, after.incidents):
            for incident in (known[key] for key in changed if key in known):
                units |= {incident.cause.unit_id, *incident.impact.units}
    return units & set(inventory.units)


def _target_views(before: District, after: District, target_ids: Iterable[TargetId]) -> dict[TargetId, TargetView]:
    targets = after.layout.inventory.targets
    views = {target_id: _target_view(after, targets[target_id]) for target_id in target_ids}
    return {target_id: _kept(before.target_views.get(target_id), view) for target_id, view in views.items()}


def _kept(old: V | None, new: V) -> V:
    """Return the old one of two equal views, so that front ends can compare by identity."""
    return old if old is not None and old == new else new


def _target_view(district: District, target: Target) -> TargetView:
    checks = tuple(
        _check_view(check, district.healths.get(check.id)) for check in district.layout.checks.get(target.id, ())
    )
    health = district.targets.get(target.id)
    is_stale = health is not None and health.is_stale
    newest = checks[0].samples[-1] if checks and checks[0].samples and not is_stale else None
    return TargetView(
        id=target.id,
        unit_id=target.unit_id,
        role=target.role,
        name=target.name,
        address=target.address,
        path=target.labels.get("path") or (target.role.value if target.role in _OWN_PATHS else ""),
        state=health.state if health and not is_stale else HealthState.UNKNOWN,
        since=health.since if health else None,
        reason=health.reason if health else "",
        explained_by=health.explained_by if health else None,
        is_stale=is_stale,
        rtt_ms=newest.rtt_s * 1000 if newest and newest.rtt_s is not None else None,
        loss_ratio=newest.loss_ratio if newest else None,
        checks=checks,
        depends_on=target.depends_on,
    )


def _check_view(check: Check, health: CheckHealth | None) -> CheckView:
    known = health or CheckHealth(check_id=check.id)
    return CheckView(
        id=check.id,
        probe=check.probe,
        state=HealthState.UNKNOWN if known.is_stale else known.state,
        is_stale=known.is_stale,
        interval_s=check.interval_s,
        samples=known.samples,
        measures=known.measures,
        facts=known.facts,
    )


def _unit_views(before: District, after: District, unit_ids: Iterable[UnitId]) -> dict[UnitId, UnitView]:
    ongoing = [incident for incident in after.incidents.values() if incident.resolved_at is None]
    causes = {incident.id: kind_within(incident.cause) for incident in ongoing}
    naming: dict[UnitId, set[int]] = {}
    for incident in ongoing:
        for unit_id in (incident.cause.unit_id, *incident.impact.units):
            naming.setdefault(unit_id, set()).add(incident.id)
    views = {}
    for unit_id in unit_ids:
        unit = after.layout.inventory.units[unit_id]
        view = _unit_view(after, unit, causes, naming.get(unit_id, set()))
        views[unit_id] = _kept(before.unit_views.get(unit_id), view)
    return views


def _unit_view(district: District, unit: Unit, causes: Mapping[int, CauseKind], naming: set[int]) -> UnitView:
    views = [district.target_views[target.id] for target in district.layout.targets.get(unit.id, ())]
    lan, internet, tslcd = (_first(views, role) for role in (Role.LAN, Role.INTERNET, Role.TSLCD))
    paths = [path for path in (tslcd, internet) if path and path.checks]
    state, since = unit_state(lan if lan and lan.checks else None, paths, causes)
    explaining = {view.explained_by for view in views if view.explained_by in causes}
    return UnitView(
        id=unit.id,
        name=unit.name,
        kind=unit.kind,
        officials_count=unit.officials_count,
        state=state,
        since=since,
        lan=lan,
        internet=internet,
        tslcd=tslcd,
        devices=tuple(view for view in views if view.role is Role.DEVICE),
        incident_ids=tuple(sorted(key for key in naming | explaining if key is not None)),
        device_counts=district.device_counts.get(unit.id, ()),
    )


def _first(views: Iterable[TargetView], role: Role) -> TargetView | None:
    return next((view for view in views if view.role is role), None)


def build_snapshot(district: District, now: datetime) -> Snapshot:
    """Return what a front end shows at an instant."""
    inventory = district.layout.inventory
    units = tuple(district.unit_views[key] for key in inventory.units)
    targets = [district.target_views[key] for key in inventory.targets]
    incidents = _shown_incidents(district.incidents.values(), now)
    return Snapshot(
        revision=district.revision,
        at=now,
        district=inventory.district,
        timezone=inventory.timezone,
        language=inventory.language,
        units=tuple(unit for unit in units if unit.kind in _ROWS),
        departments=tuple(unit for unit in units if unit.kind is UnitKind.DEPARTMENT),
        infrastructure=tuple(target for target in targets if target.role in _INFRASTRUCTURE),
        services=tuple(target for target in targets if target.role is Role.SERVICE),
        incidents=incidents,
        engine=engine_at(district.engine, now),
        calls=tuple(district.calls[incident.id] for incident in incidents if incident.id in district.calls),
        mutes=_shown_mutes(district.desk.mutes, now),
        channels=district.desk.channels,
        duty=district.duty,
        outbox=district.outbox,
        oncall=district.desk.oncall,
    )


def _shown_incidents(incidents: Iterable[Incident], now: datetime) -> tuple[Incident, ...]:
    ongoing, resolved = [], []
    for incident in incidents:
        if incident.resolved_at is None:
            ongoing.append(incident)
        elif incident.resolved_at >= now - RESOLVED_SHOWN:
            resolved.append(incident)
    ongoing.sort(key=lambda incident: (incident.opened_at, incident.id), reverse=True)
    resolved.sort(key=lambda incident: (incident.resolved_at, incident.id), reverse=True)
    return (*ongoing, *resolved)


def _shown_mutes(mutes: tuple[Mute, ...], now: datetime) -> tuple[Mute, ...]:
    shown = tuple(mute for mute in mutes if mute.rrule or mute.ends_at > now)
    return shown if len(shown) < len(mutes) else mutes


def engine_at(engine: EngineStatus, now: datetime) -> EngineStatus:
    """Return the monitor's condition as seen at an instant: one that gave no sign of life has stopped."""
    if engine.last_tick_at is None or now - engine.last_tick_at > timedelta(seconds=LATE_AFTER_S):
        return replace(engine, state=EngineState.STOPPED)
    return engine
