"""Builds a plan's namespaces, links, addresses and routes in the kernel, over netlink.

Source: ip-sysctl (kernel documentation) for the settings of each namespace.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pyroute2 import IPRoute

from bt_console.lab import kernel
from bt_console.lab.offload import disable_offloads
from bt_console.lab.plan import End, Lan, Link, Plan

_IFF_UP = 0x1
_IFF_NOARP = 0x80
_LINE_MAC = "02:00:00:00:00:01"
"""Both ends of a point-to-point link have it: without ARP a device sends to its own address."""
_SETTINGS = (
    ("ipv4/ip_forward", "1"),
    ("ipv4/conf/all/rp_filter", "0"),
    ("ipv4/conf/default/rp_filter", "0"),
    ("ipv4/ping_group_range", "0 0"),
    ("ipv6/conf/all/disable_ipv6", "1"),
    ("ipv6/conf/default/disable_ipv6", "1"),
)


class Network:
    """The built district: namespaces by name, each held by a file descriptor, and nothing else."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.home_fd = kernel.this_namespace()
        """Where the wires' ends are."""
        self.space_fds = {name: _new_space() for name in plan.spaces}
        kernel.setns(self.home_fd, kernel.CLONE_NEWNET)
        self.wires: dict[str, tuple[str, str]] = {}
        """Line id -> the two devices in the home namespace its frames go between."""

    def build(self) -> None:
        """Make everything else of the plan. Runs in the home namespace and returns to it."""
        with _Rtnl() as rtnl:
            for fd in self.space_fds.values():
                rtnl.enter(fd)
                rtnl.up(1)
            for number, link in enumerate(self._plan.links):
                self._lay(rtnl, number, link)
            for lan in self._plan.lans:
                rtnl.enter(self.space_fds[lan.switch.space])
                rtnl.bridge(lan)
            self._address(rtnl)
        self._harden_lines()

    def _lay(self, rtnl: _Rtnl, number: int, link: Link) -> None:
        if link.line is None:
            rtnl.pair(self.space_fds[link.near.space], link.near, (self.space_fds[link.far.space], link.far))
            return
        devices = (f"w{number}a", f"w{number}b")
        for end, device in zip((link.near, link.far), devices, strict=True):
            inner = End(space="", device=device, address="")
            rtnl.pair(self.space_fds[end.space], end, (self.home_fd, inner))
            rtnl.enter(self.space_fds[end.space])
            rtnl.label(end.device, link.line.id)
        self.wires[link.line.id] = devices

    def _address(self, rtnl: _Rtnl) -> None:
        peers = [(link.near, link.far) for link in self._plan.links]
        peers += [(far, near) for near, far in peers]
        peers += [(lan.switch, lan.router) for lan in self._plan.lans]
        for space, fd in self.space_fds.items():
            rtnl.enter(fd)
            for end, other in peers:
                if end.space == space and end.address:
                    rtnl.address(end, other)
            for owner, address in self._plan.own_addresses:
                if owner == space:
                    rtnl.own_address(address)
            for route in self._plan.routes:
                if route.space == space:
                    rtnl.route(route.destination, route.gateway)

    def _harden_lines(self) -> None:
        for link in self._plan.links:
            if link.line is None:
                continue
            for end, device in zip((link.near, link.far), self.wires[link.line.id], strict=True):
                with kernel.inside(self.space_fds[end.space]):
                    disable_offloads(end.device)
                disable_offloads(device)


def _new_space() -> int:
    fd = kernel.new_network_namespace()
    for name, value in _SETTINGS:
        path = Path("/proc/sys/net") / name
        if path.exists():  # a kernel without IPv6 has nothing to switch off
            path.write_text(value, encoding="ascii")
    return fd


class _Rtnl:
    """Netlink in one namespace after another; each socket stays in the namespace it was made in."""

    def __init__(self) -> None:
        self._sockets: dict[int, Any] = {}
        self._indexes: dict[tuple[int, str], int] = {}
        self._fd = -1
        self._here: Any = None

    def __enter__(self) -> _Rtnl:
        return self

    def __exit__(self, *_: object) -> None:
        for rtnl in self._sockets.values():
            rtnl.close()

    def enter(self, fd: int) -> None:
        if fd not in self._sockets:
            with kernel.inside(fd):
                self._sockets[fd] = IPRoute()
        self._here, self._fd = self._sockets[fd], fd

    def up(self, index: int, extra_flags: int = 0) -> None:
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

    def label(self, device: str, text: str) -> None:
        """Give a device the name its network's owner calls it by."""
        self._here.link("set", index=self._index(device), ifalias=text)

    def bridge(self, lan: Lan) -> None:
        """Join the ports of a switch, which the links have made."""
        # Without snooping a switch of machines that speak IPv4 unicast and broadcast only is silent by itself.
        data = {"br_mcast_snooping": 0, "br_stp_state": 0}
        own = {"ifname": lan.switch.device, "address": lan.switch.mac}
        self._here.link("add", kind="bridge", flags=_IFF_UP, change=_IFF_UP, **own, **data)
        master = self._index(lan.switch.device)
        for port in lan.ports:
            self._here.link("set", index=self._index(port.device), master=master, ifalias=port.machine)

    def address(self, end: End, other: End) -> None:
        index = self._index(end.device)
        if end.prefix_length == 32:
            self._here.addr("add", index=index, local=end.address, address=other.address, prefixlen=32)
            return
        for address in (end.address, *end.more_addresses):
            self._here.addr("add", index=index, address=address, prefixlen=end.prefix_length)

    def own_address(self, address: str) -> None:
        self._here.addr("add", index=1, address=address, prefixlen=32)

    def route(self, destination: str, gateway: str) -> None:
        self._here.route("add", dst=destination, gateway=gateway)

    def _index(self, device: str) -> int:
        if (self._fd, device) not in self._indexes:
            self._indexes[self._fd, device] = self._here.link_lookup(ifname=device)[0]
        return self._indexes[self._fd, device]


def _mac(end: End, *, is_line: bool) -> dict[str, str]:
    mac = _LINE_MAC if is_line else end.mac
    return {"address": mac} if mac else {}
