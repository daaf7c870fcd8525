"""One namespace as its agent sees it: the kernel asked anew whenever what is known is too old, neighbours by LLDP."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

from bt_console.lab import kernel
from bt_console.lab.agents.answers import View
from bt_console.lab.agents.instances import elsewhere
from bt_console.lab.agents.lldp import (
    ABILITY_BRIDGE,
    ABILITY_ROUTER,
    CHASSIS_MAC,
    ETHERTYPE,
    GROUP,
    PORT_NAME,
    Announcement,
    build,
    parse,
)
from bt_console.lab.agents.mib import Identity, Snapshot, chassis_of, rows
from bt_console.lab.agents.netlink import Device, Netlink

_FRESH_S = 0.05
"""A walk asks for one column after another: they should be of one instant, and a rate must not be of an old one."""
_FRAME_LIMIT = 2048


class Source:
    """What an agent tells about one namespace."""

    def __init__(
        self,
        space_fd: int,
        identity: Identity,
        lldp_ports: tuple[str, ...],
        asked: tuple[str, ...],
        clock: Callable[[], float],
    ) -> None:
        self.identity = identity
        self._space_fd = space_fd
        self._clock = clock
        self._lldp_ports = lldp_ports
        self._asked = frozenset(socket.inet_aton(address) for address in asked)
        self._netlink = Netlink(space_fd)
        with kernel.inside(space_fd):
            self.lldp = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.htons(ETHERTYPE))
        self._boot_s = clock()
        self._heard: dict[int, tuple[float, Announcement]] = {}
        self._changed_ticks: dict[int, int] = {}
        self._running = {device.index: device.is_running for device in self._netlink.devices()}
        self._view = View(())
        self._view_s = float("-inf")

    @property
    def events(self) -> socket.socket:
        """Readable when a device changed."""
        return self._netlink.events

    def uptime_ticks(self) -> int:
        """Return hundredths of a second since the machine started."""
        return int((self._clock() - self._boot_s) * 100)

    def restart(self) -> None:
        """Be a machine that has just got its power back."""
        self._boot_s = self._clock()
        self._changed_ticks.clear()
        self.forget()

    def lose_power(self) -> None:
        """Remember no neighbour."""
        self._heard.clear()

    def forget(self) -> None:
        """Ask the kernel at the next question, however soon it comes."""
        self._view_s = float("-inf")

    def view(self) -> View:
        """Return all there is to tell now."""
        if self._clock() - self._view_s > _FRESH_S:
            self._view = View(rows(self._snapshot(), self.identity))
            self._view_s = self._clock()
        return self._view

    def changes(self) -> list[Device]:
        """Return the devices whose carrier came or went since the last call, each change once."""
        found = []
        for device in self._netlink.changed():
            if self._running.get(device.index, device.is_running) != device.is_running:
                self._changed_ticks[device.index] = self.uptime_ticks()
                found.append(device)
            self._running[device.index] = device.is_running
        if found:
            self.forget()
        return found

    def announce(self) -> None:
        """Tell the neighbours who we are."""
        devices = self._netlink.devices()
        ability = ABILITY_ROUTER if self.identity.is_router else ABILITY_BRIDGE
        for device in devices:
            if device.name in self._lldp_ports and device.is_running:
                said = Announcement(
                    chassis_kind=CHASSIS_MAC,
                    chassis=chassis_of(devices),
                    port_kind=PORT_NAME,
                    port=device.name.encode(),
                    name=self.identity.name.encode(),
                    description=self.identity.description.encode(),
                    abilities=ability,
                )
                self._send(device, build(device.mac, said))

    def hear(self) -> None:
        """Note what the neighbours say."""
        while True:
            try:
                frame, sender = self.lldp.recvfrom(_FRAME_LIMIT)
            except BlockingIOError:
                return
            said = parse(frame) if frame.startswith(GROUP) and sender[2] != socket.PACKET_OUTGOING else None
            device = self._index_of(sender[0])
            if said is not None and device:
                self._heard[device] = (self._clock() + said.live_s, said)

    def _index_of(self, name: str) -> int:
        return next((device.index for device in self._netlink.devices() if device.name == name), 0)

    def close(self) -> None:
        """Close the sockets."""
        self._netlink.close()
        self.lldp.close()

    def _send(self, device: Device, frame: bytes) -> None:
        try:
            self.lldp.sendto(frame, (device.name, ETHERTYPE))
        except OSError:
            return  # the cable was pulled meanwhile

    def _snapshot(self) -> Snapshot:
        now_s = self._clock()
        self._heard = {index: known for index, known in self._heard.items() if known[0] > now_s}
        devices, addresses, routes = self._netlink.devices(), self._netlink.addresses(), self._netlink.routes()
        hidden = elsewhere(self._netlink.rules(), devices, addresses, self._asked)
        return Snapshot(
            uptime_ticks=self.uptime_ticks(),
            is_forwarding=self._is_forwarding(),
            devices=devices,
            addresses=tuple(one for one in addresses if one.index not in hidden),
            routes=tuple(one for one in routes if one.index not in hidden),
            neighbours=self._netlink.neighbours(),
            forwarding=self._netlink.forwarding(),
            changed_ticks=dict(self._changed_ticks),
            announcements={index: said for index, (_, said) in self._heard.items()},
        )

    def _is_forwarding(self) -> bool:
        with kernel.inside(self._space_fd):
            return Path("/proc/sys/net/ipv4/ip_forward").read_text(encoding="ascii").strip() == "1"
