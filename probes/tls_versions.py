"""Learns which versions of TLS and which weak cipher suites a server accepts, one half handshake each.

Source: RFC 8446, RFC 8996 (TLS 1.0 and 1.1 are no longer to be used), RFC 7568 (nor SSL 3.0), RFC 7465, RFC 8429.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from probes._wire.address import is_numeric, parse_endpoint
from probes._wire.scan import SCAN_FACTS, SCAN_MEASURES, Visits, receive_or_nothing
from probes._wire.starttls import PROTOCOLS
from probes._wire.tls_hello import (
    SUITES,
    SUITES_1_3,
    TLS_1_2,
    TLS_1_3,
    VERSIONS,
    WEAK_SUITES,
    NotTls,
    ServerHello,
    client_hello,
    parse_answer,
    record_length,
)
from probes._wire.trace import Trace
from probes.api import FailureKind, ProbeContext, ProbeFailure, ProbeKind, Reading

_HEAD_OCTETS = 5
_ALL = {**SUITES_1_3, **SUITES, **WEAK_SUITES}


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsVersionsParams:
    """How to reach the server."""

    timeout_s: float = 10.0
    server_name: str = ""
    """Name to ask for; empty means the host of the address."""
    starttls: str = ""
    """`smtp` or `imap` when TLS is asked for in the protocol; empty when it is spoken from the first octet."""
    weak_suites: bool = True
    """Also offer suites that nobody should accept, one handshake for each accepted one and one more."""

    def __post_init__(self) -> None:
        if self.starttls not in PROTOCOLS:
            raise ValueError(f"starttls is {self.starttls!r}: write smtp, imap or nothing")


async def observe(address: str, params: TlsVersionsParams, ctx: ProbeContext) -> Reading:
    """Measure `host:port`."""
    run = _Run(address, params, ctx)
    return await run.trace.conclude(run.learn())


class _Run:
    """All half handshakes with one server."""

    def __init__(self, address: str, params: TlsVersionsParams, ctx: ProbeContext) -> None:
        self.endpoint = parse_endpoint(address)
        name = params.server_name or self.endpoint.host
        self.server_name = "" if is_numeric(name) else name
        self.params = params
        self.ctx = ctx
        self.trace = Trace(ctx, params.timeout_s)

    async def learn(self) -> str:
        visits = await Visits.approved(self.endpoint, self.ctx, self.trace)
        with self.trace.timed("negotiate", "total_s"):
            newest_old = await self._versions(visits)
            if self.params.weak_suites and newest_old:
                await self._weak_suites(visits, newest_old)
        if not self.trace.facts["accepted"]:
            raise ProbeFailure(FailureKind.TLS, "the server accepted none of the versions from SSL 3.0 to TLS 1.3")
        return ""

    async def _versions(self, visits: Visits) -> int:
        """Offer each version, newest first, and return the newest accepted one before TLS 1.3, 0 for none."""
        accepted: dict[int, str] = {}
        for version in sorted(VERSIONS, reverse=True):
            suites = tuple(SUITES_1_3) if version == TLS_1_3 else (*SUITES, *WEAK_SUITES)
            self.trace.phase = f"offering {VERSIONS[version]}"
            hello = await self._offer(visits, version, suites)
            if hello is not None and hello.version == version:
                accepted[version] = _suite_name(hello.suite)
            self._note(accepted)
        return max((version for version in accepted if version <= TLS_1_2), default=0)

    def _note(self, accepted: dict[int, str]) -> None:
        oldest_first = sorted(accepted)
        self.trace.facts["accepted"] = tuple(VERSIONS[version] for version in oldest_first)
        self.trace.facts["ciphers"] = tuple(accepted[version] for version in oldest_first)
        self.trace.facts["lowest"] = VERSIONS[oldest_first[0]] if accepted else ""
        self.trace.facts["highest"] = VERSIONS[oldest_first[-1]] if accepted else ""
        self.trace.measures["accepted_count"] = float(len(accepted))

    async def _weak_suites(self, visits: Visits, version: int) -> None:
        left, found = list(WEAK_SUITES), []
        self.trace.phase = "offering weak suites"
        while left:
            hello = await self._offer(visits, version, left)
            if hello is None or hello.suite not in left:
                break
            left.remove(hello.suite)
            found.append(_suite_name(hello.suite))
            self.trace.facts["weak_ciphers"] = tuple(found)
        self.trace.facts["weak_ciphers"] = tuple(found)
        self.trace.measures["weak_cipher_count"] = float(len(found))

    async def _offer(self, visits: Visits, version: int, suites: Sequence[int]) -> ServerHello | None:
        """Return the server's choice, None when it refused in any of the ways servers have."""
        stream = await visits.connect()
        try:
            await PROTOCOLS[self.params.starttls](stream)
            await stream.send(client_hello(version, suites, self.server_name, os.urandom(64)))
            head = await receive_or_nothing(stream, _HEAD_OCTETS)
            if not head:
                return None
            answer = parse_answer(head[0], await receive_or_nothing(stream, record_length(head)))
        except NotTls as error:
            raise ProbeFailure(FailureKind.PROTOCOL, str(error)) from error
        finally:
            stream.close()
        return answer if isinstance(answer, ServerHello) else None


def _suite_name(number: int) -> str:
    return _ALL.get(number, f"0x{number:04X}")


PROBE = ProbeKind(
    name="tls_versions",
    params=TlsVersionsParams,
    observe=observe,
    measures={**SCAN_MEASURES, "accepted_count": "versions", "weak_cipher_count": "suites"},
    facts={
        **SCAN_FACTS,
        "accepted": tuple,
        "ciphers": tuple,
        "lowest": str,
        "highest": str,
        "weak_ciphers": tuple,
    },
    example="127.0.0.1:443 -p timeout_s=5",
    source="RFC 8446, RFC 8996, RFC 7568, RFC 7465, RFC 8429",
    timeout_s=10.0,
)
