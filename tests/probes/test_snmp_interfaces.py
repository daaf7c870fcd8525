import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from probes.api import FailureKind, Outcome, Reading, Shared
from probes.snmp_interfaces import SnmpInterfacesParams
from tests.servers.ask import ask
from tests.servers.snmp_agent import (
    Oid,
    Value,
    column,
    counter32,
    counter64,
    gauge,
    integer,
    oid,
    snmp_agent,
    text,
    ticks,
)
from tests.servers.snmp_secrets import Secrets
from tests.servers.snmpd import Snmpd, snmpd

IF, IFX = "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1"
UPTIME = oid("1.3.6.1.2.1.1.3.0")
COLUMNS = ("if_index", "if_name", "if_alias", "if_admin", "if_oper", "if_speed_bps", "if_restarted")
RATES = ("in_ratio", "out_ratio", "in_bps", "out_bps", "in_errors_per_s", "out_errors_per_s")
MEBI = 1 << 20


@pytest.fixture
def community(tmp_path: Path) -> dict[str, Any]:
    return Secrets(tmp_path).community("lan-secret")


@pytest.fixture(scope="module")
def agent() -> Iterator[Snmpd]:
    with snmpd() as running:
        yield running


def switch() -> dict[Oid, Value]:
    """Three ports: an uplink, a port that is down, one that was switched off."""
    ports = {1: "gi1", 2: "gi2", 3: "gi3"}
    tables: dict[Oid, Value] = {UPTIME: ticks(500_000), oid("1.3.6.1.2.1.2.1.0"): integer(3)}
    tables |= column(f"{IF}.2", {index: text(f"GigabitEthernet {index}") for index in ports})
    tables |= column(f"{IF}.3", {index: integer(6) for index in ports})
    tables |= column(f"{IF}.5", {index: gauge(1_000_000_000) for index in ports})
    tables |= column(f"{IF}.7", {1: integer(1), 2: integer(1), 3: integer(2)})
    tables |= column(f"{IF}.8", {1: integer(1), 2: integer(2), 3: integer(7)})
    tables |= column(f"{IFX}.1", {index: text(name) for index, name in ports.items()})
    tables |= column(f"{IFX}.15", {index: gauge(1000) for index in ports})
    tables |= column(f"{IFX}.18", {1: text("Uplink Cao Sơn"), 2: text(""), 3: text("\x1b[31mred")})
    tables |= column(f"{IFX}.19", {index: ticks(0) for index in ports})
    for wide, narrow in ((6, 10), (10, 16)):
        tables |= column(f"{IFX}.{wide}", {index: counter64(1 << 40) for index in ports})
        tables |= column(f"{IF}.{narrow}", {index: counter32(0) for index in ports})
    for errors in (14, 20):
        tables |= column(f"{IF}.{errors}", {index: counter32(7) for index in ports})
    return tables


def add(tables: dict[Oid, Value], name: str, amount: int) -> None:
    """Count on; a 32-bit counter wraps."""
    tag, content = tables[oid(name)]
    total = int.from_bytes(content, "big") + amount
    tables[oid(name)] = counter32(total % (1 << 32)) if tag == 0x41 else counter64(total)


async def two_readings(address: str, change: Any, **params: Any) -> tuple[Reading, Reading]:
    shared = Shared()
    try:
        first = await ask("snmp_interfaces", address, shared=shared, **params)
        change()
        await asyncio.sleep(0.25)
        return first, await ask("snmp_interfaces", address, shared=shared, **params)
    finally:
        shared.close()


async def test_interfaces_have_a_state_and_no_rate_at_first(community: dict[str, Any]) -> None:
    async with snmp_agent(switch()) as fake:
        reading = await ask("snmp_interfaces", fake.address, **community)
    assert reading.outcome is Outcome.OK
    assert "rates come with the next" in reading.detail
    facts = reading.facts
    assert facts["if_index"] == (1, 2, 3)
    assert facts["if_name"] == ("gi1", "gi2", "gi3")
    assert facts["if_alias"] == ("Uplink Cao Sơn", "", "␛[31mred")
    assert (facts["if_admin"], facts["if_oper"]) == (("up", "up", "down"), ("up", "down", "lowerLayerDown"))
    assert facts["if_speed_bps"] == (1e9, 1e9, 1e9)
    assert {facts[name] for name in RATES} == {(-1.0, -1.0, -1.0)}
    assert {len(facts[name]) for name in (*COLUMNS, *RATES)} == {3}  # type: ignore[arg-type]
    measures = reading.measures
    assert (measures["down_count"], measures["interfaces_count"], measures["cut_count"]) == (1, 3, 0)
    assert measures["uptime_s"] == 5000
    assert not {"in_utilisation_ratio", "out_utilisation_ratio", "errors_per_s"} & measures.keys()


async def test_rates_come_from_the_counters_since_the_last_run(community: dict[str, Any]) -> None:
    tables = switch()

    def traffic() -> None:
        add(tables, f"{IFX}.6.1", 2 * MEBI)
        add(tables, f"{IFX}.10.1", MEBI)
        add(tables, f"{IF}.14.1", 30)
        add(tables, f"{IF}.20.1", 10)

    async with snmp_agent(tables) as fake:
        _, second = await two_readings(fake.address, traffic, **community)
    measures = second.measures
    assert (second.outcome, second.detail, second.facts["interface"]) == (Outcome.OK, "", "gi1")
    assert measures["in_rate_bps"] / measures["out_rate_bps"] == pytest.approx(2, rel=0.1)
    assert measures["in_utilisation_ratio"] == pytest.approx(measures["in_rate_bps"] / 1e9)
    assert 0 < measures["in_rate_bps"] <= 2 * MEBI * 8 / 0.25
    assert measures["errors_per_s"] / measures["out_rate_bps"] == pytest.approx(40 / (MEBI * 8), rel=0.1)
    assert second.facts["in_bps"] == (measures["in_rate_bps"], 0, 0)
    assert second.facts["restarted"] is False


async def test_narrow_counters_serve_where_there_are_no_wide_ones(tmp_path: Path) -> None:
    tables = {name: value for name, value in switch().items() if name[:11] not in (oid(f"{IFX}.6"), oid(f"{IFX}.10"))}
    tables[oid(f"{IF}.10.1")] = counter32((1 << 32) - MEBI)
    for version in ("1", "2c"):
        async with snmp_agent(dict(tables)) as fake:

            def wrap(served: dict[Oid, Value] = fake.tables) -> None:
                add(served, f"{IF}.10.1", 2 * MEBI)
                add(served, f"{IF}.16.1", MEBI)

            params = Secrets(tmp_path).community("lan-secret", version)
            _, second = await two_readings(fake.address, wrap, **params)
        assert second.measures["in_rate_bps"] / second.measures["out_rate_bps"] == pytest.approx(2, rel=0.1)


async def test_a_restarted_agent_gives_no_rate_once(community: dict[str, Any]) -> None:
    tables = switch()

    def restart() -> None:
        tables[UPTIME] = ticks(100)
        add(tables, f"{IFX}.6.1", MEBI)

    async with snmp_agent(tables) as fake:
        first, second = await two_readings(fake.address, restart, **community)
    assert (first.facts["restarted"], second.facts["restarted"]) == (False, True)
    assert second.outcome is Outcome.OK
    assert "restarted" in second.detail
    assert second.facts["in_bps"] == (-1, -1, -1)
    assert "in_utilisation_ratio" not in second.measures


async def test_counters_that_started_anew_give_no_rate_for_their_interface_alone(community: dict[str, Any]) -> None:
    tables = switch()

    def clear() -> None:
        tables[oid(f"{IFX}.19.1")] = ticks(499_000)
        tables[oid(f"{IFX}.6.1")] = counter64(10)
        add(tables, f"{IFX}.6.2", MEBI)

    async with snmp_agent(tables) as fake:
        _, second = await two_readings(fake.address, clear, **community)
    in_bps = second.facts["in_bps"]
    assert isinstance(in_bps, tuple)
    assert in_bps[0] == -1
    assert float(in_bps[1]) > 0
    assert second.facts["if_restarted"] == (True, False, False)
    assert second.facts["restarted"] is False


async def test_an_interface_that_took_over_an_index_is_not_compared_with_the_old_one(community: dict[str, Any]) -> None:
    tables = switch()

    def swap() -> None:
        tables[oid(f"{IFX}.1.1")] = text("vlan9")
        add(tables, f"{IFX}.6.1", MEBI)

    async with snmp_agent(tables) as fake:
        _, second = await two_readings(fake.address, swap, **community)
    assert second.facts["in_bps"] == (-1, 0, 0)


@pytest.mark.parametrize("wanted", ["gi2", "GigabitEthernet 2", "2"])
async def test_an_interface_is_found_by_name_description_or_index(community: dict[str, Any], wanted: str) -> None:
    async with snmp_agent(switch()) as fake:
        reading = await ask("snmp_interfaces", fake.address, interface=wanted, **community)
    facts = reading.facts
    assert (facts["interface"], facts["interface_index"], facts["interface_oper"]) == ("gi2", 2, "down")


async def test_an_alias_names_the_line_and_its_speed_can_be_told(community: dict[str, Any]) -> None:
    tables = switch()
    params: dict[str, Any] = {"interface": "Uplink Cao Sơn", "speed_bps": 50e6, **community}
    async with snmp_agent(tables) as fake:
        _, second = await two_readings(fake.address, lambda: add(tables, f"{IFX}.6.1", MEBI), **params)
    assert second.facts["if_speed_bps"] == (50e6, 1e9, 1e9)
    assert second.measures["in_utilisation_ratio"] == pytest.approx(second.measures["in_rate_bps"] / 50e6)


async def test_an_unknown_speed_gives_a_rate_and_no_ratio(community: dict[str, Any]) -> None:
    tables = switch() | column(f"{IFX}.15", {1: gauge(0)}) | column(f"{IF}.5", {1: gauge((1 << 32) - 1)})
    async with snmp_agent(tables) as fake:
        _, second = await two_readings(fake.address, lambda: add(tables, f"{IFX}.6.1", MEBI), **community)
    assert second.facts["if_speed_bps"] == (0, 1e9, 1e9)
    assert second.measures["in_rate_bps"] > 0
    assert "in_utilisation_ratio" not in second.measures


async def test_names_that_occur_twice_are_told_apart_by_index(community: dict[str, Any]) -> None:
    tables = switch() | column(f"{IFX}.1", {1: text("eth"), 2: text("eth")})
    async with snmp_agent(tables) as fake:
        reading = await ask("snmp_interfaces", fake.address, interface="eth#2", **community)
    assert reading.facts["if_name"] == ("eth#1", "eth#2", "gi3")
    assert reading.facts["interface_index"] == 2


async def test_an_interface_that_is_not_there_is_a_mismatch_that_names_those_that_are(
    community: dict[str, Any],
) -> None:
    async with snmp_agent(switch()) as fake:
        reading = await ask("snmp_interfaces", fake.address, interface="gi9", **community)
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.MISMATCH)
    assert reading.detail == "there is no interface 'gi9'; there are: gi1, gi2, gi3"
    assert reading.measures["down_count"] == 1


async def test_a_description_that_fits_several_is_a_mismatch(community: dict[str, Any]) -> None:
    tables = switch() | column(f"{IF}.2", {1: text("port"), 2: text("port")})
    async with snmp_agent(tables) as fake:
        reading = await ask("snmp_interfaces", fake.address, interface="port", **community)
    assert reading.failure is FailureKind.MISMATCH
    assert "fits 2 interfaces: gi1, gi2" in reading.detail


async def test_the_first_run_can_wait_for_its_rates(community: dict[str, Any]) -> None:
    async with snmp_agent(switch()) as fake:
        reading = await ask("snmp_interfaces", fake.address, sample_s=0.25, **community)
    assert (reading.detail, reading.measures["in_rate_bps"]) == ("", 0)


async def test_a_wait_beyond_the_deadline_is_told_at_once_and_not_the_agents_silence(community: dict[str, Any]) -> None:
    async with snmp_agent(switch()) as fake:
        reading = await ask("snmp_interfaces", fake.address, sample_s=60.0, timeout_s=90.0, deadline_s=5.0, **community)
    assert (reading.outcome, reading.failure) == (Outcome.ERROR, FailureKind.INTERNAL)
    assert "raise the deadline" in reading.detail


async def test_checks_of_one_agent_keep_their_own_memory(community: dict[str, Any]) -> None:
    shared = Shared()
    async with snmp_agent(switch()) as fake:
        await ask("snmp_interfaces", fake.address, shared=shared, **community)
        other = await ask("snmp_interfaces", fake.address, shared=shared, interface="gi1", **community)
    shared.close()
    assert "first reading" in other.detail


async def test_an_agent_without_interfaces_is_a_mismatch(community: dict[str, Any]) -> None:
    async with snmp_agent({UPTIME: ticks(1)}) as fake:
        reading = await ask("snmp_interfaces", fake.address, **community)
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.MISMATCH)


async def test_more_interfaces_than_are_kept_are_counted(community: dict[str, Any]) -> None:
    tables: dict[Oid, Value] = {UPTIME: ticks(1), oid("1.3.6.1.2.1.2.1.0"): integer(1100)}
    for number in (7, 8):
        tables |= column(f"{IF}.{number}", {index: integer(1) for index in range(1, 1101)})
    async with snmp_agent(tables) as fake:
        reading = await ask("snmp_interfaces", fake.address, **community)
    assert (reading.measures["interfaces_count"], reading.measures["cut_count"]) == (1100, 76)
    assert len(reading.facts["if_name"]) == 1024  # type: ignore[arg-type]


@pytest.mark.parametrize("user", ["", "alice"])
async def test_the_values_of_a_real_agent_are_those_that_its_own_client_reads(
    agent: Snmpd, tmp_path: Path, user: str
) -> None:
    secrets = Secrets(tmp_path)
    reading = await ask("snmp_interfaces", agent.address, **(secrets.user(user) if user else secrets.community()))
    facts = reading.facts
    indexes = facts["if_index"]
    assert isinstance(indexes, tuple)
    for fact, name in (("if_index", f"{IF}.1"), ("if_name", f"{IFX}.1"), ("if_alias", f"{IFX}.18")):
        truth = agent.walk(name)
        shown = [truth[f"{name}.{index}"] for index in indexes]
        assert facts[fact] == tuple(value.decode() if isinstance(value, bytes) else value for value in shown)
    low, high = agent.walk(f"{IF}.5"), agent.walk(f"{IFX}.15")
    speeds = [high[f"{IFX}.15.{index}"] for index in indexes]
    known = [float(value) * 1e6 or float(low[f"{IF}.5.{i}"]) for i, value in zip(indexes, speeds, strict=True)]  # type: ignore[arg-type]
    assert facts["if_speed_bps"] == tuple(known)


@pytest.mark.parametrize(
    ("params", "complaint"),
    [
        ({"speed_bps": -1.0, "interface": "gi1"}, "cannot be below 0"),
        ({"speed_bps": 5e7}, "name its `interface`"),
        ({"version": "4"}, "version is '4'"),
        ({"sample_s": 10.0, "timeout_s": 10.0}, "needs a longer timeout_s"),
    ],
)
def test_wrong_params_are_refused_when_they_are_made(params: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        SnmpInterfacesParams(**params)
