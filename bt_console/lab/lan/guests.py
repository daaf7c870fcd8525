"""Machines that do not belong on a LAN: each a namespace of its own at a free port of the switch, as long as its fault.

Source: RFC 6598 (shared address space, for the second line of a machine that has one).
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bt_console.lab import kernel
from bt_console.lab.agents.agent import Agent
from bt_console.lab.faults.api import ARP_SPOOFER, INTERNET_BRIDGE, NEW_DEVICE, ROGUE_DHCP
from bt_console.lab.lan.dhcp import DhcpServer, Offer, pool_of
from bt_console.lab.lan.frames import REPLY, REQUEST, Arp, Tap, build, claim, question
from bt_console.lab.lan.site import Site
from bt_console.lab.loop import Loop, Work
from bt_console.lab.network import new_space
from bt_console.lab.plan import End
from bt_console.lab.rtnl import Rtnl

_NIC, _SECOND_NIC = "lan", "wan"
_KINDS = (NEW_DEVICE, ARP_SPOOFER, ROGUE_DHCP, INTERNET_BRIDGE)
_FIRST_SPARE_PORT = 20
_MAKERS = {NEW_DEVICE: "64:09:80", ARP_SPOOFER: "00:14:22", ROGUE_DHCP: "50:c7:bf", INTERNET_BRIDGE: "00:14:22"}
_TALK_S = 10.0
_SPOOF_S = 1.0
_SECOND_LINE = "100.64.8.{}"
"""Addresses a mobile operator gives (RFC 6598)."""
_SECOND_GATEWAY = "100.64.9.{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manager:
    """By whom and with what agents are asked."""

    community: bytes
    address: str


class Guest:
    """One such machine; what it does beyond being there depends on its kind."""

    def __init__(self, kind: str, site: Site, loop: Loop, manager: Manager) -> None:
        place = _KINDS.index(kind)
        self._site, self._loop = site, loop
        self.port = f"port{_FIRST_SPARE_PORT + place}"
        self.address = site.spare(20 + place)
        self._repeated: list[int] = []
        self._server: DhcpServer | None = None
        self._agent: Agent | None = None
        home = kernel.this_namespace()
        self._space = new_space()
        _send_no_redirects()
        kernel.setns(home, kernel.CLONE_NEWNET)
        os.close(home)
        self._plug_in(_MAKERS[kind])
        self._tap = Tap(self._space, _NIC)
        loop.watch(self._tap.fileno(), self._hear)
        self._is_spoofing = kind == ARP_SPOOFER
        actions = {ARP_SPOOFER: self._spoof, ROGUE_DHCP: self._hand_out}
        if kind == INTERNET_BRIDGE:
            self._join_internet(manager)
        self._again(_TALK_S, self._talk)
        if kind in actions:
            actions[kind]()

    def close(self) -> None:
        """Pull its plug, and tell the LAN whose the gateway's address really is."""
        for number in self._repeated:
            self._loop.cancel(number)
        self._loop.forget(self._tap.fileno())
        self._tap.close()
        if self._server is not None:
            self._loop.forget(self._server.fileno())
            self._server.close()
        if self._agent is not None:
            self._agent.leave(self._loop)
        with Rtnl() as rtnl:
            rtnl.enter(self._site.switch)
            rtnl.remove(self.port)
            if self._agent is not None:
                rtnl.enter(self._space)
                rtnl.remove(_SECOND_NIC)
        os.close(self._space)
        if self._is_spoofing:
            self._repair()

    def _plug_in(self, maker: str) -> None:
        mac = ":".join((maker, *(f"{octet:02x}" for octet in secrets.token_bytes(3))))
        length = self._site.network.prefixlen
        nic = End(space="", device=_NIC, address=self.address, prefix_length=length, mac=mac)
        port = End(space="", device=self.port, address="", prefix_length=length)
        with Rtnl() as rtnl:
            rtnl.enter(self._space)
            rtnl.up(1)
            rtnl.pair(self._space, nic, (self._site.switch, port))
            rtnl.enter(self._site.switch)
            rtnl.plug(self.port, self._site.bridge, "")
            rtnl.enter(self._space)
            rtnl.address(nic, nic)
            rtnl.route("0.0.0.0/0", self._site.gateway)

    def _again(self, seconds: float, work: Work) -> None:
        self._repeated.append(self._loop.every(seconds, work))

    def _talk(self) -> None:
        """Ask for the gateway, as every machine does that wants to get out."""
        self._tap.send(question(self._tap.mac, self.address, self._site.gateway))

    def _hear(self) -> None:
        for packet in self._tap.heard():
            if self._is_spoofing and packet.kind == REQUEST and _text(packet.target_ip) == self._site.gateway:
                answer = Arp(REPLY, self._tap.mac, packet.target_ip, packet.mac, packet.ip)
                self._tap.send(build(packet.mac, answer))

    def _spoof(self) -> None:
        self._again(_SPOOF_S, lambda: self._tap.send(claim(self._tap.mac, self._site.gateway)))

    def _repair(self) -> None:
        tap = Tap(self._site.router, self._site.router_device)
        tap.send(claim(tap.mac, self._site.gateway))
        tap.close()

    def _hand_out(self) -> None:
        site = self._site
        offer = Offer(
            server=self.address,
            router=self.address,
            name_servers=(self.address,),
            subnet=site.network,
            pool=pool_of(site.network, (*site.taken, site.gateway, self.address)),
        )
        self._server = DhcpServer(self._space, _NIC, offer)
        self._loop.watch(self._server.fileno(), self._server.serve)

    def _join_internet(self, manager: Manager) -> None:
        own, other = (text.format(self._site.number) for text in (_SECOND_LINE, _SECOND_GATEWAY))
        near = End(space="", device=_SECOND_NIC, address=own)
        far = End(space="", device=f"mobile-{self._site.number}", address=other)
        with Rtnl() as rtnl:
            rtnl.pair(self._space, near, (self._site.isp, far))
            rtnl.enter(self._site.isp)
            rtnl.address(far, near)
            rtnl.route(self._site.subnet, own)
            rtnl.enter(self._space)
            rtnl.address(near, far)
            for prefix in self._site.inside:
                rtnl.route(prefix, self._site.gateway)
            rtnl.unroute("0.0.0.0/0")
            rtnl.route("0.0.0.0/0", other)
        order: Mapping[str, object] = {
            "space": self._space,
            "addresses": [self.address],
            "lldp_ports": [],
            "identity": {"name": "pc", "description": "Linux workstation", "location": "", "is_router": False},
        }
        self._agent = Agent(order, manager.community, manager.address, self._loop.clock)
        self._agent.join(self._loop)


def _text(ip: bytes) -> str:
    return ".".join(map(str, ip))


def _send_no_redirects() -> None:
    """Whoever is in the middle does not tell its victims of the better way."""
    for name in ("all", "default"):
        Path(f"/proc/sys/net/ipv4/conf/{name}/send_redirects").write_text("0", encoding="ascii")
