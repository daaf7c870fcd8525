"""A LAN of real machines and two routers to one target, watched by a real monitor in a network of its own."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bt_console.engine.supervisor import run_monitor
from bt_console.facade import Console, StoreError
from bt_console.model.inventory import CheckId, UnitId
from bt_console.words import say
from tests.probes.wires import Space, join, play

ROUTERS = {"10.9.0.2": "00:50:56:00:00:02", "10.9.0.3": "00:00:0c:00:00:03"}
STRANGER, STRANGER_ADDRESS = "00:50:56:00:00:07", "10.9.0.7"
TARGET = "10.9.5.9"
TRACE = CheckId("xa-a/tslcd:path_trace")
PATIENCE_S = 40.0
CONFIG = """\
district: {name: Huyện thử}
hub: {name: Trung tâm, internet: {gateway: 10.9.0.14}, tslcd: {gateway: 10.9.0.13}}
tslcd_core: {address: 10.9.0.12}
scanning: {networks: [10.9.0.0/16], max_per_second: 500}
devices_file: devices.csv
defaults:
  roles:
    uplink: {icmp_echo: {enabled: false}}
    core: {icmp_echo: {enabled: false}}
    internet: {icmp_echo: {enabled: false}}
    tslcd:
      icmp_echo: {enabled: false}
      path_trace: {interval: 1s, timeout: 1s, params: {count: 1, max_hops: 4}}
    lan:
      icmp_echo: {enabled: false}
      arp_sweep: {interval: 1s, timeout: 1s, address: 10.9.0.0/28, params: {tries_count: 1, wait: 200ms}}
units:
  xa-a:
    name: Xã A
    lan: {subnet: 10.9.0.0/24, gateway: 10.9.0.2}
    tslcd: 10.9.5.9
    internet: 10.9.6.9
"""
REGISTER = "mac,unit,name\n00:50:56:00:00:02,xa-a,Bộ định tuyến\n00:50:56:00:00:99,xa-a,Máy chưa bật\n"


class Lan:
    """A bridge with machines on it."""

    def __init__(self) -> None:
        self.home = Space.here()
        self.home.rtnl.link("add", ifname="lan", kind="bridge")
        self.home.up("lan")
        self.home.address("lan", "10.9.0.1")
        self.far = Space.new()
        for number, (address, mac) in enumerate(ROUTERS.items(), start=1):
            router = self.machine(address, mac)
            router.set("ipv4/ip_forward", "1")
            join(router, "out", self.far, f"in{number}")
            router.address("out", f"10.9.{number}.1")
            self.far.address(f"in{number}", f"10.9.{number}.2")
            router.route(f"{TARGET}/32", f"10.9.{number}.2")
        self.far.address("lo", TARGET, 32)
        self.far.set("ipv4/conf/all/rp_filter", "0")
        self.far.route("10.9.0.0/24", "10.9.1.1")
        self.home.route(f"{TARGET}/32", "10.9.0.2")
        self.machine(STRANGER_ADDRESS, STRANGER, is_plugged=False)

    def machine(self, address: str, mac: str, *, is_plugged: bool = True) -> Space:
        """Make a machine, on the bridge or not yet."""
        made, port = Space.new(), f"p{address.rpartition('.')[2]}"
        join(self.home, port, made, "eth0")
        made.rtnl.link("set", index=made.index("eth0"), address=mac)
        made.address("eth0", address)
        if is_plugged:
            self.plug(address)
        return made

    def plug(self, address: str) -> None:
        """Plug a machine into the bridge."""
        port = self.home.index(f"p{address.rpartition('.')[2]}")
        self.home.rtnl.link("set", index=port, master=self.home.index("lan"))

    def reroute(self) -> None:
        """Send everything for the target by the other router."""
        self.home.rtnl.route("replace", dst=f"{TARGET}/32", gateway="10.9.0.3")


async def _watched(directory: Path, happen: Callable[[Console], Any]) -> Any:
    """Run a monitor while something happens."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(run_monitor(directory / "site.yaml", stop=stop, store_path=directory / "store.sqlite"))
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await happen(await _console(directory / "store.sqlite"))
        finally:
            stop.set()


async def _console(path: Path) -> Console:
    while True:
        try:
            return Console(path)
        except StoreError:
            await asyncio.sleep(0.05)


async def _until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110 - the store has no event to wait for
        await asyncio.sleep(0.05)


def _told(console: Console) -> list[str]:
    kinds = ("device", "route")
    return [say("en", event.message) for event in console.events() if event.kind.startswith(kinds)]


def _states(console: Console) -> dict[str, list[str]]:
    return {
        device.mac: [device.state.value, device.address, device.vendor] for device in console.devices(UnitId("xa-a"))
    }


async def watch(lan: Lan) -> dict[str, Any]:
    """Plug in a stranger, change the way, start the monitor again; return what it said at each point."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "site.yaml").write_text(CONFIG, "utf-8")
        (directory / "devices.csv").write_text(REGISTER, "utf-8")

        async def live(console: Console) -> dict[str, Any]:
            await _until(lambda: len(_told(console)) == 1 and bool(console.routes(TRACE)))
            await asyncio.to_thread(lan.plug, STRANGER_ADDRESS)  # netlink wants an event loop of its own
            await _until(lambda: STRANGER in _states(console))
            await asyncio.to_thread(lan.reroute)
            await _until(lambda: len(console.routes(TRACE)) == 2 and len(_told(console)) == 3)
            return {"told": _told(console), "states": _states(console)}

        async def live_on(console: Console) -> dict[str, Any]:
            seen = console.routes(TRACE)[0].seen_count
            await _until(lambda: console.routes(TRACE)[0].seen_count >= seen + 6)
            hops = [list(route.hops) for route in console.routes(TRACE)]
            return {"told_after_restart": _told(console), "hops": hops}

        before: dict[str, Any] = await _watched(directory, live)
        after: dict[str, Any] = await _watched(directory, live_on)
        return before | after


CASES = {"watch": (Lan, watch)}

if __name__ == "__main__":
    play(CASES)
