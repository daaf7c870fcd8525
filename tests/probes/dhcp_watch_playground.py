"""A LAN with dnsmasq as its DHCP server and forged rogues beside it, for the DHCP watch."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether

from probes.api import Scope, Shared
from tests.probes.wires import LAN, Space, ask, join, play, warm_up

SERVER_MAC, ROGUE_MAC, CLIENT_MAC, RELAY_MAC = (f"02:00:00:00:00:{octet}" for octet in ("02", "66", "0a", "fd"))
SERVER, ROGUE = "10.9.0.2", "10.9.0.66"
HOSTILE_NAME = b"\x1b[2Jpc\n\xff" + b"x" * 200


class Lan:
    """Ours is 10.9.0.1/24, the server's kernel is 10.9.0.2; `wire` is for forged frames."""

    def __init__(self) -> None:
        home, far = Space.here(), Space.new()
        join(home, "near", far, "far")
        far.rtnl.link("set", index=far.index("far"), address=SERVER_MAC)
        home.address("near", "10.9.0.1")
        far.address("far", SERVER)
        self.far, self.wire, self.near_wire = far, far.wire("far"), home.wire("near")
        self.shared = Shared()

    async def hear(self, **params: Any) -> dict[str, Any]:
        await asyncio.sleep(0.1)
        return await ask("dhcp_watch", "near", shared=self.shared, **{"listen_s": 0.1, **params})

    @contextmanager
    def dnsmasq(self) -> Iterator[None]:
        """Serve leases until the end of the block."""
        with tempfile.TemporaryDirectory() as directory:
            arguments = f"""--no-daemon --conf-file=/dev/null --port=0 --interface=far --bind-interfaces
                --pid-file= --no-ping --dhcp-authoritative
                --dhcp-range=10.9.0.100,10.9.0.150,1h --dhcp-option=3,10.9.0.254 --dhcp-option=6,10.9.0.53
                --dhcp-leasefile={directory}/leases"""
            child = self.far.start(str(shutil.which("dnsmasq")), *arguments.split())
            try:
                yield
            finally:
                child.kill()
                child.wait()


def answer(kind: str, *, mac: str = ROGUE_MAC, server: str = ROGUE, source: str = "", relay: str = "0.0.0.0") -> bytes:
    options = [
        ("message-type", kind),
        ("server_id", server),
        ("router", server),
        ("name_server", server),
        ("lease_time", 7200),
        "end",
    ]
    bootp = BOOTP(op=2, yiaddr="10.9.0.77", giaddr=relay, chaddr=bytes.fromhex(CLIENT_MAC.replace(":", "")))
    head = Ether(src=mac, dst="ff:ff:ff:ff:ff:ff") / IP(src=source or server, dst="255.255.255.255")
    return bytes(head / UDP(sport=67, dport=68) / bootp / DHCP(options=options))


def question(kind: str, *options: Any, mac: str = CLIENT_MAC) -> bytes:
    bootp = BOOTP(op=1, flags=0x8000, xid=7, chaddr=bytes.fromhex(mac.replace(":", "")))
    head = Ether(src=mac, dst="ff:ff:ff:ff:ff:ff") / IP(src="0.0.0.0", dst="255.255.255.255")
    return bytes(head / UDP(sport=68, dport=67) / bootp / DHCP(options=[("message-type", kind), *options, "end"]))


async def findings(lan: Lan) -> Any:
    allowed = {"allowed_servers": (SERVER,)}
    await warm_up(lan.shared)
    found = {"quiet": await lan.hear(**allowed)}
    name = [("hostname", HOSTILE_NAME), ("vendor_class_id", b"MSFT 5.0"), ("requested_addr", "10.9.0.77")]
    lan.wire.send(question("request", *name))
    found["client"] = await lan.hear(**allowed)
    lan.wire.send(answer("offer"))
    lan.wire.send(answer("ack"))
    found["rogue"] = await lan.hear(**allowed)
    lan.wire.send(answer("ack", server=SERVER, source=ROGUE))
    found["borrowed name"] = await lan.hear(**allowed)
    lan.wire.send(answer("offer", mac=RELAY_MAC, server=SERVER, source="10.9.0.254", relay="10.9.0.254"))
    found["relayed"] = await lan.hear(**allowed)
    for length in range(0, 250, 5):
        lan.wire.send(answer("offer")[: 42 + length])
        lan.wire.send(answer("offer")[:42] + os.urandom(length))
    found["garbage"] = await lan.hear(**allowed)
    for number in range(1000):
        lan.wire.send(question("discover", mac=f"02:00:00:01:{number >> 8:02x}:{number & 255:02x}"))
    found["starvation"] = await lan.hear(**allowed)
    lan.shared.close()
    return found


async def pinned(lan: Lan) -> Any:
    """The same address from two machines, of which only one is allowed; and nobody judged."""
    params = {"allowed_servers": (f"{SERVER}@{SERVER_MAC}",)}
    await lan.hear(**params)
    await lan.hear()
    lan.wire.send(answer("ack", mac=SERVER_MAC, server=SERVER))
    lan.wire.send(answer("ack", mac=ROGUE_MAC, server=SERVER))
    found = {"pinned": await lan.hear(**params), "unjudged": await lan.hear()}
    lan.shared.close()
    return found


async def real_server(lan: Lan) -> Any:
    """dnsmasq answers our DISCOVER, then a client's REQUEST; a rogue answers as well."""
    params: dict[str, Any] = {"discover": True, "allowed_servers": (SERVER,), "listen_s": 0.3}
    with lan.dnsmasq():
        found = {"asked": await _until_served(lan, params)}
        lan.near_wire.send(question("request", ("requested_addr", "10.9.0.120"), ("hostname", b"van-thu")))
        await asyncio.sleep(0.5)
        lan.wire.send(answer("offer"))
        found["acknowledged"] = await lan.hear(**params)
        outside = Scope(networks=LAN.networks[1:])
        found["outside"] = await ask("dhcp_watch", "near", shared=lan.shared, scope=outside, **params)
    lan.shared.close()
    return found


async def _until_served(lan: Lan, params: dict[str, Any]) -> dict[str, Any]:
    for _ in range(40):
        found = await lan.hear(**params)
        if found["measures"]["server_count"]:
            break
    return found


def lan_with_dnsmasq() -> Lan:
    if shutil.which("dnsmasq") is None:
        sys.stderr.write("dnsmasq is not installed (Debian: dnsmasq-base)")
        sys.exit(77)
    return Lan()


CASES = {"findings": (Lan, findings), "pinned": (Lan, pinned), "server": (lan_with_dnsmasq, real_server)}

if __name__ == "__main__":
    play(CASES)
