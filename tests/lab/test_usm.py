"""Version 3 as the lab's agents speak it: with net-snmp's own tools, and against whoever lacks a key or repeats."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pysnmp.proto import rfc1902
from pysnmp.proto.secmod.rfc3414 import localkey

from bt_console.lab.agents.answers import View
from bt_console.lab.agents.ber import counter64, oid, text, ticks
from bt_console.lab.agents.mib import LINK_DOWN, TRAP_OID, UPTIME
from bt_console.lab.agents.usm import Engine, localized
from tests.servers.snmpd import environment, program

USER, AUTH_KEY, PRIV_KEY = "bt-console", "an-auth-password", "a-priv-password"
NAME, COLUMN = (1, 3, 6, 1, 2, 1, 1, 5, 0), (1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 6)
VIEW = View([(NAME, text("switch")), *(((*COLUMN, index), counter64(index << 40)) for index in range(1, 300))])
RIGHT = {"-l": "authPriv", "-u": USER, "-a": "SHA-256", "-A": AUTH_KEY, "-x": "AES", "-X": PRIV_KEY}


class Clock:
    """Seconds, as told."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def engine(clock: Clock | None = None) -> Engine:
    return Engine(USER, AUTH_KEY, PRIV_KEY, view=lambda: VIEW, clock=clock or Clock())


class Daemon:
    """The engine behind a real socket; what it was asked is kept."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.engine = engine(self.clock)
        self.asked: list[bytes] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.place = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            wire, asker = self._socket.recvfrom(65_535)
            if not wire:
                return
            self.asked.append(wire)
            said = self.engine.answer(wire)
            if said is not None:
                self._socket.sendto(said, asker)

    def close(self) -> None:
        self._socket.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()


@pytest.fixture
def daemon() -> Iterator[Daemon]:
    made = Daemon()
    yield made
    made.close()


def run(tool: str, place: str, directory: Path, *names: str, **changed: str) -> subprocess.CompletedProcess[str]:
    given = {**RIGHT, **{f"-{letter}": value for letter, value in changed.items()}}
    options = [part for pair in given.items() for part in pair]
    command = [program(tool), "-v3", *options, "-r", "0", "-t", "1", "-On", "-m", "", place, *names]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False, env=environment(directory))


def test_net_snmp_discovers_the_engine_and_walks_it_all(daemon: Daemon, tmp_path: Path) -> None:
    done = run("snmpbulkwalk", daemon.place, tmp_path, ".1")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) >= 300
    assert '.1.3.6.1.2.1.1.5.0 = STRING: "switch"' in done.stdout
    assert f".1.3.6.1.2.1.31.1.1.1.6.299 = Counter64: {299 << 40}" in done.stdout


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"A": "another-password"}, "Authentication failure"),
        ({"u": "nobody"}, "Unknown user name"),
        ({"l": "authNoPriv"}, "Unsupported security level"),
        ({"X": "another-password"}, "ecryption error"),
    ],
)
def test_whoever_lacks_a_key_is_told_so_and_nothing_else(
    daemon: Daemon, tmp_path: Path, changed: dict[str, str], complaint: str
) -> None:
    done = run("snmpget", daemon.place, tmp_path, ".1.3.6.1.2.1.1.5.0", **changed)
    assert done.returncode != 0
    assert "switch" not in done.stdout
    assert complaint in done.stderr + done.stdout


def test_writing_is_refused(daemon: Daemon, tmp_path: Path) -> None:
    done = run("snmpset", daemon.place, tmp_path, ".1.3.6.1.2.1.1.5.0", "s", "mine")
    assert "notWritable" in done.stderr


def test_what_was_said_is_hidden_and_a_repeated_question_is_answered_only_in_its_time(
    daemon: Daemon, tmp_path: Path
) -> None:
    assert run("snmpget", daemon.place, tmp_path, ".1.3.6.1.2.1.1.5.0").returncode == 0
    question = daemon.asked[-1]
    soon = daemon.engine.answer(question)
    daemon.clock.now_s += 151
    late = daemon.engine.answer(question)
    assert soon is not None
    assert late is not None
    assert b"switch" not in soon
    not_in_time = oid((1, 3, 6, 1, 6, 3, 15, 1, 1, 2, 0))
    assert not_in_time not in soon
    assert not_in_time in late


def test_a_changed_octet_is_noticed_wherever_it_is(daemon: Daemon, tmp_path: Path) -> None:
    run("snmpget", daemon.place, tmp_path, ".1.3.6.1.2.1.1.5.0")
    question = daemon.asked[-1]
    complaint = oid((1, 3, 6, 1, 6, 3, 15))[2:]
    for place in range(len(question)):
        changed = question[:place] + bytes((question[place] ^ 0x01,)) + question[place + 1 :]
        said = daemon.engine.answer(changed)
        assert said is None or complaint in said, f"octet {place} of {len(question)}"


def test_keys_are_those_another_implementation_makes() -> None:
    engine_id = bytes(11) + b"\x02"
    master = localkey.hash_passphrase(b"maplesyrup", sha256)
    assert localized("maplesyrup", engine_id) == bytes(
        localkey.localize_key(master, rfc1902.OctetString(engine_id), sha256)
    )


@pytest.mark.parametrize("count", [3])
def test_no_two_notifications_nor_engines_are_alike(count: int) -> None:
    made = engine()
    binds = ((UPTIME, ticks(7)), (TRAP_OID, oid(LINK_DOWN)))
    said = {made.notification(binds) for _ in range(count)}
    assert len(said) == count
    assert not any(oid(LINK_DOWN) in wire for wire in said)
    assert len({engine().engine_id for _ in range(count)}) == count


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_octets_that_are_no_question_get_no_answer(wire: bytes) -> None:
    said = engine().answer(wire)
    assert said is None or b"switch" not in said
