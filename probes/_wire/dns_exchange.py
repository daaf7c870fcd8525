"""One question to one name server over a connected UDP socket, and over TCP when the answer was cut.

A connected socket lets the kernel report a closed port or a missing route at once; an unconnected one stays silent.
Source: RFC 1035 (4.2 transport), RFC 5452 (an answer must match address, port, id and question).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import dns.exception
import dns.flags
import dns.message

from probes._wire.address import Endpoint
from probes._wire.errors import network_errors
from probes._wire.stream import dial
from probes.api import FailureKind, ProbeFailure

_DATAGRAM_OCTETS = 65_535


def _ignore(_: str) -> None:
    return


async def exchange(
    query: dns.message.QueryMessage, server: Endpoint, on_rejected: Callable[[str], None] = _ignore
) -> dns.message.Message:
    """Return the server's answer to this query; waits for ever.

    Datagrams that do not answer this query are ignored (anyone can send one) and told to `on_rejected`.
    Raises ProbeFailure when the server's machine refuses or cannot be reached.
    """
    response = await _over_udp(query, server, on_rejected)
    if response.flags & dns.flags.TC:
        return await _over_tcp(query, server)
    return response


async def _over_udp(
    query: dns.message.QueryMessage, server: Endpoint, on_rejected: Callable[[str], None]
) -> dns.message.Message:
    loop = asyncio.get_running_loop()
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sock:
        with network_errors(f"name server {server.host}", at_once=True):
            sock.connect(server)
        with network_errors(f"name server {server.host}"):
            await loop.sock_sendall(sock, query.to_wire())
            while True:
                wire = await loop.sock_recv(sock, _DATAGRAM_OCTETS)
                response = read_answer(query, wire, on_rejected)
                if response is not None:
                    return response
                await asyncio.sleep(0)  # a flood of datagrams must not hold the loop


async def _over_tcp(query: dns.message.QueryMessage, server: Endpoint) -> dns.message.Message:
    stream = await dial((server.host,), server.port)
    try:
        await stream.send(query.to_wire(prepend_length=True))
        length = int.from_bytes(await stream.receive_exactly(2), "big")
        wire = await stream.receive_exactly(length)
    finally:
        stream.close()
    problems: list[str] = []
    response = read_answer(query, wire, problems.append)
    if response is None:
        raise ProbeFailure(FailureKind.PROTOCOL, f"answer over TCP: {problems[0]}")
    return response


def read_answer(
    query: dns.message.QueryMessage, wire: bytes, on_rejected: Callable[[str], None]
) -> dns.message.Message | None:
    """Return the message when it answers the query; hostile octets only end in `on_rejected`."""
    try:
        response = dns.message.from_wire(wire)
    except dns.exception.DNSException as error:
        on_rejected(f"malformed DNS message ({type(error).__name__})")
        return None
    if not query.is_response(response):
        on_rejected("DNS message that answers another question")
        return None
    return response
