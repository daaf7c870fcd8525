"""Asks every address of a directly connected network by ARP who has it: what is on a LAN, even behind a firewall.

Vendors are not looked up here: the register of devices knows them by the first three octets of `mac`.
Source: RFC 826; RFC 5227 (probes, conflicts).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network

from probes._wire import arp
from probes._wire.ear import open_ring
from probes._wire.errors import network_errors
from probes._wire.interfaces import Interface, interface_to, mac_text, read_interface, read_routes, source_towards
from probes._wire.pace import Pace
from probes._wire.packet_ring import PacketRing
from probes._wire.trace import MARGIN_S
from probes.api import Fact, FailureKind, Outcome, ProbeContext, ProbeFailure, ProbeKind, Reading

ADDRESSES_MAX = 1024
_ANSWERS_MAX = 2 * ADDRESSES_MAX
"""A machine that answers in many names must not fill the memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArpSweepParams:
    """How to sweep a network."""

    interface: str = ""
    """Empty means the one the network is directly connected to."""
    rate_per_s: float = 0.0
    """Questions a second; 0 means what the scope allows, and more than that is never sent."""
    tries_count: int = 2
    """Rounds; each asks only those who have not answered yet."""
    wait_s: float = 0.5
    """How long after the last question of a round answers are awaited."""

    def __post_init__(self) -> None:
        if self.rate_per_s < 0:
            raise ValueError("rate_per_s must be 0 (what the scope allows) or more")
        if not 1 <= self.tries_count <= 5:
            raise ValueError("tries_count must be 1 to 5 rounds")
        if not 0 < self.wait_s <= 10:
            raise ValueError("wait_s must be more than 0, at most 10 seconds")


Answer = tuple[bytes, bytes]
"""Address and MAC."""


@dataclass(slots=True)
class _Sweep:
    """A sweep under way."""

    ring: PacketRing
    wanted: dict[bytes, int]
    """Address -> wall clock in nanoseconds of the last question; 0 = not asked yet."""
    answers: dict[Answer, float] = field(default_factory=dict)
    """-> round-trip time in seconds."""
    sent_count: int = 0

    def read(self) -> None:
        for frame, at_ns in self.ring.frames():
            claim = arp.parse(frame)
            if claim is None or not self.wanted.get(claim.ip) or len(self.answers) >= _ANSWERS_MAX:
                continue
            rtt_s = max(0.0, (at_ns - self.wanted[claim.ip]) / 1e9)
            self.answers.setdefault((claim.ip, claim.mac), rtt_s)

    def ask(self, ip: bytes, sender: tuple[bytes, bytes]) -> None:
        mac, source = sender
        self.wanted[ip] = time.time_ns()
        self.ring.send(arp.build_request(mac=mac, ip=source, wanted=ip))
        self.sent_count += 1

    def unanswered(self) -> list[bytes]:
        answered = {ip for ip, _ in self.answers}
        return [ip for ip in self.wanted if ip not in answered]


async def observe(address: str, params: ArpSweepParams, ctx: ProbeContext) -> Reading:
    """Sweep one network, such as 10.21.1.0/24."""
    network = _read_network(address)
    for host in network:
        ctx.scope.insist(str(host))
    interface = read_interface(params.interface or _interface_of(network))
    rate_per_s = min(params.rate_per_s or ctx.scope.rate_per_s, ctx.scope.rate_per_s)
    pace = ctx.shared.get(Pace, "arp_sweep", rate_per_s)
    source = _source(network, interface)
    wanted = dict.fromkeys((host.packed for host in _hosts(network) if host.packed != source), 0)
    _require_time(pace.delay_s() + len(wanted) / rate_per_s + params.wait_s, ctx)
    loop, sweep = asyncio.get_running_loop(), _Sweep(open_ring(interface.name, arp.REPLIES), wanted)
    loop.add_reader(sweep.ring.fileno(), sweep.read)
    try:
        with network_errors(f"asking on {interface.name}"):
            await _ask(sweep, (interface.mac, source), pace, params, ctx)
    finally:
        loop.remove_reader(sweep.ring.fileno())
        dropped_count = sweep.ring.take_drop_count()
        sweep.ring.close()
    return _reading(sweep, interface.name, dropped_count)


def _read_network(address: str) -> IPv4Network:
    try:
        network = IPv4Network(address)
    except ValueError as error:
        detail = f"{address!r} is not an IPv4 network: write its first address and length, such as 10.21.1.0/24"
        raise ProbeFailure(FailureKind.INTERNAL, detail) from error
    if network.num_addresses > ADDRESSES_MAX:
        raise ProbeFailure(FailureKind.INTERNAL, f"{network} is too large to sweep: at most a /22 at once")
    return network


def _hosts(network: IPv4Network) -> Iterator[IPv4Address]:
    return iter(network) if network.prefixlen >= 31 else network.hosts()


def _interface_of(network: IPv4Network) -> str:
    name = interface_to(network, read_routes())
    if not name:
        detail = f"no interface of this machine is directly connected to {network}: ARP does not cross routers"
        raise ProbeFailure(FailureKind.NO_ROUTE, detail)
    return name


def _source(network: IPv4Network, interface: Interface) -> bytes:
    """Return our own address in the network, or 0.0.0.0 as a probe of RFC 5227 has: that is answered just as well."""
    candidates = (source_towards(str(network[-1])), source_towards(str(network[0])), interface.address)
    found = next((one for one in candidates if one and IPv4Address(one) in network), "0.0.0.0")  # noqa: S104
    return IPv4Address(found).packed


def _require_time(needed_s: float, ctx: ProbeContext) -> None:
    given_s = ctx.deadline_s - MARGIN_S - asyncio.get_running_loop().time()
    if needed_s > given_s:
        detail = f"one round takes {needed_s:.1f} s at this rate, {given_s:.1f} s are given: raise the time-out"
        raise ProbeFailure(FailureKind.INTERNAL, detail)


async def _ask(
    sweep: _Sweep, sender: tuple[bytes, bytes], pace: Pace, params: ArpSweepParams, ctx: ProbeContext
) -> None:
    """Ask in rounds; a further round is begun as long as time is left, and ends where it is not."""
    loop, limit_at = asyncio.get_running_loop(), ctx.deadline_s - MARGIN_S - params.wait_s
    for _ in range(params.tries_count):
        for ip in sweep.unanswered():
            if loop.time() + pace.delay_s() >= limit_at:
                break
            await pace.turn()
            sweep.ask(ip, sender)
        await asyncio.sleep(params.wait_s)
        sweep.read()
        if not sweep.unanswered() or loop.time() >= limit_at:
            return


def _reading(sweep: _Sweep, interface: str, dropped_count: int) -> Reading:
    rows = sorted(sweep.answers.items())
    owners: dict[bytes, list[bytes]] = {}
    for ip, mac in sorted(sweep.answers):
        owners.setdefault(ip, []).append(mac)
    twice = {ip: macs for ip, macs in owners.items() if len(macs) > 1}
    facts: dict[str, Fact] = {
        "interface": interface,
        "ip": tuple(str(IPv4Address(ip)) for (ip, _), _ in rows),
        "mac": tuple(mac_text(mac) for (_, mac), _ in rows),
        "rtt_ms": tuple(round(rtt_s * 1000, 3) for _, rtt_s in rows),
        "duplicate_ip": tuple(str(IPv4Address(ip)) for ip in twice),
        "duplicate_macs": tuple(" ".join(map(mac_text, macs)) for macs in twice.values()),
    }
    measures = {
        "asked_count": float(len(sweep.wanted)),
        "answered_count": float(len(owners)),
        "sent_count": float(sweep.sent_count),
        "duplicate_ip_count": float(len(twice)),
        "drop_count": float(dropped_count),
    }
    if not rows:
        detail = f"none of {len(sweep.wanted)} addresses answered"
        return Reading(outcome=Outcome.TIMEOUT, measures=measures, facts=facts, detail=detail)
    return Reading(outcome=Outcome.OK, measures=measures, facts=facts)


PROBE = ProbeKind(
    name="arp_sweep",
    params=ArpSweepParams,
    observe=observe,
    measures={
        "asked_count": "addresses",
        "answered_count": "addresses",
        "sent_count": "packets",
        "duplicate_ip_count": "addresses",
        "drop_count": "packets",
    },
    facts={
        "interface": str,
        "ip": tuple,
        "mac": tuple,
        "rtt_ms": tuple,
        "duplicate_ip": tuple,
        "duplicate_macs": tuple,
    },
    example="127.0.0.0/30 -p interface=lo",
    source="RFC 826, RFC 5227",
    timeout_s=30.0,
    fleeting=frozenset({"rtt_ms"}),
)
