"""Connects to a TCP port and, when asked, waits for a text in what the server says first.

Source: RFC 9293 (TCP); Linux tcp(7) TCP_INFO for the time of the handshake.
"""

from __future__ import annotations

from dataclasses import dataclass

from probes._wire.address import parse_endpoint
from probes._wire.reach import REACH_FACTS, REACH_MEASURES, reach
from probes._wire.stream import Stream
from probes._wire.trace import Trace
from probes.api import FailureKind, ProbeContext, ProbeFailure, ProbeKind, Reading, clean

BANNER_OCTETS = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpConnectParams:
    """How to judge a TCP port."""

    timeout_s: float = 5.0
    expect: str = ""
    """Text that what the server says first must contain; empty means that connecting is enough."""


async def observe(address: str, params: TcpConnectParams, ctx: ProbeContext) -> Reading:
    """Measure `host:port`."""
    trace = Trace(ctx, params.timeout_s)
    return await trace.conclude(_connect(address, params, ctx, trace))


async def _connect(address: str, params: TcpConnectParams, ctx: ProbeContext, trace: Trace) -> str:
    host, port = parse_endpoint(address)
    stream = await reach(host, port, ctx, trace)
    try:
        if params.expect:
            with trace.timed("banner"):
                await _expect(stream, params.expect, trace)
    finally:
        stream.close()
    return ""


async def _expect(stream: Stream, expected: str, trace: Trace) -> None:
    wanted, heard = expected.encode(), b""
    while wanted not in heard:
        part = await stream.receive(BANNER_OCTETS)
        heard += part
        trace.facts["banner"] = clean(heard.decode("utf-8", "replace").rstrip("\r\n"))
        said = f"said {trace.facts['banner']!r}" if heard else "closed without a word"
        trace.if_late = ProbeFailure(FailureKind.MISMATCH, f"expected {expected!r}, the server {said}")
        if not part or (len(heard) >= BANNER_OCTETS and wanted not in heard):
            raise trace.if_late


PROBE = ProbeKind(
    name="tcp_connect",
    params=TcpConnectParams,
    observe=observe,
    measures={**REACH_MEASURES, "banner_s": "seconds"},
    facts={**REACH_FACTS, "banner": str},
    example="127.0.0.1:22 -p timeout_s=2 -p expect=SSH-2.0",
    source="RFC 9293; Linux tcp(7) TCP_INFO",
)
