"""Traces the way to an address: every router, its loss and delay, whether the way ends, stops or turns in circles.

Source: RFC 792, RFC 2925 (traceroute), RFC 2992 (why all packets are of one flow).
"""

from __future__ import annotations

import asyncio
import errno
import os
from dataclasses import dataclass

from probes._wire.errors import failure_kind
from probes._wire.interfaces import source_towards
from probes._wire.path_packets import PROBES_MAX, Method
from probes._wire.path_route import Path, route_facts, route_measures
from probes._wire.path_run import PathRun, Plan
from probes._wire.path_socket import DEFAULT_PORTS, TraceSocket, open_trace
from probes._wire.resolve import resolve
from probes._wire.trace import MARGIN_S
from probes.api import Fact, FailureKind, Outcome, ProbeContext, ProbeFailure, ProbeKind, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class PathTraceParams:
    """What to send, how far and how patiently."""

    method: str = "icmp"
    """`icmp` (echo), `udp` or `tcp` (SYN). Without the right to raw sockets it is UDP whatever is asked for."""
    count: int = 3
    """Packets to each hop."""
    max_hops: int = 30
    port: int = 0
    """Of UDP (a closed one) or TCP; 0 means 33434 or 443."""
    spacing_s: float = 0.02
    """Between two packets."""
    wait_s: float = 1.0
    """How long answers are awaited after the last packet."""

    def __post_init__(self) -> None:
        if self.method not in set(Method):
            raise ValueError(f"method must be one of {', '.join(Method)}")
        if not 1 <= self.count <= 10:
            raise ValueError("count must be 1 to 10 packets")
        if not 1 <= self.max_hops <= 64:
            raise ValueError("max_hops must be 1 to 64")
        if not 0 <= self.port < 65536:
            raise ValueError("port must be 1 to 65535, or 0 for the usual one")
        if not 0.001 <= self.spacing_s <= 1:
            raise ValueError("spacing_s must be 0.001 to 1 second")
        if not 0 < self.wait_s <= 10:
            raise ValueError("wait_s must be more than 0, at most 10 seconds")
        assert self.count * self.max_hops <= PROBES_MAX


async def observe(address: str, params: PathTraceParams, ctx: ProbeContext) -> Reading:
    """Trace the way to a host."""
    target = await _target(address, ctx)
    source = source_towards(target)
    if not source:
        raise ProbeFailure(FailureKind.NO_ROUTE, f"this machine has no way to {target}")
    method = Method(params.method)
    try:
        sock = open_trace(method, source, target, params.port or DEFAULT_PORTS[method])
        try:
            run = PathRun(sock, (source, target), _plan(params, ctx))
            await run.run()
        finally:
            sock.close()
    except OSError as error:
        raise _own_failure(error) from error
    return _reading(run, sock, target)


async def _target(address: str, ctx: ProbeContext) -> str:
    try:
        async with asyncio.timeout_at(ctx.deadline_s - MARGIN_S):
            addresses = await resolve(address, ctx)
    except TimeoutError as error:
        raise ProbeFailure(FailureKind.NAME_NOT_FOUND, f"no name server answered for {address}") from error
    found = next((one for one in addresses if ":" not in one), None)
    if found is None:
        raise ProbeFailure(FailureKind.INTERNAL, f"{address} has only IPv6 addresses: path_trace follows IPv4")
    return found


def _plan(params: PathTraceParams, ctx: ProbeContext) -> Plan:
    return Plan(
        count=params.count,
        max_hops=params.max_hops,
        spacing_s=params.spacing_s,
        wait_s=params.wait_s,
        end_at=ctx.deadline_s - MARGIN_S,
    )


def _own_failure(error: OSError) -> ProbeFailure:
    """Return what an error of our own system means: the packet never left."""
    no_route = {errno.EINVAL, errno.ENODEV, errno.EHOSTUNREACH}
    kind = FailureKind.NO_ROUTE if error.errno in no_route else failure_kind(error.errno, at_once=True)
    return ProbeFailure(kind or FailureKind.INTERNAL, f"cannot send: {os.strerror(error.errno or 0)}")


def _reading(run: PathRun, sock: TraceSocket, target: str) -> Reading:
    path, measures = run.path, route_measures(run.path)
    facts: dict[str, Fact] = {
        **route_facts(path),
        "address": target,
        "method": str(sock.method),
        "mode": sock.mode,
        "stamps": "kernel" if run.is_kernel_stamped else "user",
        "unmatched_count": sock.unmatched_count,
    }
    if path.is_reached:
        return Reading(outcome=Outcome.OK, measures=measures, facts=facts)
    refusal = path.refusal()
    if refusal is not None and refusal.failure is not None:
        by_whom = f"says {refusal.address}" if refusal.address else "the neighbour does not answer"
        detail = f"{refusal.text}, {by_whom}"
        raise ProbeFailure(refusal.failure, detail, measures=measures, facts=facts)
    if path.has_loop:
        detail = f"packets turn in circles at {path.hops()[-1].address}"
        raise ProbeFailure(FailureKind.UNREACHABLE, detail, measures=measures, facts=facts)
    return Reading(outcome=Outcome.TIMEOUT, measures=measures, facts=facts, detail=_silence(path))


def _silence(path: Path) -> str:
    hops = path.hops()
    return f"the last answer is from {hops[-1].address}, hop {hops[-1].ttl}" if hops else "no hop answered"


PROBE = ProbeKind(
    name="path_trace",
    params=PathTraceParams,
    observe=observe,
    measures={"hop_count": "hops", "rtt_s": "seconds", "loss_ratio": "ratio", "sent_count": "packets"},
    facts={
        "hop": tuple,
        "hop_address": tuple,
        "hop_others": tuple,
        "hop_loss_ratio": tuple,
        "hop_rtt_ms": tuple,
        "route": str,
        "route_hash": str,
        "reached": bool,
        "has_loop": bool,
        "stopped_by": str,
        "address": str,
        "method": str,
        "mode": str,
        "stamps": str,
        "unmatched_count": int,
    },
    example="127.0.0.1 -p method=icmp",
    source="RFC 792, RFC 2925, RFC 2992",
    timeout_s=8.0,
    fleeting=frozenset({"hop_rtt_ms", "hop_loss_ratio"}),
)
