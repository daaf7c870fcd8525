"""A unit with two ways in and one service, on loopback: real listeners that a test closes and opens."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from bt_console.engine.clock import Clock
from bt_console.engine.supervisor import run_monitor
from bt_console.facade import Console, StoreError
from bt_console.model.snapshot import Snapshot

TSLCD, INTERNET = "127.2.1.1", "127.3.1.1"
PATIENCE_S = 30.0

CONFIG = """\
district: {{name: Huyện thử}}
hub: {{name: Trung tâm, internet: {{gateway: 127.0.1.1}}, tslcd: {{gateway: 127.0.1.2}}}}
tslcd_core: {{address: 127.0.1.3}}
defaults:
  roles:
    uplink: {{icmp_echo: {{enabled: false}}}}
    core: {{icmp_echo: {{enabled: false}}}}
    lan: {{icmp_echo: {{enabled: false}}}}
    tslcd: &link
      icmp_echo: {{enabled: false}}
      tcp_connect: {{interval: 1s, timeout: 500ms, address: "{{address}}:{port}"}}
    internet:
      icmp_echo: {{enabled: false}}
      tcp_connect: {{interval: 1s, timeout: 500ms, address: "{{address}}:{port}"}}
units:
  xa-a:
    name: Xã A
    lan: {{subnet: 127.1.1.0/24, gateway: 127.1.1.1}}
    tslcd: 127.2.1.1
    internet: 127.3.1.1
""".replace("&link", "")


class Site:
    """Listeners on both ways into the unit, a config file and a store."""

    def __init__(self, directory: Path, port: int) -> None:
        self.config_path = directory / "site.yaml"
        self.store_path = directory / "store.sqlite"
        self.port = port
        self._open: dict[str, asyncio.Server] = {}
        self.write_config()

    def write_config(self, more: str = "") -> None:
        """Write the configuration with lines added at its end."""
        self.config_path.write_text(CONFIG.format(port=self.port) + more, "utf-8")

    async def open(self, address: str) -> None:
        """Let a way answer."""
        self._open[address] = await asyncio.start_server(lambda _, writer: writer.close(), address, self.port)

    async def close(self, address: str) -> None:
        """Let a way refuse."""
        server = self._open.pop(address)
        server.close()
        await server.wait_closed()

    async def close_all(self) -> None:
        """Close every listener."""
        for address in tuple(self._open):
            await self.close(address)

    @asynccontextmanager
    async def monitored(self, clock: Clock | None = None) -> AsyncIterator[Console]:
        """Run a monitor on the site and give a console on its store."""
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(run_monitor(self.config_path, stop=stop, store_path=self.store_path, clock=clock))
            console = await self._console(task)
            try:
                yield console
            finally:
                console.close()
                stop.set()

    async def _console(self, monitor: asyncio.Task[None]) -> Console:
        async with asyncio.timeout(PATIENCE_S):
            while not monitor.done():
                try:
                    return Console(self.store_path)
                except StoreError:
                    await asyncio.sleep(0.05)
        raise AssertionError("the monitor ended before it stored anything")


@asynccontextmanager
async def site(directory: Path) -> AsyncIterator[Site]:
    """Give a site whose two ways are open."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found = Site(directory, probe.getsockname()[1])
    await found.open(TSLCD)
    await found.open(INTERNET)
    try:
        yield found
    finally:
        await found.close_all()


async def until(console: Console, holds: Callable[[Snapshot], bool]) -> Snapshot:
    """Return the first snapshot for which something holds."""
    last: Snapshot | None = None
    try:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                last = await asyncio.to_thread(console.snapshot, datetime.now(UTC))
                if last is not None and holds(last):
                    return last
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"it never held; open: {last and last.open_incidents}") from None
