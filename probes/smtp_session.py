"""Greets a mail server, looks at what it offers before and after TLS, and leaves without sending anything.

Source: RFC 5321 (SMTP), RFC 1870 (SIZE), RFC 3207 (STARTTLS), RFC 4954 (AUTH), RFC 5280 (certificates).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from probes._wire.address import parse_endpoint
from probes._wire.mail_tls import Securing
from probes._wire.reach import REACH_FACTS, REACH_MEASURES, reach
from probes._wire.smtp import Reply, SmtpTalk, check_helo, size_limit
from probes._wire.starttls import HELO_NAME
from probes._wire.stream import Stream
from probes._wire.tls import TLS_FACTS
from probes._wire.trace import Trace
from probes.api import FailureKind, ProbeContext, ProbeFailure, ProbeKind, Reading, clean

_SMTP_PORT = 25
_STARTTLS = ("required", "optional", "off")
EXTENSIONS_COUNT = 40
"""How many extensions are kept as a fact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSessionParams:
    """How to speak to the server."""

    timeout_s: float = 10.0
    starttls: str = "optional"
    """`required` fails where it is not offered, `optional` uses it where it is, `off` never asks."""
    server_name: str = ""
    """Name to expect in the certificate; empty means the host of the address."""
    helo: str = HELO_NAME
    verify_tls: bool = True

    def __post_init__(self) -> None:
        if self.starttls not in _STARTTLS:
            raise ValueError(f"starttls is {self.starttls!r}: write {', '.join(_STARTTLS)}")
        check_helo(self.helo)


async def observe(address: str, params: SmtpSessionParams, ctx: ProbeContext) -> Reading:
    """Measure a mail server, given as `host` or `host:port`."""
    run = _Run(address, params, ctx)
    return await run.trace.conclude(run.visit())


class _Run:
    """One visit."""

    def __init__(self, address: str, params: SmtpSessionParams, ctx: ProbeContext) -> None:
        self.endpoint = parse_endpoint(address, _SMTP_PORT)
        self.params = params
        self.ctx = ctx
        self.trace = Trace(ctx, params.timeout_s)

    async def visit(self) -> str:
        start_s = asyncio.get_running_loop().time()
        stream = await reach(self.endpoint.host, self.endpoint.port, self.ctx, self.trace)
        try:
            talk, extensions = await self._introduce(stream)
            if self._wants_tls(extensions):
                self.trace.phase = "starttls"
                await talk.ask_for_tls()
                stream = await self._secure(stream)
                talk = SmtpTalk(stream)
                extensions = await self._hello(talk)
            self._note(extensions)
            remark = await self._leave(talk)
        finally:
            stream.close()
        self.trace.add("total_s", asyncio.get_running_loop().time() - start_s)
        return remark

    async def _introduce(self, stream: Stream) -> tuple[SmtpTalk, dict[str, str]]:
        talk = SmtpTalk(stream)
        with self.trace.timed("banner"):
            reply = await talk.reply()
        self.trace.facts["banner"] = clean(" ".join(reply.lines))
        _judge_greeting(reply)
        extensions = await self._hello(talk)
        self.trace.facts["starttls_offered"] = "STARTTLS" in extensions
        self.trace.facts["auth_before_tls"] = "AUTH" in extensions
        self._note(extensions)
        return talk, extensions

    async def _hello(self, talk: SmtpTalk) -> dict[str, str]:
        with self.trace.timed("ehlo"):
            extensions = await talk.hello(self.params.helo)
        self.trace.facts["esmtp"] = extensions is not None
        return extensions or {}

    def _wants_tls(self, extensions: dict[str, str]) -> bool:
        is_offered = "STARTTLS" in extensions
        if self.params.starttls == "required" and not is_offered:
            raise ProbeFailure(FailureKind.MISMATCH, "the server does not offer STARTTLS")
        return is_offered and self.params.starttls != "off"

    async def _secure(self, stream: Stream) -> Stream:
        securing = Securing(
            protocol="smtp",
            port=self.endpoint.port,
            server_name=self.params.server_name or self.endpoint.host,
            verify=self.params.verify_tls,
            ctx=self.ctx,
            trace=self.trace,
        )
        return await securing.turn(stream)

    def _note(self, extensions: dict[str, str]) -> None:
        """Keep what the server offers; what it offers within TLS replaces what it offered before."""
        names = sorted(extensions)[:EXTENSIONS_COUNT]
        self.trace.facts["extensions"] = tuple(clean(name, 60) for name in names)
        self.trace.facts["auth_mechanisms"] = tuple(
            clean(name, 60) for name in extensions.get("AUTH", "").upper().split()[:EXTENSIONS_COUNT]
        )
        limit = size_limit(extensions)
        if limit is not None:
            self.trace.measures["size_limit_octets"] = float(limit)

    async def _leave(self, talk: SmtpTalk) -> str:
        self.trace.phase = "quit"
        try:
            reply = await talk.ask("QUIT")
        except ProbeFailure as failure:
            return f"everything went well until QUIT: {failure.detail}"
        return "" if reply.code == 221 else f"QUIT answered with {reply}"


def _judge_greeting(reply: Reply) -> None:
    if reply.code != 220:
        raise ProbeFailure(FailureKind.PROTOCOL, f"the server does not greet: {reply}")


PROBE = ProbeKind(
    name="smtp_session",
    params=SmtpSessionParams,
    observe=observe,
    measures={
        **REACH_MEASURES,
        "banner_s": "seconds",
        "ehlo_s": "seconds",
        "tls_s": "seconds",
        "total_s": "seconds",
        "size_limit_octets": "octets",
        "certificate_days_left": "days",
    },
    facts={
        **REACH_FACTS,
        **TLS_FACTS,
        "banner": str,
        "esmtp": bool,
        "extensions": tuple,
        "starttls_offered": bool,
        "auth_before_tls": bool,
        "auth_mechanisms": tuple,
    },
    example="127.0.0.1:25 -p starttls=required -p server_name=mail.example",
    source="RFC 5321, RFC 1870, RFC 3207, RFC 4954, RFC 5280",
    timeout_s=10.0,
)
