"""One HTTP request over one connection of its own, which ends in time whatever the server does.

No redirect is followed, no proxy asked, no cookie kept, nothing decompressed, nothing sent twice.

Source: RFC 9110 (status codes, Retry-After), RFC 6585 (429).
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from bt_console.channels._loop import network, tls_context
from bt_console.channels.api import ChannelContext
from probes._wire.resolve import resolve
from probes.api import ProbeContext, ProbeFailure

BODY_OCTETS = 65_536
RETRY_AFTER_S = 3600.0
"""A longer wish is not believed: asking once an hour harms nobody, and a broken clock must not silence a channel."""
_USER_AGENT = "bt-console"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to send. Printing it shows nothing that may be secret."""

    url: str = field(repr=False)
    method: str = "POST"
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    limit_octets: int = BODY_OCTETS
    """Reading the answer's body stops here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back; may repeat what was sent, so texts of it are masked before they are kept."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    is_whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAnswer:
    """Nothing came back."""

    was_sent: bool
    """Whether the server may have read the request all the same."""
    detail: str


async def exchange(request: Request, ctx: ChannelContext) -> Answer | NoAnswer:
    """Send it and return what came of it within ctx.timeout_s. Texts of errors never hold the URL."""
    talk = _Talk(request)
    try:
        async with asyncio.timeout(ctx.timeout_s):
            await talk.run(ctx)
    except TimeoutError:
        return talk.ended(f"no answer within {ctx.timeout_s:g} s while {talk.phase}")
    except ProbeFailure as failure:
        return talk.ended(failure.detail)
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return talk.ended(f"{talk.phase}: {_meaning(error)}")
    return talk.ended("")


class _Talk:
    """One exchange, and how far it has come."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.phase = "preparing"
        self._was_sent = False
        self._response: aiohttp.ClientResponse | None = None
        self._body = bytearray()
        self._is_whole = False

    async def run(self, ctx: ChannelContext) -> None:
        is_tls = self.request.url.startswith("https:")
        connector = aiohttp.TCPConnector(
            ssl=tls_context(ctx) if is_tls else True,
            resolver=_Resolver(network(ctx)),
            use_dns_cache=False,
            force_close=True,
            limit=1,
        )
        async with aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            trace_configs=[self._trace()],
        ) as session:
            await self._ask(session)

    async def _ask(self, session: aiohttp.ClientSession) -> None:
        request = self.request
        headers = {"User-Agent": _USER_AGENT, "Accept-Encoding": "identity", **request.headers}
        async with session.request(
            request.method,
            URL(request.url, encoded=True),
            data=request.body or None,
            headers=headers,
            allow_redirects=False,
        ) as response:
            self._response = response
            self.phase = "reading the answer"
            await self._read(response)

    async def _read(self, response: aiohttp.ClientResponse) -> None:
        async for part in response.content.iter_any():
            self._body += part[: self.request.limit_octets - len(self._body)]
            if len(self._body) >= self.request.limit_octets:
                return
        self._is_whole = True

    def ended(self, detail: str) -> Answer | NoAnswer:
        """Return what is known: a status line is an answer, however its body broke off."""
        if self._response is None:
            return NoAnswer(was_sent=self._was_sent, detail=detail)
        headers = {name.lower(): value for name, value in self._response.headers.items()}
        return Answer(status=self._response.status, headers=headers, body=bytes(self._body), is_whole=self._is_whole)

    def _trace(self) -> aiohttp.TraceConfig:
        async def resolving(*_: Any) -> None:
            self.phase = "resolving the name"

        async def connecting(*_: Any) -> None:
            self.phase = "connecting"

        async def connected(*_: Any) -> None:
            # From here on nobody but the server knows what it has read.
            self._was_sent = True
            self.phase = "waiting for the answer"

        trace = aiohttp.TraceConfig()
        trace.on_connection_create_start.append(connecting)
        trace.on_dns_resolvehost_start.append(resolving)
        trace.on_dns_resolvehost_end.append(connecting)
        trace.on_connection_create_end.append(connected)
        return trace


class _Resolver(AbstractResolver):
    """Resolves as probes do, in the event loop."""

    def __init__(self, ctx: ProbeContext) -> None:
        self._ctx = ctx

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in await resolve(host, self._ctx)
        ]

    async def close(self) -> None:
        """Nothing is held open."""


def _meaning(error: Exception) -> str:
    """Return what went wrong, of errors whose own text may hold the URL with its secrets."""
    match error:
        case aiohttp.ClientConnectorCertificateError():
            return f"certificate refused: {getattr(error.certificate_error, 'verify_message', 'not trusted')}"
        case aiohttp.ClientConnectorSSLError():
            return f"no TLS: {getattr(error.os_error, 'reason', None) or 'handshake failed'}"
        case aiohttp.ServerDisconnectedError():
            return "the server closed the connection without an answer"
        case aiohttp.ClientResponseError():
            return "the answer is not HTTP"
        case OSError(errno=int(number)):
            return os.strerror(number)
        case _:
            return type(error).__name__


def wanted_pause_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return what Retry-After asks for, bounded; None when it says nothing that makes sense."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return bounded_pause_s(float(text[:12]))
    try:
        at = parsedate_to_datetime(text)
        return bounded_pause_s((at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds())
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def bounded_pause_s(seconds: float) -> float | None:
    """Return a pause nobody can abuse, None for none at all."""
    return min(seconds, RETRY_AFTER_S) if seconds > 0 else None
