from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bt_console.config.diff import InventoryDiff, diff
from bt_console.config.load import load_config
from bt_console.model.inventory import CheckId, Inventory

Edited = Callable[[str, str], Inventory]
EXAMPLE = (Path(__file__).parents[2] / "config.example.yaml").read_text(encoding="utf-8")


@pytest.fixture
def edited(tmp_path: Path) -> Edited:
    def load(before: str, after: str) -> Inventory:
        assert EXAMPLE.count(before) == 1
        path = tmp_path / "config.yaml"
        path.write_text(EXAMPLE.replace(before, after), encoding="utf-8")
        return load_config(path).inventory

    return load


@pytest.fixture
def old(edited: Edited) -> Inventory:
    return edited("name: Huyện Bạch Thông", "name: Huyện Bạch Thông")


def test_the_same_file_changes_no_check(old: Inventory, edited: Edited) -> None:
    assert diff(old, edited("name: Huyện Bạch Thông", "name: Huyện Bạch Thông")) == InventoryDiff()


def test_a_new_name_changes_no_check(old: Inventory, edited: Edited) -> None:
    assert diff(old, edited("name: Xã Cao Sơn", "name: Xã Cao Sơn mới")) == InventoryDiff()


def test_a_new_address_changes_the_checks_of_its_target_alone(old: Inventory, edited: Edited) -> None:
    found = diff(old, edited("internet: 198.51.100.10\n", "internet: 198.51.100.9\n"))
    assert found == InventoryDiff(
        changed=(CheckId("cao-son/internet:icmp_echo"), CheckId("cao-son/internet:path_trace"))
    )


def test_a_service_elsewhere_changes_its_checks_and_the_question_for_its_name(old: Inventory, edited: Edited) -> None:
    found = diff(old, edited("address: 10.254.1.13", "address: 10.254.1.14"))
    checks = ("http_get", "icmp_echo", "tls_handshake", "tls_versions")
    assert found.changed == ("dns:dns_query:motcua", *(f"motcua:{check}" for check in checks))
    assert found.added == found.removed == ()


def test_devices_come_and_go(old: Inventory, edited: Edited) -> None:
    before = "may-in: {address: 10.21.2.12, kind: printer, name: Máy in}"
    found = diff(old, edited(before, "may-quet: {address: 10.21.2.12, name: Máy quét}"))
    assert found.added == ("cao-son/device/may-quet:icmp_echo", "cao-son/device/may-quet:port_scan")
    assert found.removed == ("cao-son/device/may-in:icmp_echo", "cao-son/device/may-in:port_scan")
    assert found.changed == ()
