import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from typing import cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probes._wire.address import Endpoint
from probes._wire.snmp_params import Credential
from probes._wire.snmp_session import Session
from probes._wire.snmp_socket import AgentSocket, MasterKeys, NothingMore, TooLarge, Value
from probes.api import FailureKind, ProbeFailure
from tests.servers.snmp_agent import (
    GET_BULK,
    RESPONSE,
    Agent,
    Oid,
    Request,
    column,
    counter64,
    integer,
    message,
    oid,
    pdu,
    snmp_agent,
    text,
    ticks,
    varbind,
)
from tests.servers.snmp_agent import Value as Wire
from tests.servers.snmpd import COMMUNITY, USERS, Snmpd, snmpd, version_2c, version_3

UPTIME = "1.3.6.1.2.1.1.3.0"
NAMES = "1.3.6.1.2.1.2.2.1.2"
LAN = Credential(version="2c", community="lan-secret")


@pytest.fixture(scope="module")
def agent() -> Iterator[Snmpd]:
    with snmpd() as running:
        yield running


def credential(user: str) -> Credential:
    if not user:
        return Credential(version="2c", community=COMMUNITY)
    auth, auth_key, priv, priv_key = USERS[user]
    keys = {"auth_key": auth_key.encode(), "priv_key": priv_key.encode()}
    return Credential(version="3", user=user, auth_protocol=auth, priv_protocol=priv, **keys)  # type: ignore[arg-type]


@asynccontextmanager
async def session(port: int, who: Credential = LAN, *, retries_count: int = 0) -> AsyncIterator[Session]:
    made = Session(AgentSocket(Endpoint("127.0.0.1", port), who, MasterKeys()), try_s=0.2, retries_count=retries_count)
    try:
        await made.start()
        yield made
    finally:
        made.close()


def table(count: int = 60) -> dict[Oid, Wire]:
    return {oid(UPTIME): ticks(1)} | column(NAMES, {index: text(f"port {index}") for index in range(1, count + 1)})


@pytest.mark.parametrize("user", ["", *USERS])
async def test_every_value_of_a_real_agent_is_the_one_its_own_client_reads(agent: Snmpd, user: str) -> None:
    options = version_3(user) if user else version_2c()
    before = agent.walk("1.3.6.1.2.1", *options)
    async with session(agent.port, credential(user), retries_count=3) as asked:
        found = {f"1.3.6.1.2.1.{index}": value for index, value in (await asked.column("1.3.6.1.2.1")).items()}
    after = agent.walk("1.3.6.1.2.1", *options)
    still = {name: value for name, value in before.items() if after.get(name) == value}
    assert len(still) > 80
    assert {name: found.get(name) for name in still} == still
    counted = {name for name in before.keys() & after.keys() & found.keys() if isinstance(before[name], int)}
    counted -= still.keys()
    assert len(counted) > 3
    numbers = [cast("tuple[int, int, int]", (before[name], found[name], after[name])) for name in counted]
    assert all(low <= middle <= high for low, middle, high in numbers if low <= high)


async def test_a_get_of_many_values_leaves_out_those_that_are_not_there(agent: Snmpd) -> None:
    names = [f"1.3.6.1.2.1.1.{number}.0" for number in range(1, 60)]
    for user in ("", "alice"):
        async with session(agent.port, credential(user), retries_count=3) as asked:
            found = await asked.get(names)
        assert set(found) == set(agent.walk("1.3.6.1.2.1.1")) & set(names)


@pytest.mark.parametrize("version", ["1", "2c"])
async def test_a_column_ends_where_the_next_begins(version: str) -> None:
    who = Credential(version=version, community="lan-secret")  # type: ignore[arg-type]
    for after in ({}, column("1.3.6.1.2.1.2.2.1.3", {1: integer(6)})):
        async with snmp_agent(table() | after) as fake, session(fake.port, who) as asked:
            found = await asked.column(NAMES)
        assert found == {str(index): f"port {index}".encode() for index in range(1, 61)}


async def test_a_column_is_cut_where_it_is_told_to() -> None:
    async with snmp_agent(table()) as fake, session(fake.port) as asked:
        assert list(await asked.column(NAMES, 7)) == [str(index) for index in range(1, 8)]


async def test_numbers_keep_all_their_bits() -> None:
    values = (0, 127, 128, (1 << 32) - 1, (1 << 63), (1 << 64) - 1)
    tables = column(NAMES, {index: counter64(value) for index, value in enumerate(values, 1)})
    async with snmp_agent(tables) as fake, session(fake.port) as asked:
        assert tuple((await asked.column(NAMES)).values()) == values


@pytest.mark.parametrize("octets_max", [5000, 60_000])
async def test_answers_longer_than_the_library_takes_are_asked_for_in_parts(octets_max: int) -> None:
    tables = {oid(UPTIME): ticks(1)} | column(NAMES, {index: text("x" * 250) for index in range(1, 80)})
    async with snmp_agent(tables, octets_max=octets_max) as fake, session(fake.port) as asked:
        assert len(await asked.column(NAMES)) == 79


def failing(status: int, above: int) -> Callable[[Request, bytes], list[bytes]]:
    """Answer an error to every GETBULK of more repetitions than this."""

    def spoil(request: Request, wire: bytes) -> list[bytes]:
        if request.kind != GET_BULK or request.repetitions_count <= above:
            return [wire]
        same = varbind(request.name, (0x05, b""))
        return [message(1, b"lan-secret", pdu(RESPONSE, request.request_id, same, status=status, index=1))]

    return spoil


async def test_an_agent_that_finds_it_too_big_is_asked_for_less() -> None:
    async with snmp_agent(table(), spoil=failing(1, above=4)) as fake, session(fake.port) as asked:
        assert len(await asked.column(NAMES)) == 60


@pytest.mark.parametrize(("status", "words"), [(1, "not even one value"), (5, "genErr"), (13, "resourceUnavailable")])
async def test_an_error_is_never_taken_for_the_end_of_a_table(status: int, words: str) -> None:
    async with snmp_agent(table(), spoil=failing(status, above=0)) as fake, session(fake.port) as asked:
        with pytest.raises(ProbeFailure, match=words) as failed:
            await asked.column(NAMES)
    assert failed.value.kind is FailureKind.PROTOCOL


async def test_a_value_the_agent_fails_to_read_does_not_hide_the_others() -> None:
    def fail_many(request: Request, wire: bytes) -> list[bytes]:
        bad = any(name[-2] == 5 for name in request.names)
        same = b"".join(varbind(name, (0x05, b"")) for name in request.names)
        return (
            [message(1, b"lan-secret", pdu(RESPONSE, request.request_id, same, status=5, index=1))] if bad else [wire]
        )

    async with snmp_agent(table(), spoil=fail_many) as fake, session(fake.port) as asked:
        assert await asked.get([UPTIME, "1.3.6.1.2.1.1.5.0"]) == {UPTIME: 1}


async def test_a_table_that_runs_in_circles_is_refused() -> None:
    def circle(request: Request, _wire: bytes) -> list[bytes]:
        binds = b"".join(varbind(oid(f"{NAMES}.{index}"), integer(index)) for index in (1, 2, 3))
        return [message(1, b"lan-secret", pdu(RESPONSE, request.request_id, binds))]

    async with snmp_agent(table(), spoil=circle) as fake, session(fake.port) as asked:
        with pytest.raises(ProbeFailure, match="runs in circles"):
            await asked.column(NAMES)
    assert len(fake.requests) == 2


async def test_an_endless_table_is_cut() -> None:
    def endless(request: Request, _wire: bytes) -> list[bytes]:
        last = request.name[-1] if len(request.name) > len(oid(NAMES)) else 0
        binds = b"".join(varbind(oid(f"{NAMES}.{last + step}"), integer(1)) for step in range(1, 26))
        return [message(1, b"lan-secret", pdu(RESPONSE, request.request_id, binds))]

    async with snmp_agent({}, spoil=endless) as fake, session(fake.port) as asked:
        assert len(await asked.column(NAMES, 300)) == 300


async def test_nobody_there_is_a_timeout_after_the_tries_it_is_given() -> None:
    async with snmp_agent(table(), community="other") as fake, session(fake.port, retries_count=1) as asked:
        with pytest.raises(TimeoutError):
            await asked.get([UPTIME])
    assert len(fake.requests) == 2


class Between(asyncio.DatagramProtocol):
    """Sits between us and an agent and changes its answers."""

    def __init__(self, port: int, change: Callable[[int, bytes], bytes]) -> None:
        self._agent, self._change = ("127.0.0.1", port), change
        self._client: tuple[str, int] = ("", 0)
        self._count = 0
        self._transport: asyncio.DatagramTransport | None = None
        self.port = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        assert self._transport is not None
        if addr == self._agent:
            self._count += 1
            self._transport.sendto(self._change(self._count, data), self._client)
        else:
            self._client = addr
            self._transport.sendto(data, self._agent)


@asynccontextmanager
async def between(port: int, change: Callable[[int, bytes], bytes]) -> AsyncIterator[Between]:
    loop = asyncio.get_running_loop()
    transport, middle = await loop.create_datagram_endpoint(lambda: Between(port, change), local_addr=("127.0.0.1", 0))
    try:
        yield middle
    finally:
        transport.close()


def _flipped(count: int, wire: bytes, place: int) -> bytes:
    """Leave the two answers of the greeting alone."""
    return wire if count <= 2 else wire[:place] + bytes((wire[place] ^ 1,)) + wire[place:][1:]


@pytest.mark.parametrize("user", ["alice", "bob", "carol", "dora"])
@pytest.mark.parametrize("place", [-1, -5, -20, 60])
async def test_an_answer_that_was_changed_on_the_way_is_not_believed(agent: Snmpd, user: str, place: int) -> None:
    async with (
        between(agent.port, lambda count, wire: _flipped(count, wire, len(wire) + place if place < 0 else place)) as (
            middle
        ),
        session(middle.port, credential(user)) as asked,
    ):
        with pytest.raises((ProbeFailure, TimeoutError)) as failed:
            await asked.get([UPTIME])
    if isinstance(failed.value, ProbeFailure):
        assert "useless answers" in failed.value.detail


async def test_an_answer_without_proof_is_not_believed(agent: Snmpd) -> None:
    def strip(count: int, wire: bytes) -> bytes:
        # The flags are the only one-octet string of the header.
        return wire if count <= 2 else wire.replace(b"\x04\x01\x01\x02\x01\x03", b"\x04\x01\x00\x02\x01\x03", 1)

    async with between(agent.port, strip) as middle, session(middle.port, credential("dora")) as asked:
        with pytest.raises(ProbeFailure, match="useless answers"):
            await asked.get([UPTIME])


GOOD = Agent(table(3)).answer(Request(1, "lan-secret", GET_BULK, 1, 3, (oid(NAMES),)))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, len(GOOD) + 4), st.integers(0, 255)), min_size=1, max_size=5))
def test_any_answer_gives_values_or_a_failure(changes: list[tuple[int, int]]) -> None:
    def spoil(_request: Request, wire: bytes) -> list[bytes]:
        spoiled = bytearray(wire)
        for place, octet in changes:
            spoiled[place % len(spoiled)] = octet
        return [bytes(spoiled), wire]

    async def walk() -> None:
        async with snmp_agent(table(3), spoil=spoil) as fake, session(fake.port) as asked:
            for ask in (partial(asked.column, NAMES, 50), partial(asked.get, [UPTIME])):
                found: dict[str, Value] = {}
                try:
                    found = await ask()
                except (ProbeFailure, TimeoutError):
                    continue
                assert len(found) <= 50

    asyncio.run(walk())


def test_what_the_socket_raises_is_no_failure_of_its_own() -> None:
    assert not issubclass(NothingMore, ProbeFailure)
    assert not issubclass(TooLarge, ProbeFailure)
