"""Greets an IMAP server, looks at what it offers before and after TLS, and counts the messages of a mailbox if it may.

Source: RFC 3501 and RFC 9051 (IMAP), RFC 2595 (LOGINDISABLED), RFC 8314 (implicit TLS), RFC 5280 (certificates).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from probes._wire.address import parse_endpoint
from probes._wire.imap import ImapTalk, Status, find_capabilities, find_exists, quoted
from probes._wire.mail_tls import Securing
from probes._wire.reach import REACH_FACTS, REACH_MEASURES, reach
from probes._wire.stream import Stream
from probes._wire.tls import TLS_FACTS
from probes._wire.trace import Trace
from probes.api import FailureKind, ProbeContext, ProbeFailure, ProbeKind, Reading, clean
from probes.secret import Secret

PORTS = {"implicit": 993, "starttls": 143, "off": 143}
CAPABILITIES_COUNT = 60
"""How many capabilities are kept as a fact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapSessionParams:
    """How to speak to the server, and as whom."""

    timeout_s: float = 10.0
    tls: str = "implicit"
    """`implicit` from the first octet (port 993), `starttls` or `off` (port 143)."""
    server_name: str = ""
    """Name to expect in the certificate; empty means the host of the address."""
    verify_tls: bool = True
    user: str = ""
    """Empty does not log in."""
    password: Secret | None = None
    mailbox: str = "INBOX"
    """Looked at read-only after login."""

    def __post_init__(self) -> None:
        if self.tls not in PORTS:
            raise ValueError(f"tls is {self.tls!r}: write {', '.join(PORTS)}")
        if bool(self.user) != (self.password is not None):
            raise ValueError("a login needs both user and password")
        if self.user and not (self.tls != "off" and self.verify_tls):
            raise ValueError("a password is sent only over TLS that is verified: set tls and leave verify_tls true")
        quoted(self.mailbox)


async def observe(address: str, params: ImapSessionParams, ctx: ProbeContext) -> Reading:
    """Measure a mail server, given as `host` or `host:port`."""
    run = _Run(address, params, ctx)
    return await run.trace.conclude(run.visit())


class _Run:
    """One visit."""

    def __init__(self, address: str, params: ImapSessionParams, ctx: ProbeContext) -> None:
        self.endpoint = parse_endpoint(address, PORTS[params.tls])
        self.params = params
        self.ctx = ctx
        self.trace = Trace(ctx, params.timeout_s)

    async def visit(self) -> str:
        start_s = asyncio.get_running_loop().time()
        # Read before connecting: a secret that is missing says nothing of the server.
        password = self.params.password.reveal() if self.params.password else ""
        stream = await reach(self.endpoint.host, self.endpoint.port, self.ctx, self.trace)
        try:
            if self.params.tls == "implicit":
                stream = await self._secure(stream, "")
            talk, capabilities = await self._introduce(stream)
            if self.params.tls == "starttls":
                stream = await self._ask_for_tls(stream, talk, capabilities)
                talk = ImapTalk(stream)
                capabilities = await self._ask_capabilities(talk)
            if self.params.user:
                await self._look_inside(talk, password, capabilities)
            remark = await self._leave(talk)
        finally:
            stream.close()
        self.trace.add("total_s", asyncio.get_running_loop().time() - start_s)
        return remark

    async def _introduce(self, stream: Stream) -> tuple[ImapTalk, tuple[str, ...]]:
        talk = ImapTalk(stream)
        with self.trace.timed("greeting"):
            status = await talk.greeting()
        self.trace.facts["greeting"] = clean(status.text)
        self.trace.facts["preauthenticated"] = status.word == "PREAUTH"
        capabilities = await self._ask_capabilities(talk, status)
        if self.params.tls != "implicit":
            self.trace.facts["starttls_offered"] = "STARTTLS" in capabilities
            self.trace.facts["login_disabled"] = "LOGINDISABLED" in capabilities
        return talk, capabilities

    async def _ask_capabilities(self, talk: ImapTalk, greeting: Status | None = None) -> tuple[str, ...]:
        with self.trace.timed("capability"):
            capabilities = find_capabilities((), greeting) or await talk.capabilities()
        self.trace.facts["capabilities"] = tuple(clean(name, 60) for name in capabilities[:CAPABILITIES_COUNT])
        return capabilities

    async def _ask_for_tls(self, stream: Stream, talk: ImapTalk, capabilities: tuple[str, ...]) -> Stream:
        if "STARTTLS" not in capabilities:
            raise ProbeFailure(FailureKind.MISMATCH, "the server does not offer STARTTLS")
        self.trace.phase = "starttls"
        await talk.ask_for_tls()
        return await self._secure(stream, "imap")

    async def _secure(self, stream: Stream, protocol: str) -> Stream:
        securing = Securing(
            protocol=protocol,
            port=self.endpoint.port,
            server_name=self.params.server_name or self.endpoint.host,
            verify=self.params.verify_tls,
            ctx=self.ctx,
            trace=self.trace,
        )
        return await securing.turn(stream)

    async def _look_inside(self, talk: ImapTalk, password: str, capabilities: tuple[str, ...]) -> None:
        self.trace.facts["logged_in"] = False
        with self.trace.timed("login"):
            await talk.login(self.params.user, password, capabilities)
        self.trace.facts["logged_in"] = True
        with self.trace.timed("select"):
            answer = await talk.insist(f"EXAMINE {quoted(self.params.mailbox)}")
        count = find_exists(answer.untagged)
        if count is None:
            raise ProbeFailure(FailureKind.PROTOCOL, "the server does not say how many messages the mailbox holds")
        self.trace.measures["message_count"] = float(count)

    async def _leave(self, talk: ImapTalk) -> str:
        self.trace.phase = "logout"
        try:
            await talk.insist("LOGOUT")
        except ProbeFailure as failure:
            return f"everything went well until LOGOUT: {failure.detail}"
        return ""


PROBE = ProbeKind(
    name="imap_session",
    params=ImapSessionParams,
    observe=observe,
    measures={
        **REACH_MEASURES,
        "tls_s": "seconds",
        "greeting_s": "seconds",
        "capability_s": "seconds",
        "login_s": "seconds",
        "select_s": "seconds",
        "total_s": "seconds",
        "message_count": "messages",
        "certificate_days_left": "days",
    },
    facts={
        **REACH_FACTS,
        **TLS_FACTS,
        "greeting": str,
        "preauthenticated": bool,
        "capabilities": tuple,
        "starttls_offered": bool,
        "login_disabled": bool,
        "logged_in": bool,
    },
    example="127.0.0.1:993 -p tls=implicit -p server_name=mail.example",
    source="RFC 3501, RFC 9051, RFC 2595, RFC 8314, RFC 5280",
    timeout_s=10.0,
)
