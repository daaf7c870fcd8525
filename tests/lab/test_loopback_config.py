"""The configuration of the fallback: valid, complete, and nothing in it leaves this machine."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

import pytest

from bt_console.config.load import Settings, load_config
from bt_console.lab.loopback import lines_before
from bt_console.lab.loopback_config import rewritten
from bt_console.lab.topology import draw
from tests.lab.example import EXAMPLE, inventory


def _rewrite(tmp_path: Path, source: bytes) -> Settings:
    (tmp_path / "ca.pem").touch()
    path = tmp_path / "config.yaml"
    path.write_text(rewritten(source, "given.yaml", tmp_path / "store.db", 20_000), encoding="utf-8")
    return load_config(path)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return _rewrite(tmp_path_factory.mktemp("loopback"), EXAMPLE.read_bytes())


def test_units_and_targets_are_those_of_the_given_configuration(settings: Settings) -> None:
    assert set(settings.inventory.targets) == set(inventory().targets)
    assert {u.id: (u.name, u.kind) for u in settings.inventory.units.values()} == {
        u.id: (u.name, u.kind) for u in inventory().units.values()
    }


def test_every_address_is_this_machines_and_nothing_is_pinged(settings: Settings) -> None:
    assert all(ip_address(target.address).is_loopback for target in settings.inventory.targets.values())
    assert {check.probe for check in settings.inventory.checks.values()} == {
        "host_health",
        "tcp_connect",
        "http_get",
        "tls_handshake",
        "dns_query",
        "dns_records",
        "smtp_session",
        "imap_session",
        "ntp_query",
        "ocsp_query",
        "crl_fetch",
        "timestamp_query",
    }


def test_people_are_told_by_the_labs_own_channels_only(tmp_path: Path) -> None:
    real = (
        "    chat: {type: telegram, params: {token: env:T}}\n"
        "    hook: {type: webhook, path: internet, params: {url: 'https://alerts.example.com/x'}}\n"
        "    relay: {type: smtp, params: {server: 'smtp.example.com', sender: a@b.example}}\n"
        "    chatbot: {type: zalo_bot, params: {token: env:Z}}\n"
    )
    source = EXAMPLE.read_text(encoding="utf-8").replace("  schedules:\n", f"{real}\n  schedules:\n", 1)
    source = source.replace("{zalo: none, sms", "{zalo: none, chat: '123456', sms")
    source = source.replace(
        "  # heartbeats:", "  heartbeats:\n    out: [{name: tinh, url: env:U, every: 60s}]\n  # heartbeats:"
    )
    oncall = _rewrite(tmp_path, source.encode()).oncall
    kinds = {name: channel.kind for name, channel in oncall.channels.items()}
    assert kinds == {
        **dict.fromkeys(("console", "chat", "hook", "relay", "chatbot"), "console"),
        "sms": "smstools",
        "zalo": "zalo_bot",
        "mail": "smtp",
    }
    assert oncall.channels["zalo"].params.url == "http://127.54.2.1:20001"
    assert oncall.channels["mail"].params.server == "127.54.1.2:20002"
    assert oncall.heartbeats == ()


def test_addresses_are_the_documented_ones(settings: Settings) -> None:
    targets = settings.inventory.targets
    found = {name: target.address for name, target in targets.items()}
    assert found["cao-son/lan"] == "127.21.2.1"  # type: ignore[index]
    assert found["cao-son/tslcd"] == "127.55.2.2"  # type: ignore[index]
    assert found["cao-son/internet"] == "127.51.2.2"  # type: ignore[index]
    assert found["mail"] == "127.54.1.2"  # type: ignore[index]
    assert settings.nameservers == ("127.20.0.53:20005",)


def test_the_rewritten_district_can_be_drawn_like_any_other(settings: Settings) -> None:
    assert draw(settings.inventory).names() == draw(inventory()).names()


def test_what_is_behind_a_line_is_known_for_every_target(settings: Settings) -> None:
    before = lines_before(settings.inventory)
    assert before["cao-son/device/may-in"] == ("uplink:tslcd", "core", "tslcd:cao-son")
    assert before["cao-son/internet"] == ("uplink:internet", "internet:cao-son")
    assert before["kyso"] == ("uplink:internet",)
    assert before["y-te/lan"] == before["dns"] == ()


def test_overrides_written_for_other_addresses_are_left_out(tmp_path: Path) -> None:
    own = "\n    checks: {tslcd: {tcp_connect: {address: '10.255.2.2:22'}}}\n    tslcd: 10.255.2.2\n"
    source = EXAMPLE.read_text(encoding="utf-8").replace("\n    tslcd: 10.255.2.2\n", own)
    assert "10.255.2.2:22" in source
    checks = _rewrite(tmp_path, source.encode()).inventory.checks
    assert not [check.id for check in checks.values() if "10.255" in check.address]
