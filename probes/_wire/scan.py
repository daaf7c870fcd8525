"""What every probe that negotiates again and again has in common: an approved address and a pace that is kept."""

from __future__ import annotations

import asyncio

from probes._wire.address import Endpoint
from probes._wire.resolve import resolve
from probes._wire.stream import Stream, dial
from probes._wire.trace import Trace
from probes.api import FailureKind, ProbeContext, ProbeFailure

SCAN_MEASURES = {"dns_s": "seconds", "total_s": "seconds"}
SCAN_FACTS: dict[str, type] = {"address": str, "phase": str}


class Visits:
    """Connections to one approved address, never faster than the scope allows."""

    def __init__(self, address: str, port: int, rate_per_s: float) -> None:
        self._endpoint = Endpoint(address, port)
        self._gap_s = 1.0 / rate_per_s
        self._next_s = 0.0

    @classmethod
    async def approved(cls, endpoint: Endpoint, ctx: ProbeContext, trace: Trace) -> Visits:
        """Resolve the host and insist that somebody approved its address."""
        with trace.timed("dns"):
            address = (await resolve(endpoint.host, ctx))[0]
        trace.facts["address"] = address
        ctx.scope.insist(address)
        return cls(address, endpoint.port, ctx.scope.rate_per_s)

    async def connect(self) -> Stream:
        """Return one more connection, which the caller closes."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._next_s - loop.time()))
        self._next_s = loop.time() + self._gap_s
        return await dial(self._endpoint[:1], self._endpoint.port)


async def receive_or_nothing(stream: Stream, count: int) -> bytes:
    """Return exactly `count` octets, or b"" when the server ended the connection first: its way of refusing."""
    data = bytearray()
    try:
        while len(data) < count:
            part = await stream.receive(count - len(data))
            if not part:
                return b""
            data += part
    except ProbeFailure as failure:
        if failure.kind is not FailureKind.RESET:
            raise
        return b""
    return bytes(data)
