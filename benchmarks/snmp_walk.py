"""Walks the interface tables of four agents with 49 interfaces each, against net-snmp's own client and pysnmp.

The agents are net-snmp's, in a network namespace of their own; one walk is sysUpTime, ifTable and ifXTable, GETBULK 25.
CPU is user + system time as the kernel accounts it; net-snmp's includes the start of its three processes per agent,
which it needs each time, ours and pysnmp's does not include imports, which the monitor pays once.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks import Figure, Result, Unavailable

AGENTS_COUNT = 4
PAIRS_COUNT = 24
ROUNDS = 5
PEER_ROUNDS = 3
FIRST_PORT = 16_100
COMMUNITY, USER, AUTH_KEY, PRIV_KEY = "benchmark", "walker", "auth-of-walker", "priv-of-walker"
UPTIME = "1.3.6.1.2.1.1.3.0"
TABLES = ("1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1")
MODULES = "system_mib,sysORTable,snmp_mib,snmpEngine,vacm_conf,vacm_vars,usmConf,usmUser,interface,ifTable,ifXTable"
VERSION_2C = ("-v2c", "-c", COMMUNITY)
VERSION_3 = ("-v3", "-l", "authPriv", "-u", USER, "-a", "SHA-256", "-A", AUTH_KEY, "-x", "AES", "-X", PRIV_KEY)
PORTS = tuple(range(FIRST_PORT, FIRST_PORT + AGENTS_COUNT))


def run() -> Result:
    """Measure all in a namespace. Raises Unavailable without net-snmp or without the right to make namespaces."""
    for name in ("snmpd", "snmpbulkwalk", "unshare", "ip"):
        if _program(name) is None:
            raise Unavailable(f"{name} is not installed (Debian: apt install snmpd snmp iproute2 util-linux)")
    command = ["unshare", "-rn", sys.executable, "-m", "benchmarks.snmp_walk"]
    child = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, timeout=300)
    if child.returncode != 0:
        raise Unavailable("the namespace could not be built; see the message above")
    found = json.loads(child.stdout)
    version = subprocess.run([_program("snmpd") or "", "-v"], capture_output=True, text=True, check=True).stdout.split()
    return Result(peer=f"net-snmp {version[2]} and pysnmp", figures=tuple(_figures(found)), remarks=(_remark(found),))


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def _figures(found: dict[str, list[float]]) -> Iterator[Figure]:
    for version in ("2c", "3"):
        yield Figure(
            what=f"v{version}: CPU a value, against net-snmp",
            unit="us",
            ours=tuple(found[f"ours {version}"]),
            peers=tuple(found[f"net-snmp {version}"]),
            at_most=0.4,
        )
    pysnmp = found["pysnmp 2c"]
    yield Figure(
        what="v2c: CPU a value, against pysnmp",
        unit="us",
        ours=tuple(found["ours 2c"][: len(pysnmp)]),
        peers=tuple(pysnmp),
        at_most=1 / 25,
    )
    yield Figure(what="values that differ", unit="values", ours=tuple(found["differing"]), at_most=0)
    yield Figure(what="longest hold of the loop", unit="ms", ours=tuple(found["longest_ms"]), at_most=20)


def _remark(found: dict[str, list[float]]) -> str:
    return f"{found['values'][0]:.0f} values an agent, {AGENTS_COUNT} agents at once; v3 is SHA-256 and AES"


def _inside() -> dict[str, list[float]]:
    subprocess.run([_program("ip") or "", "link", "set", "lo", "up"], check=True)
    for number in range(PAIRS_COUNT):
        pair = [f"a{number}", "type", "veth", "peer", "name", f"b{number}"]
        subprocess.run([_program("ip") or "", "link", "add", *pair], check=True)
    found: dict[str, list[float]] = {name: [] for name in ("differing", "longest_ms", "values")}
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        directory = Path(name)
        for port in PORTS:
            stack.enter_context(_agent(directory, port))
        time.sleep(1.0)
        _measure(found, directory)
    return found


def _measure(found: dict[str, list[float]], directory: Path) -> None:
    clients: tuple[tuple[str, Callable[[], float]], ...] = (
        ("ours 2c", lambda: asyncio.run(_ours("2c", found))),
        ("net-snmp 2c", lambda: _net_snmp(VERSION_2C, directory)),
        ("ours 3", lambda: asyncio.run(_ours("3", found))),
        ("net-snmp 3", lambda: _net_snmp(VERSION_3, directory)),
    )
    asyncio.run(_ours("3", found))  # imports and first keys
    found["longest_ms"].clear()
    for _ in range(ROUNDS):
        for name, measure in clients:
            found.setdefault(name, []).append(measure() / found["values"][0] * 1e6)
        found["differing"].append(_differing(directory))
    for _ in range(PEER_ROUNDS):
        found.setdefault("pysnmp 2c", []).append(asyncio.run(_pysnmp()) / found["values"][0] * 1e6)


@contextmanager
def _agent(directory: Path, port: int) -> Iterator[None]:
    config = directory / f"{port}.conf"
    lines = (
        f"agentAddress udp:127.0.0.1:{port}",
        f"rocommunity {COMMUNITY}",
        f"createUser {USER} SHA-256 {AUTH_KEY} AES {PRIV_KEY}",
        f"rouser {USER} priv",
    )
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = [_program("snmpd") or "", "-f", "-r", "-Lf", os.devnull, "-C", "-c", str(config), "-I", MODULES]
    child = subprocess.Popen(command, env=_environment(directory / str(port)), stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        child.terminate()
        child.wait(10)


def _environment(directory: Path) -> dict[str, str]:
    directory.mkdir(exist_ok=True)
    own = dict.fromkeys(("SNMP_PERSISTENT_DIR", "SNMPCONFPATH", "HOME"), str(directory))
    return {**os.environ, **own, "MIBS": ""}


async def _ours(version: str, found: dict[str, list[float]]) -> float:
    """Return CPU seconds an agent, and keep how long one step of the loop held it at most."""
    from probes._wire.snmp_params import Credential
    from probes._wire.snmp_socket import MasterKeys

    keys = MasterKeys()
    who = Credential(version="2c", community=COMMUNITY)
    if version == "3":
        who = Credential(
            version="3",
            user=USER,
            auth_protocol="SHA-256",
            auth_key=AUTH_KEY.encode(),
            priv_protocol="AES",
            priv_key=PRIV_KEY.encode(),
        )
        keys.user(who)
    before_s = _cpu_s()
    async with asyncio.TaskGroup() as group:
        watch = group.create_task(_watch())
        walks = [group.create_task(_walk(port, who, keys)) for port in PORTS]
        await asyncio.wait(walks)
        watch.cancel()
    spent_s = _cpu_s() - before_s
    found["values"][:] = [float(len(walks[0].result()))]
    found["longest_ms"].append(max(_held) * 1e3)
    _held.clear()
    return spent_s / AGENTS_COUNT


_held: list[float] = []


async def _watch() -> None:
    """Note by how much a timer of a millisecond comes late."""
    now = asyncio.get_running_loop().time
    while True:
        due_s = now() + 0.001
        await asyncio.sleep(0.001)
        _held.append(now() - due_s)


async def _walk(port: int, who: object, keys: object) -> dict[str, object]:
    from probes._wire.address import Endpoint
    from probes._wire.snmp_session import Session
    from probes._wire.snmp_socket import AgentSocket

    sock = AgentSocket(Endpoint("127.0.0.1", port), who, keys)  # type: ignore[arg-type]
    session = Session(sock, try_s=2.0, retries_count=2)
    try:
        await session.start()
        values: dict[str, object] = {**await session.get([UPTIME])}
        for table in TABLES:
            values |= {f"{table}.{index}": value for index, value in (await session.column(table)).items()}
    finally:
        session.close()
    return values


def _net_snmp(options: tuple[str, ...], directory: Path) -> float:
    commands = []
    for port in PORTS:
        commands.append([_program("snmpget") or "", *options, "-OQn", f"127.0.0.1:{port}", UPTIME])
        for table in TABLES:
            walk = [_program("snmpbulkwalk") or "", *options, "-Cr25", "-OQn", f"127.0.0.1:{port}", table]
            commands.append(walk)
    children = [
        subprocess.Popen(command, env=_environment(directory), stdout=subprocess.DEVNULL) for command in commands
    ]
    return sum(_reap(child) for child in children) / AGENTS_COUNT


def _reap(child: subprocess.Popen[bytes]) -> float:
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{child.args!r} failed")
    return usage.ru_utime + usage.ru_stime


def _differing(directory: Path) -> float:
    """Compare every value that stands still between two walks of net-snmp's client with ours between them."""
    from probes._wire.snmp_params import Credential
    from probes._wire.snmp_socket import MasterKeys

    before = _printed(directory)
    who = Credential(version="2c", community=COMMUNITY)
    ours = asyncio.run(_walk(PORTS[0], who, MasterKeys()))
    after = _printed(directory)
    still = {name for name, shown in before.items() if after.get(name) == shown}
    return float(sum(_as_printed(ours.get(name)) != before[name] for name in still))


def _printed(directory: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for table in TABLES:
        command = [_program("snmpbulkwalk") or "", *VERSION_2C, "-OnUQtxe", f"127.0.0.1:{PORTS[0]}", table]
        done = subprocess.run(command, env=_environment(directory), capture_output=True, text=True, check=True)
        pairs = (line.removeprefix(".").split(" = ", 1) for line in done.stdout.splitlines() if " = " in line)
        found |= {name: shown.strip().strip('"').replace(" ", "").removeprefix(".").lower() for name, shown in pairs}
    return found


def _as_printed(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


async def _pysnmp() -> float:
    from pysnmp.hlapi.v3arch.asyncio import (
        CommunityData,
        ContextData,
        ObjectIdentity,
        ObjectType,
        SnmpEngine,
        UdpTransportTarget,
        bulk_walk_cmd,
    )

    engine = SnmpEngine()
    target = await UdpTransportTarget.create(("127.0.0.1", PORTS[0]), timeout=2, retries=2)
    before_s = _cpu_s()
    for table in TABLES:
        start = ObjectType(ObjectIdentity(table))
        walk = bulk_walk_cmd(
            engine, CommunityData(COMMUNITY), target, ContextData(), 0, 25, start, lookupMib=False,
            lexicographicMode=False,
        )  # fmt: skip
        async for _ in walk:
            pass
    spent_s = _cpu_s() - before_s
    engine.close_dispatcher()
    return spent_s


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    print(json.dumps(_inside()))
