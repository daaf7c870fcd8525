"""Fetches one document of a public key infrastructure: an OCSP answer, a CRL, a time stamp.

Source: RFC 9110; RFC 6960 appendix A and RFC 3161 section 3.4 (both over HTTP POST).
"""

from __future__ import annotations

import asyncio
import ssl

from probes._wire.address import Endpoint
from probes._wire.http import Request, exchange
from probes._wire.http_page import Page
from probes._wire.reach import REACH_FACTS, REACH_MEASURES, reach
from probes._wire.stream import Stream
from probes._wire.tls import TLS_FACTS, explain_refusal, handshake_slot, note_session, shake_hands
from probes._wire.trace import Trace
from probes._wire.trust import contexts
from probes._wire.web_address import WebAddress
from probes.api import FailureKind, ProbeContext, ProbeFailure, clean

DOCUMENT_MEASURES = {
    **REACH_MEASURES,
    "tls_s": "seconds",
    "first_byte_s": "seconds",
    "body_s": "seconds",
    "certificate_days_left": "days",
}
DOCUMENT_FACTS: dict[str, type] = {**REACH_FACTS, **TLS_FACTS, "url": str, "status": int, "content_type": str}


async def fetch(
    address: WebAddress, request: Request, max_octets: int, ctx: ProbeContext, trace: Trace, measure: str = "response_s"
) -> bytes:
    """Return the body of an answer with status 200; `measure` gets the time from the request to the last octet."""
    trace.facts["url"] = clean(str(address))
    stream = await reach(address.host, address.port, ctx, trace)
    try:
        if address.is_tls:
            await _secure(stream, address, ctx, trace)
        start_s = asyncio.get_running_loop().time()
        page = await exchange(stream, address, request, max_octets, trace)
        trace.add(measure, asyncio.get_running_loop().time() - start_s)
    finally:
        stream.close()
    _judge(page, max_octets, trace)
    return page.body


async def _secure(stream: Stream, address: WebAddress, ctx: ProbeContext, trace: Trace) -> None:
    try:
        async with handshake_slot(ctx, trace):
            with trace.timed("tls"):
                session = await shake_hands(stream, contexts(ctx).strict, address.host)
    except ssl.SSLCertVerificationError as error:
        endpoint = Endpoint(stream.address, address.port)
        raise await explain_refusal(error, endpoint, address.host, ctx, trace) from error
    note_session(session, trace)


def _judge(page: Page, max_octets: int, trace: Trace) -> None:
    trace.facts["status"] = page.status
    trace.facts["content_type"] = clean(page.headers.get("content-type", ""))
    if page.status != 200:
        raise ProbeFailure(FailureKind.PROTOCOL, f"status {page.status} {page.reason}, expected 200")
    if not page.is_whole:
        raise ProbeFailure(FailureKind.PROTOCOL, f"the answer is longer than {max_octets} octets")
