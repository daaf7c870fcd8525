"""Twelve communes on loopback whose ways in a test closes and opens, and the monitor as a process of its own."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bt_console.facade import Console, StoreError

UNITS = 12
CORE = "127.0.1.3"
PATIENCE_S = 60.0
_ROOT = Path(__file__).parents[2]

CONFIG = """\
district: {{name: Huyện thử}}
hub: {{name: Trung tâm, internet: {{gateway: 127.0.1.1}}, tslcd: {{gateway: 127.0.1.2}}}}
tslcd_core: {{address: 127.0.1.3}}
defaults:
  roles:
    uplink: {{icmp_echo: {{enabled: false}}}}
    lan: {{icmp_echo: {{enabled: false}}}}
    core: &asked
      icmp_echo: {{enabled: false}}
      tcp_connect: {{interval: 1s, timeout: 500ms, address: "{{address}}:{port}"}}
    tslcd: &asked
      icmp_echo: {{enabled: false}}
      tcp_connect: {{interval: 1s, timeout: 500ms, address: "{{address}}:{port}"}}
    internet:
      icmp_echo: {{enabled: false}}
      tcp_connect: {{interval: 1s, timeout: 500ms, address: "{{address}}:{port}"}}
units:
""".replace(" &asked", "")
UNIT = """\
  xa-{i}:
    name: Xã {i}
    lan: {{subnet: 127.1.{i}.0/24, gateway: 127.1.{i}.1}}
    tslcd: 127.2.{i}.1
    internet: 127.3.{i}.1
"""


def tslcd(unit: int) -> str:
    """Return where a unit is reached over the state's own network."""
    return f"127.2.{unit}.1"


def internet(unit: int) -> str:
    """Return where a unit is reached over the Internet."""
    return f"127.3.{unit}.1"


NUMBERS = range(1, UNITS + 1)
WAYS = tuple(way(unit) for unit in NUMBERS for way in (tslcd, internet))


class _Door(asyncio.Protocol):
    """Somebody answers, and that is all."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let go at once."""
        assert isinstance(transport, asyncio.Transport)
        transport.abort()


@dataclass
class Town:
    """Listeners on all ways, a configuration and a store."""

    directory: Path
    port: int
    store_path: Path
    _open: dict[str, asyncio.Server] = field(default_factory=dict)

    @property
    def config_path(self) -> Path:
        """The monitor's configuration."""
        return self.directory / "town.yaml"

    def write_config(self, oncall: str) -> None:
        """Write the configuration with a section about whom to tell."""
        units = "".join(UNIT.format(i=i) for i in NUMBERS)
        self.config_path.write_text(CONFIG.format(port=self.port) + units + oncall, "utf-8")

    async def heal(self, ways: Iterable[str]) -> None:
        """Let ways answer."""
        for way in ways:
            if way not in self._open:
                self._open[way] = await asyncio.get_running_loop().create_server(_Door, way, self.port)

    async def cut(self, ways: Iterable[str]) -> None:
        """Let ways refuse."""
        for way in ways:
            if server := self._open.pop(way, None):
                server.close()
                await server.wait_closed()

    async def cut_core(self) -> None:
        """Let the core fall, and with it what is reached through it."""
        await self.cut((CORE, *map(tslcd, NUMBERS)))

    async def heal_all(self) -> None:
        """Let everything answer."""
        await self.heal((CORE, *WAYS))


@asynccontextmanager
async def town(directory: Path, store_path: Path | None = None) -> AsyncIterator[Town]:
    """Give a town where all is well."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found = Town(directory, probe.getsockname()[1], store_path or directory / "store.sqlite")
    await found.heal_all()
    try:
        yield found
    finally:
        await found.cut((CORE, *WAYS))
        await asyncio.sleep(0.05)  # for what has just been let go of


class MonitorProcess:
    """`bt-console monitor`, started, killed and started again; its log goes into one file."""

    def __init__(self, town: Town) -> None:
        self._argv = ("monitor", "-c", str(town.config_path), "--store", str(town.store_path))
        self._store_path = town.store_path
        self._log_path = town.directory / "monitor.log"
        self._process: asyncio.subprocess.Process | None = None
        self.kills = 0

    async def start(self) -> None:
        """Start it; it may not measure yet."""
        environment = {**os.environ, "PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        with self._log_path.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bt_console", *self._argv, cwd=_ROOT, env=environment, stdout=log, stderr=log
            )

    async def kill(self) -> None:
        """End it as a loss of power would."""
        assert self._process is not None
        assert self._process.returncode is None, self.log()
        self._process.kill()
        await self._process.wait()
        self.kills += 1

    async def stop(self) -> int:
        """Ask it to stop and return its status."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.terminate()
        return await self._process.wait()

    async def end(self) -> None:
        """Leave nothing running."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    def log(self) -> str:
        """Return what it said."""
        return self._log_path.read_text("utf-8") if self._log_path.exists() else ""

    async def console(self) -> Console:
        """Wait for the store and look into it."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    return Console(self._store_path)
                except StoreError:
                    await asyncio.sleep(0.05)


@asynccontextmanager
async def monitor_of(town: Town) -> AsyncIterator[MonitorProcess]:
    """Give the town's monitor, not started; it is over afterwards."""
    process = MonitorProcess(town)
    try:
        yield process
    finally:
        await process.end()
