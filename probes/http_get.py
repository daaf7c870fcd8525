"""Gets a web page as a browser would for the first time, and times each phase of it.

Source: RFC 9110 and RFC 9112 (HTTP), RFC 8446 (TLS), RFC 5280 (certificates).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from probes._wire.http import get
from probes._wire.http_page import Page
from probes._wire.reach import REACH_FACTS, REACH_MEASURES, reach
from probes._wire.tls import TLS_FACTS
from probes._wire.trace import Trace
from probes._wire.web_address import WebAddress, parse_web_address
from probes._wire.web_page import REDIRECTS, judge_status, judge_text, next_address, parse_statuses, secure
from probes.api import FailureKind, ProbeContext, ProbeFailure, ProbeKind, Reading, clean


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
        judge_status(page, self.params.expect_status)
        judge_text(page, self.params.expect_text, self.params.forbid_text, self.params.max_octets)
        return "" if page.is_whole else f"reading stopped after {self.params.max_octets} octets"

    async def _follow(self) -> Page:
        address = self.address
        for count in range(self.params.max_redirects + 1):
            self.trace.measures["redirect_count"] = count
            page = await self._fetch(address)
            location = page.headers.get("location")
            if page.status not in REDIRECTS or location is None or not self.params.max_redirects:
                return page
            address = next_address(address, location)
        raise ProbeFailure(
            FailureKind.PROTOCOL, f"more than {self.params.max_redirects} redirects, the last to {address}"
        )

    async def _fetch(self, address: WebAddress) -> Page:
        self.trace.facts["final_url"] = clean(str(address))
        stream = await reach(address.host, address.port, self.ctx, self.trace)
        try:
            if address.is_tls:
                await secure(stream, address, self.params.verify_tls, self.ctx, self.trace)
            page = await get(stream, address, self.params.max_octets, self.trace)
        finally:
            stream.close()
        self._note(page)
        return page

    def _note(self, page: Page) -> None:
        self.trace.facts |= {
            "status": page.status,
            "reason": clean(page.reason),
            "content_type": clean(page.headers.get("content-type", "")),
            "body_octets": len(page.body),
            "body_whole": page.is_whole,
        }


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
