from __future__ import annotations

from collections.abc import Callable

from bt_console.config.load import Settings
from bt_console.model.inventory import Inventory, Role, TargetId, UnitId, UnitKind

Small = Callable[..., Settings]
DEPARTMENT = """\
  y-te:
    name: Phòng Y tế
    kind: department
    officials: 3
    lan: {subnet: 10.20.9.0/24, gateway: 10.20.9.1}
    labels: {floor: "2"}
"""


def parents(inventory: Inventory, target: str) -> tuple[str, ...]:
    return inventory.targets[TargetId(target)].depends_on


def test_dependencies_follow_the_topology(small: Small) -> None:
    inventory = small(DEPARTMENT).inventory
    assert {target: parents(inventory, target) for target in inventory.targets} == {
        "hub": (),
        "hub/uplink-internet": ("hub",),
        "hub/uplink-tslcd": ("hub",),
        "tslcd-core": ("hub/uplink-tslcd",),
        "dns": ("hub",),
        "qlvb": ("tslcd-core", "dns"),
        "cao-son/lan": ("cao-son/tslcd",),
        "cao-son/internet": ("hub/uplink-internet",),
        "cao-son/tslcd": ("tslcd-core",),
        "cao-son/device/may-in": ("cao-son/lan",),
        "y-te/lan": ("hub",),
    }


def test_a_service_on_the_internet_depends_on_the_hubs_line(small: Small) -> None:
    inventory = small("", ("path: tslcd", "path: internet"), ("dns: {address: 10.20.0.53}", "dns: none")).inventory
    assert parents(inventory, "qlvb") == ("hub/uplink-internet",)
    assert TargetId("dns") not in inventory.targets


def test_own_dependencies_replace_the_conventional_ones(small: Small) -> None:
    device = "may-in: {address: 10.21.2.12, depends_on: [cao-son/device/switch]}\n      switch: 10.21.2.13"
    inventory = small("", ("may-in: 10.21.2.12", device)).inventory
    assert parents(inventory, "cao-son/device/may-in") == ("cao-son/device/switch",)
    assert parents(inventory, "cao-son/device/switch") == ("cao-son/lan",)


def test_anchors_are_numbered_and_labelled(small: Small) -> None:
    anchors = (
        "  anchors: [192.0.2.1, {address: 192.0.2.2, isp: viettel, name: Mốc}]\n  internet: {gateway: 203.0.113.1}"
    )
    inventory = small("", ("  internet: {gateway: 203.0.113.1}", anchors)).inventory
    first, second = inventory.targets[TargetId("hub/anchor-1")], inventory.targets[TargetId("hub/anchor-2")]
    assert (first.role, first.address, first.depends_on) == (Role.ANCHOR, "192.0.2.1", ("hub/uplink-internet",))
    assert (second.name, second.labels) == ("Mốc", {"path": "internet", "isp": "viettel"})


def test_units_carry_their_lan_and_the_hub_its_own_addresses(small: Small) -> None:
    edit = ("tslcd: {gateway: 10.255.0.1}", "tslcd: {gateway: 10.255.0.1, address: 10.255.0.2/30}")
    inventory = small(DEPARTMENT, edit).inventory
    assert list(inventory.units) == ["hub", "cao-son", "y-te"]
    department = inventory.units[UnitId("y-te")]
    assert (department.kind, department.parent, department.officials_count) == (UnitKind.DEPARTMENT, "hub", 3)
    assert department.labels == {"floor": "2", "lan_subnet": "10.20.9.0/24"}
    assert inventory.units[UnitId("hub")].labels == {"tslcd_address": "10.255.0.2/30"}
    assert inventory.targets[TargetId("hub")].address == "10.255.0.2"


def test_a_hub_without_own_addresses_is_known_by_the_loopback(small: Small) -> None:
    assert small().inventory.targets[TargetId("hub")].address == "127.0.0.1"


def test_labels_say_path_isp_service_and_host(small: Small) -> None:
    edit = ("    internet: 198.51.100.10", "    internet: 198.51.100.10/30\n    isp: vnpt")
    targets = small("", edit).inventory.targets
    assert targets[TargetId("cao-son/internet")].labels == {"path": "internet", "isp": "vnpt"}
    assert targets[TargetId("cao-son/internet")].address == "198.51.100.10"
    assert targets[TargetId("cao-son/tslcd")].labels == {"path": "tslcd"}
    assert targets[TargetId("qlvb")].labels == {"path": "tslcd", "service": "web", "host": "qlvb.example"}


def test_a_line_may_have_an_isp_and_name_of_its_own_or_not_be_there(small: Small) -> None:
    line = ("internet: 198.51.100.10", "internet: {address: 198.51.100.10, isp: viettel, name: Đường mới}")
    targets = small("", line, ("tslcd: 10.255.2.2", "tslcd: none")).inventory.targets
    assert targets[TargetId("cao-son/internet")].labels["isp"] == "viettel"
    assert targets[TargetId("cao-son/internet")].name == "Đường mới"
    assert TargetId("cao-son/tslcd") not in targets
    assert targets[TargetId("cao-son/lan")].depends_on == ("hub",)


def test_a_unit_without_lan_hangs_its_devices_on_the_hub(small: Small) -> None:
    targets = small("", ("lan: {subnet: 10.21.2.0/24, gateway: 10.21.2.1}", "lan: none")).inventory.targets
    assert targets[TargetId("cao-son/device/may-in")].depends_on == ("hub",)
