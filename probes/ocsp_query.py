"""Asks an OCSP responder whether a certificate is revoked, and whether the answer can be believed.

Source: RFC 6960 (OCSP), RFC 8954 (nonce), RFC 5280 section 4.2.2.1 (where a certificate names its responder).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509

from probes._wire.address import Endpoint, parse_endpoint
from probes._wire.document import DOCUMENT_FACTS, DOCUMENT_MEASURES, fetch
from probes._wire.errors import BadInput
from probes._wire.http import Request
from probes._wire.ocsp import OCSP_FACTS, OcspAnswer, Subject, find_responder, make_request, read_response
from probes._wire.pki import fetch_chain, is_issued_by, read_certificates
from probes._wire.resolve import resolve
from probes._wire.trace import Trace
from probes._wire.web_address import WebAddress, parse_web_address
from probes.api import FailureKind, ProbeContext, ProbeFailure, ProbeKind, Reading

AUTO = "auto"
ANSWER_OCTETS = 65_536
_NONCE_OCTETS = 16
_HTTPS_PORT = 443
_EXPECTED = ("good", "revoked", "unknown", "any")
_HEADERS = (("Content-Type", "application/ocsp-request"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class OcspQueryParams:
    """Which certificate to ask about: one of a file or one that a server shows."""

    timeout_s: float = 5.0
    certificate_file: str = ""
    """PEM or DER; the issuer may stand behind it in the same file."""
    issuer_file: str = ""
    """PEM or DER; needed where the issuer is neither in certificate_file nor in what the server shows."""
    server: str = ""
    """`host:port` of a TLS server whose certificate is meant."""
    server_name: str = ""
    """Name to ask that server for; empty means its host."""
    expect: str = "good"
    """`good`, `revoked`, `unknown` or `any`."""

    def __post_init__(self) -> None:
        if self.expect not in _EXPECTED:
            raise ValueError(f"expect is {self.expect!r}: write {', '.join(_EXPECTED)}")
        if self.certificate_file and self.server:
            raise ValueError("one certificate is asked about: give certificate_file or server, not both")
        if self.server:
            parse_endpoint(self.server, _HTTPS_PORT)


async def observe(address: str, params: OcspQueryParams, ctx: ProbeContext) -> Reading:
    """Measure a responder, given by its URL, or by `auto` when the certificate names it."""
    run = _Run(address, params, ctx)
    return await run.trace.conclude(run.query())


class _Run:
    """One question."""

    def __init__(self, address: str, params: OcspQueryParams, ctx: ProbeContext) -> None:
        if not params.certificate_file and not params.server:
            raise BadInput("no certificate to ask about: give certificate_file=/path/to.pem or server=host:port")
        self.responder = None if address == AUTO else parse_web_address(address)
        self.params = params
        self.ctx = ctx
        self.trace = Trace(ctx, params.timeout_s)

    async def query(self) -> str:
        self.trace.phase = "certificate"
        subject = await self._subject()
        self.trace.facts |= subject.facts()
        responder = self.responder or _named_responder(subject.certificate)
        nonce = secrets.token_bytes(_NONCE_OCTETS)
        request = Request(method="POST", headers=_HEADERS, body=make_request(subject, nonce))
        data = await fetch(responder, request, ANSWER_OCTETS, self.ctx, self.trace)
        self.trace.phase = "answer"
        now = datetime.now(UTC)
        answer = read_response(data, subject, now)
        self._note(answer, now)
        return self._judge(answer, answer.faults(nonce, now))

    async def _subject(self) -> Subject:
        params = self.params
        if params.server:
            chain = await self._shown_chain()
        else:
            chain = read_certificates(params.certificate_file, "certificate_file")
        candidates = read_certificates(params.issuer_file, "issuer_file") if params.issuer_file else chain[1:]
        for issuer in candidates:
            if is_issued_by(chain[0], issuer):
                return Subject(certificate=chain[0], issuer=issuer)
        raise ProbeFailure(
            FailureKind.MISMATCH, f"the issuer of {chain[0].subject.rfc4514_string()} is not known: give issuer_file"
        )

    async def _shown_chain(self) -> list[x509.Certificate]:
        host, port = parse_endpoint(self.params.server, _HTTPS_PORT)
        addresses = await resolve(host, self.ctx)
        return await fetch_chain(Endpoint(addresses[0], port), self.params.server_name or host, self.ctx)

    def _note(self, answer: OcspAnswer, now: datetime) -> None:
        self.trace.facts |= answer.facts()
        self.trace.measures["age_s"] = (now - answer.this_update).total_seconds()
        if answer.next_update is not None:
            self.trace.measures["next_update_in_s"] = (answer.next_update - now).total_seconds()

    def _judge(self, answer: OcspAnswer, faults: tuple[str, ...]) -> str:
        if faults:
            raise ProbeFailure(FailureKind.MISMATCH, "; ".join(faults))
        if self.params.expect not in ("any", answer.status):
            reason = f" ({answer.reason})" if answer.reason else ""
            raise ProbeFailure(
                FailureKind.MISMATCH, f"the certificate is {answer.status}{reason}, expected {self.params.expect}"
            )
        return ""


def _named_responder(certificate: x509.Certificate) -> WebAddress:
    url = find_responder(certificate)
    if not url:
        raise ProbeFailure(FailureKind.MISMATCH, "the certificate names no OCSP responder: give its URL")
    try:
        return parse_web_address(url)
    except ValueError as error:
        raise ProbeFailure(
            FailureKind.MISMATCH, f"the responder the certificate names cannot be used: {error}"
        ) from error


PROBE = ProbeKind(
    name="ocsp_query",
    params=OcspQueryParams,
    observe=observe,
    measures={**DOCUMENT_MEASURES, "response_s": "seconds", "age_s": "seconds", "next_update_in_s": "seconds"},
    facts={**DOCUMENT_FACTS, **OCSP_FACTS, "serial": str},
    example="http://127.0.0.1:8888/ -p certificate_file=/etc/ssl/site.pem -p issuer_file=/etc/ssl/ca.pem",
    source="RFC 6960, RFC 8954, RFC 5280",
)
