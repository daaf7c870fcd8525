from __future__ import annotations

import asyncio
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from probes.api import FailureKind, Outcome, ProbeContext, ProbeFailure, Scope, Shared
from probes.ssh_algorithms import SshAlgorithmsParams, observe
from tests.servers.ask import ask
from tests.servers.daemons import sshd
from tests.servers.tcp_server import Behaviour, closed_port, reset, saying, serving, stall

LISTS = [b"", b"ssh-rsa", b"aes128-ctr", b"3des-cbc", b"hmac-md5", b"", b"none", b"zlib", b"", b""]


def kexinit(lists: list[bytes] = LISTS) -> bytes:
    payload = b"\x14" + b"c" * 16 + b"".join(len(names).to_bytes(4, "big") + names for names in lists) + b"\x00" * 5
    return (len(payload) + 5).to_bytes(4, "big") + b"\x04" + payload + b"pad4"


async def test_openssh_as_it_comes_offers_nothing_weak(tmp_path: Path) -> None:
    with sshd(tmp_path) as port:
        reading = await ask("ssh_algorithms", f"127.0.0.1:{port}")
    assert reading.outcome is Outcome.OK, reading.detail
    assert str(reading.facts["software"]).startswith("OpenSSH_")
    assert (reading.facts["protocol"], reading.facts["ssh1"]) == ("2.0", False)
    assert {"ssh-ed25519", "rsa-sha2-512"} <= set(_names(reading.facts["host_keys"]))
    assert "none" in _names(reading.facts["compression"])
    assert reading.facts["weak"] == ()


async def test_what_an_administrator_switched_on_is_named_weak(tmp_path: Path) -> None:
    lines = (
        "KexAlgorithms curve25519-sha256,diffie-hellman-group1-sha1\nHostKeyAlgorithms ssh-rsa,ssh-ed25519\n"
        "Ciphers 3des-cbc,aes256-ctr,aes128-cbc\nMACs hmac-md5-96,hmac-sha2-256"
    )
    with sshd(tmp_path, lines) as port:
        reading = await ask("ssh_algorithms", f"127.0.0.1:{port}")
    assert reading.facts["weak"] == ("diffie-hellman-group1-sha1", "ssh-rsa", "3des-cbc", "aes128-cbc", "hmac-md5-96")
    assert reading.measures["weak_count"] == 5
    assert reading.facts["ciphers"] == ("3des-cbc", "aes256-ctr", "aes128-cbc")


def _names(fact: object) -> tuple[str, ...]:
    assert isinstance(fact, tuple)
    return tuple(str(name) for name in fact)


@pytest.mark.parametrize(("protocol", "ssh1"), [("2.0", False), ("1.99", True)])
async def test_both_directions_and_ssh_1_are_told(protocol: str, ssh1: bool) -> None:
    said = b"Only for staff\r\nSSH-" + protocol.encode() + b"-dropbear_2012.55 old\r\n" + kexinit()
    async with serving(saying(said)) as port:
        reading = await ask("ssh_algorithms", f"127.0.0.1:{port}")
    assert reading.facts["ciphers"] == ("aes128-ctr", "3des-cbc")
    assert reading.facts["compression"] == ("none", "zlib")
    assert reading.facts["strict_kex"] is False
    assert reading.facts["weak"] == (("ssh-1",) if ssh1 else ()) + ("ssh-rsa", "3des-cbc", "hmac-md5")


async def test_a_server_of_version_1_alone_is_read_without_its_lists() -> None:
    async with serving(saying(b"SSH-1.5-Cisco-1.25\n")) as port:
        reading = await ask("ssh_algorithms", f"127.0.0.1:{port}")
    assert reading.outcome is Outcome.OK
    assert (reading.facts["ssh1"], reading.facts["weak"]) == (True, ("ssh-1",))
    assert reading.facts["software"] == "Cisco-1.25"


@pytest.mark.parametrize(
    "behave",
    [
        saying(b""),
        saying(b"x" * 2000),
        saying(b"hello\n" * 200),
        saying(b"SSH-2.0\n"),
        saying(b"SSH-two-x\n"),
        saying(b"SSH-2.0-x\r\n"),
        saying(b"SSH-2.0-x\r\n\xff\xff\xff\xff"),
        saying(b"SSH-2.0-x\r\n" + kexinit()[:60]),
        saying(b"SSH-2.0-x\r\n" + kexinit(LISTS[:4])),
        saying(b"SSH-2.0-x\r\n\x00\x00\x00\x0c\xff" + b"\x14" * 11),
        saying(b"SSH-2.0-x\r\n" + kexinit().replace(b"\x14c", b"\x01c")),
        saying(b"\x16\x03\x01" + b"\n" * 60),
    ],
)
async def test_anything_else_is_a_protocol_failure(behave: Behaviour) -> None:
    async with serving(behave) as port:
        reading = await ask("ssh_algorithms", f"127.0.0.1:{port}")
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.PROTOCOL)


async def test_a_long_list_of_long_names_with_escapes_is_bounded_and_clean() -> None:
    names = b",".join(b"\x1b[2J" + b"x" * 200 for _ in range(160))
    async with serving(saying(b"SSH-2.0-\x1b[31mx\r\n" + kexinit([names, *LISTS[1:]]))) as port:
        reading = await ask("ssh_algorithms", f"127.0.0.1:{port}")
    kex = _names(reading.facts["kex"])
    assert len(kex) == 100
    assert all(len(name) <= 64 and "\x1b" not in name for name in (*kex, str(reading.facts["banner"])))


async def test_a_silent_server_is_a_timeout_waiting_for_the_version() -> None:
    async with serving(stall) as port:
        reading = await ask("ssh_algorithms", f"127.0.0.1:{port}", timeout_s=0.2)
    assert (reading.outcome, reading.facts["phase"]) == (Outcome.TIMEOUT, "version")


async def test_closed_ports_and_resets_keep_their_names() -> None:
    with closed_port() as port:
        assert (await ask("ssh_algorithms", f"127.0.0.1:{port}")).failure is FailureKind.REFUSED
    async with serving(reset) as port:
        reading = await ask("ssh_algorithms", f"127.0.0.1:{port}", timeout_s=0.2)
    assert reading.outcome is Outcome.TIMEOUT, "nothing was sent that it could answer"


async def test_an_address_nobody_approved_is_not_contacted() -> None:
    scope = Scope(networks=(IPv4Network("10.0.0.0/8"),))
    ctx = ProbeContext(deadline_s=asyncio.get_running_loop().time() + 5, shared=Shared(), scope=scope)
    with pytest.raises(ProbeFailure) as caught:
        await observe("127.0.0.1:1", SshAlgorithmsParams(), ctx)
    assert caught.value.kind is FailureKind.PERMISSION
