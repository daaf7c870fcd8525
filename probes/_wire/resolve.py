"""Turns a host name into addresses without threads and without a memory: each run asks afresh.

Order: a numeric address itself, the hosts file, then the name servers (A, and AAAA only when there is no A).
Source: RFC 1035, RFC 3596; waits follow resolv.conf(5), but shorter, since a check has seconds.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import dns.exception
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype

from probes._wire.address import Endpoint, is_numeric, parse_endpoint
from probes._wire.dns_exchange import exchange
from probes._wire.system_names import SystemNames
from probes.api import FailureKind, ProbeContext, ProbeFailure

FIRST_WAIT_S = 1.0
_DNS_PORT = 53


@dataclass(slots=True)
class _Problems:
    """Why each server gave no answer."""

    by_server: dict[Endpoint, str] = field(default_factory=dict)
    kinds: set[FailureKind] = field(default_factory=set)

    def note(self, server: Endpoint, text: str, kind: FailureKind = FailureKind.NAME_NOT_FOUND) -> None:
        self.by_server[server] = text
        self.kinds.add(kind)


async def resolve(host: str, ctx: ProbeContext) -> tuple[str, ...]:
    """Return the host's addresses; asks silent servers again for ever, so call it under a deadline.

    Raises ProbeFailure NAME_NOT_FOUND, or NO_ROUTE when no name server can be asked from this machine.
    """
    if is_numeric(host):
        return (host,)
    system = ctx.shared.get(SystemNames)
    listed = system.addresses(host)
    if listed:
        return listed
    servers = tuple(parse_endpoint(text, _DNS_PORT) for text in ctx.nameservers) or system.servers()
    if not servers:
        raise ProbeFailure(FailureKind.NO_ROUTE, f"cannot resolve {host}: no name server is configured")
    return await _ask(_to_name(host), servers)


def _to_name(host: str) -> dns.name.Name:
    try:
        return dns.name.from_text(host)
    except dns.exception.DNSException as error:
        raise ProbeFailure(FailureKind.NAME_NOT_FOUND, f"{host} cannot be a host name: {error}") from error


async def _ask(name: dns.name.Name, servers: tuple[Endpoint, ...]) -> tuple[str, ...]:
    for record in (dns.rdatatype.A, dns.rdatatype.AAAA):
        addresses = _addresses(await _first_answer(name, record, servers))
        if addresses:
            return addresses
    raise ProbeFailure(FailureKind.NAME_NOT_FOUND, f"{name} has no address")


def _addresses(response: dns.message.Message) -> tuple[str, ...]:
    if not isinstance(response, dns.message.QueryMessage):
        return ()
    try:
        answer = response.resolve_chaining().answer
    except dns.exception.DNSException:
        return ()
    return tuple(sorted(record.address for record in answer or ()))


async def _first_answer(
    name: dns.name.Name, record: dns.rdatatype.RdataType, servers: tuple[Endpoint, ...]
) -> dns.message.Message:
    problems = _Problems()
    waiting, wait_s = servers, FIRST_WAIT_S
    while waiting:
        silent = []
        for server in waiting:
            try:
                async with asyncio.timeout(wait_s):
                    response = await exchange(dns.message.make_query(name, record), server)
            except TimeoutError:
                silent.append(server)
            except ProbeFailure as failure:
                problems.note(server, failure.detail, failure.kind)
            else:
                if _is_verdict(response, name):
                    return response
                problems.note(server, f"name server {server.host}: {dns.rcode.to_text(response.rcode())}")
        waiting, wait_s = tuple(silent), wait_s * 2
    raise _unanswered(name, problems)


def _is_verdict(response: dns.message.Message, name: dns.name.Name) -> bool:
    """NXDOMAIN is final; SERVFAIL and the like let the next server try."""
    if response.rcode() == dns.rcode.NXDOMAIN:
        raise ProbeFailure(FailureKind.NAME_NOT_FOUND, f"{name} does not exist")
    return response.rcode() == dns.rcode.NOERROR


def _unanswered(name: dns.name.Name, problems: _Problems) -> ProbeFailure:
    ours = FailureKind.NO_ROUTE if problems.kinds == {FailureKind.NO_ROUTE} else FailureKind.NAME_NOT_FOUND
    return ProbeFailure(ours, f"cannot resolve {name}: {'; '.join(problems.by_server.values())}")
