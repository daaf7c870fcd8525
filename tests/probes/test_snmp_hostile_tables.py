"""An agent that fills every table the SNMP probes read with whatever fits into a message."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from probes.api import FailureKind, Outcome, Reading
from tests.servers.ask import ask
from tests.servers.snmp_agent import Oid, Value, oid, snmp_agent, ticks
from tests.servers.snmp_secrets import Secrets

KINDS = ("snmp_neighbours", "snmp_interfaces", "snmp_addresses", "snmp_power", "snmp_agent")
SYSTEM, UPS, SENSORS = "1.3.6.1.2.1.1", "1.3.6.1.2.1.33.1", "1.3.6.1.2.1.99.1.1.1"
COLUMNS = (
    *(f"{SYSTEM}.{part}" for part in (1, 2, 4, 5, 6)),
    *(f"1.3.6.1.2.1.2.2.1.{part}" for part in (2, 5, 7, 8, 10, 14, 16, 20)),
    *(f"1.3.6.1.2.1.31.1.1.1.{part}" for part in (1, 6, 10, 15, 18, 19)),
    *(f"1.3.6.1.2.1.4.{part}" for part in ("1", "20.1.1", "20.1.2", "20.1.3", "22.1.2", "22.1.4", "24.4.1.5")),
    *(f"1.3.6.1.2.1.4.{part}" for part in ("24.7.1.7", "34.1.3", "34.1.5", "35.1.4", "35.1.6")),
    *(f"1.3.6.1.2.1.17.{part}" for part in ("1.4.1.2", "4.3.1.2", "4.3.1.3", "7.1.2.2.1.2", "7.1.2.2.1.3")),
    "1.3.6.1.2.1.17.7.1.4.2.1.3",
    *(f"1.0.8802.1.1.2.1.4.1.1.{part}" for part in (4, 5, 6, 7, 9, 12)),
    *(f"1.0.8802.1.1.2.1.3.7.1.{part}" for part in (2, 3)),
    *(f"{UPS}.{part}" for part in ("1.2", "2.1", "2.2", "2.3", "2.4", "2.7", "3.3.1.3", "4.1", "4.4.1.5", "6.1")),
    *(f"{SENSORS}.{part}" for part in (1, 2, 3, 4, 5)),
    "1.3.6.1.2.1.47.1.1.1.1.7",
    "1.3.6.1.4.1.2021.13.16.2.1.2",
    "1.3.6.1.4.1.2021.13.16.2.1.3",
)
INDEXES = st.one_of(
    st.lists(st.integers(0, 300), min_size=1, max_size=14),
    st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=4),
    st.sampled_from([[0], [1], [1, 1, 4, 10, 0, 0, 1], [0, 0, 80, 86, 1, 2, 3], [1, 0, 80, 86, 1, 2, 3], [0, 1, 1]]),
)
VALUES = st.one_of(
    st.tuples(st.sampled_from([0x02, 0x41, 0x42, 0x43, 0x46]), st.binary(min_size=1, max_size=9)),
    st.tuples(st.sampled_from([0x04, 0x40, 0x44]), st.binary(max_size=20)),
    st.tuples(st.just(0x02), st.binary(min_size=1, max_size=1)),
    st.tuples(st.just(0x04), st.binary(min_size=6, max_size=6)),
    st.just((0x06, bytes((0x2B, 6, 1, 4)))),
    st.just((0x05, b"")),
)
CELLS = st.lists(st.tuples(st.sampled_from(COLUMNS), INDEXES, VALUES), min_size=1, max_size=60)


async def read_all(tables: dict[Oid, Value]) -> list[Reading]:
    with TemporaryDirectory() as folder:
        community = Secrets(Path(folder)).community("lan-secret")
        async with snmp_agent(tables) as agent:
            return [await ask(kind, agent.address, try_s=1.0, retries_count=0, **community) for kind in KINDS]


def rows_of(reading: Reading) -> set[int]:
    columns = {name: len(value) for name, value in reading.facts.items() if isinstance(value, tuple)}
    names = ("mac", "ip", "vlan", "port", "port_macs_count", "is_uplink", "source")
    return {columns[name] for name in names if name in columns}


@settings(max_examples=25, deadline=None)
@given(CELLS)
def test_whatever_an_agent_says_becomes_a_reading(cells: list[tuple[str, list[int], Value]]) -> None:
    tables = {oid(f"{SYSTEM}.3.0"): ticks(1)}
    tables |= {(*oid(stem), *index): value for stem, index, value in cells}
    readings = asyncio.run(read_all(tables))
    assert all(reading.failure is not FailureKind.INTERNAL for reading in readings)
    assert len(rows_of(readings[0])) <= 1, "the columns of one table are of one length"


def test_an_agent_of_plain_numbers_is_read(tmp_path: Path) -> None:
    tables = {oid(f"{SYSTEM}.3.0"): ticks(1)} | {(*oid(stem), 0): (0x02, b"\x01") for stem in COLUMNS}
    outcomes = [reading.outcome for reading in asyncio.run(read_all(tables))]
    assert Outcome.TIMEOUT not in outcomes
