"""Gets a web page as a browser would for the first time, and times each phase of it.

Source: RFC 9110 and RFC 9112 (HTTP), RFC 8446 (TLS), RFC 5280 (certificates).
"""

from __future__ import annotations

import asyncio
import re
import ssl
import unicodedata
from contextlib import suppress
from dataclasses import dataclass

from probes._wire.address import Endpoint
from probes._wire.http import Page, get
from probes._wire.reach import REACH_FACTS, REACH_MEASURES, reach
from probes._wire.stream import Stream
from probes._wire.tls import (
    TLS_FACTS,
    explain_refusal,
    handshake_slot,
    note_examination,
    note_session,
    read_examination,
    shake_hands,
)
from probes._wire.trace import Trace
from probes._wire.trust import contexts
from probes._wire.web_address import WebAddress, parse_web_address
from probes.api import FailureKind, ProbeContext, ProbeFailure, ProbeKind, Reading, clean

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_STATUSES = re.compile(r"([0-9]{3})(?:-([0-9]{3}))?")
_CHARSETS = frozenset({"utf-8", "us-ascii", "iso-8859-1", "windows-1252", "windows-1258", "utf-16"})
"""Decoders a server may choose; Python's others include some that take minutes on hostile text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpGetParams:
    """How to judge a page."""

    timeout_s: float = 5.0
    expect_status: str = "200-399"
    """Statuses that are right: numbers and ranges with commas between, such as `200,301-399`."""
    expect_text: str = ""
    """Text the page must contain."""
    forbid_text: str = ""
    """Text the page must not contain."""
    max_octets: int = 1_048_576
    """Reading the body stops here."""
    max_redirects: int = 3
    """0 judges a redirecting answer itself."""
    verify_tls: bool = True

    def __post_init__(self) -> None:
        parse_statuses(self.expect_status)


def parse_statuses(text: str) -> tuple[range, ...]:
    """Parse `200,300-399`. Raises ValueError."""
    found = []
    for part in text.split(","):
        match = _STATUSES.fullmatch(part.strip())
        if match is None:
            raise ValueError(f"expect_status is {text!r}: write numbers and ranges, such as 200 or 200-399,404")
        found.append(range(int(match[1]), int(match[2] or match[1]) + 1))
    return tuple(found)


async def observe(address: str, params: HttpGetParams, ctx: ProbeContext) -> Reading:
    """Measure a URL."""
    run = _Run(address, params, ctx)
    return await run.trace.conclude(run.visit())


class _Run:
    """One visit, redirects included."""

    def __init__(self, address: str, params: HttpGetParams, ctx: ProbeContext) -> None:
        self.address = parse_web_address(address)
        self.params = params
        self.ctx = ctx
        self.trace = Trace(ctx, params.timeout_s)

    async def visit(self) -> str:
        start_s = asyncio.get_running_loop().time()
        page = await self._follow()
        self.trace.add("total_s", asyncio.get_running_loop().time() - start_s)
        self._judge(page)
        return "" if page.is_whole else f"reading stopped after {self.params.max_octets} octets"

    async def _follow(self) -> Page:
        address = self.address
        for count in range(self.params.max_redirects + 1):
            self.trace.measures["redirect_count"] = count
            page = await self._fetch(address)
            location = page.headers.get("location")
            if page.status not in _REDIRECTS or location is None or not self.params.max_redirects:
                return page
            address = _next_address(address, location)
        raise ProbeFailure(
            FailureKind.PROTOCOL, f"more than {self.params.max_redirects} redirects, the last to {address}"
        )

    async def _fetch(self, address: WebAddress) -> Page:
        self.trace.facts["final_url"] = clean(str(address))
        stream = await reach(address.host, address.port, self.ctx, self.trace)
        try:
            if address.is_tls:
                await self._secure(stream, address)
            page = await get(stream, address, self.params.max_octets, self.trace)
        finally:
            stream.close()
        self._note(page)
        return page

    async def _secure(self, stream: Stream, address: WebAddress) -> None:
        shared = contexts(self.ctx)
        context = shared.strict if self.params.verify_tls else shared.open
        try:
            async with handshake_slot(self.ctx, self.trace):
                with self.trace.timed("tls"):
                    session = await shake_hands(stream, context, address.host)
        except ssl.SSLCertVerificationError as error:
            stream.close()
            endpoint = Endpoint(stream.address, address.port)
            raise await explain_refusal(error, endpoint, address.host, self.ctx, self.trace) from error
        note_session(session, self.trace)
        if self.params.verify_tls:
            with suppress(ProbeFailure):  # OpenSSL accepted it: a page is not down because its certificate is odd
                note_examination(read_examination(session, address.host), self.trace)

    def _note(self, page: Page) -> None:
        self.trace.facts |= {
            "status": page.status,
            "reason": clean(page.reason),
            "content_type": clean(page.headers.get("content-type", "")),
            "body_octets": len(page.body),
            "body_whole": page.is_whole,
        }

    def _judge(self, page: Page) -> None:
        if not any(page.status in allowed for allowed in parse_statuses(self.params.expect_status)):
            kind = FailureKind.PROTOCOL if page.status >= 500 else FailureKind.MISMATCH
            raise ProbeFailure(kind, f"status {page.status} {page.reason}, expected {self.params.expect_status}")
        if self.params.expect_text or self.params.forbid_text:
            self._judge_text(page)

    def _judge_text(self, page: Page) -> None:
        text = _text(page)
        where = "the page" if page.is_whole else f"the first {self.params.max_octets} octets of the page"
        if self.params.expect_text and _normal(self.params.expect_text) not in text:
            raise ProbeFailure(FailureKind.MISMATCH, f"{where} does not contain {self.params.expect_text!r}")
        if self.params.forbid_text and _normal(self.params.forbid_text) in text:
            raise ProbeFailure(FailureKind.MISMATCH, f"{where} contains {self.params.forbid_text!r}")


def _next_address(address: WebAddress, location: str) -> WebAddress:
    try:
        return address.join(location)
    except ValueError as error:
        raise ProbeFailure(
            FailureKind.PROTOCOL, f"redirected to an address that cannot be followed: {error}"
        ) from error


def _text(page: Page) -> str:
    named = page.headers.get("content-type", "").lower().partition("charset=")[2]
    charset = named.partition(";")[0].strip(" \"'")
    return _normal(page.body.decode(charset if charset in _CHARSETS else "utf-8", "replace"))


def _normal(text: str) -> str:
    """Vietnamese letters may be written composed or not; people cannot see which."""
    return unicodedata.normalize("NFC", text)


PROBE = ProbeKind(
    name="http_get",
    params=HttpGetParams,
    observe=observe,
    measures={
        **REACH_MEASURES,
        "tls_s": "seconds",
        "first_byte_s": "seconds",
        "body_s": "seconds",
        "total_s": "seconds",
        "redirect_count": "redirects",
        "certificate_days_left": "days",
    },
    facts={
        **REACH_FACTS,
        **TLS_FACTS,
        "status": int,
        "reason": str,
        "final_url": str,
        "content_type": str,
        "body_octets": int,
        "body_whole": bool,
    },
    example="http://127.0.0.1:8080/ -p timeout_s=2 -p expect_status=200-399",
    source="RFC 9110, RFC 9112, RFC 8446, RFC 5280",
)
