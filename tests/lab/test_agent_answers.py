"""What an agent answers, octets in, octets out: order, ends, refusals, limits, and bytes nobody vouches for."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bt_console.lab.agents import mib
from bt_console.lab.agents.answers import View, answer, is_version_3
from bt_console.lab.agents.ber import (
    END_OF_VIEW,
    GET,
    GET_BULK,
    GET_NEXT,
    RESPONSE,
    SET,
    Oid,
    Varbind,
    counter64,
    integer,
    message,
    octets,
    oid,
    read_request,
    text,
    tlv,
)
from bt_console.lab.agents.lldp import Announcement
from bt_console.lab.agents.netlink import Address, Device, Forwarding, Neighbour, Route
from probes._wire.snmp_ber import NULL, SEQUENCE, BadMessage, read_integer, read_oid, read_sequence, read_tlv
from tests.servers.snmpd import program

COMMUNITY = b"lab"
NOTHING = tlv(NULL, b"")
COLUMN: Oid = (1, 3, 6, 1, 2, 1, 2, 2, 1, 10)
ROWS: list[Varbind] = [((*COLUMN, index), counter64(index << 40)) for index in range(1, 400)]
NAME: Varbind = ((1, 3, 6, 1, 2, 1, 1, 5, 0), text("switch"))
VIEW = View([*ROWS, NAME])


def ask(kind: int, *names: Oid, first: int = 0, second: int = 0, community: bytes = COMMUNITY) -> bytes | None:
    binds = [(name, NOTHING) for name in names]
    return answer(message(community, kind, 7, binds, (first, second)), VIEW, (COMMUNITY,))


def read(response: bytes | None) -> tuple[int, list[tuple[Oid, bytes]]]:
    """Return the error status and the rows of a response."""
    assert response is not None
    _, position = read_integer(response, read_sequence(response, 0).start)
    pdu = read_tlv(response, read_tlv(response, position).end)
    assert pdu.tag == RESPONSE
    request_id, position = read_integer(response, pdu.start)
    assert request_id == 7
    status, position = read_integer(response, position)
    _, position = read_integer(response, position)
    binds = read_sequence(response, position)
    rows, position = [], binds.start
    while position < binds.end:
        bind = read_sequence(response, position)
        name = read_tlv(response, bind.start)
        dotted = tuple(map(int, read_oid(response, name.start, name.end).split(".")))
        rows.append((dotted, response[name.end : bind.end]))
        position = bind.end
    return status, rows


def test_a_value_is_answered_and_a_missing_one_says_what_is_missing() -> None:
    name, missing_row, missing_object = (*COLUMN, 5), (*COLUMN, 5000), (1, 3, 6, 1, 4, 1, 1, 0)
    _, rows = read(ask(GET, name, missing_row, missing_object))
    assert rows == [(name, counter64(5 << 40)), (missing_row, b"\x81\x00"), (missing_object, b"\x80\x00")]


def test_a_walk_sees_every_row_once_in_order_and_then_the_end() -> None:
    found: list[Oid] = []
    at: Oid = (1, 3)
    while True:
        _, rows = read(ask(GET_NEXT, at))
        name, value = rows[0]
        if value == b"\x82\x00":
            break
        found.append(name)
        at = name
    assert found == [NAME[0], *(name for name, _ in ROWS)]


def test_a_value_too_large_for_an_answer_is_said_to_be() -> None:
    asked = message(COMMUNITY, GET, 7, [((1, 3, 6, 1, 9, 0), NOTHING)], (0, 0))
    view = View([((1, 3, 6, 1, 9, 0), octets(bytes(3000)))])
    assert read(answer(asked, view, (COMMUNITY,))) == (1, [])


def test_a_bulk_answer_fits_into_one_frame_and_goes_on_where_the_last_ended() -> None:
    found: list[Oid] = []
    at: Oid = COLUMN
    while len(found) < len(ROWS):
        response = ask(GET_BULK, at, second=100)
        assert response is not None
        assert len(response) <= 1472
        rows = [name for name, value in read(response)[1] if value != END_OF_VIEW]
        assert rows
        found += rows
        at = found[-1]
    assert found == [name for name, _ in ROWS]


def test_a_bulk_request_asks_for_its_first_names_once() -> None:
    _, rows = read(ask(GET_BULK, (1, 3, 6, 1, 2, 1, 1, 5), COLUMN, first=1, second=3))
    assert [name for name, _ in rows] == [(1, 3, 6, 1, 2, 1, 1, 5, 0), *((*COLUMN, index) for index in (1, 2, 3))]


def test_nobody_writes() -> None:
    assert read(ask(SET, (1, 3, 6, 1, 2, 1, 1, 5, 0)))[0] == 17


def test_a_strangers_question_and_other_versions_are_not_answered() -> None:
    assert ask(GET, COLUMN, community=b"public") is None
    first_version = b"\x30" + message(COMMUNITY, GET, 1, [], (0, 0))[1:].replace(b"\x02\x01\x01", b"\x02\x01\x00", 1)
    assert answer(first_version, VIEW, (COMMUNITY,)) is None
    assert not is_version_3(first_version)
    assert is_version_3(tlv(SEQUENCE, integer(3)))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_bytes_that_are_no_request_are_not_answered(wire: bytes) -> None:
    assert answer(wire, VIEW, (COMMUNITY,)) is None
    is_version_3(wire)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 200), st.binary(min_size=1, max_size=4))
def test_a_damaged_request_is_answered_or_not_but_never_fails(place: int, damage: bytes) -> None:
    whole = bytearray(message(COMMUNITY, GET_BULK, 7, [((*COLUMN, 3), NOTHING)] * 3, (1, 1 << 30)))
    place %= len(whole)
    whole[place : place + len(damage)] = damage
    try:
        read_request(bytes(whole))
    except BadMessage:
        assert answer(bytes(whole), VIEW, (COMMUNITY,)) is None
    else:
        answer(bytes(whole), VIEW, (COMMUNITY,))


@given(st.integers(-(1 << 31), (1 << 31) - 1))
def test_numbers_are_written_as_they_are_read(number: int) -> None:
    assert read_integer(integer(number), 0)[0] == number


@given(st.lists(st.integers(0, (1 << 32) - 1), max_size=40))
def test_names_are_written_as_they_are_read(rest: list[int]) -> None:
    written = oid((1, 3, *rest))
    value = read_tlv(written, 0)
    assert read_oid(written, value.start, value.end) == ".".join(map(str, (1, 3, *rest)))


def _device(index: int, name: str, **other: object) -> Device:
    fields: dict[str, object] = {
        "mac": bytes((2, 0, 0, 0, 0, index)),
        "mtu": 1500,
        "kind": "veth",
        "alias": "",
        "is_loopback": name == "lo",
        "is_up": True,
        "is_running": True,
        "master": 0,
        "bridge_port": 0,
        "counters": (1, 2, 3, 4, 5, 6, 7, 8, 0),
    }
    return Device(index=index, name=name, **{**fields, **other})  # type: ignore[arg-type]


def _switch() -> mib.Snapshot:
    said = Announcement(
        chassis_kind=4, chassis=b"\x02r", port_kind=5, port=b"lan", name=b"router", description=b"", abilities=0x08
    )
    return mib.Snapshot(
        uptime_ticks=4242,
        is_forwarding=True,
        devices=(
            _device(1, "lo"),
            _device(2, "port1", master=4, bridge_port=1, alias="router"),
            _device(3, "port2", master=4, bridge_port=2, is_running=False),
            _device(4, "switch", kind="bridge"),
        ),
        addresses=(Address(4, bytes((10, 21, 2, 13)), 24),),
        neighbours=(Neighbour(4, bytes((10, 21, 2, 1)), b"\x02\0\0\0\0\x63", False),),
        forwarding=(Forwarding(2, b"\x02\0\0\0\0\x63", False), Forwarding(3, b"\x02\0\0\0\0\x03", True)),
        routes=(Route(4, bytes((10, 21, 2, 0)), 24, bytes(4)), Route(4, bytes(4), 0, bytes((10, 21, 2, 1)))),
        announcements={2: said, 3: said},
    )


class Daemon:
    """The answers behind a real socket."""

    def __init__(self, view: View) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self._view = view
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            wire, asker = self.socket.recvfrom(65_535)
            if not wire:
                return
            response = answer(wire, self._view, (COMMUNITY,))
            if response is not None:
                self.socket.sendto(response, asker)

    def close(self) -> None:
        self.socket.sendto(b"", self.socket.getsockname())
        self._thread.join()
        self.socket.close()


@pytest.fixture
def daemon() -> Iterator[Daemon]:
    identity = mib.Identity(name="sw", description="switch", location="here", is_router=False)
    daemon = Daemon(View(mib.rows(_switch(), identity)))
    yield daemon
    daemon.close()


def test_net_snmp_walks_the_whole_view_and_reads_its_types(daemon: Daemon, tmp_path: Path) -> None:
    command = [program("snmpbulkwalk"), "-v2c", "-c", "lab", "-On", "-m", ""]
    place = f"127.0.0.1:{daemon.socket.getsockname()[1]}"
    environment = {"SNMPCONFPATH": str(tmp_path), "HOME": str(tmp_path)}
    done = subprocess.run(
        [*command, place, ".1"], capture_output=True, text=True, timeout=20, check=True, env=environment
    )
    lines = dict(line.split(" = ", 1) for line in done.stdout.splitlines() if " = " in line)
    assert lines[".1.3.6.1.2.1.1.3.0"] == "Timeticks: (4242) 0:00:42.42"
    assert lines[".1.3.6.1.2.1.31.1.1.1.6.2"] == "Counter64: 3"
    assert lines[".1.3.6.1.2.1.2.2.1.8.3"] == "INTEGER: 2"
    assert lines[".1.3.6.1.2.1.17.4.3.1.2.2.0.0.0.0.99"] == "INTEGER: 1"
    assert lines[".1.3.6.1.2.1.4.22.1.2.4.10.21.2.1"] == "Hex-STRING: 02 00 00 00 00 63 "
    assert lines[".1.3.6.1.2.1.4.20.1.3.10.21.2.13"] == "IpAddress: 255.255.255.0"
    assert lines[".1.3.6.1.2.1.4.24.3.0"] == "Gauge32: 2"
    assert lines[".1.3.6.1.2.1.4.24.4.1.5.0.0.0.0.0.0.0.0.0.10.21.2.1"] == "INTEGER: 4"
    assert lines[".1.3.6.1.2.1.4.24.4.1.6.10.21.2.0.255.255.255.0.0.0.0.0.0"] == "INTEGER: 3"
    assert lines[".1.0.8802.1.1.2.1.4.1.1.9.0.1.1"] == 'STRING: "router"'
    assert ".1.0.8802.1.1.2.1.4.1.1.9.0.2.1" not in lines  # what was heard at a port without a cable is old
