"""All LANs of a district, and the state faults put each of them in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bt_console.lab.lan.dhcp import DhcpServer, Offer, pool_of
from bt_console.lab.lan.guests import Guest, Manager
from bt_console.lab.lan.site import Port, Site
from bt_console.lab.lan.traffic import TICK_S, Download
from bt_console.lab.loop import Loop
from bt_console.lab.rtnl import Rtnl
from bt_console.lab.world import LanState

FLAP_S = 3.2
"""Not a divisor of any interval of measuring: a fault in step with the checks is always seen in the same state."""


class Segment:
    """One LAN in its state."""

    def __init__(self, site: Site, loop: Loop, manager: Manager) -> None:
        self._site, self._loop, self._manager = site, loop, manager
        self._guests: dict[str, Guest] = {}
        self._flaps: dict[str, int] = {}
        self._down: set[str] = set()
        self._is_off = self._is_joined = False
        offer = Offer(
            server=site.gateway,
            router=site.gateway,
            name_servers=site.name_servers,
            subnet=site.network,
            pool=pool_of(site.network, (*site.taken, site.gateway)),
        )
        server = DhcpServer(site.router, site.router_device, offer)
        loop.watch(server.fileno(), server.serve)

    def change(self, state: LanState) -> None:
        """Be in a state; returns when it is so."""
        for kind in set(self._guests) - set(state.guests):
            self._guests.pop(kind).close()
        for kind in set(state.guests) - set(self._guests):
            self._guests[kind] = Guest(kind, self._site, self._loop, self._manager)
        for port in self._site.ports:
            self._flap(port, is_flapping=port.machine in state.flapping_machines)
        if state.is_switch_off or self._is_off:
            self._power(is_on=not state.is_switch_off)
        if state.is_joined != self._is_joined:
            self._join(is_joined=state.is_joined)

    def _join(self, *, is_joined: bool) -> None:
        """Have the router forward between its lines, or keep them apart again."""
        self._is_joined = is_joined
        with Rtnl() as rtnl:
            rtnl.enter(self._site.router)
            rtnl.release(is_released=is_joined)

    def _power(self, *, is_on: bool) -> None:
        """Switch every port, those of guests who came meanwhile too."""
        self._is_off = not is_on
        ports = [self._site.uplink, *(port.device for port in self._site.ports)]
        ports += [guest.port for guest in self._guests.values()]
        with Rtnl() as rtnl:
            rtnl.enter(self._site.switch)
            for device in ports:
                rtnl.switch(device, is_on=is_on)

    def _flap(self, port: Port, *, is_flapping: bool) -> None:
        if is_flapping == (port.machine in self._flaps):
            return
        if is_flapping:
            self._flaps[port.machine] = self._loop.every(FLAP_S, lambda: self._toggle(port))
            return
        self._loop.cancel(self._flaps.pop(port.machine))
        if port.machine in self._down:
            self._toggle(port)

    def _toggle(self, port: Port) -> None:
        """Pull the machine's cable, or plug it in again: its own way out goes and comes with it."""
        is_on = port.machine in self._down
        self._down ^= {port.machine}
        with Rtnl() as rtnl:
            rtnl.enter(port.space)
            rtnl.switch(port.nic, is_on=is_on)
            if is_on:
                rtnl.route("0.0.0.0/0", self._site.gateway)


class Scene:
    """Every LAN and every download."""

    def __init__(self, order: Mapping[str, Any], loop: Loop) -> None:
        self._loop = loop
        manager = Manager(community=order["community"].encode(), address=order["manager"])
        sites = [Site.of(one) for one in order["sites"]]
        self._segments = {site.id: Segment(site, loop, manager) for site in sites}
        self._lines: Mapping[str, Mapping[str, Any]] = order["lines"]
        self._downloads: dict[str, tuple[Download, int]] = {}

    def change(self, lans: Mapping[str, Mapping[str, Any]], saturated: set[str]) -> None:
        """Put every LAN and line into a state."""
        for name, state in lans.items():
            self._segments[name].change(LanState(**state))
        for line in set(self._downloads) - saturated:
            download, number = self._downloads.pop(line)
            self._loop.cancel(number)
            download.close()
        for line in saturated - set(self._downloads):
            self._downloads[line] = self._begin(self._lines[line])

    def _begin(self, line: Mapping[str, Any]) -> tuple[Download, int]:
        near, far = line["spaces"]
        download = Download((near, far), line["address"], line["rate_bps"], self._loop.clock)
        return download, self._loop.every(TICK_S, download.tick)
