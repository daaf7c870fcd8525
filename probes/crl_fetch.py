"""Fetches a list of revoked certificates and looks whether it is fresh, complete and signed.

Source: RFC 5280 sections 4.2.1.13 (where lists are published) and 5 (what they say).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from probes._wire.crl import CRL_FACTS, read_crl
from probes._wire.document import DOCUMENT_FACTS, DOCUMENT_MEASURES, fetch
from probes._wire.http import GET
from probes._wire.pki import read_certificates
from probes._wire.trace import Trace
from probes._wire.web_address import WebAddress, parse_web_address
from probes.api import FailureKind, ProbeContext, ProbeFailure, ProbeKind, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class CrlFetchParams:
    """How to judge a list."""

    timeout_s: float = 10.0
    issuer_file: str = ""
    """PEM or DER; given, the list must be signed by it (by any of several)."""
    max_octets: int = 4_194_304
    """A longer list is not read: checking a signature stops everything else in this process for 40 ms per megabyte."""

    def __post_init__(self) -> None:
        if self.max_octets < 1:
            raise ValueError(f"max_octets is {self.max_octets}: write how long a list may be")


async def observe(address: str, params: CrlFetchParams, ctx: ProbeContext) -> Reading:
    """Measure a list, given by its URL."""
    trace = Trace(ctx, params.timeout_s)
    return await trace.conclude(_fetch(parse_web_address(address), params, ctx, trace))


async def _fetch(address: WebAddress, params: CrlFetchParams, ctx: ProbeContext, trace: Trace) -> str:
    issuers = read_certificates(params.issuer_file, "issuer_file") if params.issuer_file else []
    data = await fetch(address, GET, params.max_octets, ctx, trace, "fetch_s")
    trace.phase = "answer"
    trace.measures["crl_octets"] = float(len(data))
    found = await asyncio.to_thread(read_crl, data, issuers)
    now = datetime.now(UTC)
    trace.facts |= found.facts()
    trace.measures["revoked_count"] = float(found.revoked_count)
    trace.measures["age_s"] = (now - found.last_update).total_seconds()
    if found.next_update is not None:
        trace.measures["next_update_in_s"] = (found.next_update - now).total_seconds()
    faults = found.faults(now)
    if faults:
        raise ProbeFailure(FailureKind.MISMATCH, "; ".join(faults))
    return ""


PROBE = ProbeKind(
    name="crl_fetch",
    params=CrlFetchParams,
    observe=observe,
    measures={
        **DOCUMENT_MEASURES,
        "fetch_s": "seconds",
        "crl_octets": "octets",
        "revoked_count": "certificates",
        "age_s": "seconds",
        "next_update_in_s": "seconds",
    },
    facts={**DOCUMENT_FACTS, **CRL_FACTS},
    example="http://127.0.0.1/ca.crl -p issuer_file=/etc/ssl/ca.pem -p timeout_s=10",
    source="RFC 5280",
    timeout_s=10.0,
)
