"""net-snmp's own agent and tools on 127.0.0.1: the truth that our readings are compared with."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from probes._wire.snmp_socket import Value
from tests.servers.snmp_agent import GET, message, oid, pdu, varbind

COMMUNITY = "net-secret"
MODULES = (
    "system_mib,sysORTable,snmp_mib,snmpEngine,vacm_conf,vacm_vars,usmConf,usmUser,interface,ifTable,ifXTable,"
    "ip,ipNetToMediaTable,pass,pass_persist,extend,override"
)
USERS: Mapping[str, tuple[str, str, str, str]] = {
    "alice": ("SHA-256", "auth-of-alice", "AES", "priv-of-alice"),
    "bob": ("SHA-512", "auth-of-bob-1", "AES-256", "priv-of-bob-1"),
    "carol": ("SHA", "auth-of-carol", "AES-256", "priv-of-carol"),
    "dora": ("SHA-224", "auth-of-dora1", "", ""),
}
"""Name -> authentication protocol and password, privacy protocol and password."""

_CONFIG = """
agentAddress udp:127.0.0.1:{port}
rocommunity {community} 127.0.0.1
sysName cao-son-router
sysLocation Bạch Thông
sysContact it@bachthong.example
{users}
{more}
"""


def program(name: str) -> str:
    """Return the path of a program of net-snmp, or skip the test."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed (Debian: apt install snmpd snmp)")
    return found


def environment(directory: Path) -> dict[str, str]:
    """Keep net-snmp from reading and writing anything of this machine."""
    own = {name: str(directory) for name in ("SNMP_PERSISTENT_DIR", "SNMPCONFPATH", "HOME")}
    return {**os.environ, **own, "MIBS": "", "MIBDIRS": str(directory)}


@dataclass(frozen=True)
class Snmpd:
    """A running agent."""

    port: int
    directory: Path

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def walk(self, name: str, *options: str) -> dict[str, Value]:
        """Return what net-snmp's own client reads, with values as our probes have them."""
        command = [program("snmpbulkwalk"), "-On", "-Oe", "-Ox", "-OU", "-Ot", *(options or version_2c()), self.address]
        done = subprocess.run(
            [*command, name], capture_output=True, text=True, check=True, env=environment(self.directory), timeout=20
        )
        lines = re.split(r"\n(?=\.1\.)", done.stdout.strip())
        pairs = [line.removeprefix(".").split(" = ", 1) for line in lines]
        return {found: _value(shown) for found, shown in pairs if not shown.startswith("No ")}


def _value(shown: str) -> Value:
    kind, colon, rest = shown.strip().partition(": ")
    if not colon:
        return b"" if shown.strip() == '""' else int(shown)
    if kind in ("Hex-STRING", "STRING"):
        return bytes.fromhex(rest) if kind == "Hex-STRING" else rest.strip('"').encode()
    if kind == "OID":
        return rest.removeprefix(".")
    return rest if kind in ("IpAddress", "Network Address") else int(rest)


def version_2c() -> tuple[str, ...]:
    return ("-v2c", "-c", COMMUNITY)


def version_3(user: str) -> tuple[str, ...]:
    """Return the options of net-snmp's tools for one of USERS."""
    auth, auth_key, priv, priv_key = USERS[user]
    level = "authPriv" if priv else "authNoPriv"
    return ("-v3", "-l", level, "-u", user, "-a", auth, "-A", auth_key, *(("-x", priv, "-X", priv_key) if priv else ()))


def _user_lines() -> str:
    lines = []
    for name, (auth, auth_key, priv, priv_key) in USERS.items():
        lines.append(f"createUser {name} {auth} {auth_key} {priv} {priv_key}".rstrip())
        lines.append(f"rouser {name} {'priv' if priv else 'auth'}")
    return "\n".join(lines)


def free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextmanager
def snmpd(*, more: str = "", modules: str = MODULES, community: str = COMMUNITY) -> Iterator[Snmpd]:
    """Run an agent of net-snmp as whoever runs the tests, with a configuration of its own."""
    path = program("snmpd")
    with tempfile.TemporaryDirectory(prefix="snmpd-") as name:
        directory, port = Path(name), free_udp_port()
        config = directory / "agent.conf"
        lines = _CONFIG.format(port=port, community=community, users=_user_lines(), more=more)
        config.write_text(lines, encoding="utf-8")
        command = [path, "-f", "-r", "-Lf", str(directory / "log"), "-C", "-c", str(config), "-I", modules]
        child = subprocess.Popen(
            command, env=environment(directory), stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
        )
        try:
            _wait_until_it_answers(port, child, directory, community)
            yield Snmpd(port, directory)
        finally:
            child.terminate()
            child.wait(10)


def _wait_until_it_answers(port: int, child: subprocess.Popen[bytes], directory: Path, community: str) -> None:
    question = message(1, community.encode(), pdu(GET, 7, varbind(oid("1.3.6.1.2.1.1.3.0"), (0x05, b""))))
    deadline_s = time.monotonic() + 15
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(0.1)
        sock.connect(("127.0.0.1", port))
        while time.monotonic() < deadline_s and child.poll() is None:
            try:
                sock.send(question)
                sock.recv(2048)
            except OSError:
                time.sleep(0.02)
            else:
                return
    log = directory / "log"
    raise AssertionError(f"snmpd did not start: {log.read_text() if log.exists() else ''}")
