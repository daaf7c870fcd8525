"""From standings to causes: one per fault, with what it explains."""

from __future__ import annotations

from collections.abc import Mapping

from bt_console.evaluate.causes import Found, find_causes
from bt_console.model.incident import CauseKind, Severity
from tests.evaluate.build import court_of, incident_of
from tests.evaluate.district import district
from tests.evaluate.simulation import instant

DOWN = "ok timeout timeout"
UNITS = district(4).units
LAN = {"cao-son/lan": DOWN, "cao-son/device/may-in": DOWN, "cao-son/device/may-chu": DOWN}
LINE = {"cao-son/tslcd": DOWN, **LAN}


def causes(histories: Mapping[str, str]) -> tuple[Found, ...]:
    return find_causes(court_of(histories), UNITS, instant(20))


def named(histories: Mapping[str, str]) -> set[tuple[str, str]]:
    return {(str(found.cause.kind), found.cause.target_id) for found in causes(histories)}


def test_a_healthy_district_has_no_cause() -> None:
    assert causes({}) == ()


def test_a_line_explains_what_is_behind_it_and_hurts_its_unit() -> None:
    (found,) = causes(LINE)

    assert found.cause.kind is CauseKind.TSLCD_DOWN
    assert set(found.impact.targets) == set(LINE)
    assert found.impact.units == ("cao-son",)
    assert (found.since, found.last_good_at) == (instant(5), instant(0))


def test_both_links_of_a_unit_are_one_dark_unit() -> None:
    assert named({**LINE, "cao-son/internet": DOWN}) == {("unit_dark", "cao-son")}


def test_links_that_failed_a_minute_apart_are_two_faults() -> None:
    early = "ok " + "timeout " * 20
    late = "ok " * 18 + "timeout timeout timeout"
    histories = {**dict.fromkeys(LINE, early), "cao-son/internet": late}
    found = find_causes(court_of(histories, otherwise="ok " * 21), UNITS, instant(110))

    assert {f.cause.kind for f in found} == {CauseKind.TSLCD_DOWN, CauseKind.INTERNET_DOWN}


def test_both_uplinks_are_the_hubs_lan_and_outer_units_are_unseen_not_hurt() -> None:
    outside = [t for t in district(4).targets if "/" in t and not t.startswith(("van-hoa", "noi-vu"))]
    (found,) = causes(dict.fromkeys([*outside, "tslcd-core", "qlvb", "mail", "motcua", "dichvucong", "kyso"], DOWN))

    assert (found.cause.kind, found.cause.target_id) == (CauseKind.OWN_LAN_DOWN, "hub")
    assert set(found.impact.units) == {"hub", "van-hoa", "noi-vu"}
    assert set(found.impact.unseen_units) == {"phu-thong", "cao-son", "cam-giang", "don-phong"}
    assert len(found.impact.services) == 5


def test_all_devices_of_a_lan_are_its_switch_and_one_is_a_device() -> None:
    devices = {"cao-son/device/may-in": DOWN, "cao-son/device/may-chu": DOWN}

    assert named(devices) == {("lan_switch_down", "cao-son/lan")}
    assert named({"cao-son/device/may-in": DOWN}) == {("device_missing", "cao-son/device/may-in")}


def test_an_anchor_alone_is_no_cause() -> None:
    assert named({"hub/anchor-1": DOWN}) == set()


def test_a_name_server_explains_only_the_services_that_failed() -> None:
    (found,) = causes({"dns": DOWN, "qlvb": DOWN})

    assert (found.cause.kind, found.impact.services) == (CauseKind.DNS_DOWN, ("qlvb",))


def test_what_cannot_be_measured_is_said_once_and_worst_first() -> None:
    found = causes({"cao-son/tslcd": "ok error error", "cam-giang/tslcd": "ok error error"})
    everything = find_causes(court_of({}, otherwise="error error"), UNITS, instant(20))

    assert [f.cause.kind for f in found] == [CauseKind.CANNOT_MEASURE]
    assert (found[0].severity, everything[0].severity) == (Severity.WARNING, Severity.CRITICAL)
    assert set(found[0].impact.targets) == {"cao-son/tslcd", "cam-giang/tslcd"}


def test_a_cause_that_an_incident_holds_is_not_reasoned_again() -> None:
    court = court_of(LINE, [incident_of(CauseKind.TSLCD_DOWN, "cao-son/tslcd")])

    assert find_causes(court, UNITS, instant(20))[0].cause.steps == ()
    assert causes(LINE)[0].cause.steps != ()


def test_a_delayed_line_is_a_warning_for_its_unit() -> None:
    (found,) = causes({"cao-son/tslcd": "ok ok slow slow"})

    assert (found.cause.kind, found.impact.units, found.severity) == (
        CauseKind.LINK_DELAY,
        ("cao-son",),
        Severity.WARNING,
    )
