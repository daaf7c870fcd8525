"""Shakes hands in TLS and reads the certificate, also an invalid one.

Source: RFC 8446 (TLS 1.3), RFC 5280 (certificates), RFC 3207 and RFC 9051 (STARTTLS).
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from probes._wire.address import parse_endpoint
from probes._wire.reach import REACH_FACTS, REACH_MEASURES, reach
from probes._wire.starttls import PROTOCOLS
from probes._wire.stream import Stream, dial
from probes._wire.tls import (
    TLS_FACTS,
    handshake_slot,
    note_examination,
    note_session,
    presented_count,
    read_examination,
    refusal,
    shake_hands,
)
from probes._wire.trace import Trace
from probes._wire.trust import contexts
from probes._wire.x509 import Examination
from probes.api import FailureKind, ProbeContext, ProbeFailure, ProbeKind, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsHandshakeParams:
    """How to reach the certificate."""

    timeout_s: float = 5.0
    server_name: str = ""
    """Name to ask for and to expect in the certificate; empty means the host of the address."""
    starttls: str = ""
    """`smtp` or `imap` when TLS is asked for in the protocol; empty when it is spoken from the first octet."""

    def __post_init__(self) -> None:
        if self.starttls not in PROTOCOLS:
            raise ValueError(f"starttls is {self.starttls!r}: write smtp, imap or nothing")


async def observe(address: str, params: TlsHandshakeParams, ctx: ProbeContext) -> Reading:
    """Measure `host:port`."""
    run = _Run(address, params, ctx)
    return await run.trace.conclude(run.judge())


class _Run:
    """One look at one server: with the trusted authorities first, without any when they refuse it."""

    def __init__(self, address: str, params: TlsHandshakeParams, ctx: ProbeContext) -> None:
        self.endpoint = parse_endpoint(address)
        self.server_name = params.server_name or self.endpoint.host
        self.prepare = PROTOCOLS[params.starttls]
        self.ctx = ctx
        self.trace = Trace(ctx, params.timeout_s)

    async def judge(self) -> str:
        found = await self._examine()
        faults = note_examination(found, self.trace)
        if faults:
            raise ProbeFailure(FailureKind.TLS, "; ".join(faults))
        return ""

    async def _examine(self) -> Examination:
        shared = contexts(self.ctx)
        stream = await reach(self.endpoint.host, self.endpoint.port, self.ctx, self.trace)
        try:
            session = await self._shake_hands(stream, shared.chain_only)
            return read_examination(session, self.server_name)
        except ssl.SSLCertVerificationError as error:
            self.trace.if_late, refused = refusal(error), error
        finally:
            stream.close()
        stream = await dial((stream.address,), self.endpoint.port)
        try:
            session = await self._shake_hands(stream, shared.open)
            return read_examination(session, self.server_name, refused)
        finally:
            stream.close()

    async def _shake_hands(self, stream: Stream, context: ssl.SSLContext) -> ssl.SSLObject:
        self.trace.phase = "starttls"
        await self.prepare(stream)
        async with handshake_slot(self.ctx, self.trace):
            with self.trace.timed("tls", "handshake_s"):
                session = await shake_hands(stream, context, self.server_name)
        note_session(session, self.trace)
        self.trace.facts["chain_length"] = presented_count(session)
        return session


PROBE = ProbeKind(
    name="tls_handshake",
    params=TlsHandshakeParams,
    observe=observe,
    measures={
        **REACH_MEASURES,
        "handshake_s": "seconds",
        "certificate_days_left": "days",
    },
    facts={**REACH_FACTS, **TLS_FACTS, "chain_length": int},
    example="127.0.0.1:443 -p server_name=localhost -p timeout_s=2",
    source="RFC 8446, RFC 5280, RFC 3207, RFC 9051",
)
