"""The way to any TCP service: resolve the name, connect, keep the times of both."""

from __future__ import annotations

from probes._wire.resolve import resolve
from probes._wire.stream import Stream, dial
from probes._wire.trace import Trace
from probes.api import ProbeContext

# connect_s is TCP's own handshake as the kernel saw it; connect_wall_s lasts until this program saw the connection.
REACH_MEASURES = {
    "dns_s": "seconds",
    "connect_s": "seconds",
    "connect_wall_s": "seconds",
}
REACH_FACTS: dict[str, type] = {"address": str, "phase": str}


async def reach(host: str, port: int, ctx: ProbeContext, trace: Trace) -> Stream:
    """Return a connected stream, which the caller closes."""
    with trace.timed("dns"):
        addresses = await resolve(host, ctx)
    trace.phase = "connect"
    trace.facts["address"] = addresses[0]
    stream = await dial(addresses, port, trace.limit_s)
    trace.facts["address"] = stream.address
    trace.add("connect_s", stream.connect_s)
    trace.add("connect_wall_s", stream.connect_wall_s)
    return stream
