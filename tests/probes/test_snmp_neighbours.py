from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from probes._wire.snmp_lan_tables import Binding, Forwarding, LanTables, Neighbour
from probes.api import FailureKind, Outcome, Reading
from probes.snmp_neighbours import rank_machines
from tests.servers.ask import ask
from tests.servers.snmp_agent import Oid, Value, column, integer, oid, snmp_agent, text, ticks
from tests.servers.snmp_secrets import Secrets
from tests.servers.snmpd import Snmpd, snmpd

IF_NAME, BASE_PORT = "1.3.6.1.2.1.31.1.1.1.1", "1.3.6.1.2.1.17.1.4.1.2"
FDB, Q_FDB = "1.3.6.1.2.1.17.4.3.1", "1.3.6.1.2.1.17.7.1.2.2.1"
LLDP, LLDP_OWN = "1.0.8802.1.1.2.1.4.1.1", "1.0.8802.1.1.2.1.3.7.1"
ARP_NEW, ARP_OLD = "1.3.6.1.2.1.4.35.1", "1.3.6.1.2.1.4.22.1"
PC, PRINTER, ROUTER, PHONE = "0.80.86.1.2.3", "0.80.86.1.2.4", "0.80.86.9.9.9", "0.80.86.7.7.7"
COLUMNS = ("mac", "ip", "vlan", "port", "port_macs_count", "is_uplink", "source")


def mac_octets(dotted: str) -> bytes:
    return bytes(int(part) for part in dotted.split("."))


def mac(dotted: str) -> str:
    return mac_octets(dotted).hex(":")


def base() -> dict[Oid, Value]:
    """Bridge port 1 is ifIndex 101, and so on."""
    return (
        {oid("1.3.6.1.2.1.1.3.0"): ticks(1)}
        | column(IF_NAME, {101: text("gi1"), 102: text("gi2"), 124: text("gi24")})
        | column(BASE_PORT, {1: integer(101), 2: integer(102), 24: integer(124)})
    )


def forwarding(stem: str, entries: dict[str, tuple[int, int]]) -> dict[Oid, Value]:
    """Index -> bridge port and status."""
    ports = {index: integer(port) for index, (port, _) in entries.items()}
    return column(f"{stem}.2", ports) | column(
        f"{stem}.3", {index: integer(status) for index, (_, status) in entries.items()}
    )


def neighbour(index: str, name: str, abilities: bytes) -> dict[Oid, Value]:
    parts = {4: integer(4), 5: text(mac_octets(ROUTER)), 6: integer(5), 7: text("Gi0/1"), 9: text(name)}
    tables: dict[Oid, Value] = {oid(f"{LLDP}.{number}.{index}"): value for number, value in parts.items()}
    return tables | {oid(f"{LLDP}.12.{index}"): text(abilities)}


def rows(reading: Reading) -> list[tuple[object, ...]]:
    found = [reading.facts[name] for name in COLUMNS]
    return list(zip(*found, strict=True))


@pytest.fixture
def community(tmp_path: Path) -> dict[str, Any]:
    return Secrets(tmp_path).community("lan-secret")


@pytest.fixture(scope="module")
def agent() -> Iterator[Snmpd]:
    lines = [
        f"override {FDB}.2.{PC} integer 1",
        f"override {FDB}.3.{PC} integer 3",
        f"override {BASE_PORT}.1 integer 1",
        f"override {LLDP}.4.0.1.1 integer 7",
        f"override {LLDP}.5.0.1.1 octet_str core",
        f"override {LLDP}.9.0.1.1 octet_str core-switch",
    ]
    with snmpd(more="\n".join(lines)) as running:
        yield running


async def test_machines_are_behind_the_ports_of_the_bridge(community: dict[str, Any]) -> None:
    tables = base() | forwarding(FDB, {PC: (1, 3), PRINTER: (2, 3), ROUTER: (24, 3), PHONE: (24, 3)})
    async with snmp_agent(tables) as switch:
        reading = await ask("snmp_neighbours", switch.address, **community)
    assert reading.outcome is Outcome.OK
    assert rows(reading) == [
        (mac(PC), "", 0, "gi1", 1, False, "fdb"),
        (mac(PRINTER), "", 0, "gi2", 1, False, "fdb"),
        (mac(PHONE), "", 0, "gi24", 2, False, "fdb"),
        (mac(ROUTER), "", 0, "gi24", 2, False, "fdb"),
    ]
    measures = reading.measures
    assert (measures["macs_count"], measures["ports_count"], measures["lldp_count"], measures["cut_count"]) == (
        4,
        3,
        0,
        0,
    )


async def test_the_switchs_own_and_forgotten_addresses_are_left_out(community: dict[str, Any]) -> None:
    tables = base() | forwarding(FDB, {PC: (1, 3), PRINTER: (0, 3), ROUTER: (2, 4), PHONE: (2, 2)})
    async with snmp_agent(tables) as switch:
        reading = await ask("snmp_neighbours", switch.address, **community)
    assert reading.facts["mac"] == (mac(PC),)


async def test_a_bridge_with_vlans_names_them(community: dict[str, Any]) -> None:
    tables = base() | forwarding(Q_FDB, {f"1.{PC}": (1, 3), f"7.{PC}": (24, 3), f"9.{PRINTER}": (2, 3)})
    tables |= column("1.3.6.1.2.1.17.7.1.4.2.1.3", {"0.10": integer(1), "0.20": integer(7), "0.21": integer(7)})
    async with snmp_agent(tables) as switch:
        reading = await ask("snmp_neighbours", switch.address, **community)
    assert rows(reading) == [
        (mac(PC), "", 10, "gi1", 1, False, "fdb"),
        (mac(PC), "", 20, "gi24", 1, False, "fdb"),
        (mac(PRINTER), "", 9, "gi2", 1, False, "fdb"),
    ]


async def test_a_port_with_a_switch_behind_it_comes_after_the_edge_port(community: dict[str, Any]) -> None:
    tables = base() | forwarding(
        Q_FDB, {f"1.{PC}": (1, 3), f"2.{PC}": (24, 3), f"1.{PHONE}": (1, 3), f"3.{PHONE}": (2, 3)}
    )
    tables |= neighbour("0.24.1", "core\x1b[1m", b"\x28\x00") | neighbour("0.2.1", "phone", b"\x24\x00")
    async with snmp_agent(tables) as switch:
        reading = await ask("snmp_neighbours", switch.address, **community)
    assert rows(reading) == [
        (mac(PC), "", 1, "gi1", 2, False, "fdb"),
        (mac(PC), "", 2, "gi24", 1, True, "fdb"),
        (mac(PHONE), "", 3, "gi2", 1, False, "fdb"),
        (mac(PHONE), "", 1, "gi1", 2, False, "fdb"),
    ]
    facts = reading.facts
    assert facts["lldp_port"] == ("gi2", "gi24")
    assert facts["lldp_name"] == ("phone", "core␛[1m")
    assert facts["lldp_chassis"] == (mac(ROUTER), mac(ROUTER))
    assert facts["lldp_remote_port"] == ("Gi0/1", "Gi0/1")
    assert facts["lldp_is_forwarding"] == (False, True)


async def test_lldp_can_number_its_ports_in_its_own_way(community: dict[str, Any]) -> None:
    tables = base() | neighbour("0.7.1", "core", b"")
    tables |= {oid(f"{LLDP_OWN}.2.7"): integer(5), oid(f"{LLDP_OWN}.3.7"): text("gi24")}
    async with snmp_agent(tables) as switch:
        reading = await ask("snmp_neighbours", switch.address, **community)
    assert (reading.outcome, reading.facts["lldp_port"]) == (Outcome.OK, ("gi24",))
    assert reading.facts["lldp_is_forwarding"] == (True,)


@pytest.mark.parametrize("is_new", [True, False])
async def test_network_addresses_come_from_arp(community: dict[str, Any], *, is_new: bool) -> None:
    stem, kind, value = (ARP_NEW, 6, 4) if is_new else (ARP_OLD, 4, 2)
    middle = ".1.4" if is_new else ""
    tables = base() | forwarding(FDB, {PC: (1, 3)})
    entries = (("101", "10.21.1.11", PC, 3), ("101", "10.21.1.1", ROUTER, 3), ("102", "10.21.1.9", PHONE, 2))
    for interface, ip, address, state in entries:
        tables[oid(f"{stem}.{value}.{interface}{middle}.{ip}")] = text(mac_octets(address))
        tables[oid(f"{stem}.{kind}.{interface}{middle}.{ip}")] = integer(state)
    async with snmp_agent(tables) as router:
        reading = await ask("snmp_neighbours", router.address, **community)
    assert rows(reading) == [
        (mac(PC), "10.21.1.11", 0, "gi1", 2, False, "fdb+arp"),
        (mac(ROUTER), "10.21.1.1", 0, "gi1", 2, False, "arp"),
    ]


async def test_ipv6_neighbours_have_their_address(community: dict[str, Any]) -> None:
    tables = base()
    tables[oid(f"{ARP_NEW}.4.101.2.16.254.128" + ".0" * 13 + ".9")] = text(mac_octets(PC))
    tables[oid(f"{ARP_NEW}.4.101.2.16.254.128")] = text(mac_octets(PRINTER))
    async with snmp_agent(tables) as router:
        reading = await ask("snmp_neighbours", router.address, **community)
    assert (reading.facts["mac"], reading.facts["ip"]) == ((mac(PC),), ("fe80::9",))


async def test_more_rows_than_are_kept_are_counted(community: dict[str, Any]) -> None:
    entries = {f"2.0.0.0.{number // 256}.{number % 256}": (2, 3) for number in range(5000)}
    async with snmp_agent(base() | forwarding(FDB, {**entries, PC: (1, 3)})) as switch:
        reading = await ask("snmp_neighbours", switch.address, deadline_s=30.0, **community)
    assert (reading.measures["macs_count"], reading.measures["cut_count"]) == (5001, 905)
    assert {len(reading.facts[name]) for name in COLUMNS} == {4096}  # type: ignore[arg-type]


async def test_an_agent_that_knows_nobody_is_a_mismatch(community: dict[str, Any]) -> None:
    async with snmp_agent(base()) as lonely:
        reading = await ask("snmp_neighbours", lonely.address, **community)
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.MISMATCH)


async def test_tables_with_values_of_the_wrong_type_are_read_without_harm(community: dict[str, Any]) -> None:
    tables = base() | {
        oid(f"{FDB}.2.{PC}"): text("x"),
        oid(f"{FDB}.2.1.2"): integer(1),
        oid(f"{FDB}.2.{PHONE}"): integer(1),
    }
    tables |= {oid(f"{BASE_PORT}.1"): text("y"), oid(f"{ARP_OLD}.2.1.999.1.1.1"): text(b"12345")}
    tables |= {
        oid(f"{LLDP}.5.0.1"): integer(3),
        oid(f"{LLDP}.5.7"): text(b"\xff" * 300),
        oid(f"{LLDP}.9.0.1"): integer(9),
    }
    async with snmp_agent(tables) as odd:
        reading = await ask("snmp_neighbours", odd.address, **community)
    assert reading.outcome is Outcome.OK
    assert reading.facts["mac"] == (mac(PHONE),)


@pytest.mark.parametrize("user", ["", "alice"])
async def test_a_real_agent_is_read_as_its_own_client_reads_it(agent: Snmpd, tmp_path: Path, user: str) -> None:
    secrets = Secrets(tmp_path)
    reading = await ask("snmp_neighbours", agent.address, **(secrets.user(user) if user else secrets.community()))
    assert reading.outcome is Outcome.OK, reading
    truth = agent.walk(f"{ARP_OLD}.2")
    known = {(name.split(".", 11)[11], value.hex(":")) for name, value in truth.items() if isinstance(value, bytes)}
    facts = reading.facts
    found = {(ip, address) for ip, address in zip(facts["ip"], facts["mac"], strict=True) if ip}  # type: ignore[arg-type]
    assert found == known
    assert mac(PC) in facts["mac"]  # type: ignore[operator]
    assert (facts["lldp_name"], facts["lldp_port"]) == (("core-switch",), ("lo",))


def test_the_edge_port_comes_first_for_each_address() -> None:
    crowd = tuple(Forwarding(f"02:00:00:00:00:{number:02x}", 1, "gi9") for number in range(30))
    tables = LanTables(
        forwarding=(Forwarding("aa", 1, "gi24"), Forwarding("aa", 1, "gi9"), Forwarding("aa", 1, "gi1"), *crowd),
        bindings=(Binding("aa", "10.0.0.2", "vlan1"), Binding("aa", "10.0.0.3", "vlan1")),
        neighbours=(Neighbour("gi24", "core", "", "", is_forwarding=True),),
    )
    mine = [(machine.port, machine.ip) for machine in rank_machines(tables) if machine.mac == "aa"]
    assert mine == [(port, ip) for port in ("gi1", "gi9", "gi24") for ip in ("10.0.0.2", "10.0.0.3")]
