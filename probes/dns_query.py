"""Asks one name server one question and compares the answer.

Source: RFC 1035 (messages, TTL), RFC 2308 (NXDOMAIN), RFC 5452 (which answers to believe).
"""

from __future__ import annotations

from dataclasses import dataclass

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from probes._wire.address import Endpoint, is_numeric, parse_endpoint
from probes._wire.dns_exchange import exchange
from probes._wire.errors import BadInput
from probes._wire.trace import Trace
from probes.api import FailureKind, ProbeContext, ProbeFailure, ProbeKind, Reading, clean

_DNS_PORT = 53
ANSWERS_COUNT = 50
"""How many answers are kept as a fact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsQueryParams:
    """What to ask and what to hear."""

    timeout_s: float = 5.0
    name: str = "localhost."
    record: str = "A"
    expect: tuple[str, ...] | str = ()
    """Exactly these answers, in any order; as text with commas between. Empty accepts any answer."""

    def __post_init__(self) -> None:
        _record_type(self.record)
        _question(self.name)


def _record_type(text: str) -> dns.rdatatype.RdataType:
    try:
        found = dns.rdatatype.from_text(text)
    except (dns.exception.DNSException, ValueError) as error:
        raise ValueError(f"record is {text!r}: write a record type, such as A, AAAA, MX or TXT") from error
    if dns.rdatatype.is_metatype(found):
        raise ValueError(f"record is {text!r}: one query asks for one type, such as A")
    return found


def _question(text: str) -> dns.name.Name:
    try:
        return dns.name.from_text(text)
    except (dns.exception.DNSException, ValueError) as error:
        raise ValueError(f"name is {text!r}, which cannot be a name: {error}") from error


async def observe(address: str, params: DnsQueryParams, ctx: ProbeContext) -> Reading:
    """Measure a name server, given as `address` or `address:port`."""
    server = parse_endpoint(address, _DNS_PORT)
    if not is_numeric(server.host):
        raise BadInput(f"{address!r} names a name server by name: write its address")
    trace = Trace(ctx, params.timeout_s)
    return await trace.conclude(_query(server, params, trace))


async def _query(server: Endpoint, params: DnsQueryParams, trace: Trace) -> str:
    def suspect(problem: str) -> None:
        trace.if_late = ProbeFailure(FailureKind.PROTOCOL, f"only useless answers, the last a {problem}")

    query = dns.message.make_query(_question(params.name), _record_type(params.record))
    with trace.timed("query"):
        response = await exchange(query, server, suspect)
    answers = _note(response, trace)
    _judge(response, answers, params)
    return ""


def _note(response: dns.message.Message, trace: Trace) -> tuple[str, ...]:
    rrset = _answer(response)
    answers = tuple(sorted(_plain(record.to_text()) for record in rrset or ()))
    trace.facts["rcode"] = dns.rcode.to_text(response.rcode())
    trace.facts["authoritative"] = bool(response.flags & dns.flags.AA)
    trace.facts["answers"] = tuple(clean(answer) for answer in answers[:ANSWERS_COUNT])
    trace.measures["answer_count"] = float(len(answers))
    if rrset is not None:
        trace.measures["ttl_s"] = float(rrset.ttl)
    return answers


def _answer(response: dns.message.Message) -> dns.rrset.RRset | None:
    """Return the records at the end of the chain of CNAMEs."""
    if not isinstance(response, dns.message.QueryMessage):
        return None
    try:
        return response.resolve_chaining().answer
    except dns.exception.DNSException:
        return None


def _plain(answer: str) -> str:
    return answer.removesuffix(".").lower()


def _judge(response: dns.message.Message, answers: tuple[str, ...], params: DnsQueryParams) -> None:
    rcode = response.rcode()
    if rcode == dns.rcode.NXDOMAIN:
        raise ProbeFailure(FailureKind.NAME_NOT_FOUND, f"{params.name} does not exist (NXDOMAIN)")
    if rcode != dns.rcode.NOERROR:
        raise ProbeFailure(FailureKind.PROTOCOL, f"the name server answered {dns.rcode.to_text(rcode)}")
    expected = _expected(params.expect)
    if expected and set(expected) != set(answers):
        heard = ", ".join(answers) or "nothing"
        raise ProbeFailure(FailureKind.MISMATCH, f"{params.name} is {heard}, expected {', '.join(expected)}")
    if not answers:
        raise ProbeFailure(FailureKind.MISMATCH, f"{params.name} has no {params.record} record")


def _expected(expect: tuple[str, ...] | str) -> tuple[str, ...]:
    parts = expect.split(",") if isinstance(expect, str) else expect
    return tuple(sorted(_plain(part.strip()) for part in parts if part.strip()))


PROBE = ProbeKind(
    name="dns_query",
    params=DnsQueryParams,
    observe=observe,
    measures={
        "query_s": "seconds",
        "ttl_s": "seconds",
        "answer_count": "records",
    },
    facts={"rcode": str, "answers": tuple, "authoritative": bool, "phase": str},
    example="127.0.0.1:53 -p name=localhost -p record=A -p expect=127.0.0.1",
    source="RFC 1035, RFC 2308, RFC 5452",
)
