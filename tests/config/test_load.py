from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from bt_console.config.load import ConfigErrors, Settings, builtin_defaults, load_config
from bt_console.config.schema import ROLES

EXAMPLE = Path(__file__).parents[2] / "config.example.yaml"
Small = Callable[..., Settings]


def test_the_example_is_the_whole_district() -> None:
    inventory = load_config(EXAMPLE).inventory
    assert (inventory.district, inventory.language, inventory.timezone) == (
        "Huyện Bạch Thông",
        "vi",
        "Asia/Ho_Chi_Minh",
    )
    assert len(inventory.units) == 31
    for number in range(1, 18):
        unit = list(inventory.units.values())[number]
        addresses = [inventory.targets[f"{unit.id}/{role}"].address for role in ("lan", "tslcd", "internet")]  # type: ignore[index]
        assert addresses == [f"10.21.{number}.1", f"10.255.{number}.2", f"198.51.100.{4 * number + 2}"]


def test_settings_tell_the_file_and_its_revision(small: Small, tmp_path: Path) -> None:
    settings = small()
    assert settings.path == tmp_path / "small.yaml"
    assert settings.revision == sha256(settings.path.read_bytes()).hexdigest()
    assert settings.keep_observations_s == 7 * 86400
    assert settings.trust_file is None


def test_relative_paths_start_at_the_file(small: Small, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    settings = small("store: {path: data/s.sqlite, keep_observations: 2d}\ntrust_file: ca.pem\n")
    assert settings.store_path == tmp_path / "data" / "s.sqlite"
    assert settings.trust_file == tmp_path / "ca.pem"
    assert settings.keep_observations_s == 172_800


def test_arguments_override_the_file(small: Small, tmp_path: Path) -> None:
    path = small("store: {path: data/s.sqlite}\n").path
    settings = load_config(path, store_path=tmp_path / "x.sqlite", trust_file=tmp_path / "lab.pem")
    assert settings.store_path == tmp_path / "x.sqlite"
    assert settings.trust_file == tmp_path / "lab.pem"


def test_names_are_asked_of_the_districts_own_server_unless_others_are_named(small: Small) -> None:
    dns = "dns: {address: 10.20.0.53}"
    assert small().nameservers == ("10.20.0.53",)
    assert small("", (dns, "dns: {address: 10.20.0.53, port: 5353}")).nameservers == ("10.20.0.53:5353",)
    assert small("", (dns, "dns: {address: 'fd00::53', port: 5353}")).nameservers == ("[fd00::53]:5353",)
    assert small("nameservers: [192.0.2.53, '192.0.2.54:5353']\n").nameservers == ("192.0.2.53", "192.0.2.54:5353")
    assert small("", (dns, "dns: none")).nameservers == ()


def test_a_file_that_vanishes_is_an_ordinary_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigErrors, match="there is no such file"):
        load_config(tmp_path / "gone.yaml")


def test_every_mistake_of_every_kind_is_told_at_once(refused: Callable[..., list[str]]) -> None:
    found = refused(
        "  cao-son: {}\n  ha-vi:\n    name: Hà Vị\n    lan: {subnet: 10.21.2.0/24, gateway: 10.21.2.9}\n"
        "    internet: 198.51.100.10\n    tslcd: 10.255.6.2\ndefaults: {roles: {lan: {icmp_echo: {interval: 2}}}}\n",
        ("    path: tslcd\n", "    path: wifi\n"),
    )
    assert found == [
        "11:11: `wifi` is not one of tslcd, internet",
        "22:3: `cao-son` is written twice, first on line 15",
        "25:19: LAN 10.21.2.0/24 of ha-vi overlaps 10.21.2.0/24 of cao-son on line 17",
        "26:15: address 198.51.100.10 of ha-vi/internet is also cao-son/internet's, on line 18",
        "28:48: 2 has no unit",
    ]


def test_a_service_left_out_for_its_own_mistake_is_not_an_unknown_reference(refused: Callable[..., list[str]]) -> None:
    found = refused(
        "",
        ("    path: tslcd\n", "    path: wifi\n"),
        ("may-in: 10.21.2.12", "may-in: {address: 10.21.2.12, depends_on: [qlvb]}"),
    )
    assert found == ["11:11: `wifi` is not one of tslcd, internet"]


def test_the_built_in_defaults_name_every_role() -> None:
    assert set(builtin_defaults().roles) == set(ROLES)
