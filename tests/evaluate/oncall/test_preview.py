"""What a silence would hide is shown before it is made, and is what it hides then."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bt_console.evaluate.oncall.muting import covering
from bt_console.evaluate.oncall.preview import preview
from bt_console.model.incident import CauseKind, Severity
from bt_console.model.inventory import Role, TargetId, UnitId
from bt_console.model.oncall import Match, Mute, MuteKind
from tests.evaluate.oncall.incidents import DISTRICT, NOW, UNITS, incident

EARLIER = NOW - timedelta(hours=3)
CAO_SON = Match(units=frozenset({UnitId("cao-son")}))
LAST_WEEK = (
    incident("cao-son/tslcd", number=1),
    incident("cao-son/tslcd", number=2, resolved_at=EARLIER),
    incident("cao-son/internet", CauseKind.LINK_LOSS, number=3, severity=Severity.WARNING, resolved_at=EARLIER),
    incident("ha-vi/tslcd", number=4),
    incident("cao-son/lan", number=5, units=("cao-son", "phu-thong")),
    incident("tslcd-core", CauseKind.TSLCD_CORE_DOWN, number=6, units=UNITS),
    incident("cao-son/lan", CauseKind.CANNOT_MEASURE, number=7),
)


def test_it_counts_targets_open_incidents_and_past_ones() -> None:
    found = preview(CAO_SON, LAST_WEEK, DISTRICT, NOW)
    assert found.targets == tuple(target.id for target in DISTRICT.targets.values() if target.unit_id == "cao-son")
    assert (found.targets_count, found.units) == (len(found.targets), ("cao-son",))
    assert found.open_incidents == (1,)
    assert (found.past_incidents_count, found.past_critical_count) == (2, 1)
    assert not found.is_empty


def test_it_names_open_incidents_that_reach_beyond() -> None:
    assert preview(CAO_SON, LAST_WEEK, DISTRICT, NOW).wider_incidents == (5,)


def test_the_monitors_own_health_is_never_among_what_is_hidden() -> None:
    found = preview(Match(), LAST_WEEK, DISTRICT, NOW)
    assert found.open_incidents == (1, 4, 5, 6)
    assert found.targets_count == len(DISTRICT.targets)


def test_roles_and_targets_narrow_it() -> None:
    match = Match(roles=frozenset({Role.TSLCD}), units=CAO_SON.units)
    assert preview(match, LAST_WEEK, DISTRICT, NOW).targets == ("cao-son/tslcd",)


def test_a_match_that_covers_nothing_is_told_from_one_that_does() -> None:
    assert preview(Match(targets=frozenset({TargetId("cao-son/lam")})), LAST_WEEK, DISTRICT, NOW).is_empty


MATCHES = st.builds(
    Match,
    units=st.frozensets(st.sampled_from([*UNITS, UnitId("hub")]), max_size=3),
    targets=st.frozensets(st.sampled_from(list(DISTRICT.targets)), max_size=2),
    kinds=st.frozensets(st.sampled_from([CauseKind.TSLCD_DOWN, CauseKind.LINK_LOSS]), max_size=1),
    min_severity=st.none() | st.sampled_from(Severity),
)


@given(MATCHES)
def test_what_is_shown_is_what_a_silence_hides(match: Match) -> None:
    mute = Mute(
        id=1,
        kind=MuteKind.SILENCE,
        match=match,
        starts_at=NOW,
        ends_at=NOW + timedelta(hours=1),
        author="an",
        reason="test",
    )
    open_ones = [one for one in LAST_WEEK if one.resolved_at is None]
    hidden = tuple(one.id for one in open_ones if covering([mute], one, DISTRICT, NOW))
    assert preview(match, LAST_WEEK, DISTRICT, NOW).open_incidents == hidden
