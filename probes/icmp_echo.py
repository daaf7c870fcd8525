"""Pings an address: loss, round-trip times and their variation from one short burst of ICMP echo requests.

Source: RFC 792 and RFC 4443 (echo), RFC 2681 (round-trip delay), RFC 6673 (round-trip loss), RFC 3393 (ipdv).
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import os
import socket
from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean, median

from probes._wire.errors import failure_kind
from probes._wire.icmp import V4, V6, Dialect, judge
from probes._wire.icmp_echoes import Echoes, Params
from probes._wire.icmp_pinger import Pinger
from probes._wire.trace import MARGIN_S
from probes.api import Fact, FailureKind, Outcome, ProbeContext, ProbeFailure, ProbeKind, Reading

__all__ = ["PROBE", "Params", "measure", "observe", "reading", "source_address"]

_NOT_ALLOWED = (
    "no ICMP socket is allowed: give the program CAP_NET_RAW, "
    "or put its group into the sysctl net.ipv4.ping_group_range"
)


async def observe(address: str, params: Params, ctx: ProbeContext) -> Reading:
    """Ping one numeric address and tell what came back."""
    _require_one_host(address)
    pinger = ctx.shared.get(Pinger)
    started_at = asyncio.get_running_loop().time()
    try:
        (echoes,) = await pinger.run([address], params, deadline_at=ctx.deadline_s - MARGIN_S)
    except PermissionError as error:
        raise ProbeFailure(FailureKind.PERMISSION, _NOT_ALLOWED) from error
    except OSError as error:
        raise _own_failure(error, {}, {}) from error
    return reading(echoes, params, given_s=ctx.deadline_s - started_at)


def _require_one_host(address: str) -> None:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError as error:
        detail = f"{address!r} is not an IP address: icmp_echo looks no names up"
        raise ProbeFailure(FailureKind.INTERNAL, detail) from error
    if ip.is_multicast or ip.is_unspecified:
        raise ProbeFailure(FailureKind.INTERNAL, f"{address} is not the address of one host")


def reading(echoes: Echoes, params: Params, *, given_s: float) -> Reading:
    """Return what the echoes mean. Raises ProbeFailure when not even one packet was answered, save for silence."""
    measures, facts = measure(echoes.rtts_s), _facts(echoes)
    if echoes.failure is not None:
        raise _own_failure(echoes.failure, measures, facts)
    if not echoes.rtts_s:
        detail = f"{params.count} packets over {params.span_s:g} s could not be sent and awaited in {given_s:.2f} s"
        raise ProbeFailure(FailureKind.STALLED, detail, facts=facts)
    if "rtt_min_s" in measures:
        return Reading(outcome=Outcome.OK, measures=measures, facts=facts)
    source = source_address(echoes.address)
    if source == "":
        raise ProbeFailure(FailureKind.NO_ROUTE, "this machine has no address to send from", facts=facts)
    if echoes.errors:
        raise _refused(echoes, source, measures, facts)
    detail = f"no reply to {len(echoes.rtts_s)} packets"
    return Reading(outcome=Outcome.TIMEOUT, measures=measures, facts=facts, detail=detail)


def measure(rtts_s: Sequence[float | None]) -> dict[str, float]:
    """Return the measures of a burst; `rtts_s` in the order sent, None = lost."""
    replies = [rtt_s for rtt_s in rtts_s if rtt_s is not None]
    measures = {"sent_count": float(len(rtts_s)), "received_count": float(len(replies))}
    if rtts_s:
        measures["loss_ratio"] = 1 - len(replies) / len(rtts_s)
    if replies:
        measures |= {"rtt_min_s": min(replies), "rtt_median_s": median(replies), "rtt_max_s": max(replies)}
    steps = [abs(after - before) for before, after in pairwise(rtts_s) if before is not None and after is not None]
    if steps:
        measures["ipdv_s"] = fmean(steps)
    return measures


def _facts(echoes: Echoes) -> dict[str, Fact]:
    facts: dict[str, Fact] = {"mode": echoes.mode}
    if any(rtt_s is not None for rtt_s in echoes.rtts_s):
        facts |= {"stamps": "kernel" if echoes.is_kernel_stamped else "user", "ttl": echoes.ttl}
    if echoes.errors:
        sender, kind, code = echoes.errors[0]
        facts |= {"error_from": sender, "error_text": judge(_dialect(echoes), kind, code)[1]}
        facts["error_count"] = len(echoes.errors)
    if echoes.duplicate_count:
        facts["duplicate_count"] = echoes.duplicate_count
    if echoes.late_count:
        facts["late_count"] = echoes.late_count
    return facts


def _dialect(echoes: Echoes) -> Dialect:
    return V6 if ":" in echoes.address else V4


def _refused(echoes: Echoes, source: str, measures: dict[str, float], facts: dict[str, Fact]) -> ProbeFailure:
    """Return the failure an ICMP error stands for; one from this machine itself is a neighbour's silence."""
    sender, kind, code = echoes.errors[0]
    failure, text = judge(_dialect(echoes), kind, code)
    by_whom = "the neighbour does not answer" if sender == source else f"says {sender}"
    return ProbeFailure(failure, f"{text}, {by_whom}", measures=measures, facts=facts)


def _own_failure(error: OSError, measures: dict[str, float], facts: dict[str, Fact]) -> ProbeFailure:
    """Return what an error of our own system means: the packet never left."""
    no_route = {errno.EINVAL, errno.ENODEV, errno.EHOSTUNREACH, errno.EPROTONOSUPPORT}
    kind = FailureKind.NO_ROUTE if error.errno in no_route else failure_kind(error.errno, at_once=True)
    detail = f"cannot send: {os.strerror(error.errno or 0)}"
    return ProbeFailure(kind or FailureKind.INTERNAL, detail, measures=measures, facts=facts)


def source_address(address: str) -> str:
    """Return the address this machine would send from, "" when it has none; sends nothing."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((address, 9))
            found = str(probe.getsockname()[0])
    except OSError:
        return ""
    return "" if ipaddress.ip_address(found).is_unspecified else found


PROBE = ProbeKind(
    name="icmp_echo",
    params=Params,
    observe=observe,
    measures={
        "rtt_min_s": "seconds",
        "rtt_median_s": "seconds",
        "rtt_max_s": "seconds",
        "ipdv_s": "seconds",
        "loss_ratio": "ratio",
        "sent_count": "packets",
        "received_count": "packets",
    },
    facts={
        "mode": str,
        "stamps": str,
        "ttl": int,
        "error_from": str,
        "error_text": str,
        "error_count": int,
        "duplicate_count": int,
        "late_count": int,
    },
    example="127.0.0.1 -p count=3",
    source="RFC 792, RFC 4443, RFC 2681, RFC 6673, RFC 3393",
    timeout_s=2.0,
)
