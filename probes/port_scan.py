"""Tries a short list of TCP ports on one machine or a small network: which are open, closed, filtered.

Plain connections as any program makes them, at the approved pace and nowhere else; nothing is sent on them.
Source: RFC 9293 (TCP); the default list is what intruders try first: remote access, file sharing, databases.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from probes._wire.errors import network_errors
from probes._wire.pace import Pace
from probes._wire.trace import MARGIN_S
from probes.api import Fact, FailureKind, Outcome, ProbeContext, ProbeFailure, ProbeKind, Reading, clean

RISKY_PORTS = (21, 22, 23, 80, 135, 139, 443, 445, 1433, 3306, 3389, 5900, 8080, 8443)
PORTS_MAX = 256
HOSTS_MAX = 256
BANNER_CHARS = 64
_BANNER_OCTETS = 512
_BANNERS_MAX = 256
_ROUTERS_REFUSALS = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.EPROTO, errno.ENOPROTOOPT})
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PortScanParams:
    """What to try and how patiently."""

    ports: tuple[int, ...] = RISKY_PORTS
    rate_per_s: float = 0.0
    """Connections a second; 0 means what the scope allows, and more than that is never made."""
    connect_s: float = 1.0
    """How long a port may stay silent before it counts as filtered."""
    banner_s: float = 0.3
    """How long an open port may take to speak first; 0 = do not listen."""
    concurrency_count: int = 64
    """Connections under way at once."""

    def __post_init__(self) -> None:
        if not 0 < len(self.ports) <= PORTS_MAX or not all(0 < port < 65536 for port in self.ports):
            raise ValueError(f"ports must be 1 to {PORTS_MAX} numbers from 1 to 65535")
        if len(set(self.ports)) < len(self.ports):
            raise ValueError("ports names one twice")
        if self.rate_per_s < 0:
            raise ValueError("rate_per_s must be 0 (what the scope allows) or more")
        if not 0 < self.connect_s <= 10:
            raise ValueError("connect_s must be more than 0, at most 10 seconds")
        if not 0 <= self.banner_s <= 5:
            raise ValueError("banner_s must be 0 to 5 seconds")
        if not 1 <= self.concurrency_count <= 512:
            raise ValueError("concurrency_count must be 1 to 512 connections")


class _State(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    FILTERED = "filtered"


class _Findings:
    """What is known so far."""

    def __init__(self, hosts: Sequence[str]) -> None:
        self.hosts: dict[str, dict[int, _State]] = {host: {} for host in hosts}
        self.banners: dict[tuple[str, int], str] = {}
        self.failure: ProbeFailure | None = None
        """Why this machine cannot scan."""

    def alive(self) -> dict[str, dict[int, _State]]:
        """Return the hosts that answered at all, be it by refusing."""
        return {host: ports for host, ports in self.hosts.items() if set(ports.values()) - {_State.FILTERED}}


async def observe(address: str, params: PortScanParams, ctx: ProbeContext) -> Reading:
    """Scan one numeric address, or a network such as 10.21.1.0/26."""
    hosts = _read_hosts(address)
    for host in hosts:
        ctx.scope.insist(host)
    rate_per_s = min(params.rate_per_s or ctx.scope.rate_per_s, ctx.scope.rate_per_s)
    pace = ctx.shared.get(Pace, "port_scan", rate_per_s)
    _require_time(pace.delay_s() + len(hosts) * len(params.ports) / rate_per_s + params.connect_s, ctx)
    findings = _Findings(hosts)
    try:
        async with asyncio.timeout_at(ctx.deadline_s - MARGIN_S):
            await _scan(params, pace, findings)
    except TimeoutError as error:
        detail = "the scan was not done in time: raise the time-out"
        raise ProbeFailure(FailureKind.STALLED, detail, measures=_measures(findings)) from error
    if findings.failure is not None:
        raise findings.failure
    return _reading(findings)


def _read_hosts(address: str) -> tuple[str, ...]:
    try:
        network = ipaddress.ip_network(address)
    except ValueError as error:
        detail = f"{address!r} is neither an address nor a network: write 10.21.1.11 or 10.21.1.0/24"
        raise ProbeFailure(FailureKind.INTERNAL, detail) from error
    if network.num_addresses > HOSTS_MAX:
        raise ProbeFailure(FailureKind.INTERNAL, f"{network} is too large to scan: at most 256 addresses at once")
    return tuple(map(str, network if network.num_addresses <= 2 else network.hosts()))


def _require_time(needed_s: float, ctx: ProbeContext) -> None:
    given_s = ctx.deadline_s - MARGIN_S - asyncio.get_running_loop().time()
    if needed_s > given_s:
        detail = f"the scan takes {needed_s:.1f} s at this rate, {given_s:.1f} s are given: raise the time-out"
        raise ProbeFailure(FailureKind.INTERNAL, detail)


async def _scan(params: PortScanParams, pace: Pace, findings: _Findings) -> None:
    """Try every port, host after host for each port: no machine gets all its connections at once."""
    places = asyncio.Semaphore(params.concurrency_count)

    async def one(host: str, port: int) -> None:
        try:
            state, banner = await _try(host, port, params)
        except ProbeFailure as failure:
            findings.failure = failure
        else:
            findings.hosts[host][port] = state
            if banner and len(findings.banners) < _BANNERS_MAX:
                findings.banners[host, port] = banner
        finally:
            places.release()

    async with asyncio.TaskGroup() as tasks:
        for port in params.ports:
            for host in findings.hosts:
                await places.acquire()
                await pace.turn()
                if findings.failure is not None:
                    return
                tasks.create_task(one(host, port))


async def _try(host: str, port: int, params: PortScanParams) -> tuple[_State, str]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with network_errors("scanning"), socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as sock:
        # A reset ends the connection on both sides at once: no TIME_WAIT here, no half-closed session there.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        state = await _connect(sock, (host, port), params.connect_s)
        return state, await _banner(sock, params.banner_s) if state is _State.OPEN else ""


async def _connect(sock: socket.socket, endpoint: tuple[str, int], wait_s: float) -> _State:
    """Return what became of one connection. Raises ProbeFailure for what our own system refuses at once."""
    try:
        with network_errors(f"connecting to {endpoint[0]}", at_once=True):
            sock.connect(endpoint)
    except BlockingIOError:
        pass
    except ProbeFailure as failure:
        if failure.kind is FailureKind.REFUSED:  # this machine's own closed port answers at once
            return _State.CLOSED
        raise
    try:
        async with asyncio.timeout(wait_s):
            await asyncio.get_running_loop().sock_connect(sock, endpoint)
    except ConnectionError:
        return _State.CLOSED
    except OSError as error:
        if not isinstance(error, TimeoutError) and error.errno not in _ROUTERS_REFUSALS:
            raise
        return _State.FILTERED
    return _State.OPEN


async def _banner(sock: socket.socket, wait_s: float) -> str:
    """Return what the server says of its own accord, "" when it waits for us to speak."""
    if not wait_s:
        return ""
    try:
        async with asyncio.timeout(wait_s):
            heard = await asyncio.get_running_loop().sock_recv(sock, _BANNER_OCTETS)
    except (TimeoutError, OSError):
        return ""
    return clean(heard.decode("utf-8", "replace").rstrip("\r\n"), BANNER_CHARS)


def _measures(findings: _Findings) -> dict[str, float]:
    states = [state for ports in findings.hosts.values() for state in ports.values()]
    counts = {f"{state}_count": float(states.count(state)) for state in _State}
    return {**counts, "tried_count": float(len(states)), "host_count": float(len(findings.alive()))}


def _reading(findings: _Findings) -> Reading:
    measures, facts, hosts = _measures(findings), _facts(findings), list(findings.hosts)
    if not facts["host"]:
        whom = hosts[0] if len(hosts) == 1 else f"any of {len(hosts)} addresses"
        detail = f"no answer from {whom}: down, or every port filtered"
        return Reading(outcome=Outcome.TIMEOUT, measures=measures, facts=facts, detail=detail)
    return Reading(outcome=Outcome.OK, measures=measures, facts=facts)


def _facts(findings: _Findings) -> dict[str, Fact]:
    """Return a row for every host that answered at all, and every port any of them has open."""
    alive, banners = findings.alive(), sorted(findings.banners.items())
    is_open = {
        host: sorted(port for port, state in ports.items() if state is _State.OPEN) for host, ports in alive.items()
    }
    return {
        "open_ports": tuple(sorted({port for ports in is_open.values() for port in ports})),
        "host": tuple(alive),
        "host_open_ports": tuple(" ".join(map(str, ports)) for ports in is_open.values()),
        "host_closed_count": tuple(list(ports.values()).count(_State.CLOSED) for ports in alive.values()),
        "host_filtered_count": tuple(list(ports.values()).count(_State.FILTERED) for ports in alive.values()),
        "banner_host": tuple(host for (host, _), _ in banners),
        "banner_port": tuple(port for (_, port), _ in banners),
        "banner": tuple(banner for _, banner in banners),
    }


PROBE = ProbeKind(
    name="port_scan",
    params=PortScanParams,
    observe=observe,
    measures={
        "open_count": "ports",
        "closed_count": "ports",
        "filtered_count": "ports",
        "tried_count": "ports",
        "host_count": "hosts",
    },
    facts={
        "open_ports": tuple,
        "host": tuple,
        "host_open_ports": tuple,
        "host_closed_count": tuple,
        "host_filtered_count": tuple,
        "banner_host": tuple,
        "banner_port": tuple,
        "banner": tuple,
    },
    example="127.0.0.1 -p banner_s=0.2",
    source="RFC 9293",
    timeout_s=15.0,
)
