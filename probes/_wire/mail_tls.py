"""Turns a mail conversation to TLS and keeps what the certificate says, also of one that is refused.

Source: RFC 8314 (mail over TLS), RFC 3207, RFC 9051 section 6.2.1.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from probes._wire.starttls import PROTOCOLS
from probes._wire.stream import Stream, dial
from probes._wire.tls import (
    handshake_slot,
    note_examination,
    note_session,
    read_examination,
    refusal,
    shake_hands,
)
from probes._wire.trace import Trace
from probes._wire.trust import contexts
from probes.api import FailureKind, ProbeContext, ProbeFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class Securing:
    """How one connection turns to TLS."""

    protocol: str
    """`smtp`, `imap`, or "" for TLS from the first octet."""
    port: int
    server_name: str
    verify: bool
    """False goes on with whatever certificate; its faults are still kept as facts."""
    ctx: ProbeContext
    trace: Trace

    async def turn(self, stream: Stream) -> Stream:
        """Return the stream in TLS, a new one when a refused certificate made a second connection necessary.

        Raises ProbeFailure TLS naming every fault of the certificate; the given stream is then the caller's to close.
        """
        try:
            session = await self._shake_hands(stream, contexts(self.ctx).chain_only)
        except ssl.SSLCertVerificationError as error:
            stream.close()
            self.trace.if_late = refusal(error)
            return await self._turn_anew(stream.address, error)
        self._judge(session, None)
        return stream

    async def _turn_anew(self, address: str, refused: ssl.SSLCertVerificationError) -> Stream:
        stream = await dial((address,), self.port)
        try:
            await PROTOCOLS[self.protocol](stream)
            session = await self._shake_hands(stream, contexts(self.ctx).open)
            self._judge(session, refused)
        except BaseException:
            stream.close()
            raise
        self.trace.if_late = None
        return stream

    async def _shake_hands(self, stream: Stream, context: ssl.SSLContext) -> ssl.SSLObject:
        async with handshake_slot(self.ctx, self.trace):
            with self.trace.timed("tls"):
                return await shake_hands(stream, context, self.server_name)

    def _judge(self, session: ssl.SSLObject, refused: ssl.SSLCertVerificationError | None) -> None:
        note_session(session, self.trace)
        faults = note_examination(read_examination(session, self.server_name, refused), self.trace)
        if faults and self.verify:
            raise ProbeFailure(FailureKind.TLS, "; ".join(faults))
