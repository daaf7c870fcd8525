"""Judges a page as a user would: its status, its text, where it sends us on; and secures the way to it.

Source: RFC 9110 (statuses, redirects), RFC 5280 (certificates).
"""

from __future__ import annotations

import re
import ssl
import unicodedata
from contextlib import suppress
from functools import lru_cache

from probes._wire.address import Endpoint
from probes._wire.http_page import Page
from probes._wire.stream import Stream
from probes._wire.tls import (
    explain_refusal,
    handshake_slot,
    note_examination,
    note_session,
    read_examination,
    shake_hands,
)
from probes._wire.trace import Trace
from probes._wire.trust import contexts
from probes._wire.web_address import WebAddress
from probes.api import FailureKind, ProbeContext, ProbeFailure

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_STATUSES = re.compile(r"([0-9]{3})(?:-([0-9]{3}))?")
_CHARSETS = frozenset({"utf-8", "us-ascii", "iso-8859-1", "windows-1252", "windows-1258", "utf-16"})
"""Decoders a server may choose; Python's others include some that take minutes on hostile text."""


@lru_cache(maxsize=256)
def parse_statuses(text: str) -> tuple[range, ...]:
    """Parse `200,300-399`. Raises ValueError."""
    found = []
    for part in text.split(","):
        match = _STATUSES.fullmatch(part.strip())
        if match is None:
            raise ValueError(f"expect_status is {text!r}: write numbers and ranges, such as 200 or 200-399,404")
        found.append(range(int(match[1]), int(match[2] or match[1]) + 1))
    return tuple(found)


def judge_status(page: Page, expected: str) -> None:
    """Raise ProbeFailure for a status that is not among the expected."""
    if not any(page.status in allowed for allowed in parse_statuses(expected)):
        kind = FailureKind.PROTOCOL if page.status >= 500 else FailureKind.MISMATCH
        raise ProbeFailure(kind, f"status {page.status} {page.reason}, expected {expected}")


def judge_text(page: Page, expected: str, forbidden: str, max_octets: int) -> None:
    """Raise ProbeFailure for a page without the expected text or with the forbidden one; "" is neither."""
    if not expected and not forbidden:
        return
    text = page_text(page)
    where = "the page" if page.is_whole else f"the first {max_octets} octets of the page"
    if expected and _normal(expected) not in text:
        raise ProbeFailure(FailureKind.MISMATCH, f"{where} does not contain {expected!r}")
    if forbidden and _normal(forbidden) in text:
        raise ProbeFailure(FailureKind.MISMATCH, f"{where} contains {forbidden!r}")


def page_text(page: Page) -> str:
    """Return the body as text; Vietnamese letters may be written composed or not, people cannot see which."""
    named = page.headers.get("content-type", "").lower().partition("charset=")[2]
    charset = named.partition(";")[0].strip(" \"'")
    return _normal(page.body.decode(charset if charset in _CHARSETS else "utf-8", "replace"))


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def next_address(address: WebAddress, location: str) -> WebAddress:
    """Return where a redirect leads."""
    try:
        return address.join(location)
    except ValueError as error:
        raise ProbeFailure(
            FailureKind.PROTOCOL, f"redirected to an address that cannot be followed: {error}"
        ) from error


async def secure(stream: Stream, address: WebAddress, verify_tls: bool, ctx: ProbeContext, trace: Trace) -> None:
    """Turn the stream to TLS and keep what the certificate says. Raises ProbeFailure naming every fault of it."""
    shared = contexts(ctx)
    context = shared.strict if verify_tls else shared.open
    try:
        async with handshake_slot(ctx, trace):
            with trace.timed("tls"):
                session = await shake_hands(stream, context, address.host, is_request_next=True)
    except ssl.SSLCertVerificationError as error:
        stream.close()
        endpoint = Endpoint(stream.address, address.port)
        raise await explain_refusal(error, endpoint, address.host, ctx, trace) from error
    note_session(session, trace)
    if verify_tls:
        with suppress(ProbeFailure):  # OpenSSL accepted it: a page is not down because its certificate is odd
            note_examination(read_examination(session, address.host), trace)
