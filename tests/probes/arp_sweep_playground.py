"""A LAN of real machines behind one wire, with two that claim the same address, for the ARP sweep."""

from __future__ import annotations

import os
import socket
import struct
import threading
from typing import Any

from bt_console.lab import kernel
from probes._wire import arp
from probes.api import Scope, Shared
from tests.probes.icmp_playground import drop_capabilities
from tests.probes.wires import LAN, Space, ask, join, play

TWIN = "02:00:00:00:00:99"
FAR_MAC = "02:00:00:00:00:42"
PEERS = tuple(f"10.9.0.{octet}" for octet in (*range(2, 12), 200))


def lan() -> Space:
    """Ours is 10.9.0.1/24; the other side is returned."""
    home, far = Space.here(), Space.new()
    join(home, "near", far, "far")
    home.address("near", "10.9.0.1")
    far.rtnl.link("set", index=far.index("far"), address=FAR_MAC)
    for address in (*PEERS, "10.9.7.3"):
        far.address("far", address)
    return far


class Twin(threading.Thread):
    """Answers for 10.9.0.5 as well, with another MAC, amid garbage and answers nobody asked for."""

    def __init__(self, far: Space) -> None:
        super().__init__(daemon=True)
        with kernel.inside(far.fd):
            self._wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(arp.ETHERTYPE))
            self._wire.bind(("far", arp.ETHERTYPE))

    def run(self) -> None:
        while True:
            frame = self._wire.recv(2048)
            claim = arp.parse(frame)
            if claim is None or claim.operation != arp.REQUEST or claim.wanted_ip[3] != 5:
                continue
            for ip in (claim.wanted_ip, bytes([10, 9, 9, 9])):
                self._wire.send(reply(bytes.fromhex(TWIN.replace(":", "")), ip, claim.mac, claim.ip))
            for length in (0, 1, 8, 20, 27):
                self._wire.send(frame[6:12] + bytes(6) + b"\x08\x06" + os.urandom(length))


def reply(mac: bytes, ip: bytes, to_mac: bytes, to_ip: bytes) -> bytes:
    head = to_mac + mac + struct.pack("!HHHBBH", arp.ETHERTYPE, 1, 0x0800, 6, 4, arp.REPLY)
    return head + mac + ip + to_mac + to_ip


def lan_with_twin() -> Space:
    far = lan()
    Twin(far).start()
    return far


async def sweep(far: Space) -> Any:
    shared = Shared()
    found = await ask("arp_sweep", "10.9.0.0/24", shared=shared, wait_s=0.2)
    shared.close()
    return found


async def without_own_address(_: Space) -> Any:
    """An interface that has no address in the network still finds who is there."""
    shared = Shared()
    found = await ask("arp_sweep", "10.9.7.0/28", shared=shared, wait_s=0.2, interface="near")
    shared.close()
    return found


async def refusals(_: Space) -> Any:
    shared, tight = Shared(), Scope(networks=LAN.networks, rate_per_s=10)
    found = {
        "outside": await ask("arp_sweep", "10.21.1.0/24", shared=shared, interface="near"),
        "large": await ask("arp_sweep", "10.9.0.0/21", shared=shared),
        "routed": await ask("arp_sweep", "10.9.8.0/24", shared=shared),
        "no network": await ask("arp_sweep", "10.9.0.1/24", shared=shared),
        "no interface": await ask("arp_sweep", "10.9.0.0/24", shared=shared, interface="absent"),
        "no time": await ask("arp_sweep", "10.9.0.0/24", shared=shared, scope=tight),
        "silence": await ask("arp_sweep", "10.9.0.64/29", shared=shared, wait_s=0.1),
    }
    params = {"rate_per_s": 1000, "tries_count": 1, "wait_s": 0.1}
    await ask("arp_sweep", "10.9.0.64/29", shared=shared, scope=tight, **params)
    found["queued"] = await ask("arp_sweep", "10.9.0.64/29", shared=shared, scope=tight, allowed_s=0.65, **params)
    shared.close()
    return found


async def forbidden(_: Space) -> Any:
    drop_capabilities()
    shared = Shared()
    found = await ask("arp_sweep", "10.9.0.0/24", shared=shared)
    shared.close()
    return found


CASES = {
    "sweep": (lan_with_twin, sweep),
    "without": (lan, without_own_address),
    "refusals": (lan, refusals),
    "forbidden": (lan, forbidden),
}

if __name__ == "__main__":
    play(CASES)
