"""What the simulated routers and switches say by SNMP, asked by the real probes from the hub."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bt_console.lab.client import Lab
from tests.lab.conftest import Vantage

pytestmark = [pytest.mark.netns, pytest.mark.xdist_group("lab")]

SWITCH, ROUTER, CORE = "10.21.2.13", "10.21.2.1", "10.255.255.1"
COMPUTER_MAC, PRINTER_MAC, ROUTER_MAC = "00:14:22:15:02:0b", "00:1e:8f:15:02:0c", "4c:5e:0c:15:02:01"


def community(lab: Lab) -> dict[str, str]:
    return {"community": f"file:{lab.secrets_dir}/snmp-community"}


def version_3(lab: Lab) -> dict[str, str]:
    keys = {"auth_key": f"file:{lab.secrets_dir}/snmp-auth-key", "priv_key": f"file:{lab.secrets_dir}/snmp-priv-key"}
    return {"version": "3", "user": "bt-console", **keys}


def rows(facts: dict[str, Any], *columns: str) -> list[tuple[Any, ...]]:
    return list(zip(*(facts[column] for column in columns), strict=True))


@pytest.mark.parametrize(
    ("address", "name"),
    [(SWITCH, "cao-son-switch"), (ROUTER, "cao-son-router"), ("10.255.2.2", "cao-son-router"), (CORE, "tslcd-core")],
)
def test_every_agent_says_who_it_is_to_whom_knows_the_community(
    healed: Lab, hub: Vantage, address: str, name: str
) -> None:
    reading = hub.measure("snmp_agent", address, **community(healed))
    assert reading["outcome"] == "ok", reading
    assert reading["facts"]["sys_name"] == name
    assert reading["facts"]["answers_public"] is False
    assert reading["measures"]["uptime_s"] > 0


def test_a_stranger_gets_no_answer(healed: Lab, hub: Vantage, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("wrong")
    wrong.chmod(0o600)
    reading = hub.measure("snmp_agent", SWITCH, community=f"file:{wrong}", try_s=0.2, retries_count=0)
    assert reading["outcome"] == "timeout"


def test_the_core_speaks_version_3_with_privacy_and_answers_nobody_else(
    healed: Lab, hub: Vantage, tmp_path: Path
) -> None:
    secure = version_3(healed)
    reading = hub.measure("snmp_interfaces", CORE, **secure)
    assert reading["outcome"] == "ok", reading
    assert reading["facts"]["security_level"] == "authPriv"
    assert "tslcd:cao-son" in reading["facts"]["if_alias"]
    wrong = tmp_path / "wrong"
    wrong.write_text("not-the-password")
    wrong.chmod(0o600)
    stranger = hub.measure("snmp_interfaces", CORE, **{**secure, "auth_key": f"file:{wrong}"}, retries_count=0)
    assert stranger["outcome"] != "ok"
    naked = {name: value for name, value in secure.items() if name != "priv_key"}
    assert hub.measure("snmp_interfaces", CORE, **naked, retries_count=0)["outcome"] != "ok"


def test_a_switch_knows_which_machine_is_behind_which_port(healed: Lab, hub: Vantage) -> None:
    assert hub.answers("10.21.2.11")
    assert hub.answers("10.21.2.12")
    facts = hub.measure("snmp_neighbours", SWITCH, **community(healed))["facts"]
    assert rows(facts, "mac", "port", "is_uplink") == [
        (COMPUTER_MAC, "port2", False),
        (PRINTER_MAC, "port3", False),
        (ROUTER_MAC, "port1", True),
    ]
    assert rows(facts, "lldp_port", "lldp_name", "lldp_remote_port") == [("port1", "cao-son-router", "lan")]


def test_a_router_knows_which_machine_has_which_address(healed: Lab, hub: Vantage) -> None:
    assert all(hub.answers(f"10.21.2.{number}") for number in (11, 12, 13))
    facts = hub.measure("snmp_neighbours", ROUTER, **community(healed))["facts"]
    known = dict(rows(facts, "ip", "mac"))
    assert known["10.21.2.11"] == COMPUTER_MAC
    assert known["10.21.2.12"] == PRINTER_MAC
    assert facts["lldp_name"] == ["cao-son-switch"]


def test_counters_count_what_really_crossed_the_line(healed: Lab, hub: Vantage) -> None:
    asked = {**community(healed), "interface": "tslcd"}
    hub.measure("snmp_interfaces", "10.255.4.2", **asked)
    send = (
        "import socket, time; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); end = time.monotonic() + 2\n"
        "while time.monotonic() < end: s.sendto(bytes(1000), ('10.255.4.2', 9)); time.sleep(0.01)"
    )
    assert healed.spawn("hub", [sys.executable, "-c", send]).wait() == 0
    reading = hub.measure("snmp_interfaces", "10.255.4.2", **asked)
    assert reading["facts"]["interface"] == "tslcd"
    assert dict(rows(reading["facts"], "if_name", "if_speed_bps"))["tslcd"] == 8e6
    assert 0.005 < reading["measures"]["in_utilisation_ratio"] < 0.2
    assert reading["measures"]["in_rate_bps"] > 5 * reading["measures"]["out_rate_bps"]


def test_version_1_writing_and_garbage_change_nothing(healed: Lab, hub: Vantage) -> None:
    before = hub.measure("snmp_agent", ROUTER, **community(healed))["measures"]["uptime_s"]
    talk = (
        "import os, socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(0.3)\n"
        "for size in range(0, 600, 7): s.sendto(os.urandom(size), ('10.21.2.1', 161))\n"
        "s.sendto(bytes.fromhex('302602010104067075626c6963a019020101020100020100300e300c06082b060102010105000500'),"
        " ('10.21.2.1', 161))\n"
        "try: s.recv(2000); print('answered')\n"
        "except TimeoutError: print('silent')"
    )
    with healed.spawn("hub", [sys.executable, "-c", talk], stdout=subprocess.PIPE, text=True) as command:
        assert command.communicate()[0] == "silent\n"
    assert hub.measure("snmp_agent", ROUTER, **community(healed))["measures"]["uptime_s"] > before


def test_the_secrets_are_their_owners_alone_and_new_in_every_lab(healed: Lab) -> None:
    files = sorted(healed.secrets_dir.iterdir())
    assert {"snmp-auth-key", "snmp-community", "snmp-priv-key"} <= {file.name for file in files}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert len({file.read_text() for file in files}) == len(files)
    assert not any(file.read_text().strip() in json.dumps(healed.status()) for file in files)
