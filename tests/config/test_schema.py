from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from pydantic import ValidationError

from bt_console.config.check_spec import CheckSpec, Spec
from bt_console.config.schema import ROLES, FileSpec, ServiceSpec, UnitSpec, outside
from bt_console.model.inventory import Role

UNIT: dict[str, Any] = {
    "name": "Xã",
    "lan": {"subnet": "10.21.2.0/24", "gateway": "10.21.2.1"},
    "internet": "198.51.100.10",
    "tslcd": "10.255.2.2/30",
}


def locs(written: dict[str, Any]) -> list[tuple[int | str, ...]]:
    with pytest.raises(ValidationError) as caught:
        UnitSpec.model_validate(written)
    return [detail["loc"] for detail in caught.value.errors()]


def test_every_section_is_frozen_and_takes_no_unknown_key() -> None:
    found: list[type[Spec]] = list(Spec.__subclasses__())
    assert FileSpec in found
    assert len(found) > 12
    for model in found:
        assert model.model_config["frozen"]
        assert model.model_config["extra"] == "forbid"


def test_a_commune_needs_both_lines_and_a_department_only_its_lan() -> None:
    assert UnitSpec.model_validate(UNIT).devices == {}
    assert locs({"name": "Xã"}) == [("lan",), ("internet",), ("tslcd",)]
    assert locs({"name": "Phòng", "kind": "department"}) == [("lan",)]
    assert UnitSpec.model_validate({**UNIT, "internet": "none"}).internet is None


def test_every_device_outside_the_lan_is_named() -> None:
    devices = {"a": "10.21.3.1", "b": "10.21.2.9", "c": {"address": "10.21.2.255"}}
    assert locs({**UNIT, "devices": devices}) == [("devices", "a", "address"), ("devices", "c", "address")]


@pytest.mark.parametrize(
    ("address", "subnet", "is_outside"),
    [
        ("10.0.0.1", "10.0.0.0/24", False),
        ("10.0.0.0", "10.0.0.0/24", True),
        ("10.0.0.255", "10.0.0.0/24", True),
        ("10.0.0.0", "10.0.0.0/31", False),
        ("fd00::", "fd00::/64", False),
        ("10.0.1.1", "10.0.0.0/24", True),
        ("fd00::1", "10.0.0.0/24", True),
    ],
)
def test_a_machines_address_is_inside_and_neither_first_nor_last(address: str, subnet: str, is_outside: bool) -> None:
    assert bool(outside(ip_address(address), ip_network(subnet))) is is_outside


@pytest.mark.parametrize(
    ("url", "host", "port", "is_numeric"),
    [
        ("https://QLVB.example/x", "qlvb.example", 443, False),
        ("http://qlvb.example", "qlvb.example", 80, False),
        ("https://10.0.0.1:8443/", "10.0.0.1", 8443, True),
        ("https://[fd00::1]/", "fd00::1", 443, True),
    ],
)
def test_a_service_knows_its_host_and_port(url: str, host: str, port: int, is_numeric: bool) -> None:
    service = ServiceSpec.model_validate({"name": "x", "path": "tslcd", "url": url, "address": "10.0.0.1"})
    assert (service.host, service.port, service.is_numeric) == (host, port, is_numeric)


def test_a_check_without_a_known_probe_has_one_error_only() -> None:
    with pytest.raises(ValidationError) as caught:
        CheckSpec.model_validate({"(probe)": "nope", "params": {"x": 1}, "thresholds": {"y": 2}})
    assert len(caught.value.errors()) == 1


def test_every_role_of_the_model_can_have_defaults() -> None:
    assert {role.value for role in Role} - {"service"} <= set(ROLES)
