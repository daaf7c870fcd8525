"""Which alerts of other monitors hold, and what is wrong by them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bt_console.evaluate import foreign
from bt_console.evaluate.external import FIRING_LIMIT, advance, remembered, told
from bt_console.model.external import ExternalAlert
from bt_console.model.incident import CauseKind, Severity
from bt_console.model.inventory import Unit, UnitId, UnitKind
from bt_console.words import say

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
HUB = UnitId("hub")
UNITS = {
    HUB: Unit(id=HUB, name="UBND huyện", kind=UnitKind.HUB),
    UnitId("cao-son"): Unit(id=UnitId("cao-son"), name="Xã Cao Sơn", kind=UnitKind.COMMUNE),
}


def _later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def _alert(fingerprint: str = "a", name: str = "DiskFull", unit: str = "", **changes: object) -> ExternalAlert:
    alert = ExternalAlert(
        fingerprint=fingerprint,
        name=name,
        severity=Severity.WARNING,
        starts_at=NOW,
        ends_at=None,
        heard_at=NOW,
        labels={"alertname": name, **({"unit": unit} if unit else {})},
        summary="disk 95 % full",
    )
    return replace(alert, **changes)  # type: ignore[arg-type]


def test_an_alert_holds_until_it_is_not_repeated() -> None:
    firing = advance({}, [_alert()], NOW)
    assert list(advance(firing, [], _later(299))) == ["a"]
    assert advance(firing, [], _later(300)) == {}
    assert advance(firing, [], _later(30), resolve_after_s=30.0) == {}


def test_a_repeat_prolongs_it_and_keeps_its_beginning() -> None:
    firing = advance({}, [_alert()], NOW)
    firing = advance(firing, [_alert(heard_at=_later(200), starts_at=_later(200))], _later(200))
    assert list(advance(firing, [], _later(499))) == ["a"]
    assert firing["a"].starts_at == NOW


def test_an_end_that_was_told_counts_and_not_the_silence() -> None:
    firing = advance({}, [_alert(ends_at=_later(3600))], NOW)
    assert list(advance(firing, [], _later(3599))) == ["a"]
    assert advance(firing, [], _later(3600)) == {}


def test_an_alert_that_is_told_to_be_over_is_over() -> None:
    firing = advance({}, [_alert(), _alert("b")], NOW)
    assert list(advance(firing, [_alert(ends_at=_later(5))], _later(10))) == ["b"]


def test_an_alert_that_comes_back_after_its_end_begins_anew() -> None:
    firing = advance({}, [_alert()], NOW)
    back = advance(firing, [_alert(starts_at=_later(900), heard_at=_later(900))], _later(900))
    assert back["a"].starts_at == _later(900)


def test_whoever_tells_too_much_does_not_push_out_what_holds() -> None:
    firing = advance({}, [_alert()], NOW)
    firing = advance(firing, [_alert(str(n)) for n in range(FIRING_LIMIT + 5)], NOW)
    assert len(firing) == FIRING_LIMIT
    assert "a" in firing


def test_alerts_of_one_name_and_unit_are_one_thing_that_is_wrong() -> None:
    alerts = [
        _alert("a", unit="cao-son"),
        _alert("b", unit="cao-son", severity=Severity.CRITICAL, starts_at=_later(-60)),
        _alert("c", unit="elsewhere"),
        _alert("d", name="Backup|failed", unit="cao-son", severity=Severity.INFO),
    ]
    found = told(alerts, UNITS, HUB)
    assert [(t.unit_id, t.target_id, t.severity) for t in found] == [
        ("cao-son", "cao-son", Severity.CRITICAL),
        ("hub", "hub", Severity.WARNING),
        ("cao-son", "cao-son", Severity.INFO),
    ]
    assert {t.kind for t in found} == {CauseKind.EXTERNAL_ALERT}
    assert say("en", found[0].message) == "Xã Cao Sơn: another monitor reports DiskFull"
    assert say("vi", found[2].message) == "Xã Cao Sơn: hệ thống giám sát khác báo Backup|failed"
    assert "disk 95 % full (2 alerts, since 2026-11-24T07:59:00+00:00)" in say("en", found[0].detail)


def test_more_alerts_of_a_group_change_the_incident_and_open_none() -> None:
    first = foreign.step((), told([_alert(unit="cao-son")], UNITS, HUB), 1, NOW)
    grown = [_alert(unit="cao-son", summary="other"), _alert("b", unit="cao-son", severity=Severity.CRITICAL)]
    second = foreign.step(first.open, told(grown, UNITS, HUB), 2, NOW)
    assert second.opened == ()
    assert [after.severity for _, after in second.changed] == [Severity.CRITICAL]
    third = foreign.step(second.open, told([], UNITS, HUB), 2, NOW)
    assert [incident.id for incident in third.resolved] == [1]


def test_a_restart_ends_nothing_before_the_other_monitor_could_repeat_itself() -> None:
    alerts = [_alert(unit="cao-son"), _alert("d", name="Backup|failed 100%")]
    before = foreign.step((), told(alerts, UNITS, HUB), 1, NOW)
    firing = remembered(before.open, NOW)
    after = foreign.step(before.open, told(advance(firing, [], _later(299)).values(), UNITS, HUB), 3, _later(299))
    assert (after.opened, after.changed, after.resolved) == ((), (), ())
    repeated = advance(firing, [_alert(unit="cao-son", heard_at=_later(60))], _later(60))
    late = foreign.step(before.open, told(advance(repeated, [], _later(301)).values(), UNITS, HUB), 3, _later(301))
    assert late.opened == ()
    assert [incident.id for incident in late.resolved] == [2]


ALERTS = st.builds(
    lambda key, start_s, end_s: _alert(
        key, starts_at=_later(start_s), ends_at=None if end_s is None else _later(end_s), heard_at=NOW
    ),
    st.sampled_from("abcd"),
    st.integers(-500, 0),
    st.none() | st.integers(-500, 500),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(ALERTS, max_size=8), st.integers(0, 600))
def test_what_holds_holds_and_nothing_else(incoming: list[ExternalAlert], passed_s: int) -> None:
    firing = advance(advance({}, incoming, NOW), [], _later(passed_s))
    last = {alert.fingerprint: alert for alert in incoming}
    expected = {
        key
        for key, alert in last.items()
        if _later(passed_s) < (alert.ends_at or alert.heard_at + timedelta(seconds=300))
    }
    assert set(firing) == expected
