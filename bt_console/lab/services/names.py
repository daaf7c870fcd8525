"""The district's name server: addresses of the service hosts, and what mail needs, over UDP and TCP.

Source: RFC 1035 (messages, two-octet length over TCP), RFC 2308 (SOA in negative answers), RFC 6891 (EDNS),
RFC 7208 (SPF), RFC 7489 (DMARC).
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Mapping
from typing import cast

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdatatype
import dns.rrset

from bt_console.lab.world import ServiceState

State = Callable[[], ServiceState]
_TTL_S = 30
_UDP_LIMIT = 1232
WRONG_ADDRESS = "203.0.113.66"
"""What a hijacked answer says; nothing answers there (TEST-NET-3, RFC 5737)."""


class Zone:
    """Host names and their addresses; authoritative for the domain they share."""

    def __init__(self, addresses: Mapping[str, str], wrong_address: str = WRONG_ADDRESS, mail_host: str = "") -> None:
        self._addresses = {dns.name.from_text(host): address for host, address in addresses.items()}
        self._wrong_address = wrong_address
        parents = [name.parent() for name in self._addresses]
        self._apex = min(parents, key=len, default=dns.name.root)
        self._texts = _mail_texts(self._apex, mail_host) if mail_host else {}

    def answer(self, wire: bytes, state: ServiceState) -> bytes | None:
        """Return the response to a query, or None for what is no query."""
        try:
            query = dns.message.from_wire(wire)
        except dns.exception.DNSException:
            return None
        if query.flags & dns.flags.QR:
            return None
        response = dns.message.make_response(query)
        if query.opcode() != dns.opcode.QUERY or len(query.question) != 1:
            response.set_rcode(dns.rcode.NOTIMP)
        else:
            self._fill(response, state)
        return response.to_wire()

    def _fill(self, response: dns.message.Message, state: ServiceState) -> None:
        (question,) = response.question
        if not question.name.is_subdomain(self._apex):
            response.set_rcode(dns.rcode.REFUSED)
            return
        response.flags |= dns.flags.AA
        known = self._addresses.get(question.name)
        if known is not None and question.rdtype in (dns.rdatatype.A, dns.rdatatype.ANY):
            address = self._wrong_address if state.is_answer_wrong else known
            response.answer.append(dns.rrset.from_text(question.name, _TTL_S, "IN", "A", address))
            return
        texts = self._texts.get((question.name, question.rdtype))
        if texts is not None:
            response.answer.append(dns.rrset.from_text_list(question.name, _TTL_S, "IN", question.rdtype, texts))
            return
        is_there = known is not None or question.name in {self._apex, *(name for name, _ in self._texts)}
        if not is_there:
            response.set_rcode(dns.rcode.NXDOMAIN)
        soa = f"ns.{self._apex} postmaster.{self._apex} 1 3600 600 86400 {_TTL_S}"
        response.authority.append(dns.rrset.from_text(self._apex, _TTL_S, "IN", "SOA", soa))


def _mail_texts(apex: dns.name.Name, mail_host: str) -> dict[tuple[dns.name.Name, dns.rdatatype.RdataType], list[str]]:
    """Return who takes the domain's mail, who may send it, and what to do with mail of others."""
    reports = f"postmaster@{apex.to_text(omit_final_dot=True)}"
    policy = dns.name.from_text("_dmarc", origin=apex)
    return {
        (apex, dns.rdatatype.MX): [f"10 {mail_host}."],
        (apex, dns.rdatatype.TXT): ['"v=spf1 mx -all"'],
        (policy, dns.rdatatype.TXT): [f'"v=DMARC1; p=reject; rua=mailto:{reports}"'],
    }


class UdpNames(asyncio.DatagramProtocol):
    """Answers each datagram."""

    def __init__(self, zone: Zone, state: State) -> None:
        self._zone = zone
        self._state = state
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport; until Python 3.12 asyncio's own is no DatagramTransport."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer a query."""
        answer = self._zone.answer(data, self._state())
        if answer is not None and self._transport is not None:
            self._transport.sendto(answer[:_UDP_LIMIT], addr)


def tcp_factory(zone: Zone, state: State) -> Callable[[], asyncio.Protocol]:
    """Return a factory of TCP sessions."""

    def session() -> asyncio.Protocol:
        return asyncio.StreamReaderProtocol(asyncio.StreamReader(), lambda r, w: _session(r, w, zone, state))

    return session


async def _session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, zone: Zone, state: State) -> None:
    try:
        while True:
            (length,) = struct.unpack("!H", await reader.readexactly(2))
            answer = zone.answer(await reader.readexactly(length), state())
            if answer is None:
                break
            writer.write(struct.pack("!H", len(answer)) + answer)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass  # the client has all it wanted
    finally:
        writer.close()
