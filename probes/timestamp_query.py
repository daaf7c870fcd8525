"""Asks a time-stamp authority for a stamp and checks that it is ours, signed, and of the right time.

Offset is the authority's clock minus ours: positive when we are behind.
Source: RFC 3161 (time-stamp protocol, 3.4 over HTTP), RFC 5816, RFC 5652 (signed data).
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING

from cryptography import x509

from probes._wire.document import DOCUMENT_FACTS, DOCUMENT_MEASURES, fetch
from probes._wire.http import Request
from probes._wire.pki import read_certificates
from probes._wire.trace import Trace
from probes._wire.web_address import WebAddress, parse_web_address
from probes.api import FailureKind, ProbeContext, ProbeFailure, ProbeKind, Reading, clean

if TYPE_CHECKING:
    from probes._wire.tsp import TimeStamp

ANSWER_OCTETS = 65_536
_HEADERS = (("Content-Type", "application/timestamp-query"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampQueryParams:
    """How to judge a stamp."""

    timeout_s: float = 5.0
    authority_file: str = ""
    """PEM or DER; given, the stamp must be signed by one that these certificates vouch for."""


async def observe(address: str, params: TimestampQueryParams, ctx: ProbeContext) -> Reading:
    """Measure a time-stamp authority, given by its URL."""
    run = _Run(parse_web_address(address), params, ctx)
    return await run.trace.conclude(run.query())


class _Run:
    """One stamp over a number nobody else knows."""

    def __init__(self, address: WebAddress, params: TimestampQueryParams, ctx: ProbeContext) -> None:
        self.address = address
        self.params = params
        self.ctx = ctx
        self.trace = Trace(ctx, params.timeout_s)
        self.nonce = secrets.randbits(63) | 1
        self.imprint = hashlib.sha256(secrets.token_bytes(32)).digest()

    async def query(self) -> str:
        # pyasn1's modules take a fifth of a second to import: only who asks for stamps waits for them, and nobody else.
        await asyncio.to_thread(import_module, "probes._wire.cms")
        from probes._wire.tsp import make_request, read_response

        path = self.params.authority_file
        authorities = read_certificates(path, "authority_file") if path else []
        request = Request(method="POST", headers=_HEADERS, body=make_request(self.imprint, self.nonce))
        data = await fetch(self.address, request, ANSWER_OCTETS, self.ctx, self.trace)
        received_at = datetime.now(UTC)
        self.trace.phase = "answer"
        stamp = read_response(data)
        self._note(stamp, received_at)
        self._judge(stamp, authorities)
        return ""

    def _note(self, stamp: TimeStamp, received_at: datetime) -> None:
        self.trace.facts |= {
            "policy": clean(stamp.policy),
            "serial": clean(f"{stamp.serial:x}"),
            "gen_time": stamp.gen_time.isoformat().replace("+00:00", "Z"),
        }
        trip_s = self.trace.measures["response_s"]
        between = received_at - timedelta(seconds=trip_s / 2)
        # A time without digits may be any moment of its second: its middle is the best guess.
        offset_s = (stamp.gen_time - between).total_seconds() + stamp.resolution_s / 2
        self.trace.measures |= {
            "clock_offset_s": offset_s,
            "clock_error_s": (trip_s + stamp.resolution_s) / 2 + stamp.accuracy_s,
            "accuracy_s": stamp.accuracy_s,
        }

    def _judge(self, stamp: TimeStamp, authorities: list[x509.Certificate]) -> None:
        from probes._wire.tsp import SHA256

        faults = []
        if stamp.nonce != self.nonce:
            faults.append("the stamp answers another question (nonce)")
        if (stamp.hash_oid, stamp.imprint) != (SHA256, self.imprint):
            faults.append("the stamp is on something else (imprint)")
        faults += self._judge_signature(stamp, authorities)
        if faults:
            raise ProbeFailure(FailureKind.MISMATCH, "; ".join(faults))

    def _judge_signature(self, stamp: TimeStamp, authorities: list[x509.Certificate]) -> list[str]:
        from probes._wire.cms import examine

        found = examine(stamp, authorities)
        self.trace.facts["signature_valid"] = found.is_valid
        if not found.signer:
            return ["the certificate of who signed is not in the answer"]
        self.trace.facts["tsa"] = clean(found.signer)
        if found.is_trusted is not None:
            self.trace.facts["trusted"] = found.is_trusted
        faults = [] if found.is_valid else ["the signature does not hold"]
        return faults + ([f"{found.signer} is not vouched for by authority_file"] if found.is_trusted is False else [])


PROBE = ProbeKind(
    name="timestamp_query",
    params=TimestampQueryParams,
    observe=observe,
    measures={
        **DOCUMENT_MEASURES,
        "response_s": "seconds",
        "clock_offset_s": "seconds",
        "clock_error_s": "seconds",
        "accuracy_s": "seconds",
    },
    facts={
        **DOCUMENT_FACTS,
        "policy": str,
        "serial": str,
        "gen_time": str,
        "tsa": str,
        "signature_valid": bool,
    },
    example="http://127.0.0.1:3161/tsa -p authority_file=/etc/ssl/ca.pem",
    source="RFC 3161, RFC 5816, RFC 5652",
    fleeting=frozenset({"serial", "gen_time"}),
)
