from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from probes.api import FailureKind, Outcome
from tests.servers.ask import ask
from tests.servers.snmp_agent import Oid, Value, column, gauge, integer, oid, snmp_agent, text, ticks
from tests.servers.snmp_secrets import Secrets
from tests.servers.snmpd import Snmpd, snmpd

UPS, SENSOR, NAME = "1.3.6.1.2.1.33.1", "1.3.6.1.2.1.99.1.1.1", "1.3.6.1.2.1.47.1.1.1.1.7"
LM = "1.3.6.1.4.1.2021.13.16.2.1"
UPTIME = {oid("1.3.6.1.2.1.1.3.0"): ticks(1)}


@pytest.fixture
def community(tmp_path: Path) -> dict[str, Any]:
    return Secrets(tmp_path).community("lan-secret")


@pytest.fixture(scope="module")
def real_ups() -> Iterator[Snmpd]:
    lines = [
        f"override {UPS}.1.2.0 octet_str Smart-1500",
        f"override {UPS}.2.1.0 integer 3",
        f"override {UPS}.2.2.0 integer 42",
        f"override {UPS}.2.3.0 integer 9",
        f"override {UPS}.2.4.0 integer 87",
        f"override {UPS}.3.3.1.3.1 integer 231",
        f"override {UPS}.4.1.0 integer 5",
        f"override {UPS}.4.4.1.5.1 integer 35",
        f"override {UPS}.6.1.0 integer 2",
    ]
    with snmpd(more="\n".join(lines)) as running:
        yield running


@pytest.mark.parametrize("user", ["", "alice"])
async def test_a_ups_on_battery_says_how_long_it_lasts(real_ups: Snmpd, tmp_path: Path, user: str) -> None:
    secrets = Secrets(tmp_path)
    reading = await ask("snmp_power", real_ups.address, **(secrets.user(user) if user else secrets.community()))
    assert (reading.outcome, reading.detail) == (Outcome.OK, "")
    measures = {name: value for name, value in reading.measures.items() if name != "poll_s"}
    assert measures == {
        "battery_charge_ratio": pytest.approx(0.87),
        "battery_runtime_s": 540,
        "on_battery_s": 42,
        "load_ratio": 0.35,
        "alarms_count": 2,
        "broken_sensors_count": 0,
    }
    facts = reading.facts
    assert (facts["ups_model"], facts["battery_status"]) == ("Smart-1500", "batteryLow")
    assert (facts["output_source"], facts["is_on_battery"], facts["input_volts"]) == ("battery", True, (231.0,))


def sensors() -> dict[Oid, Value]:
    """Two temperatures, one in tenths and one broken, and a fan in thousands."""
    tables: dict[Oid, Value] = dict(UPTIME)
    tables |= column(f"{SENSOR}.1", {1: integer(8), 2: integer(8), 3: integer(10)})
    tables |= column(f"{SENSOR}.2", {1: integer(9), 2: integer(9), 3: integer(10)})
    tables |= column(f"{SENSOR}.3", {1: integer(1), 2: integer(0), 3: integer(0)})
    tables |= column(f"{SENSOR}.4", {1: integer(415), 2: integer(900), 3: integer(3)})
    tables |= column(f"{SENSOR}.5", {1: integer(1), 2: integer(3), 3: integer(1)})
    return tables | column(NAME, {1: text("Inlet\x07"), 2: text("CPU")})


async def test_sensors_have_a_unit_and_the_hottest_that_works_counts(community: dict[str, Any]) -> None:
    async with snmp_agent(sensors()) as fake:
        reading = await ask("snmp_power", fake.address, **community)
    assert reading.outcome is Outcome.OK
    facts = reading.facts
    assert facts["sensor_name"] == ("Inlet␇", "CPU", "sensor 3")
    assert facts["sensor_unit"] == ("°C", "°C", "rpm")
    assert facts["sensor_value"] == (41.5, 900.0, 3000.0)
    assert facts["sensor_is_ok"] == (True, False, True)
    assert reading.measures["hottest_celsius"] == 41.5
    assert reading.measures["broken_sensors_count"] == 1


async def test_a_servers_own_sensors_are_read_where_there_are_no_others(community: dict[str, Any]) -> None:
    tables = dict(UPTIME) | column(f"{LM}.2", {1: text("Core 0")}) | column(f"{LM}.3", {1: gauge(52_500)})
    async with snmp_agent(tables) as fake:
        reading = await ask("snmp_power", fake.address, **community)
    assert (reading.facts["sensor_name"], reading.measures["hottest_celsius"]) == (("Core 0",), 52.5)


async def test_an_agent_that_measures_nothing_is_a_mismatch(community: dict[str, Any]) -> None:
    async with snmp_agent(dict(UPTIME)) as fake:
        reading = await ask("snmp_power", fake.address, **community)
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.MISMATCH)
    assert "neither a UPS" in reading.detail


async def test_values_of_the_wrong_type_do_no_harm(community: dict[str, Any]) -> None:
    tables = sensors() | {oid(f"{UPS}.2.4.0"): text("full"), oid(f"{UPS}.4.1.0"): integer(99)}
    tables |= column(f"{SENSOR}.3", {1: integer(-2_000_000), 2: text("x")}) | column(f"{SENSOR}.2", {1: integer(99)})
    async with snmp_agent(tables) as fake:
        reading = await ask("snmp_power", fake.address, **community)
    assert reading.outcome is Outcome.OK
    assert "battery_charge_ratio" not in reading.measures
    assert reading.facts["output_source"] == "other"
