import asyncio
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from probes.api import FailureKind, Outcome, Reading, Shared
from probes.snmp_traps import SnmpTrapsParams
from tests.servers.ask import ask
from tests.servers.snmp_agent import integer, message, oid, oid_value, pdu, text, ticks, tlv, varbind
from tests.servers.snmp_secrets import Secrets
from tests.servers.snmpd import environment, free_udp_port, program, version_3

LINK_DOWN, LINK_UP, COLD_START = "1.3.6.1.6.3.1.1.5.3", "1.3.6.1.6.3.1.1.5.4", "1.3.6.1.6.3.1.1.5.1"
IF_INDEX, IF_DESCR, IF_NAME = "1.3.6.1.2.1.2.2.1.1.3", "1.3.6.1.2.1.2.2.1.2.3", "1.3.6.1.2.1.31.1.1.1.1.3"
UPTIME, TRAP_OID = oid("1.3.6.1.2.1.1.3.0"), oid("1.3.6.1.6.3.1.1.4.1.0")
ENOUGH_S = 8.0


class Ears:
    """One sensor on a free port and what it heard."""

    def __init__(self, directory: Path, address: str, params: dict[str, Any]) -> None:
        self.port = free_udp_port()
        self.directory = directory
        self._shared = Shared()
        self._address = address
        self._params = {"listen": f"127.0.0.1:{self.port}", "listen_s": 0.0, **params}

    async def listen(self, **other: Any) -> Reading:
        return await ask("snmp_traps", self._address, shared=self._shared, **self._params | other)

    async def hear(self, measure: str, count: int) -> Reading:
        """Return the reading in which a measure, summed over readings, reaches a count."""
        total, deadline_s = 0.0, asyncio.get_running_loop().time() + ENOUGH_S
        while True:
            reading = await self.listen()
            assert reading.outcome is Outcome.OK, reading
            total += reading.measures[measure]
            if total >= count:
                return reading
            assert asyncio.get_running_loop().time() < deadline_s, f"{total} of {count} {measure}"
            await asyncio.sleep(0.05)

    def send(self, *datagrams: bytes, source: str = "127.0.0.1") -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind((source, 0))
            for datagram in datagrams:
                sock.sendto(datagram, ("127.0.0.1", self.port))

    async def run(self, name: str, *arguments: str) -> int:
        """Run a program of net-snmp that sends here, while the sensor listens."""
        command = [program(name), *arguments[: arguments.index("@")], f"127.0.0.1:{self.port}"]
        command += arguments[arguments.index("@") + 1 :]
        call = asyncio.to_thread(
            subprocess.run, command, env=environment(self.directory), capture_output=True, timeout=20, check=False
        )
        return (await call).returncode

    def close(self) -> None:
        self._shared.close()


@asynccontextmanager
async def ears(directory: Path, address: str = "localhost", **params: Any) -> AsyncIterator[Ears]:
    made = Ears(directory, address, params)
    try:
        reading = await made.listen()
        assert reading.outcome is Outcome.OK, reading
        yield made
    finally:
        made.close()


def notification(kind: str, *binds: bytes, community: bytes = b"lan-secret", tag: int = 0xA7) -> bytes:
    head = varbind(UPTIME, ticks(7)) + varbind(TRAP_OID, oid_value(kind))
    return message(1, community, pdu(tag, 77, head + b"".join(binds)))


def rows(reading: Reading) -> list[tuple[object, ...]]:
    facts = reading.facts
    columns = [facts[name] for name in ("trap_source", "trap_kind", "trap_interface", "trap_version")]
    return list(zip(*columns, strict=True))


async def test_a_trap_of_version_2c_names_its_interface(tmp_path: Path) -> None:
    async with ears(tmp_path) as sensor:
        binds = (IF_INDEX, "i", "3", IF_NAME, "s", "gi3")
        await sensor.run("snmptrap", "-v2c", "-c", "any", "@", "77", LINK_DOWN, *binds)
        reading = await sensor.hear("traps_count", 1)
    assert rows(reading) == [("127.0.0.1", "linkDown", "gi3", "2c")]
    assert reading.measures["sources_count"] == 1
    assert str(reading.facts["trap_at"]).startswith("('20")


async def test_a_trap_of_version_1_is_the_same_notification(tmp_path: Path) -> None:
    async with ears(tmp_path) as sensor:
        head = ("-v1", "-c", "any", "@", "1.3.6.1.4.1.9", "10.0.0.1")
        await sensor.run("snmptrap", *head, "3", "0", "77", IF_DESCR, "s", "Gigabit 3")
        linked = await sensor.hear("traps_count", 1)
        await sensor.run("snmptrap", *head, "6", "42", "77")
        special = await sensor.hear("traps_count", 1)
    assert rows(linked) == [("127.0.0.1", "linkUp", "Gigabit 3", "1")]
    assert rows(special) == [("127.0.0.1", "1.3.6.1.4.1.9.0.42", "", "1")]


async def test_an_inform_of_version_2c_is_answered(tmp_path: Path) -> None:
    async with ears(tmp_path) as sensor:
        informing = asyncio.ensure_future(sensor.run("snmpinform", "-v2c", "-c", "any", "@", "77", COLD_START))
        reading = await sensor.hear("traps_count", 1)
        assert await informing == 0
    assert rows(reading) == [("127.0.0.1", "coldStart", "", "2c")]


@pytest.mark.parametrize("user", ["alice", "bob", "carol", "dora"])
async def test_traps_of_version_3_are_opened(tmp_path: Path, user: str) -> None:
    async with ears(tmp_path, **_user(tmp_path, user)) as sensor:
        for engine_id in ("0x8000000001020304", "0x8000000001020305"):
            options = (*version_3(user), "-e", engine_id)
            await sensor.run("snmptrap", *options, "@", "77", LINK_DOWN, IF_INDEX, "i", "3")
            assert rows(await sensor.hear("traps_count", 1)) == [("127.0.0.1", "linkDown", "3", "3")]


async def test_an_inform_of_version_3_is_answered(tmp_path: Path) -> None:
    async with ears(tmp_path, **_user(tmp_path, "alice")) as sensor:
        informing = asyncio.ensure_future(sensor.run("snmpinform", *version_3("alice"), "@", "77", LINK_UP))
        reading = await sensor.hear("traps_count", 1)
        assert await informing == 0
    assert rows(reading) == [("127.0.0.1", "linkUp", "", "3")]


def _user(directory: Path, name: str, **other: Any) -> dict[str, Any]:
    return {key: value for key, value in Secrets(directory).user(name, **other).items() if key != "version"}


@pytest.mark.parametrize(
    "options",
    [
        ("-v3", "-l", "noAuthNoPriv", "-u", "alice"),
        ("-v3", "-l", "authNoPriv", "-u", "alice", "-a", "SHA-256", "-A", "auth-of-alice"),
        (
            "-v3",
            "-l",
            "authPriv",
            "-u",
            "alice",
            "-a",
            "SHA-256",
            "-A",
            "wrong-password",
            "-x",
            "AES",
            "-X",
            "x-of-alice",
        ),
        version_3("bob"),
    ],
)
async def test_a_version_3_trap_that_proves_less_than_is_asked_is_refused(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    async with ears(tmp_path, **_user(tmp_path, "alice")) as sensor:
        await sensor.run("snmptrap", *options, "-e", "0x8000000001020304", "@", "77", LINK_DOWN)
        reading = await sensor.hear("refused_count", 1)
    assert reading.measures["traps_count"] == 0
    assert rows(reading) == []


async def test_engine_ids_that_somebody_makes_up_are_not_learned(tmp_path: Path) -> None:
    security = tlv(2, b"\x05") + tlv(2, b"\x06") + tlv(4, b"alice") + tlv(4, b"\x00" * 24) + tlv(4, b"\x00" * 8)
    header = tlv(0x30, tlv(2, b"\x01") + tlv(2, b"\x7f\xff") + tlv(4, b"\x03") + tlv(2, b"\x03"))
    forged = []
    for number in range(60):
        named = tlv(0x30, tlv(4, b"\x80\x00\x00\x00\x05" + bytes((number, 1, 2))) + security)
        forged.append(tlv(0x30, tlv(2, b"\x03") + header + tlv(4, named) + tlv(4, b"\x00" * 40)))
    async with ears(tmp_path, **_user(tmp_path, "alice"), source_per_s=1000.0) as sensor:
        sensor.send(*forged)
        reading = await sensor.hear("refused_count", 60)
        await sensor.run("snmptrap", *version_3("alice"), "-e", "0x8000000001020304", "@", "77", LINK_DOWN)
        genuine = await sensor.hear("traps_count", 1)
    assert reading.measures["traps_count"] == 0
    assert rows(genuine) == [("127.0.0.1", "linkDown", "", "3")]


async def test_only_the_given_community_is_accepted(tmp_path: Path) -> None:
    async with ears(tmp_path, community=Secrets(tmp_path).of("lan-secret")) as sensor:
        sensor.send(notification(LINK_DOWN, community=b"other"), notification(LINK_UP))
        reading = await sensor.hear("traps_count", 1)
    assert rows(reading) == [("127.0.0.1", "linkUp", "", "2c")]
    assert reading.measures["refused_count"] == 1
    assert "lan-secret" not in repr(reading)


async def test_one_noisy_sender_does_not_drown_the_others(tmp_path: Path) -> None:
    async with ears(tmp_path, source_per_s=20.0) as sensor:
        sensor.send(*[notification(COLD_START)] * 500)
        sensor.send(notification(LINK_DOWN, varbind(oid(IF_NAME), text("gi1"))), source="127.0.0.2")
        await asyncio.sleep(0.1)
        reading = await sensor.listen()
    assert ("127.0.0.2", "linkDown", "gi1", "2c") in rows(reading)
    assert reading.measures["sources_count"] == 2
    assert reading.measures["traps_count"] + reading.measures["dropped_count"] == 501
    assert 400 < reading.measures["dropped_count"] <= 480


async def test_a_check_of_one_sender_hears_that_one_alone(tmp_path: Path) -> None:
    async with ears(tmp_path, "127.0.0.2") as sensor:
        sensor.send(notification(LINK_DOWN), b"garbage")
        sensor.send(notification(LINK_UP), source="127.0.0.2")
        reading = await sensor.hear("traps_count", 1)
    assert rows(reading) == [("127.0.0.2", "linkUp", "", "2c")]
    assert (reading.measures["traps_count"], reading.measures["broken_count"]) == (1, 0)


async def test_each_notification_is_reported_once_to_each_check(tmp_path: Path) -> None:
    async with ears(tmp_path) as sensor:
        await sensor.listen(listen_s=0.01)
        sensor.send(notification(LINK_DOWN))
        first = await sensor.hear("traps_count", 1)
        other = await sensor.listen(listen_s=0.01)
        again = await sensor.listen()
    assert [reading.measures["traps_count"] for reading in (first, other, again)] == [1, 1, 0]


async def test_the_first_run_listens_for_a_while(tmp_path: Path) -> None:
    port, shared = free_udp_port(), Shared()
    call = ask("snmp_traps", "localhost", shared=shared, listen=f"127.0.0.1:{port}", listen_s=0.5)
    running = asyncio.ensure_future(call)
    await asyncio.sleep(0.1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(notification(LINK_DOWN), ("127.0.0.1", port))
    reading = await running
    shared.close()
    assert reading.measures["traps_count"] == 1


async def test_the_newest_rows_are_shown_and_the_others_counted(tmp_path: Path) -> None:
    async with ears(tmp_path, source_per_s=2000.0) as sensor:
        sensor.send(*[notification(LINK_DOWN)] * 700, notification(LINK_UP))
        await asyncio.sleep(0.2)
        reading = await sensor.listen()
    assert reading.measures["traps_count"] == 701
    assert reading.measures["cut_count"] == 189
    assert len(rows(reading)) == 512
    assert rows(reading)[-1][1] == "linkUp"


async def test_hostile_datagrams_are_counted_and_kill_nothing(tmp_path: Path) -> None:
    good = notification(LINK_DOWN, varbind(oid(IF_NAME), text("\x1b[2Jgi\n1")))
    deep = b"0\x80" + b"0\x84\xff\xff\xff\xff" * 50
    hostile = [b"", b"0", b"garbage", good[:-1], good[:20], deep, b"\x30\x84\x7f\xff\xff\xff" + good, b"\x00" * 9000]
    hostile += [message(1, b"x", pdu(0xA0, 1, b"")), message(7, b"x", b""), message(3, b"x", b"")]
    hostile += [message(1, b"x", pdu(0xA7, 1, b"")), message(1, b"x", pdu(0xA7, 1, varbind(TRAP_OID, integer(1))))]
    hostile += [message(0, b"x", tlv(0xA4, b"\x06\x00")), notification(LINK_DOWN)[:-4] + b"\xff\xff\xff\xff"]
    async with ears(tmp_path, **_user(tmp_path, "alice"), source_per_s=1000.0) as sensor:
        sensor.send(*hostile, good)
        reading = await sensor.hear("traps_count", 1)
    assert rows(reading)[-1] == ("127.0.0.1", "linkDown", "␛[2Jgi␊1", "2c")
    assert reading.measures["broken_count"] >= 10


async def test_a_port_that_is_taken_is_our_own_fault_and_says_so(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        reading = await ask("snmp_traps", "localhost", listen=f"127.0.0.1:{port}", listen_s=0.0)
    assert (reading.outcome, reading.failure) == (Outcome.ERROR, FailureKind.PERMISSION)
    assert f"port {port} is taken" in reading.detail


async def test_an_address_that_is_not_ours_cannot_be_listened_on() -> None:
    reading = await ask("snmp_traps", "localhost", listen="192.0.2.77:1162", listen_s=0.0)
    assert (reading.outcome, reading.failure) == (Outcome.ERROR, FailureKind.NO_ROUTE)


@pytest.mark.parametrize(
    ("params", "complaint"),
    [
        ({"listen": "127.0.0.1:0"}, "has no port"),
        ({"listen": "localhost:1162"}, "write an address of this machine"),
        ({"listen_s": -1.0}, "cannot be below 0"),
        ({"source_per_s": 0.0}, "source_per_s below 1"),
        ({"auth_protocol": "SHA1"}, "auth_protocol is 'SHA1'"),
    ],
)
def test_wrong_params_are_refused_when_they_are_made(params: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        SnmpTrapsParams(**params)
