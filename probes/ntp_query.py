"""Asks a time server several times and keeps the sample with the least delay.

Offset is the server's clock minus ours: positive when we are behind.
Source: RFC 5905 (client mode, kiss-of-death, section 10 for the least delay), RFC 8633 (manners of a client).
"""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import suppress
from dataclasses import dataclass

from probes._wire.address import Endpoint, parse_endpoint
from probes._wire.ntp import KissOfDeath, NtpSample, to_unix_ns
from probes._wire.ntp_exchange import exchange, open_socket
from probes._wire.resolve import resolve
from probes._wire.trace import Trace
from probes.api import FailureKind, ProbeContext, ProbeFailure, ProbeKind, Reading

_NTP_PORT = 123
SAMPLES_COUNT = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class NtpQueryParams:
    """How often to ask."""

    timeout_s: float = 6.0
    sample_count: int = 4
    """Questions of one run, 1 to 16."""
    interval_s: float = 1.0
    """Between two questions; servers that limit their rate refuse less than a second."""
    wait_s: float = 1.0
    """How long one answer may take."""

    def __post_init__(self) -> None:
        if not 1 <= self.sample_count <= SAMPLES_COUNT:
            raise ValueError(f"sample_count is {self.sample_count}: write 1 to {SAMPLES_COUNT}")
        if self.interval_s < 0 or self.wait_s <= 0:
            raise ValueError("interval_s must not be negative and wait_s must be more than 0")


async def observe(address: str, params: NtpQueryParams, ctx: ProbeContext) -> Reading:
    """Measure a time server, given as `host` or `host:port`."""
    run = _Run(parse_endpoint(address, _NTP_PORT), params, ctx)
    return await run.trace.conclude(run.query())


class _Run:
    """The samples of one run."""

    def __init__(self, server: Endpoint, params: NtpQueryParams, ctx: ProbeContext) -> None:
        self.server = server
        self.params = params
        self.ctx = ctx
        self.trace = Trace(ctx, params.timeout_s)
        self.samples: list[NtpSample] = []
        self.asked_count = 0
        self.kiss: KissOfDeath | None = None

    async def query(self) -> str:
        with self.trace.timed("dns"):
            addresses = await resolve(self.server.host, self.ctx)
        self.trace.facts["address"] = addresses[0]
        self.trace.phase = "query"
        with open_socket(Endpoint(addresses[0], self.server.port)) as sock:
            await self._ask_all(sock)
        return self._judge()

    async def _ask_all(self, sock: socket.socket) -> None:
        """Ask until the count, a kiss of death or, once something was heard, too little time is left."""
        loop = asyncio.get_running_loop()
        for count in range(1, self.params.sample_count + 1):
            next_s = loop.time() + self.params.interval_s
            self.asked_count += 1
            await self._ask(sock)
            is_too_late = self.samples and next_s + self.params.wait_s > self.trace.limit_s
            if self.kiss is not None or is_too_late or count == self.params.sample_count:
                return
            await asyncio.sleep(next_s - loop.time())

    async def _ask(self, sock: socket.socket) -> None:
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.params.wait_s):
                    self.samples.append(await exchange(sock, f"time server {self.server.host}", self._suspect))
        except KissOfDeath as kiss:
            self.kiss = kiss
            self.trace.facts["kiss_code"] = kiss.code

    def _suspect(self) -> None:
        self.trace.if_late = ProbeFailure(FailureKind.PROTOCOL, "only answers to questions that were not asked")

    def _judge(self) -> str:
        self.trace.measures["sample_count"] = float(len(self.samples))
        self.trace.measures["loss_ratio"] = 1.0 - len(self.samples) / self.asked_count
        if not self.samples:
            raise self.kiss or TimeoutError
        self._note(min(self.samples, key=lambda sample: sample.delay_s))
        return self.kiss.detail if self.kiss else ""

    def _note(self, best: NtpSample) -> None:
        answer, now_ns = best.answer, time.time_ns()
        self.trace.facts |= {
            "stratum": answer.stratum,
            "leap": answer.leap,
            "reference_id": answer.reference_id,
            "version": answer.version,
            "synchronised": answer.is_synchronised,
        }
        self.trace.measures |= {
            "clock_offset_s": best.offset_s,
            "delay_s": best.delay_s,
            "root_delay_s": answer.root_delay_s,
            "root_dispersion_s": answer.root_dispersion_s,
            "precision_s": answer.precision_s,
        }
        if answer.reference_stamp:
            own_ns = to_unix_ns(answer.transmit_stamp, now_ns)
            age_ns = own_ns - to_unix_ns(answer.reference_stamp, own_ns)
            self.trace.measures["reference_age_s"] = age_ns / 1e9
        if not answer.is_synchronised:
            raise ProbeFailure(
                FailureKind.MISMATCH,
                f"the server's clock follows nothing (leap {answer.leap}, stratum {answer.stratum})",
            )


PROBE = ProbeKind(
    name="ntp_query",
    params=NtpQueryParams,
    observe=observe,
    measures={
        "dns_s": "seconds",
        "clock_offset_s": "seconds",
        "delay_s": "seconds",
        "root_delay_s": "seconds",
        "root_dispersion_s": "seconds",
        "reference_age_s": "seconds",
        "precision_s": "seconds",
        "sample_count": "samples",
        "loss_ratio": "ratio",
    },
    facts={
        "address": str,
        "phase": str,
        "stratum": int,
        "leap": str,
        "reference_id": str,
        "version": int,
        "synchronised": bool,
        "kiss_code": str,
    },
    example="127.0.0.1:123 -p sample_count=4 -p timeout_s=6",
    source="RFC 5905, RFC 8633",
    timeout_s=6.0,
)
