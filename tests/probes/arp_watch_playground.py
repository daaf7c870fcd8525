"""A LAN with a gateway, honest machines and a liar, for the ARP watch: real kernels, and frames forged with scapy."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from pyroute2 import IPRoute
from scapy.layers.l2 import ARP, Ether

from bt_console.lab import kernel
from probes.api import Shared
from tests.probes.icmp_playground import drop_capabilities
from tests.probes.wires import Space, ask, join, play, warm_up

GATEWAY_MAC, LIAR, OLD, NEW = (f"02:00:00:00:00:{octet}" for octet in ("fe", "66", "0a", "0b"))
OWN_MAC = "02:00:00:00:00:01"
GATEWAY = "10.9.0.254"


class Lan:
    """Ours is 10.9.0.1; the far side is the gateway's kernel, and a wire for forged frames."""

    def __init__(self) -> None:
        self.home, far = Space.here(), Space.new()
        join(self.home, "near", far, "far")
        for space, device, mac in ((self.home, "near", OWN_MAC), (far, "far", GATEWAY_MAC)):
            space.rtnl.link("set", index=space.index(device), address=mac)
        self.home.address("near", "10.9.0.1")
        self.home.route("0.0.0.0/0", GATEWAY)
        far.address("far", GATEWAY)
        self.far, self.wire = far, far.wire("far")
        self.shared = Shared()

    def say(self, mac: str, ip: str, *, by: str = "", to: str = "10.9.0.1", times: int = 1) -> None:
        frame = bytes(Ether(src=by or mac, dst="ff:ff:ff:ff:ff:ff") / ARP(op=2, hwsrc=mac, psrc=ip, pdst=to))
        for _ in range(times):
            self.wire.send(frame)

    async def hear(self, address: str = "near", **params: Any) -> dict[str, Any]:
        await asyncio.sleep(0.1)
        return await ask("arp_watch", address, shared=self.shared, **{"listen_s": 0.1, **params})


async def findings(lan: Lan) -> Any:
    """One thing after another happens; each is told once."""
    await warm_up(lan.shared)
    found = {"quiet": await lan.hear()}
    lan.say(GATEWAY_MAC, GATEWAY)
    lan.say(OLD, "10.9.0.10")
    found["honest"] = await lan.hear()
    lan.say(NEW, "10.9.0.10")
    found["moved"] = await lan.hear()
    found["afterwards"] = await lan.hear()
    lan.say(OLD, "10.9.0.10")
    found["returned"] = await lan.hear()
    lan.say(LIAR, GATEWAY)
    found["impersonated"] = await lan.hear()
    lan.say(LIAR, "10.9.0.1")
    found["ours taken"] = await lan.hear()
    lan.say(NEW, "10.9.0.77", to="10.9.0.77", times=100)
    found["flood"] = await lan.hear()
    lan.say(OLD, "10.9.0.10", by=LIAR)
    found["forged"] = await lan.hear()
    for length in range(60):
        lan.wire.send(bytes.fromhex("ffffffffffff02000000000a0806") + os.urandom(length))
    found["garbage"] = await lan.hear()
    lan.shared.close()
    return found


async def told_beforehand(lan: Lan) -> Any:
    """The gateway's MAC is given and the liar speaks first; a trusted pair takes over an address."""
    params: dict[str, Any] = {"gateway": GATEWAY, "gateway_mac": GATEWAY_MAC, "trusted_macs": (OLD, NEW)}
    await lan.hear(**params)
    lan.say(LIAR, GATEWAY)
    for mac in (OLD, NEW, OLD, NEW):
        lan.say(mac, "10.9.0.10")
    found = await lan.hear(**params)
    lan.shared.close()
    return found


async def flooded_while_stalled(lan: Lan) -> Any:
    """10,000 addresses nobody has, while the event loop stands still for a second."""
    await lan.hear()
    lan.say(OLD, "10.9.0.10")
    frame = bytearray(bytes(Ether(src=LIAR, dst="ff:ff:ff:ff:ff:ff") / ARP(op=2, hwsrc=LIAR, psrc="10.10.0.0")))
    for number in range(10_000):
        frame[30:32] = number.to_bytes(2, "big")
        lan.wire.send(frame)
    heard = await lan.hear()
    lan.say(NEW, "10.9.0.10")
    moved = await lan.hear()
    lan.shared.close()
    return {"heard": heard, "moved": moved}


async def interface_comes_and_goes(lan: Lan) -> Any:
    """The interface is taken away and made anew with another index."""
    found = {"before": await lan.hear()}
    await asyncio.to_thread(_in_own_loop, lan.far.fd, "del")
    found["gone"] = await lan.hear()
    await asyncio.to_thread(_in_own_loop, lan.far.fd, "add")
    wire = lan.far.wire("far")
    found["back"] = await lan.hear()
    wire.send(bytes(Ether(src=OLD, dst="ff:ff:ff:ff:ff:ff") / ARP(op=2, hwsrc=OLD, psrc="10.9.0.10")))
    found["heard"] = await lan.hear()
    found["absent"] = await lan.hear("absent")
    found["text"] = await lan.hear("near; rm -rf /")
    lan.shared.close()
    return found


def _in_own_loop(far_fd: int, what: str) -> None:
    """Netlink by a thread: the main one has an event loop running."""
    with IPRoute() as rtnl:
        if what == "del":
            rtnl.link("del", index=rtnl.link_lookup(ifname="near")[0])
            return
        rtnl.link("add", ifname="near", kind="veth", peer={"ifname": "far", "net_ns_fd": far_fd})
        rtnl.link("set", index=rtnl.link_lookup(ifname="near")[0], state="up")
    with kernel.inside(far_fd), IPRoute() as rtnl:
        rtnl.link("set", index=rtnl.link_lookup(ifname="far")[0], state="up")


async def forbidden(lan: Lan) -> Any:
    drop_capabilities()
    return await lan.hear()


CASES = {
    "findings": (Lan, findings),
    "told": (Lan, told_beforehand),
    "flood": (Lan, flooded_while_stalled),
    "interface": (Lan, interface_comes_and_goes),
    "forbidden": (Lan, forbidden),
}

if __name__ == "__main__":
    play(CASES)
