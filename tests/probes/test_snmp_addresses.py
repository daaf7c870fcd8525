import socket
from collections.abc import Iterator
from ipaddress import IPv4Network, ip_address
from pathlib import Path
from typing import Any

import pytest

from probes._wire.snmp_ip_tables import ADDRESSES_MAX
from probes.api import FailureKind, Outcome, Reading
from tests.servers.ask import ask
from tests.servers.snmp_agent import Oid, Request, Value, column, integer, ip, oid, oid_value, snmp_agent, text, ticks
from tests.servers.snmp_secrets import Secrets
from tests.servers.snmpd import MODULES, Snmpd, snmpd

IP = "1.3.6.1.2.1.4"
FORWARDING, FORWARDING_6 = f"{IP}.1.0", f"{IP}.25.0"
OLD, NEW, PREFIX = f"{IP}.20.1", f"{IP}.34.1", f"{IP}.32.1.5"
CIDR, INET, FIRST = f"{IP}.24.4.1", f"{IP}.24.7.1", f"{IP}.21.1"
IF_NAME, IF_DESCR = "1.3.6.1.2.1.31.1.1.1.1", "1.3.6.1.2.1.2.2.1.2"
NEW_MODULES = f"{MODULES},ipAddressTable,ipAddressPrefixTable,ipCidrRouteTable,inetCidrRouteTable"
OWN, DEFAULT = (
    ("own_address", "own_prefix_length", "own_if_name"),
    ("default_gateway", "default_if_index", "default_if_name"),
)


def base(*, forwarding: int = 1) -> dict[Oid, Value]:
    names = column(IF_NAME, {1: text("lan"), 2: text("tslcd")}) | column(IF_DESCR, {3: text("Ethernet 3\x1b[2J")})
    return {oid("1.3.6.1.2.1.1.3.0"): ticks(1), oid(FORWARDING): integer(forwarding)} | names


def old(*addresses: tuple[str, str, int]) -> dict[Oid, Value]:
    tables: dict[Oid, Value] = {}
    for address, mask, interface in addresses:
        tables |= {oid(f"{OLD}.2.{address}"): integer(interface), oid(f"{OLD}.3.{address}"): ip(mask)}
    return tables


def new(index: str, interface: int, length: int | None, *, kind: int = 1, status: int = 1) -> dict[Oid, Value]:
    pointer = "0.0" if length is None else f"{PREFIX}.{interface}.{index}.{length}"
    values = {3: integer(interface), 4: integer(kind), 5: oid_value(pointer), 7: integer(status)}
    return {oid(f"{NEW}.{number}.{index}"): value for number, value in values.items()}


def rows(reading: Reading, names: tuple[str, ...]) -> list[tuple[object, ...]]:
    return list(zip(*(reading.facts[name] for name in names), strict=True))


def kernel(name: str) -> str:
    return (Path("/proc") / name).read_text(encoding="ascii").strip()


@pytest.fixture
def community(tmp_path: Path) -> dict[str, Any]:
    return Secrets(tmp_path).community("lan-secret")


@pytest.fixture(scope="module")
def agent() -> Iterator[Snmpd]:
    with snmpd(modules=NEW_MODULES) as running:
        yield running


@pytest.mark.parametrize("asked", ["1", "2c", "alice"])
async def test_a_real_agent_is_read_as_the_kernel_and_its_own_client_tell(
    agent: Snmpd, tmp_path: Path, asked: str
) -> None:
    secrets = Secrets(tmp_path)
    params = secrets.community(version=asked) if asked in ("1", "2c") else secrets.user(asked)
    reading = await ask("snmp_addresses", agent.address, **params)
    assert (reading.outcome, reading.detail) == (Outcome.OK, "")
    assert reading.facts["ip_forwarding"] is (kernel("sys/net/ipv4/ip_forward") == "1")
    masks = agent.walk(f"{OLD}.3")
    known = {
        (name.removeprefix(f"{OLD}.3."), IPv4Network(f"0.0.0.0/{mask!s}").prefixlen) for name, mask in masks.items()
    }
    found = {row[:2] for row in rows(reading, OWN) if ip_address(str(row[0])).version == 4}
    assert found == known
    assert ("127.0.0.1", 8, "lo") in rows(reading, OWN)
    assert reading.measures["addresses_count"] == len(rows(reading, OWN))


async def test_the_default_routes_of_a_real_agent_are_the_kernels(agent: Snmpd, tmp_path: Path) -> None:
    reading = await ask("snmp_addresses", agent.address, **Secrets(tmp_path).community())
    routes = [line.split() for line in kernel("net/route").splitlines()[1:]]
    known = {(name, bytes.fromhex(hop)[::-1]) for name, to, hop, *_ in routes if to == "00000000"}
    shown = [(str(gateway), name) for gateway, _, name in rows(reading, DEFAULT) if ":" not in str(gateway)]
    assert {(name, socket.inet_aton(gateway or "0.0.0.0")) for gateway, name in shown} == known


async def test_an_agent_without_the_new_tables_is_read_by_the_old_ones(tmp_path: Path) -> None:
    with snmpd() as plain:
        assert plain.walk(NEW) == {}
        reading = await ask("snmp_addresses", plain.address, **Secrets(tmp_path).community())
    assert ("127.0.0.1", 8, "lo") in rows(reading, OWN)


async def test_a_router_of_two_networks_says_that_it_forwards_and_with_which_addresses(
    community: dict[str, Any],
) -> None:
    tables = base() | old(
        ("10.21.2.1", "255.255.255.0", 1), ("198.51.100.10", "255.255.255.252", 3), ("10.255.2.2", "255.255.255.255", 2)
    )
    tables |= {oid(f"{CIDR}.5.0.0.0.0.0.0.0.0.0.198.51.100.9"): integer(3)}
    async with snmp_agent(tables) as router:
        reading = await ask("snmp_addresses", router.address, **community)
    assert reading.outcome is Outcome.OK
    assert reading.facts["ip_forwarding"] is True
    assert "ipv6_forwarding" not in reading.facts
    assert rows(reading, OWN) == [
        ("10.21.2.1", 24, "lan"),
        ("10.255.2.2", 32, "tslcd"),
        ("198.51.100.10", 30, "Ethernet 3␛[2J"),
    ]
    assert reading.facts["own_if_index"] == (1, 2, 3)
    assert rows(reading, DEFAULT) == [("198.51.100.9", 3, "Ethernet 3␛[2J")]


@pytest.mark.parametrize(("value", "said"), [(1, True), (2, False), (7, None)])
async def test_forwarding_is_a_fact_only_where_the_agent_says_it(
    community: dict[str, Any], value: int, said: bool | None
) -> None:
    tables = base(forwarding=value) | old(("10.21.2.1", "255.255.255.0", 1)) | {oid(FORWARDING_6): integer(value)}
    async with snmp_agent(tables) as router:
        reading = await ask("snmp_addresses", router.address, **community)
    assert reading.facts.get("ip_forwarding") is said
    assert reading.facts.get("ipv6_forwarding") is said


async def test_both_generations_of_tables_make_one_list(community: dict[str, Any]) -> None:
    tables = base() | old(("10.21.2.1", "255.255.255.0", 1), ("10.255.2.2", "255.255.255.252", 2))
    tables |= (
        new("1.4.10.21.2.1", 1, None) | new("1.4.10.21.2.255", 1, 24, kind=3) | new("1.4.10.9.9.9", 1, 24, status=3)
    )
    tables |= new("2.16.253" + ".0" * 14 + ".1", 2, 64) | new("4.20.254.128" + ".0" * 13 + ".7.0.0.0.2", 2, 64)
    async with snmp_agent(tables) as router:
        reading = await ask("snmp_addresses", router.address, **community)
    assert rows(reading, OWN) == [
        ("10.21.2.1", 24, "lan"),
        ("10.255.2.2", 30, "tslcd"),
        ("fd00::1", 64, "tslcd"),
        ("fe80::7", 64, "tslcd"),
    ]


async def test_of_a_table_of_many_routes_only_the_default_ones_are_asked_for(community: dict[str, Any]) -> None:
    tables = base() | old(("10.21.2.1", "255.255.255.0", 1))
    for number in range(3000):
        tables[oid(f"{INET}.7.1.4.10.{number // 250}.{number % 250}.0.24.2.0.0.1.4.10.0.0.1")] = integer(2)
    for policy, hop, kind in (("2.0.0", "1.4.10.255.2.1", 4), ("0", "0.0", 3), ("1.9", "1.4.10.0.0.9", 5)):
        index = f"1.4.0.0.0.0.0.{policy}.{hop}"
        tables |= {oid(f"{INET}.7.{index}"): integer(2), oid(f"{INET}.8.{index}"): integer(kind)}
    tables[oid(f"{INET}.7.2.16" + ".0" * 17 + ".2.0.0.2.16.253" + ".0" * 14 + ".9")] = integer(1)
    async with snmp_agent(tables) as router:
        reading = await ask("snmp_addresses", router.address, **community)
        assert len(router.requests) < 20
    assert rows(reading, DEFAULT) == [("", 2, "tslcd"), ("10.255.2.1", 2, "tslcd"), ("fd00::9", 1, "lan")]
    assert reading.measures["defaults_count"] == 3


async def test_the_oldest_table_of_routes_has_to_do_where_there_is_no_other(community: dict[str, Any]) -> None:
    tables = base() | old(("10.21.2.1", "255.255.255.0", 1))
    tables |= {oid(f"{FIRST}.2.0.0.0.0"): integer(2), oid(f"{FIRST}.7.0.0.0.0"): ip("10.255.2.1")}
    async with snmp_agent(tables) as router:
        reading = await ask("snmp_addresses", router.address, **community)
    assert rows(reading, DEFAULT) == [("10.255.2.1", 2, "tslcd")]


async def test_a_route_that_refuses_is_no_way_out(community: dict[str, Any]) -> None:
    index = "0.0.0.0.0.0.0.0.0.10.255.2.1"
    tables = base() | {oid(f"{CIDR}.5.{index}"): integer(2), oid(f"{CIDR}.6.{index}"): integer(2)}
    async with snmp_agent(tables) as router:
        reading = await ask("snmp_addresses", router.address, **community)
    assert reading.facts["default_gateway"] == ()


async def test_more_addresses_than_are_kept_are_counted(community: dict[str, Any]) -> None:
    many = [(f"10.{number // 250}.{number % 250}.1", "255.255.255.0", 1) for number in range(ADDRESSES_MAX + 90)]
    async with snmp_agent(base() | old(*many)) as router:
        reading = await ask("snmp_addresses", router.address, **community)
    assert len(rows(reading, OWN)) == ADDRESSES_MAX
    assert (reading.measures["addresses_count"], reading.measures["cut_count"]) == (ADDRESSES_MAX + 90, 90)


@pytest.mark.parametrize("version", ["1", "2c"])
async def test_an_agent_that_shows_no_addresses_is_a_mismatch(tmp_path: Path, version: str) -> None:
    tables = {oid("1.3.6.1.2.1.1.3.0"): ticks(1)}
    async with snmp_agent(tables) as shy:
        params = Secrets(tmp_path).community("lan-secret", version=version)
        reading = await ask("snmp_addresses", shy.address, **params)
    assert reading.outcome is Outcome.FAIL
    assert reading.failure in (FailureKind.MISMATCH, FailureKind.PROTOCOL)


async def test_a_machine_that_only_forwards_is_told_of_too(community: dict[str, Any]) -> None:
    async with snmp_agent(base()) as bare:
        reading = await ask("snmp_addresses", bare.address, **community)
    assert (reading.outcome, reading.facts["own_address"]) == (Outcome.OK, ())


async def test_values_and_indexes_of_the_wrong_kind_do_no_harm(community: dict[str, Any]) -> None:
    tables = base() | old(("10.21.2.1", "255.0.255.0", 1))
    tables |= {
        oid(FORWARDING_6): text("yes"),
        oid(f"{OLD}.2.10.999.1.1"): integer(1),
        oid(f"{OLD}.2.10.1"): integer(1),
        oid(f"{OLD}.2.10.1.1.1"): integer(-4),
        oid(f"{OLD}.2.10.1.1.2"): text("lan"),
        oid(f"{NEW}.3.1.9.1.2"): integer(1),
        oid(f"{NEW}.3.7"): integer(1),
        oid(f"{NEW}.3.1.4.10.21.3.1"): integer(2),
        oid(f"{NEW}.5.1.4.10.21.3.1"): oid_value(f"{PREFIX}.2.1.4.10.21.3.0.4000000000"),
        oid(f"{CIDR}.5.0.0.0.0.0.0.0.0.7"): integer(1),
        oid(f"{INET}.7.1.4.0.0.0.0.0.200"): integer(1),
        oid(f"{INET}.7.1.4.0.0.0.0.0.4294967295.1"): integer(1),
    }
    async with snmp_agent(tables) as odd:
        reading = await ask("snmp_addresses", odd.address, **community)
    assert reading.outcome is Outcome.OK, reading
    assert rows(reading, OWN) == [("10.21.2.1", -1, "lan"), ("10.21.3.1", -1, "tslcd")]
    assert {gateway for gateway, _, _ in rows(reading, DEFAULT)} <= {""}


async def test_an_agent_that_falls_silent_half_way_is_a_timeout(community: dict[str, Any]) -> None:
    def only_the_first(request: Request, wire: bytes) -> list[bytes]:
        return [wire] if oid(FORWARDING) in request.names else []

    async with snmp_agent(base() | old(("10.21.2.1", "255.255.255.0", 1)), spoil=only_the_first) as dying:
        reading = await ask("snmp_addresses", dying.address, **community, try_s=0.05, retries_count=1)
    assert (reading.outcome, reading.facts["phase"]) == (Outcome.TIMEOUT, "query")


async def test_a_table_in_circles_ends(community: dict[str, Any]) -> None:
    tables = base() | old(("10.21.2.1", "255.255.255.0", 1), ("10.21.2.2", "255.255.255.0", 1))

    async with snmp_agent(tables) as agent:

        def again(request: Request, wire: bytes) -> list[bytes]:
            loop = request._replace(names=(oid(f"{OLD}.2"),))
            is_walk = request.kind == 0xA5 and request.name[:9] == oid(f"{OLD}")[:9]
            return [agent.answer(loop._replace(repetitions_count=2)) if is_walk else wire]

        agent.spoil = again
        reading = await ask("snmp_addresses", agent.address, **community)
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.PROTOCOL)
