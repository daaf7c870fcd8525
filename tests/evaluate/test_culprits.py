"""Whom an incident blames."""

from __future__ import annotations

from bt_console.evaluate.culprits import culprits_of, is_outage
from bt_console.evaluate.topology import build
from bt_console.model.incident import CauseKind
from tests.evaluate.build import incident_of
from tests.evaluate.district import district

TOPOLOGY = build(district(3))


def test_a_line_is_its_own_culprit() -> None:
    assert culprits_of(incident_of(CauseKind.TSLCD_DOWN, "cao-son/tslcd"), TOPOLOGY) == ("cao-son/tslcd",)


def test_a_dark_unit_has_both_links_as_culprits() -> None:
    found = culprits_of(incident_of(CauseKind.UNIT_DARK, "cao-son"), TOPOLOGY)

    assert set(found) == {"cao-son/tslcd", "cao-son/internet"}


def test_a_dead_switch_has_its_silent_devices_as_culprits() -> None:
    incident = incident_of(CauseKind.LAN_SWITCH_DOWN, "cao-son/lan", behind=["cao-son/device/may-in"])

    assert culprits_of(incident, TOPOLOGY) == ("cao-son/device/may-in",)


def test_the_hubs_lan_has_what_it_joins_as_culprits() -> None:
    incident = incident_of(CauseKind.OWN_LAN_DOWN, "hub", behind=["hub/uplink-tslcd", "dns", "tslcd-core"])

    assert set(culprits_of(incident, TOPOLOGY)) == {"hub/uplink-tslcd", "dns"}


def test_slow_is_no_outage() -> None:
    assert is_outage(CauseKind.SERVICE_DOWN)
    assert not is_outage(CauseKind.SERVICE_SLOW)
    assert not is_outage(CauseKind.CANNOT_MEASURE)
