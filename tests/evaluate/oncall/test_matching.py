"""Every field of a match that is written must hold; the first route wins."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bt_console.evaluate.oncall.matching import matches, route_of
from bt_console.model.incident import CauseKind, Severity
from bt_console.model.inventory import Role, TargetId, UnitId
from bt_console.model.oncall import EscalationPolicy, EscalationStep, Match, OnCall, Route
from tests.evaluate.oncall.incidents import DISTRICT, UNITS, incident

LINE = incident("cao-son/tslcd")
CORE = incident("tslcd-core", CauseKind.TSLCD_CORE_DOWN, units=UNITS[:4])


def units(*names: str) -> Match:
    return Match(units=frozenset(map(UnitId, names)))


def test_an_empty_match_holds_always() -> None:
    assert all(matches(Match(), one, DISTRICT, whole_impact=whole) for one in (LINE, CORE) for whole in (True, False))


@pytest.mark.parametrize(
    ("match", "holds"),
    [
        (Match(kinds=frozenset({CauseKind.TSLCD_DOWN})), True),
        (Match(kinds=frozenset({CauseKind.UNIT_DARK})), False),
        (units("cao-son", "ha-vi"), True),
        (units("ha-vi"), False),
        (Match(targets=frozenset({TargetId("cao-son/tslcd")})), True),
        (Match(targets=frozenset({TargetId("cao-son/lan")})), False),
        (Match(roles=frozenset({Role.TSLCD, Role.CORE})), True),
        (Match(roles=frozenset({Role.CORE})), False),
        (Match(labels={"path": "tslcd"}), True),
        (Match(labels={"path": "internet"}), False),
        (Match(labels={"path": "tslcd", "isp": "vnpt"}), False),
        (Match(kinds=frozenset({CauseKind.TSLCD_DOWN}), units=frozenset({UnitId("ha-vi")})), False),
    ],
)
def test_each_field_that_is_written_must_hold(match: Match, holds: bool) -> None:
    assert matches(match, LINE, DISTRICT) is holds


@pytest.mark.parametrize("least", Severity)
def test_a_severity_means_that_and_worse(least: Severity) -> None:
    ranked = [Severity.INFO, Severity.WARNING, Severity.CRITICAL]
    found = [matches(Match(min_severity=least), incident("qlvb", severity=each), DISTRICT) for each in ranked]
    assert found == [ranked.index(each) >= ranked.index(least) for each in ranked]


def test_labels_may_be_the_units() -> None:
    unit = UnitId("cao-son")
    labelled = replace(
        DISTRICT, units={**DISTRICT.units, unit: replace(DISTRICT.units[unit], labels={"zone": "north"})}
    )
    match = Match(labels={"zone": "north", "path": "tslcd"})
    assert matches(match, LINE, labelled)
    assert not matches(match, LINE, DISTRICT)


def test_a_target_that_is_no_longer_known_has_no_role_and_no_labels() -> None:
    gone = incident("gone/lan")
    assert matches(Match(targets=frozenset({TargetId("gone/lan")})), gone, DISTRICT)
    assert not matches(Match(roles=frozenset(Role)), gone, DISTRICT)
    assert not matches(Match(labels={"path": "tslcd"}), gone, DISTRICT)


def test_for_a_mute_everything_hurt_must_lie_within_the_units() -> None:
    wide = incident("cao-son/tslcd", units=("cao-son", "ha-vi"))
    assert matches(units("cao-son"), wide, DISTRICT)
    assert not matches(units("cao-son"), wide, DISTRICT, whole_impact=True)
    assert matches(units("cao-son", "ha-vi"), wide, DISTRICT, whole_impact=True)
    assert not matches(units("hub"), CORE, DISTRICT, whole_impact=True)
    assert not matches(units(*UNITS[:4]), CORE, DISTRICT, whole_impact=True)
    assert matches(units("hub", *UNITS[:4]), CORE, DISTRICT, whole_impact=True)


def test_naming_the_cause_itself_covers_whatever_it_hurts() -> None:
    assert matches(Match(targets=frozenset({TargetId("tslcd-core")})), CORE, DISTRICT, whole_impact=True)


def policy(name: str) -> EscalationPolicy:
    return EscalationPolicy(id=name, steps=(EscalationStep(notify=("an",)),))


DESK = OnCall(
    timezone="Asia/Ho_Chi_Minh",
    policies={name: policy(name) for name in ("critical", "office")},
    routes=(
        Route(match=units("cao-son"), policy="office", wait_s=5),
        Route(match=Match(min_severity=Severity.CRITICAL), policy="critical"),
        Route(match=Match(), policy="office"),
    ),
)


def test_the_first_route_that_matches_is_taken() -> None:
    assert route_of(DESK, LINE, DISTRICT) is DESK.routes[0]
    assert route_of(DESK, CORE, DISTRICT) is DESK.routes[1]
    assert route_of(DESK, incident("qlvb", severity=Severity.INFO), DISTRICT) is DESK.routes[2]


def test_without_a_route_the_first_policy_handles_everything() -> None:
    assert route_of(replace(DESK, routes=()), LINE, DISTRICT) == Route(match=Match(), policy="critical")
    assert route_of(replace(DESK, routes=DESK.routes[:1]), CORE, DISTRICT).policy == "critical"
    assert route_of(OnCall(timezone="UTC"), LINE, DISTRICT).policy == ""
