"""Builds a plan's namespaces, links, addresses and routes in the kernel, over netlink.

Source: ip-sysctl (kernel documentation) for the settings of each namespace.
"""

from __future__ import annotations

from pathlib import Path

from bt_console.lab import kernel
from bt_console.lab.offload import disable_offloads
from bt_console.lab.plan import End, Link, Plan
from bt_console.lab.rtnl import Rtnl
from bt_console.lab.separation import separations

_SETTINGS = (
    ("ipv4/ip_forward", "1"),
    # Linux says these at most once a second to one host. Not time exceeded (type 11): every trace finds its routers.
    ("ipv4/icmp_ratemask", str(1 << 3 | 1 << 4 | 1 << 12)),
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
        self.space_fds = {name: new_space() for name in plan.spaces}
        kernel.setns(self.home_fd, kernel.CLONE_NEWNET)
        self.wires: dict[str, tuple[str, str]] = {}
        """Line id -> the two devices in the home namespace its frames go between."""

    def build(self) -> None:
        """Make everything else of the plan. Runs in the home namespace and returns to it."""
        with Rtnl() as rtnl:
            for fd in self.space_fds.values():
                rtnl.enter(fd)
                rtnl.up(1)
            for number, link in enumerate(self._plan.links):
                self._lay(rtnl, number, link)
            for lan in self._plan.lans:
                rtnl.enter(self.space_fds[lan.switch.space])
                rtnl.bridge(lan)
            self._address(rtnl)
            for one in separations(self._plan):
                rtnl.enter(self.space_fds[one.space])
                for device in one.devices:
                    rtnl.confine(device, one.inside)
        self._harden_lines()

    def _lay(self, rtnl: Rtnl, number: int, link: Link) -> None:
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

    def _address(self, rtnl: Rtnl) -> None:
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


def new_space() -> int:
    """Make a network namespace of a router, stay in it, and return a descriptor that keeps it alive."""
    fd = kernel.new_network_namespace()
    for name, value in _SETTINGS:
        path = Path("/proc/sys/net") / name
        if path.exists():  # a kernel without IPv6 has nothing to switch off
            path.write_text(value, encoding="ascii")
    return fd
