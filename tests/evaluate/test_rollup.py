"""The state of a unit from its LAN and its two paths."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bt_console.evaluate.rollup import unit_state
from bt_console.model.health import HealthState
from bt_console.model.incident import CauseKind
from bt_console.model.inventory import Role, TargetId, UnitId
from bt_console.model.snapshot import TargetView

UNKNOWN, UP, DEGRADED, DOWN, UNREACHABLE = HealthState
START = datetime(2026, 11, 24, 8, tzinfo=UTC)
CAUSES = {
    1: CauseKind.TSLCD_CORE_DOWN,
    2: CauseKind.OWN_UPLINK_DOWN,
    3: CauseKind.OWN_LAN_DOWN,
    4: CauseKind.TSLCD_DOWN,
}
CORE, UPLINK, OWN_LAN, TSLCD = CAUSES


def seen(role: Role, state: HealthState, *, age_s: int = 100, by: int | None = None, stale: bool = False) -> TargetView:
    return TargetView(
        id=TargetId(f"xa/{role}"),
        unit_id=UnitId("xa"),
        role=role,
        name="",
        address="",
        path="",
        state=state,
        since=START - timedelta(seconds=age_s),
        reason="",
        explained_by=by,
        is_stale=stale,
        rtt_ms=None,
        loss_ratio=None,
        checks=(),
        depends_on=(TargetId("xa/tslcd"),) if role is Role.LAN else (),
    )


def state_of(
    tslcd: tuple[HealthState, int | None], internet: tuple[HealthState, int | None], lan: tuple[HealthState, int | None]
) -> HealthState:
    paths = [seen(Role.TSLCD, tslcd[0], by=tslcd[1]), seen(Role.INTERNET, internet[0], by=internet[1])]
    return unit_state(seen(Role.LAN, lan[0], by=lan[1]), paths, CAUSES)[0]


FINE = (UP, None)


@pytest.mark.parametrize(
    ("tslcd", "internet", "lan", "expected"),
    [
        (FINE, FINE, FINE, UP),
        ((DOWN, 9), (DOWN, 9), (UNREACHABLE, 9), DOWN),
        ((DOWN, 9), (DOWN, 9), FINE, DOWN),
        ((DOWN, TSLCD), FINE, (UNREACHABLE, TSLCD), DEGRADED),
        (FINE, (DOWN, 9), FINE, DEGRADED),
        (FINE, FINE, (DOWN, 9), DEGRADED),
        ((UNREACHABLE, CORE), FINE, (UNREACHABLE, CORE), DEGRADED),
        ((UNREACHABLE, CORE), (UNREACHABLE, UPLINK), (UNREACHABLE, CORE), DEGRADED),
        ((UNREACHABLE, CORE), (UNKNOWN, None), (UNREACHABLE, CORE), DEGRADED),
        (FINE, (UNREACHABLE, UPLINK), FINE, UNKNOWN),
        ((UNREACHABLE, OWN_LAN), (UNREACHABLE, OWN_LAN), (UNREACHABLE, OWN_LAN), UNKNOWN),
        ((DEGRADED, 9), (UNREACHABLE, UPLINK), FINE, DEGRADED),
        ((DOWN, 9), (UNREACHABLE, UPLINK), (UNREACHABLE, 9), DEGRADED),
        ((UNKNOWN, None), FINE, FINE, UNKNOWN),
        ((UNKNOWN, None), (DEGRADED, 9), FINE, UNKNOWN),
        (FINE, FINE, (UNKNOWN, None), UNKNOWN),
        ((UNKNOWN, None), (DOWN, 9), FINE, DEGRADED),
        ((DEGRADED, 9), FINE, FINE, DEGRADED),
        (FINE, FINE, (DEGRADED, 9), DEGRADED),
        ((UNREACHABLE, None), FINE, FINE, UNKNOWN),
        ((UNREACHABLE, 77), FINE, FINE, UNKNOWN),
        (FINE, FINE, (UNREACHABLE, 9), UNKNOWN),
    ],
)
def test_the_worst_thing_known_about_paths_and_lan_decides(
    tslcd: tuple[HealthState, int | None],
    internet: tuple[HealthState, int | None],
    lan: tuple[HealthState, int | None],
    expected: HealthState,
) -> None:
    assert state_of(tslcd, internet, lan) is expected


def test_a_unit_with_one_path_is_down_with_it() -> None:
    path = seen(Role.INTERNET, DOWN)
    assert unit_state(None, [path], {}) == (DOWN, path.since)


@pytest.mark.parametrize("state", list(HealthState))
def test_a_department_is_what_its_lan_is(state: HealthState) -> None:
    lan = seen(Role.LAN, state, by=OWN_LAN)
    assert unit_state(lan, [], CAUSES) == (state, lan.since)


def test_a_unit_without_targets_is_unknown() -> None:
    assert unit_state(None, [], {}) == (UNKNOWN, None)


def test_a_stale_path_makes_the_unit_unknown_and_never_up() -> None:
    paths = [seen(Role.TSLCD, UNKNOWN, stale=True), seen(Role.INTERNET, UP)]
    assert unit_state(None, paths, {})[0] is UNKNOWN


def test_the_age_of_a_state_is_that_of_what_decides_it() -> None:
    tslcd, internet = seen(Role.TSLCD, DOWN, age_s=50), seen(Role.INTERNET, UP, age_s=10)
    lan = seen(Role.LAN, UNREACHABLE, age_s=49, by=TSLCD)
    assert unit_state(lan, [tslcd, internet], CAUSES) == (DEGRADED, tslcd.since)


def test_a_unit_is_up_since_the_last_of_its_targets_came_up() -> None:
    tslcd, internet = seen(Role.TSLCD, UP, age_s=50), seen(Role.INTERNET, UP, age_s=10)
    assert unit_state(seen(Role.LAN, UP, age_s=20), [tslcd, internet], {}) == (UP, internet.since)
