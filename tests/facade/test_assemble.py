"""Rows of the store become what a front end shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bt_console.facade.assemble import EMPTY, District, advance, build_snapshot, engine_at
from bt_console.model.health import CheckHealth, HealthState, TargetHealth
from bt_console.model.incident import CauseKind, Impact, Incident
from bt_console.model.inventory import CheckId, Inventory, UnitId
from bt_console.model.snapshot import EngineState, EngineStatus, Snapshot
from bt_console.store.reader import News
from tests.store.examples import at, belief, district, engine, health, incident

NOW = at(101)
LONG_AGO = at(-100_000)
INVENTORY = district()
NOTHING = News(revision=1, inventory=None, healths=(), targets=(), incidents=(), engine=None)
CHECK = CheckId("xa-1/tslcd:icmp_echo")


def known(
    *changed: TargetHealth, healths: tuple[CheckHealth, ...] = (), incidents: tuple[Incident, ...] = ()
) -> District:
    """Return a district where everything is up but what is named."""
    targets = {target_id: belief(target_id) for target_id in INVENTORY.targets}
    targets |= {target.target_id: target for target in changed}
    return whole(INVENTORY, tuple(targets.values()), healths, incidents)


def whole(
    inventory: Inventory,
    targets: tuple[TargetHealth, ...],
    healths: tuple[CheckHealth, ...],
    incidents: tuple[Incident, ...],
) -> District:
    news = replace(NOTHING, inventory=inventory, targets=targets, healths=healths, incidents=incidents, engine=engine())
    return advance(EMPTY, news, LONG_AGO)


def shown(of: District) -> Snapshot:
    return build_snapshot(of, NOW)


def test_a_stale_target_is_unknown_and_shows_no_old_numbers() -> None:
    stale = replace(belief("xa-1/tslcd"), is_stale=True)
    tslcd = shown(known(stale, healths=(health(CHECK),))).units[0].tslcd
    assert tslcd is not None
    assert (tslcd.state, tslcd.is_stale, tslcd.rtt_ms, tslcd.loss_ratio) == (HealthState.UNKNOWN, True, None, None)
    assert tslcd.samples == health(CHECK).samples
    assert shown(known(stale)).units[0].state is HealthState.UNKNOWN


def test_a_stale_check_is_unknown() -> None:
    stale = replace(health(CHECK), is_stale=True)
    tslcd = shown(known(healths=(stale,))).units[0].tslcd
    assert tslcd is not None
    assert (tslcd.checks[0].state, tslcd.checks[0].is_stale) == (HealthState.UNKNOWN, True)


def test_what_was_never_measured_is_unknown() -> None:
    snapshot = shown(whole(INVENTORY, (), (), ()))
    unit = snapshot.units[0]
    assert (unit.state, unit.since) == (HealthState.UNKNOWN, None)
    assert unit.lan is not None
    assert (unit.lan.state, unit.lan.since, unit.lan.checks[0].samples) == (HealthState.UNKNOWN, None, ())


def test_targets_that_nothing_measures_have_no_say_in_their_units_state() -> None:
    checks = {key: check for key, check in INVENTORY.checks.items() if check.target_id != "xa-1/internet"}
    targets = tuple(belief(target_id) for target_id in INVENTORY.targets if target_id != "xa-1/internet")
    unit = shown(whole(replace(INVENTORY, checks=checks), targets, (), ())).units[0]
    assert unit.internet is not None
    assert (unit.internet.state, unit.state) == (HealthState.UNKNOWN, HealthState.UP)


def test_a_device_does_not_change_its_units_state() -> None:
    unit = shown(known(belief("xa-1/device/may-in", HealthState.DOWN))).units[0]
    assert [device.state for device in unit.devices] == [HealthState.DOWN, HealthState.UP]
    assert unit.state is HealthState.UP


def test_a_unit_behind_a_dead_core_is_degraded_and_names_the_incident() -> None:
    core = incident(3, "hub", CauseKind.TSLCD_CORE_DOWN)
    core = replace(core, impact=Impact(units=(UnitId("xa-2"),)))
    lost = belief("xa-1/tslcd", HealthState.UNREACHABLE, since=100, by=3)
    units = shown(known(lost, incidents=(core,))).units
    assert (units[0].state, units[0].since, units[0].incident_ids) == (HealthState.DEGRADED, at(100), (3,))
    assert (units[1].state, units[1].incident_ids) == (HealthState.UP, (3,))


def test_an_incident_that_is_renamed_changes_the_units_it_explains() -> None:
    lost = belief("xa-1/internet", HealthState.UNREACHABLE, by=3)
    first = replace(incident(3, "hub", CauseKind.OWN_UPLINK_DOWN), impact=Impact())
    before = known(lost, incidents=(first,))
    assert shown(before).units[0].state is HealthState.UNKNOWN
    renamed = replace(first, cause=replace(first.cause, kind=CauseKind.TSLCD_CORE_DOWN))
    after = advance(before, replace(NOTHING, revision=2, incidents=(renamed,), engine=engine()), LONG_AGO)
    assert shown(after).units[0].state is HealthState.DEGRADED


def test_a_resolved_incident_leaves_the_units_it_named() -> None:
    before = known(incidents=(incident(1),))
    assert shown(before).units[0].incident_ids == (1,)
    gone = replace(incident(1), resolved_at=at(100))
    after = shown(advance(before, replace(NOTHING, revision=2, incidents=(gone,), engine=engine()), LONG_AGO))
    assert after.units[0].incident_ids == ()
    assert after.incidents == (gone,)
    assert after.open_incidents == ()


def test_open_incidents_come_newest_first_then_those_of_the_last_day() -> None:
    resolved = [replace(incident(key, opened=key), resolved_at=at(50 + key)) for key in (3, 4)]
    ancient = replace(incident(5), resolved_at=NOW - timedelta(hours=24, microseconds=1))
    open_ones = [incident(1, opened=70), incident(2, opened=60)]
    snapshot = shown(known(incidents=(*resolved, ancient, *reversed(open_ones))))
    assert [one.id for one in snapshot.incidents] == [1, 2, 4, 3]


def test_incidents_of_other_days_are_forgotten_as_time_goes_on() -> None:
    old = replace(incident(1), resolved_at=at(100))
    before = known(incidents=(old,))
    after = advance(before, replace(NOTHING, revision=2), at(101))
    assert after.incidents == {}


def test_news_of_what_the_inventory_does_not_have_is_no_harm() -> None:
    strange = replace(NOTHING, healths=(health("x:y"),), targets=(belief("x"),), incidents=(incident(1, "nowhere"),))
    assert len(shown(advance(known(), strange, LONG_AGO)).units) == 2


def test_a_monitor_without_a_sign_of_life_has_stopped() -> None:
    assert engine_at(EngineStatus(state=EngineState.RUNNING), NOW).state is EngineState.STOPPED
    assert engine_at(engine(100), at(105)).state is EngineState.RUNNING
    assert engine_at(engine(100), at(105.1)).state is EngineState.STOPPED
    late = replace(engine(100), state=EngineState.LATE)
    assert engine_at(late, at(101)) == late
