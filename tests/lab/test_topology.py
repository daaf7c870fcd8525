"""The plan of the example district: every path is the one its name says, there and back, and has no detour."""

from __future__ import annotations

import dataclasses

import pytest

from bt_console.lab.errors import LabError
from bt_console.lab.plan import HUB
from bt_console.lab.topology import draw
from bt_console.model.inventory import Inventory, Role, TargetId, UnitKind
from tests.lab.example import Walk, inventory, plan

CORE = ["uplink:tslcd", "core"]
INTERNET = ["uplink:internet"]


@pytest.fixture(scope="module")
def walk() -> Walk:
    return Walk(plan())


def _expected(target_id: TargetId) -> list[str]:
    target = inventory().targets[target_id]
    is_department = inventory().units[target.unit_id].kind is UnitKind.DEPARTMENT
    if target.role is Role.DNS or is_department:
        return []
    if target.role is Role.UPLINK:
        return [f"uplink:{target.labels['path']}"]
    if target.role is Role.CORE:
        return CORE
    if target.role in (Role.ANCHOR, Role.SERVICE):
        return CORE if target.labels["path"] == "tslcd" else INTERNET
    if target.role is Role.INTERNET:
        return [*INTERNET, f"internet:{target.unit_id}"]
    return [*CORE, f"tslcd:{target.unit_id}"]


MEASURED = [t.id for t in inventory().targets.values() if t.role is not Role.HUB]


@pytest.mark.parametrize("target_id", MEASURED)
def test_every_target_is_reached_and_answers_over_its_own_path(walk: Walk, target_id: TargetId) -> None:
    target = inventory().targets[target_id]
    there = walk.lines(HUB, target.address)
    assert there == _expected(target_id)
    hub = "203.0.113.2" if there and "uplink:internet" in there else "10.255.0.2"
    (space,) = walk.at[target.address] - {""}
    back = walk.lines(space, hub)
    assert back == there[::-1]


def test_communes_reach_each_others_lan_over_the_tslcd(walk: Walk) -> None:
    assert walk.lines("cao-son", "10.21.3.1") == ["tslcd:cao-son", "tslcd:cam-giang"]


def test_an_address_nobody_has_leads_nowhere(walk: Walk) -> None:
    assert walk.lines(HUB, "10.99.0.1") is None
    assert walk.lines(HUB, "8.8.8.8") is None


def test_every_commune_has_both_lines_and_the_hub_its_own() -> None:
    names = plan().names()
    assert len(names.units("tslcd")) == len(names.units("internet")) == 17
    assert {"uplink:tslcd", "uplink:internet", "core"} <= set(names.lines)
    assert names.name_servers == ("dns",)
    assert names.mail_services == ("mail",)
    assert "kyso" in names.web_services
    assert "kyso" in names.tls_services
    assert names.clocks == ("dns", "kyso", *names.units("tslcd"))


def test_departments_are_places_in_the_building() -> None:
    assert plan().places["y-te"] == "hub/building"
    assert plan().places["cao-son"] == "cao-son"
    assert plan().places["hub"] == "hub"


def test_lines_have_the_same_delay_in_every_lab_and_plausible_ones() -> None:
    lines = {link.line.id: link.line for link in plan().links if link.line}
    again = {link.line.id: link.line for link in draw(inventory()).links if link.line}
    assert lines == again
    assert all(0.0015 <= line.delay_s <= 0.0045 for name, line in lines.items() if name.startswith("tslcd:"))
    assert all(0.004 <= line.delay_s <= 0.0125 for name, line in lines.items() if name.startswith("internet:"))


def _changed(target_id: str, address: str) -> Inventory:
    targets = dict(inventory().targets)
    targets[TargetId(target_id)] = dataclasses.replace(targets[TargetId(target_id)], address=address)
    return dataclasses.replace(inventory(), targets=targets)


def test_routers_that_share_a_block_are_linked_all_the_same() -> None:
    crowded = _changed("cao-son/tslcd", "10.255.1.1")
    walk = Walk(draw(crowded))
    assert walk.lines(HUB, "10.255.1.1") == [*CORE, "tslcd:cao-son"]
    assert walk.lines(HUB, "10.255.1.2") == [*CORE, "tslcd:phu-thong"]
    assert walk.lines("cao-son", "10.255.0.2") == ["tslcd:cao-son", *CORE[::-1]]


def test_a_city_that_uses_one_prefix_for_everything_still_keeps_its_paths_apart() -> None:
    mixed = _changed("cao-son/internet", "10.21.200.9")
    walk = Walk(draw(mixed))
    assert walk.lines(HUB, "10.21.200.9") == ["uplink:internet", "internet:cao-son"]


def test_what_cannot_be_simulated_is_said() -> None:
    with pytest.raises(LabError, match="IPv4 only; cao-son/lan"):
        draw(_changed("cao-son/lan", "2001:db8::1"))
    without = {name: t for name, t in inventory().targets.items() if name != "hub/uplink-tslcd"}
    with pytest.raises(LabError, match="no tslcd uplink"):
        draw(dataclasses.replace(inventory(), targets=without))


def test_services_stand_in_their_data_centre_and_show_what_the_checks_expect() -> None:
    services = {service.id: service for service in plan().services}
    assert services["qlvb"].space == "dc/tslcd"
    assert services["kyso"].space == "dc/internet"
    assert {port.number: port.kind for port in services["mail"].ports} == {
        443: "https",
        25: "smtp",
        587: "smtp",
        993: "imaps",
        143: "imap",
    }
    assert (services["mail"].mailbox, services["mail"].credential) == ("giamsat@bachthong.example", "mail-password")
    assert "ntp" in {port.kind for port in services["dns"].ports}
    assert services["dichvucong"].texts == ("Dịch vụ công trực tuyến",)
