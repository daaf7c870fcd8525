"""The inventory as a graph."""

from __future__ import annotations

from dataclasses import replace

from bt_console.evaluate.topology import build
from bt_console.model.inventory import CheckId, TargetId
from tests.evaluate.build import check_of
from tests.evaluate.district import district

TOPOLOGY = build(district(4))


def ids(*names: str) -> tuple[TargetId, ...]:
    return tuple(TargetId(name) for name in names)


def test_ancestors_are_nearest_first_and_leave_out_the_hub() -> None:
    assert TOPOLOGY.ancestors[TargetId("cao-son/device/may-in")] == ids(
        "cao-son/lan", "cao-son/tslcd", "tslcd-core", "hub/uplink-tslcd"
    )
    assert TOPOLOGY.ancestors[TargetId("dns")] == ()


def test_a_service_is_behind_its_path_and_its_name_server() -> None:
    assert set(TOPOLOGY.ancestors[TargetId("qlvb")]) == set(ids("tslcd-core", "dns", "hub/uplink-tslcd"))


def test_descendants_are_the_other_way_round() -> None:
    assert TOPOLOGY.descendants[TargetId("cao-son/tslcd")] == frozenset(
        ids("cao-son/lan", "cao-son/device/may-in", "cao-son/device/may-chu")
    )


def test_links_are_sisters_going_round_and_the_witnesses_of_services_behind_the_same_router() -> None:
    assert TOPOLOGY.sisters[TargetId("don-phong/tslcd")] == ids("phu-thong/tslcd", "cao-son/tslcd", "cam-giang/tslcd")
    links = ids("phu-thong/tslcd", "cao-son/tslcd", "cam-giang/tslcd", "don-phong/tslcd")
    assert TOPOLOGY.sisters[TargetId("qlvb")] == links
    assert TOPOLOGY.sisters[TargetId("kyso")][:2] == ids("hub/anchor-1", "hub/anchor-2")


def test_devices_of_one_lan_are_sisters() -> None:
    assert TOPOLOGY.sisters[TargetId("cao-son/device/may-in")] == ids("cao-son/device/may-chu")


def test_what_the_hubs_lan_joins_is_sisters_and_the_quick_ones_come_first() -> None:
    beside = TOPOLOGY.sisters[TargetId("hub/uplink-internet")]

    assert beside[-1] == "dns"
    assert set(beside) == set(ids("hub/uplink-tslcd", "van-hoa/lan", "noi-vu/lan", "dns"))


def test_each_link_knows_the_other_way_out() -> None:
    assert TOPOLOGY.other_path[TargetId("cao-son/tslcd")] == "cao-son/internet"
    assert TOPOLOGY.other_path[TargetId("hub/uplink-tslcd")] == "hub/uplink-internet"
    assert TargetId("van-hoa/lan") not in TOPOLOGY.other_path


def test_what_has_no_check_is_nobodys_ancestor_child_or_other_path() -> None:
    inventory = district(4)
    checks = {c.id: c for c in inventory.checks.values() if c.target_id != "cao-son/tslcd"}
    topology = build(replace(inventory, checks=checks))

    assert topology.ancestors[TargetId("cao-son/lan")] == ids("tslcd-core", "hub/uplink-tslcd")
    assert "cao-son/tslcd" not in topology.children[TargetId("tslcd-core")]
    assert TargetId("cao-son/internet") not in topology.other_path
    assert topology.links[topology.unit_of(TargetId("cao-son/lan"))] == ids("cao-son/internet")


def test_a_check_that_does_not_decide_says_nothing_about_whether_its_target_works() -> None:
    inventory = district(4)
    scan = check_of(
        id=CheckId("cao-son/device/may-in:port_scan"),
        target_id=TargetId("cao-son/device/may-in"),
        probe="port_scan",
        decides=False,
    )
    topology = build(replace(inventory, checks={**inventory.checks, scan.id: scan}))

    assert scan not in topology.checks[scan.target_id]
    assert topology.checks == TOPOLOGY.checks
    assert topology.check_target[scan.id] == scan.target_id
