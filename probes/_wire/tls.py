"""Shakes hands in TLS and finds out precisely why a certificate was refused."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from probes._wire.address import Endpoint
from probes._wire.stream import Stream, dial
from probes._wire.trace import Trace
from probes._wire.trust import HandshakeSlots, contexts
from probes._wire.x509 import CERTIFICATE_FACTS, Examination, UnreadableCertificate, parse_chain
from probes.api import FailureKind, ProbeContext, ProbeFailure, clean

QUEUE_S = 0.2
"""Time lost in our own queue that is too short to matter to a verdict."""
_MEANINGS = {
    "WRONG_VERSION_NUMBER": "the server does not speak TLS on this port",
    "HTTP_REQUEST": "the server does not speak TLS on this port",
    "UNEXPECTED_EOF_WHILE_READING": "the server closed the connection",
    "UNSUPPORTED_PROTOCOL": "the server speaks only versions of TLS that are no longer safe",
    "DH_KEY_TOO_SMALL": "the server uses a key exchange that is no longer safe",
}
_UNKNOWN_ISSUER = frozenset({2, 18, 19, 20, 21})
"""X509_V_ERR codes that all mean: no trusted authority stands at the end of the chain."""
_DER = 2
"""_ssl.ENCODING_DER."""


@asynccontextmanager
async def handshake_slot(ctx: ProbeContext, trace: Trace) -> AsyncIterator[None]:
    """Wait for a turn. A target that lost time to our own queue and then seems late is not to blame."""
    slots = ctx.shared.get(HandshakeSlots)
    loop = asyncio.get_running_loop()
    start_s, before = loop.time(), trace.if_late
    trace.if_late = ProbeFailure(FailureKind.STALLED, "too many TLS handshakes of this monitor at once")
    async with slots:
        if loop.time() - start_s < QUEUE_S:
            trace.if_late = before
        yield


async def shake_hands(
    stream: Stream, context: ssl.SSLContext, server_name: str, *, is_request_next: bool = False
) -> ssl.SSLObject:
    """Raises ssl.SSLCertVerificationError for a refused certificate, ProbeFailure for all else."""
    try:
        return await stream.start_tls(context, server_name, is_request_next=is_request_next)
    except ssl.SSLCertVerificationError:
        raise
    except ssl.SSLError as error:
        raise ProbeFailure(FailureKind.TLS, f"no TLS handshake: {_meaning(error)}") from error


def _meaning(error: ssl.SSLError) -> str:
    reason = error.reason or ("UNEXPECTED_EOF_WHILE_READING" if isinstance(error, ssl.SSLEOFError) else "")
    return _MEANINGS.get(reason, reason.replace("_", " ").lower() or str(error))


def refusal(error: ssl.SSLCertVerificationError) -> ProbeFailure:
    """What to say while nothing more precise is known than OpenSSL's first complaint."""
    return ProbeFailure(FailureKind.TLS, f"certificate refused: {error.verify_message}")


async def examine(endpoint: Endpoint, server_name: str, ctx: ProbeContext) -> Examination:
    """Connect anew, once or twice, only to read a certificate that was refused."""
    shared = contexts(ctx)
    try:
        return await _look(endpoint, server_name, shared.chain_only, None)
    except ssl.SSLCertVerificationError as error:
        return await _look(endpoint, server_name, shared.open, error)


async def _look(
    endpoint: Endpoint,
    server_name: str,
    context: ssl.SSLContext,
    refused: ssl.SSLCertVerificationError | None,
) -> Examination:
    stream = await dial(endpoint[:1], endpoint.port)
    try:
        session = await shake_hands(stream, context, server_name)
    finally:
        stream.close()
    return read_examination(session, server_name, refused)


def read_examination(
    session: ssl.SSLObject, server_name: str, refused: ssl.SSLCertVerificationError | None = None
) -> Examination:
    """Return what the session's peer showed; `refused` is why it is not trusted. Raises ProbeFailure."""
    try:
        chain = parse_chain(_chain(session, "get_unverified_chain" if refused else "get_verified_chain"))
    except UnreadableCertificate as error:
        raise ProbeFailure(FailureKind.TLS, f"unreadable certificate: {error}") from error
    other = refused.verify_message if refused and refused.verify_code not in _UNKNOWN_ISSUER else ""
    return Examination(chain=chain, trusted=refused is None, server_name=server_name, refusal=other)


def presented_chain(session: ssl.SSLObject) -> tuple[bytes, ...]:
    """Return the peer's chain in DER, leaf first: as it was verified, or as it was sent where nothing was verified."""
    return _chain(
        session, "get_unverified_chain" if session.context.verify_mode is ssl.CERT_NONE else "get_verified_chain"
    )


def presented_count(session: ssl.SSLObject) -> int:
    """Return how many certificates the server sent."""
    return len(_chain(session, "get_unverified_chain"))


def _chain(session: ssl.SSLObject, method: str) -> tuple[bytes, ...]:
    source: Any = session if hasattr(session, method) else getattr(session, "_sslobj", None)  # public from 3.13
    if not hasattr(source, method):
        return (session.getpeercert(binary_form=True) or b"",)
    certificates = getattr(source, method)() or ()
    return tuple(item if isinstance(item, bytes) else item.public_bytes(_DER) for item in certificates)


def note_session(session: ssl.SSLObject, trace: Trace) -> None:
    """Keep the version and cipher that were agreed."""
    cipher = session.cipher()
    trace.facts["tls_version"] = clean(session.version() or "")
    trace.facts["cipher"] = clean(cipher[0] if cipher else "")


TLS_FACTS: dict[str, type] = {**CERTIFICATE_FACTS, "tls_version": str, "cipher": str}


def note_examination(found: Examination, trace: Trace) -> tuple[str, ...]:
    """Keep the certificate's facts and return what is wrong with it."""
    now = datetime.now(UTC)
    trace.facts.update(found.facts(now))
    trace.measures["certificate_days_left"] = found.days_left(now)
    return found.faults(now)


async def explain_refusal(
    error: ssl.SSLCertVerificationError, endpoint: Endpoint, server_name: str, ctx: ProbeContext, trace: Trace
) -> ProbeFailure:
    """Return the failure with every fault named; the deadline leaves OpenSSL's own words."""
    trace.if_late = refusal(error)
    try:
        faults = note_examination(await examine(endpoint, server_name, ctx), trace)
    except ProbeFailure:
        faults = ()
    return ProbeFailure(FailureKind.TLS, "; ".join(faults)) if faults else trace.if_late
