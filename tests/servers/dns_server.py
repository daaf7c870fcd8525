"""A name server on 127.0.0.1, UDP and TCP on one port, whose answers are a function."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TypeAlias, cast

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from tests.servers.tcp_server import Reader, Writer, serving

Answer: TypeAlias = Callable[[dns.message.Message], list[bytes]]
"""Query -> the datagrams to send back, none to stay silent."""


class NameServer(asyncio.DatagramProtocol):
    """Counts and answers."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.queries: list[str] = []
        self.port = 0
        self._transport: asyncio.DatagramTransport | None = None

    @property
    def address(self) -> str:
        """`address:port`, as probes are given name servers."""
        return f"127.0.0.1:{self.port}"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        assert self._transport is not None
        query = dns.message.from_wire(data)
        self.queries.append(query.question[0].to_text())
        for datagram in self._answer(query):
            self._transport.sendto(datagram, addr)


@asynccontextmanager
async def name_server(answer: Answer, over_tcp: Answer | None = None) -> AsyncIterator[NameServer]:
    """Answer on a free port, the same for UDP and TCP."""

    async def behave(reader: Reader, writer: Writer) -> None:
        assert over_tcp is not None
        length = int.from_bytes(await reader.readexactly(2), "big")
        query = dns.message.from_wire(await reader.readexactly(length))
        for wire in over_tcp(query):
            writer.write(len(wire).to_bytes(2, "big") + wire)
        await writer.drain()

    loop = asyncio.get_running_loop()
    async with serving(behave) as port:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("127.0.0.1", port))
        transport, server = await loop.create_datagram_endpoint(lambda: NameServer(answer), sock=sock)
        server.port = port
        try:
            yield server
        finally:
            transport.close()


def zone(records: Mapping[tuple[str, str], tuple[str, ...]], ttl: int = 60) -> Answer:
    """Answer authoritatively from {(name, type): values}; unknown names do not exist, unknown types are empty."""

    def answer(query: dns.message.Message) -> list[bytes]:
        response = dns.message.make_response(query)
        response.flags |= dns.flags.AA
        question = query.question[0]
        name, record = question.name.to_text(), question.to_text().split()[-1]
        if (name, record) in records:
            response.answer.append(dns.rrset.from_text(name, ttl, "IN", record, *records[name, record]))
        elif not any(known == name for known, _ in records):
            response.set_rcode(dns.rcode.NXDOMAIN)
        return [response.to_wire()]

    return answer


def refusing(rcode: dns.rcode.Rcode) -> Answer:
    """Answer every query with this rcode."""

    def answer(query: dns.message.Message) -> list[bytes]:
        response = dns.message.make_response(query)
        response.set_rcode(rcode)
        return [response.to_wire()]

    return answer


def silent(_: dns.message.Message) -> list[bytes]:
    """Never answer."""
    return []


def truncated(query: dns.message.Message) -> list[bytes]:
    """Say that the answer does not fit."""
    response = dns.message.make_response(query)
    response.flags |= dns.flags.TC
    return [response.to_wire()]
