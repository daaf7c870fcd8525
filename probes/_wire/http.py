"""One request over a connected stream, with the time to its first octet and a bounded body.

Source: RFC 9110, RFC 9112 (h11 parses); Linux tcp(7) for times that a busy event loop cannot distort.
"""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass

import h11

from probes._wire.http_head import read_simple_head
from probes._wire.http_page import Page
from probes._wire.stream import Stream
from probes._wire.trace import Trace
from probes._wire.web_address import WebAddress
from probes.api import FailureKind, ProbeFailure

USER_AGENT = "bt-console"
_HEADERS = (("User-Agent", USER_AGENT), ("Accept", "*/*"), ("Accept-Encoding", "identity"), ("Connection", "close"))
_GET = b"".join(
    (
        b"GET %s HTTP/1.1\r\nHost: %s\r\n",
        *(f"{name}: {value}\r\n".encode() for name, value in _HEADERS),
        b"\r\n",
    )
)
HEADER_OCTETS = 65_536
_CHUNKS_COUNT = 256
_LATE_S = 0.010
"""More than this past the kernel's own time (steps of <= 10 ms) means that this program was late, not the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to ask besides the address."""

    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    """Beside those every request has."""
    body: bytes = b""


GET = Request()


async def get(stream: Stream, address: WebAddress, max_octets: int, trace: Trace) -> Page:
    """Ask for one page. Raises ProbeFailure PROTOCOL when the answer is not HTTP."""
    return await exchange(stream, address, GET, max_octets, trace)


async def exchange(stream: Stream, address: WebAddress, request: Request, max_octets: int, trace: Trace) -> Page:
    """Ask anything. Raises ProbeFailure PROTOCOL when the answer is not HTTP."""
    now = asyncio.get_running_loop().time
    try:
        with trace.timed("first_byte"):
            start_s = now()
            await stream.send(_octets(address, request))
            first = await stream.receive()
        _correct_first_byte(stream, now() - start_s, trace)
        with trace.timed("body"):
            simple = read_simple_head(first)
            if simple is not None:
                return await _rest(stream, *simple, max_octets)
            return await _any_page(stream, address, request, first, max_octets)
    except h11.RemoteProtocolError as error:
        raise ProbeFailure(FailureKind.PROTOCOL, f"the answer is not HTTP: {_plain(error)}") from error


async def _any_page(stream: Stream, address: WebAddress, request: Request, first: bytes, max_octets: int) -> Page:
    parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEADER_OCTETS)
    _tell(parser, address, request)
    parser.receive_data(first)
    page = await _head(stream, parser)
    await _body(stream, parser, page, max_octets)
    return page


async def _rest(stream: Stream, page: Page, length: int, start: bytes, max_octets: int) -> Page:
    """Read the rest of a body whose length is known."""
    page.is_whole = length <= max_octets
    body, wanted = bytearray(start), min(length, max_octets)
    while len(body) < wanted:
        part = await stream.receive()
        if not part:
            raise ProbeFailure(
                FailureKind.PROTOCOL, f"the answer is not HTTP: it ended after {len(body)} of {length} octets"
            )
        body += part
    page.body = bytes(body[:wanted])
    return page


def _plain(error: h11.RemoteProtocolError) -> str:
    text = str(error)
    return "the server closed without an answer" if "ConnectionClosed" in text else text


def _octets(address: WebAddress, request: Request) -> bytes:
    if request is not GET:
        parser = h11.Connection(h11.CLIENT)
        return _tell(parser, address, request)
    return _GET % (address.path.encode("ascii"), address.host_field.encode("ascii"))


def _tell(parser: h11.Connection, address: WebAddress, request: Request) -> bytes:
    length = (("Content-Length", str(len(request.body))),) if request.body or request.method != "GET" else ()
    headers = [("Host", address.host_field), *_HEADERS, *request.headers, *length]
    head = parser.send(h11.Request(method=request.method, target=address.path, headers=headers)) or b""
    body = parser.send(h11.Data(data=request.body)) if request.body else None
    return head + (body or b"") + (parser.send(h11.EndOfMessage()) or b"")


def _correct_first_byte(stream: Stream, wall_s: float, trace: Trace) -> None:
    info = stream.tcp_info() if wall_s > _LATE_S else None
    if info is not None and 0 <= info.answer_s < wall_s - _LATE_S:
        trace.add("first_byte_s", info.answer_s - wall_s)


async def _head(stream: Stream, parser: h11.Connection) -> Page:
    while True:
        event = await _next_event(stream, parser)
        if isinstance(event, h11.Response):
            lines = [(name.decode("latin-1"), value.decode("utf-8", "replace")) for name, value in event.headers]
            return Page(
                status=event.status_code,
                reason=event.reason.decode("latin-1"),
                headers=dict(lines),
                cookies=tuple(value for name, value in lines if name == "set-cookie"),
            )
        if not isinstance(event, h11.InformationalResponse):
            raise ProbeFailure(FailureKind.PROTOCOL, "the server closed without an answer")


async def _body(stream: Stream, parser: h11.Connection, page: Page, max_octets: int) -> None:
    body = bytearray()
    for count in itertools.count(1):
        event = await _next_event(stream, parser)
        if not isinstance(event, h11.Data):
            break
        if count % _CHUNKS_COUNT == 0:
            await asyncio.sleep(0)  # a body of one-octet chunks must not hold the loop
        body += event.data
        page.is_whole = len(body) <= max_octets
        if not page.is_whole:
            break
    page.body = bytes(body[:max_octets])


async def _next_event(stream: Stream, parser: h11.Connection) -> object:
    while True:
        event = parser.next_event()
        if event is not h11.NEED_DATA:
            return event
        parser.receive_data(await stream.receive())
