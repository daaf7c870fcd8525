"""A district whose configuration asks in SNMP version 3: its agents answer and notify in it, and the monitor hears."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bt_console.config.load import load_config
from bt_console.lab.client import Lab
from bt_console.lab.offered import asks_version_3
from bt_console.model.inventory import CheckId
from tests.lab.conftest import Vantage
from tests.lab.example import EXAMPLE, inventory
from tests.lab.test_agents import ROUTER, SWITCH, rows, version_3
from tests.lab.test_service_faults import Watch

pytestmark = [pytest.mark.netns, pytest.mark.xdist_group("lab")]

WRITTEN = """  version: 2c                       # or 3, with user, auth_key and priv_key
  community: credential:snmp-community
"""
SECURE = """  version: 3
  user: bt-console
  auth_key: credential:snmp-auth-key
  priv_key: credential:snmp-priv-key
"""
ENOUGH_S = 40.0
TRAPS = "hub:snmp_traps"


def secure_example(folder: Path) -> Path:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert WRITTEN in text
    path = folder / "secure.yaml"
    path.write_text(text.replace(WRITTEN, SECURE), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def secure(_namespaces: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("secure")
    lab = Lab.start(secure_example(folder), folder / "lab")
    yield lab
    lab.stop()


@pytest.fixture(scope="module")
def watch(secure: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    """A monitor with that configuration; before it is used it has listened once."""
    folder = tmp_path_factory.mktemp("watch")
    with closing(Watch(secure, folder, secure_example(folder))) as made:
        made.next(TRAPS)
        yield made


@pytest.fixture(scope="module")
def hub(secure: Lab) -> Iterator[Vantage]:
    with closing(Vantage(secure, "hub")) as made:
        yield made


def hear(watch: Watch, since_at: datetime, wanted: set[tuple[str, str, str]]) -> None:
    """Wait until the monitor has heard all of these, everything in version 3, and has refused nothing."""
    end_s = time.monotonic() + ENOUGH_S
    heard: set[tuple[Any, ...]] = set()
    while not wanted <= heard:
        assert time.monotonic() < end_s, heard
        time.sleep(0.2)
        for observation in watch.console.history(CheckId(TRAPS), since_at, datetime.now(UTC)):
            facts = dict(observation.reading.facts)
            assert set(facts["trap_version"]) <= {"3"}  # type: ignore[arg-type]
            assert observation.reading.measures["refused_count"] == 0
            heard |= set(rows(facts, "trap_source", "trap_kind", "trap_interface"))


def test_a_monitor_hears_in_version_3_that_a_port_goes_down_and_up(secure: Lab, watch: Watch) -> None:
    since_at = datetime.now(UTC)
    secure.fault("port-flap:cao-son:may-in")
    hear(watch, since_at, {(SWITCH, "linkDown", "port3"), (SWITCH, "linkUp", "port3")})
    secure.heal(None)


def test_it_tells_agents_apart_that_share_a_process_and_hears_who_got_power_back(secure: Lab, watch: Watch) -> None:
    since_at = datetime.now(UTC)
    secure.fault("switch-down:cao-son")
    secure.fault("switch-down:don-phong")
    hear(watch, since_at, {(ROUTER, "linkDown", "lan"), ("10.21.4.1", "linkDown", "lan")})
    secure.heal(None)
    hear(watch, since_at, {(SWITCH, "coldStart", ""), ("10.21.4.13", "coldStart", "")})


def test_its_own_checks_ask_in_version_3_and_are_answered(watch: Watch) -> None:
    reading = watch.next("cao-son/tslcd:snmp_addresses").reading
    assert (reading.outcome, reading.facts["security_level"]) == ("ok", "authPriv")


@pytest.mark.parametrize("address", [ROUTER, SWITCH, "10.255.17.2"])
def test_every_agent_answers_in_version_3(secure: Lab, hub: Vantage, address: str) -> None:
    reading = hub.measure("snmp_addresses", address, **version_3(secure))
    assert reading["outcome"] == "ok", reading
    assert reading["facts"]["security_level"] == "authPriv"
    naked = {name: value for name, value in version_3(secure).items() if name != "priv_key"}
    assert hub.measure("snmp_addresses", address, **naked, retries_count=0)["outcome"] != "ok"


def test_the_configuration_says_which_version_is_spoken(tmp_path: Path) -> None:
    assert not asks_version_3(inventory())
    assert asks_version_3(load_config(secure_example(tmp_path)).inventory)
