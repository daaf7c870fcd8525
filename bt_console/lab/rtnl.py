"""The kernel asked over netlink for devices, addresses and routes, in one namespace after another.

Source: rtnetlink(7), ip-rule(8).
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Network
from typing import Any

from bt_console.lab import kernel
from bt_console.lab.plan import End, Lan

_IFF_UP = 0x1
_IFF_NOARP = 0x80
_MAIN_TABLE = 254
_RELEASED, _CONFINED, _REFUSED = 50, 100, 101
"""Priorities of rules: the first that fits is followed; the table of own addresses comes before all."""
_LINE_MAC = "02:00:00:00:00:01"
"""Both ends of a point-to-point link have it: without ARP a device sends to its own address."""


class Rtnl:
    """Netlink in one namespace after another; each socket stays in the namespace it was made in."""

    def __init__(self) -> None:
        self._sockets: dict[int, Any] = {}
        self._indexes: dict[tuple[int, str], int] = {}
        self._fd = -1
        self._here: Any = None

    def __enter__(self) -> Rtnl:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        for rtnl in self._sockets.values():
            rtnl.close()
        code = getattr(error, "code", None)
        if error is not None and isinstance(code, int):  # the library's own exception is no OSError
            raise OSError(code, f"netlink: {error}") from error

    def enter(self, fd: int) -> None:
        """Act in a namespace from now on."""
        if fd not in self._sockets:
            # Imported here: it takes a quarter of a second, and a lab whose LANs are well needs it in one process only.
            from pyroute2 import IPRoute

            with kernel.inside(fd):
                self._sockets[fd] = IPRoute()
        self._here, self._fd = self._sockets[fd], fd

    def up(self, index: int, extra_flags: int = 0) -> None:
        """Switch a device on."""
        flags = _IFF_UP | extra_flags
        self._here.link("set", index=index, flags=flags, change=flags)

    def pair(self, near_fd: int, near: End, far: tuple[int, End]) -> None:
        """Join two namespaces by a veth pair, both ends up."""
        far_fd, far_end = far
        is_line = near.prefix_length == 32
        extra_flags = _IFF_NOARP if is_line else 0
        flags = _IFF_UP | extra_flags
        self.enter(near_fd)
        peer = {"ifname": far_end.device, "net_ns_fd": far_fd, **_mac(far_end, is_line=is_line)}
        mac = _mac(near, is_line=is_line)
        self._here.link("add", ifname=near.device, kind="veth", peer=peer, flags=flags, change=flags, **mac)
        self.enter(far_fd)
        self.up(self._index(far_end.device), extra_flags)

    def plug(self, device: str, bridge: str, label: str) -> None:
        """Make a device a port of a bridge."""
        self._here.link("set", index=self._index(device), master=self._index(bridge), ifalias=label)

    def switch(self, device: str, *, is_on: bool) -> None:
        """Switch a device on or off."""
        self._here.link("set", index=self._index(device), flags=_IFF_UP if is_on else 0, change=_IFF_UP)

    def remove(self, device: str) -> None:
        """Remove a device, and its other end with it."""
        self._here.link("del", index=self._index(device))

    def unroute(self, destination: str) -> None:
        """Forget the way to a prefix."""
        self._here.route("del", dst=destination)

    def label(self, device: str, text: str) -> None:
        """Give a device the name its network's owner calls it by."""
        self._here.link("set", index=self._index(device), ifalias=text)

    def bridge(self, lan: Lan) -> None:
        """Join the ports of a switch, which the links have made."""
        # Without snooping a switch of machines that speak IPv4 unicast and broadcast only is silent by itself.
        data = {"br_mcast_snooping": 0, "br_stp_state": 0}
        own = {"ifname": lan.switch.device, "address": lan.switch.mac}
        self._here.link("add", kind="bridge", flags=_IFF_UP, change=_IFF_UP, **own, **data)
        for port in lan.ports:
            self.plug(port.device, lan.switch.device, port.machine)

    def address(self, end: End, other: End) -> None:
        """Give a link's end its addresses."""
        index = self._index(end.device)
        if end.prefix_length == 32:
            self._here.addr("add", index=index, local=end.address, address=other.address, prefixlen=32)
            return
        for address in (end.address, *end.more_addresses):
            self._here.addr("add", index=index, address=address, prefixlen=end.prefix_length)

    def own_address(self, address: str) -> None:
        """Give the namespace an address that is on no link."""
        self._here.addr("add", index=1, address=address, prefixlen=32)

    def route(self, destination: str, gateway: str) -> None:
        """Send what is for a prefix to a neighbour."""
        self._here.route("add", dst=destination, gateway=gateway)

    def confine(self, device: str, subnet: str) -> None:
        """Forward what comes in at a device to one subnet only."""
        network = IPv4Network(subnet)
        to = {"dst": str(network.network_address), "dst_len": network.prefixlen}
        self._here.rule("add", priority=_CONFINED, iifname=device, table=_MAIN_TABLE, action="to_tbl", **to)
        self._here.rule("add", priority=_REFUSED, iifname=device, action="unreachable")

    def release(self, *, is_released: bool) -> None:
        """Forward everything everywhere, whatever is confined, or confine it again."""
        do = "add" if is_released else "del"
        self._here.rule(do, priority=_RELEASED, table=_MAIN_TABLE, action="to_tbl")

    def _index(self, device: str) -> int:
        if (self._fd, device) not in self._indexes:
            with kernel.inside(self._fd):  # a dump over netlink takes a hundred times as long
                self._indexes[self._fd, device] = socket.if_nametoindex(device)
        return self._indexes[self._fd, device]


def _mac(end: End, *, is_line: bool) -> dict[str, str]:
    mac = _LINE_MAC if is_line else end.mac
    return {"address": mac} if mac else {}
