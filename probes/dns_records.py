"""Looks up what a domain publishes to protect its mail and names: SPF, DMARC, MX, DNSSEC.

Source: RFC 7208 (SPF), RFC 7489 (DMARC), RFC 5321 section 5 and RFC 7505 (MX), RFC 4035 (DNSSEC).
"""

from __future__ import annotations

from dataclasses import dataclass

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdatatype

from probes._wire import dmarc, spf
from probes._wire.address import Endpoint, is_numeric, parse_endpoint
from probes._wire.dns_exchange import exchange
from probes._wire.errors import BadInput
from probes._wire.trace import Trace
from probes.api import FailureKind, ProbeContext, ProbeFailure, ProbeKind, Reading, clean

_DNS_PORT = 53
QUERIES_COUNT = 40
"""Includes of includes are followed until this many questions were asked."""
MX_COUNT = 20
ERRORS_COUNT = 20
RECORD_LENGTH = 1000
MISSING = "missing"
INVALID = "invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsRecordsParams:
    """Which domain."""

    timeout_s: float = 5.0
    domain: str = "localhost"
    """The domain of the mail addresses, such as bachthong.example."""

    def __post_init__(self) -> None:
        try:
            dns.name.from_text(f"_dmarc.{self.domain}")
        except (dns.exception.DNSException, ValueError) as error:
            raise ValueError(f"domain is {self.domain!r}, which cannot be a name: {error}") from error


async def observe(address: str, params: DnsRecordsParams, ctx: ProbeContext) -> Reading:
    """Measure through the resolver at `address` or `address:port`."""
    server = parse_endpoint(address, _DNS_PORT)
    if not is_numeric(server.host):
        raise BadInput(f"{address!r} names a resolver by name: write its address")
    trace = Trace(ctx, params.timeout_s)
    run = _Run(server, dns.name.from_text(params.domain), trace)
    return await trace.conclude(run.look())


class _Run:
    """All questions about one domain."""

    def __init__(self, server: Endpoint, domain: dns.name.Name, trace: Trace) -> None:
        self._server = server
        self._domain = domain
        self._trace = trace
        self._queries_count = 0

    async def look(self) -> str:
        with self._trace.timed("dnssec", "total_s"):
            await self._dnssec()
            self._trace.phase = "mx"
            await self._mx()
            self._trace.phase = "spf"
            await self._spf()
            self._trace.phase = "dmarc"
            await self._dmarc()
        return ""

    async def _dnssec(self) -> None:
        answer = await self._ask(self._domain, dns.rdatatype.SOA)
        if answer.rcode() == dns.rcode.NXDOMAIN:
            raise ProbeFailure(FailureKind.NAME_NOT_FOUND, f"{self._domain} does not exist (NXDOMAIN)")
        records = (*answer.answer, *answer.authority)
        delegated = await self._records(self._domain, dns.rdatatype.DS)
        self._trace.facts |= {
            "dnssec_signed": any(found.rdtype == dns.rdatatype.RRSIG for found in records),
            "dnssec_delegated": bool(delegated),
            "dnssec_validated": bool(answer.flags & dns.flags.AD),
        }

    async def _mx(self) -> None:
        found = await self._records(self._domain, dns.rdatatype.MX)
        pairs = sorted(tuple(record.to_text().lower().split(maxsplit=1)) for record in found)
        servers = sorted(pairs, key=lambda pair: int(pair[0]))
        self._trace.facts["mx"] = tuple(clean(" ".join(pair)) for pair in servers[:MX_COUNT])
        self._trace.facts["null_mx"] = any(pair[1] == "." for pair in servers)
        self._trace.measures["mx_count"] = float(len(servers))

    async def _spf(self) -> None:
        text, problem = spf.choose(await self._texts(self._domain))
        walk = _SpfWalk(self)
        # A record that ends without saying anything says `?all` (RFC 7208 4.7).
        policy = (await walk.visit(text, (_key(self._domain.to_text()),)) or "?all") if text else MISSING
        errors = ((problem,) if problem else ()) + tuple(walk.errors)
        if walk.lookup_count > spf.LOOKUPS_COUNT:
            errors += (f"needs {walk.lookup_count} lookups, receivers stop after {spf.LOOKUPS_COUNT}",)
        self._trace.facts |= {
            "spf": clean(text, RECORD_LENGTH),
            "spf_policy": INVALID if errors else policy,
            "spf_errors": tuple(clean(error) for error in errors[:ERRORS_COUNT]),
        }
        self._trace.measures["spf_lookup_count"] = float(walk.lookup_count)

    async def _dmarc(self) -> None:
        text, problem, place = await self._find_dmarc()
        record = dmarc.parse_dmarc(text)
        is_own = place == self._domain
        policy = record.policy if is_own else record.subdomain_policy
        errors = ((problem,) if problem else ()) + (record.errors if text else ())
        self._trace.facts |= {
            "dmarc": clean(text, RECORD_LENGTH),
            "dmarc_policy": MISSING if not text else INVALID if problem else policy,
            "dmarc_domain": clean(place.to_text(omit_final_dot=True)) if text else "",
            "dmarc_reports": tuple(clean(uri) for uri in record.report_to),
            "dmarc_errors": tuple(clean(error) for error in errors[:ERRORS_COUNT]),
        }
        if text:
            self._trace.measures["dmarc_applied_ratio"] = record.applied_ratio

    async def _find_dmarc(self) -> tuple[str, str, dns.name.Name]:
        """Look at the domain, then at its parents down to two labels: without a list of public suffixes that is all."""
        place = self._domain
        while True:
            text, problem = dmarc.choose(await self._texts(dns.name.Name((b"_dmarc", *place.labels))))
            if text or len(place) <= 3:
                return text, problem, place
            place = place.parent()

    async def texts_for_spf(self, domain: str) -> list[str]:
        """Return the texts of an included domain. Raises ValueError for one that cannot be asked for."""
        try:
            name = dns.name.from_text(domain)
        except (dns.exception.DNSException, ValueError) as error:
            raise ValueError(f"{domain} cannot be a name") from error
        if self._queries_count >= QUERIES_COUNT:
            raise ValueError(f"{domain} was not looked at: {QUERIES_COUNT} questions are enough")
        return await self._texts(name)

    async def _texts(self, name: dns.name.Name) -> list[str]:
        found = await self._records(name, dns.rdatatype.TXT)
        return [b"".join(getattr(record, "strings", ())).decode("utf-8", "replace") for record in found]

    async def _records(self, name: dns.name.Name, record: dns.rdatatype.RdataType) -> list[dns.rdata.Rdata]:
        answer = await self._ask(name, record)
        if not isinstance(answer, dns.message.QueryMessage):
            return []
        try:
            found = answer.resolve_chaining().answer
        except dns.exception.DNSException:
            return []
        return list(found or ())

    async def _ask(self, name: dns.name.Name, record: dns.rdatatype.RdataType) -> dns.message.Message:
        self._queries_count += 1
        self._trace.measures["query_count"] = float(self._queries_count)
        query = dns.message.make_query(name, record, want_dnssec=True)
        answer = await exchange(query, self._server, self._suspect)
        if answer.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            what = f"{name} {dns.rdatatype.to_text(record)}"
            raise ProbeFailure(
                FailureKind.PROTOCOL, f"the resolver answered {dns.rcode.to_text(answer.rcode())} to {what}"
            )
        return answer

    def _suspect(self, problem: str) -> None:
        self._trace.if_late = ProbeFailure(FailureKind.PROTOCOL, f"only useless answers, the last a {problem}")


class _SpfWalk:
    """Follows includes and redirects, counting as a receiver would in the worst case."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self.lookup_count = 0
        self.errors: list[str] = []

    async def visit(self, text: str, path: tuple[str, ...]) -> str:
        """Return the policy at the end of a record, following `redirect=`; `path` is how we came here."""
        record = spf.parse_spf(text)
        self.lookup_count += record.lookup_count
        self.errors += record.errors
        for included in record.includes:
            await self._follow(included, "include", path)
        return await self._follow(record.redirect, "redirect", path) if record.redirect else record.policy

    async def _follow(self, domain: str, how: str, path: tuple[str, ...]) -> str:
        if spf.needs_message(domain):
            return ""
        if _key(domain) in path:
            self.errors.append(f"{how} of {domain} goes in circles")
            return ""
        try:
            text, problem = spf.choose(await self._run.texts_for_spf(domain))
        except ValueError as error:
            self.errors.append(str(error))
            return ""
        if problem or not text:
            self.errors.append(f"{how} of {domain}: {problem or 'it has no SPF record'}")
            return ""
        return await self.visit(text, (*path, _key(domain)))


def _key(domain: str) -> str:
    return domain.rstrip(".").lower()


PROBE = ProbeKind(
    name="dns_records",
    params=DnsRecordsParams,
    observe=observe,
    measures={
        "total_s": "seconds",
        "query_count": "questions",
        "mx_count": "servers",
        "spf_lookup_count": "lookups",
        "dmarc_applied_ratio": "ratio",
    },
    facts={
        "mx": tuple,
        "null_mx": bool,
        "spf": str,
        "spf_policy": str,
        "spf_errors": tuple,
        "dmarc": str,
        "dmarc_policy": str,
        "dmarc_domain": str,
        "dmarc_reports": tuple,
        "dmarc_errors": tuple,
        "dnssec_signed": bool,
        "dnssec_delegated": bool,
        "dnssec_validated": bool,
        "phase": str,
    },
    example="127.0.0.1:53 -p domain=localhost",
    source="RFC 7208, RFC 7489, RFC 5321, RFC 7505, RFC 4035",
)
