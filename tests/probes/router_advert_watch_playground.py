"""A LAN with radvd as its IPv6 router and forged rogues beside it, for the watch of router advertisements."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

from scapy.layers.inet6 import (
    ICMPv6ND_RA,
    ICMPv6NDOptPrefixInfo,
    ICMPv6NDOptRDNSS,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
)
from scapy.layers.l2 import Ether

from probes.api import Shared
from tests.probes.wires import Space, ask, join, play, warm_up

ROUTER_MAC, ROGUE_MAC = "02:00:00:00:00:fe", "02:00:00:00:00:66"
ROUTER, ROGUE = "fe80::fe", "fe80::66"
PREFIX, ROGUE_PREFIX = "fd00:9::/64", "fd00:bad::/64"
ALL_NODES = "ff02::1"


def advert(
    *headers: Any, mac: str = ROGUE_MAC, source: str = ROGUE, hops: int = 255, prefix: str = "", **ra: Any
) -> bytes:
    packet = Ether(src=mac, dst="33:33:00:00:00:01") / IPv6(src=source, dst=ALL_NODES, hlim=hops)
    for header in headers:
        packet /= header
    packet /= ICMPv6ND_RA(**{"routerlifetime": 1800, **ra})
    if prefix:
        packet /= ICMPv6NDOptPrefixInfo(prefix=prefix.partition("/")[0], prefixlen=64, validlifetime=7200)
    return bytes(packet)


class Lan:
    """Ours is `near`; `wire` is for forged frames of the far side."""

    def __init__(self) -> None:
        if not Path("/proc/net/if_inet6").exists():
            sys.stderr.write("this machine has no IPv6")
            sys.exit(77)
        home, far = Space.here(), Space.new()
        join(home, "near", far, "far")
        far.rtnl.link("set", index=far.index("far"), address=ROUTER_MAC)
        far.address("far", "fd00:9::fe", 64)
        self.far, self.wire, self.shared = far, far.wire("far"), Shared()

    async def hear(self, **params: Any) -> dict[str, Any]:
        await asyncio.sleep(0.1)
        allowed = {"allowed_routers": (ROUTER,), "allowed_prefixes": (PREFIX,)}
        given = {"listen_s": 0.1, **allowed, **params}
        return await ask("router_advert_watch", "near", shared=self.shared, **given)

    @contextmanager
    def radvd(self) -> Iterator[None]:
        """Advertise until the end of the block."""
        with tempfile.TemporaryDirectory() as directory:
            config = Path(directory) / "radvd.conf"
            config.write_text(
                f"""interface far {{ AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; AdvDefaultLifetime 900;
                AdvManagedFlag on; AdvDefaultPreference high;
                prefix {PREFIX} {{ AdvValidLifetime 3600; AdvPreferredLifetime 1800; }};
                RDNSS fd00:9::53 {{ }}; }};""",
                encoding="ascii",
            )
            config.chmod(0o600)
            arguments = ("-n", "-m", "none", "-C", str(config), "-p", f"{directory}/pid")
            child = self.far.start(str(shutil.which("radvd")), *arguments)
            try:
                yield
            finally:
                child.kill()
                child.wait()


async def findings(lan: Lan) -> Any:
    await warm_up(lan.shared)
    found = {"quiet": await lan.hear()}
    dns = ICMPv6NDOptRDNSS(dns=["fd00:9::53", "fd00:9::54"], lifetime=600)
    honest: dict[str, Any] = {"mac": ROUTER_MAC, "source": ROUTER, "prefix": PREFIX}
    lan.wire.send(with_length(Ether(advert(**honest)) / dns))
    found["honest"] = await lan.hear()
    lan.wire.send(advert(prefix=ROGUE_PREFIX, prf=1))
    found["rogue"] = await lan.hear()
    lan.wire.send(advert(**{**honest, "prefix": ROGUE_PREFIX}))
    found["prefix"] = await lan.hear()
    lan.wire.send(advert(mac=ROGUE_MAC, source=ROUTER, routerlifetime=0))
    found["withdrawn"] = await lan.hear()
    lan.wire.send(advert(IPv6ExtHdrDestOpt()))
    lan.wire.send(advert(IPv6ExtHdrFragment(), IPv6ExtHdrDestOpt()))
    found["evasive"] = await lan.hear()
    lan.wire.send(advert(hops=64))
    lan.wire.send(advert(source="fd00:9::66"))
    for length in range(55, 70):
        lan.wire.send(advert(prefix=PREFIX)[:length])
    found["ignored"] = await lan.hear()
    garbage = Random(7)  # the same each time: by chance a few octets are an option
    for _ in range(60):
        lan.wire.send(advert(prefix=PREFIX)[:70] + garbage.randbytes(60))
    found["garbage"] = await lan.hear()
    for number in range(1000):
        lan.wire.send(advert(source=f"fe80::1:{number:x}", prefix=f"fd00:{number:x}::/64"))
    found["flood"] = await lan.hear()
    lan.shared.close()
    return found


def with_length(packet: Any) -> bytes:
    """Return the packet's bytes with the length and checksum of what was added to it."""
    del packet[IPv6].plen
    del packet[ICMPv6ND_RA].cksum
    return bytes(packet)


async def pinned(lan: Lan) -> Any:
    params = {"allowed_routers": (f"{ROUTER}@{ROUTER_MAC}",)}
    nobody: dict[str, Any] = {"allowed_routers": (), "allowed_prefixes": ()}
    await lan.hear(**params)
    await lan.hear(**nobody)
    lan.wire.send(advert(mac=ROGUE_MAC, source=ROUTER, prefix=ROGUE_PREFIX))
    found = {"pinned": await lan.hear(**params), "unjudged": await lan.hear(**nobody)}
    lan.shared.close()
    return found


async def real_router(lan: Lan) -> Any:
    """radvd advertises; it may take seconds until its address is usable."""
    with lan.radvd():
        for _ in range(100):
            found = await lan.hear(allowed_routers=(ROUTER_MAC,))
            if found["measures"]["router_count"]:
                break
    lan.shared.close()
    return found


def lan_with_radvd() -> Lan:
    if shutil.which("radvd") is None:
        sys.stderr.write("radvd is not installed (Debian: radvd)")
        sys.exit(77)
    return Lan()


CASES = {"findings": (Lan, findings), "pinned": (Lan, pinned), "router": (lan_with_radvd, real_router)}

if __name__ == "__main__":
    play(CASES)
