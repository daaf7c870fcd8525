"""Sends one message from a mailbox to itself, waits until IMAP shows it, and removes it.

Source: RFC 5321 and RFC 6409 (SMTP, submission), RFC 3501 (IMAP), RFC 8314 (both over TLS), RFC 3834 (automatic mail).
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from probes._wire.address import Endpoint, parse_endpoint
from probes._wire.errors import BadInput
from probes._wire.imap import ImapTalk, find_capabilities, quoted
from probes._wire.mail_tls import Securing
from probes._wire.mailbox import Mailbox, make_message
from probes._wire.reach import REACH_FACTS, REACH_MEASURES, reach
from probes._wire.smtp import SmtpTalk, check_helo, check_mailbox
from probes._wire.starttls import HELO_NAME
from probes._wire.stream import Stream
from probes._wire.tls import TLS_FACTS
from probes._wire.trace import Trace
from probes.api import FailureKind, ProbeContext, ProbeFailure, ProbeKind, Reading
from probes.secret import Secret

_SMTP_PORTS = {"implicit": 465, "starttls": 587, "off": 25}
_IMAP_PORTS = {"implicit": 993, "starttls": 143}
_FIRST_POLL_S = 0.05
_REMOVE_S = 2.0
"""Kept back from the wait, so that a message found at the last moment is still removed."""
_SLACK = timedelta(minutes=2)
"""How far the mail server's clock may be off before a message still waited for is taken for a forgotten one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailRoundTripParams:
    """Whose mailbox, and how to reach both its servers."""

    timeout_s: float = 60.0
    mailbox: str = ""
    """Mail address that the message goes from and to."""
    user: str = ""
    """Name to log in with; empty means the mailbox."""
    password: Secret | None = None
    imap: str = ""
    """IMAP server as `host` or `host:port`; empty means the host of the address."""
    folder: str = "INBOX"
    smtp_tls: str = "starttls"
    """`starttls` (port 587), `implicit` (port 465) or `off` (port 25)."""
    imap_tls: str = "implicit"
    """`implicit` (port 993) or `starttls` (port 143)."""
    smtp_login: bool = True
    """False where this machine may send without."""
    smtp_name: str = ""
    imap_name: str = ""
    """Names to expect in the certificates; empty means the hosts."""
    helo: str = HELO_NAME
    poll_s: float = 0.5
    """Longest pause between two looks into the mailbox."""

    def __post_init__(self) -> None:
        if self.smtp_tls not in _SMTP_PORTS:
            raise ValueError(f"smtp_tls is {self.smtp_tls!r}: write {', '.join(_SMTP_PORTS)}")
        if self.imap_tls not in _IMAP_PORTS:
            raise ValueError(f"imap_tls is {self.imap_tls!r}: write {', '.join(_IMAP_PORTS)}")
        if self.smtp_tls == "off" and self.smtp_login:
            raise ValueError("a password is sent only over TLS: set smtp_tls, or smtp_login=false")
        if self.mailbox:
            check_mailbox(self.mailbox)
        check_helo(self.helo)
        quoted(self.folder)
        if not self.poll_s > 0:
            raise ValueError(f"poll_s is {self.poll_s}: write how long to pause between two looks")


async def observe(address: str, params: MailRoundTripParams, ctx: ProbeContext) -> Reading:
    """Measure the mail of one mailbox, sent through the SMTP server given as `host` or `host:port`."""
    run = _Run(address, params, ctx)
    return await run.trace.conclude(run.travel())


class _Run:
    """One message, there and back."""

    def __init__(self, address: str, params: MailRoundTripParams, ctx: ProbeContext) -> None:
        if not params.mailbox or params.password is None:
            raise BadInput("whose mail? give mailbox=name@domain and password=file:/path")
        self.smtp = parse_endpoint(address, _SMTP_PORTS[params.smtp_tls])
        self.imap = parse_endpoint(params.imap or self.smtp.host, _IMAP_PORTS[params.imap_tls])
        self.params = params
        self.secret = params.password
        self.ctx = ctx
        self.trace = Trace(ctx, params.timeout_s)
        self.imap_trace = Trace(ctx, params.timeout_s)
        """Beside the way of the message: its times and certificate are imap_session's to report."""
        self.token = secrets.token_hex(16)
        self.now_s = asyncio.get_running_loop().time

    async def travel(self) -> str:
        start_s = self.now_s()
        password = self.secret.reveal()
        async with self._mailbox(password) as mailbox:
            await self._clean(mailbox)
            await self._send(password)
            uids = await self._wait(mailbox)
            await self._remove(mailbox, uids)
        self.trace.measures["total_s"] = self.now_s() - start_s
        return "" if len(uids) == 1 else f"the message arrived {len(uids)} times"

    @asynccontextmanager
    async def _mailbox(self, password: str) -> AsyncIterator[Mailbox]:
        self.trace.phase = "imap"
        stream = await reach(self.imap.host, self.imap.port, self.ctx, self.imap_trace)
        try:
            if self.params.imap_tls == "starttls":
                talk = ImapTalk(stream)
                await talk.greeting()
                await talk.ask_for_tls()
                stream = await self._secure(stream, "imap", self.imap, self.params.imap_name, self.imap_trace)
                talk = ImapTalk(stream)
            else:
                stream = await self._secure(stream, "", self.imap, self.params.imap_name, self.imap_trace)
                talk = ImapTalk(stream)
                await talk.greeting()
            yield await self._enter(talk, password)
            self.trace.phase = "logout"
            with suppress(ProbeFailure):  # the mail went well; what a farewell is worth is imap_session's to say
                await talk.ask("LOGOUT")
        finally:
            stream.close()

    async def _enter(self, talk: ImapTalk, password: str) -> Mailbox:
        user = self.params.user or self.params.mailbox
        answer = await talk.login(user, password, await talk.capabilities())
        capabilities = find_capabilities(answer.untagged, answer.status) or await talk.capabilities()
        mailbox = Mailbox(talk, capabilities)
        await mailbox.select(self.params.folder)
        return mailbox

    async def _secure(self, stream: Stream, protocol: str, endpoint: Endpoint, name: str, trace: Trace) -> Stream:
        securing = Securing(
            protocol=protocol,
            port=endpoint.port,
            server_name=name or endpoint.host,
            verify=True,
            ctx=self.ctx,
            trace=trace,
        )
        return await securing.turn(stream)

    async def _clean(self, mailbox: Mailbox) -> None:
        """Remove what earlier runs could not: messages that nobody can be waiting for any more."""
        self.trace.phase = "clean"
        forgotten_at = datetime.now(UTC) - timedelta(seconds=self.params.timeout_s) - _SLACK
        self.trace.measures["cleaned_count"] = float(await mailbox.remove_before(forgotten_at))

    async def _send(self, password: str) -> None:
        stream = await reach(self.smtp.host, self.smtp.port, self.ctx, self.trace)
        try:
            if self.params.smtp_tls == "implicit":
                stream = await self._secure(stream, "", self.smtp, self.params.smtp_name, self.trace)
            self.trace.phase = "smtp"
            talk = SmtpTalk(stream)
            await talk.greeting()
            extensions = await talk.hello(self.params.helo) or {}
            if self.params.smtp_tls == "starttls":
                await talk.ask_for_tls()
                stream = await self._secure(stream, "smtp", self.smtp, self.params.smtp_name, self.trace)
                talk = SmtpTalk(stream)
                extensions = await talk.hello(self.params.helo) or {}
            await self._hand_over(talk, extensions, password)
        finally:
            stream.close()

    async def _hand_over(self, talk: SmtpTalk, extensions: dict[str, str], password: str) -> None:
        user = self.params.user or self.params.mailbox
        if self.params.smtp_login:
            self.trace.phase = "login"
            await talk.login(user, password, extensions.get("AUTH", "").upper().split())
        message = make_message(self.params.mailbox, self.token, datetime.now(UTC))
        with self.trace.timed("send"):
            await talk.hand_over(self.params.mailbox, message, extensions)
        await talk.lines.say("QUIT")

    async def _wait(self, mailbox: Mailbox) -> tuple[int, ...]:
        """Look until it is there, less and less often; `find_s` is the look that found it."""
        pause_s = min(_FIRST_POLL_S, self.params.poll_s)
        async with asyncio.timeout_at(self.trace.limit_s - _REMOVE_S):
            with self.trace.timed("transit"):
                while True:
                    start_s = self.now_s()
                    await mailbox.refresh()
                    uids = await mailbox.find(self.token)
                    if uids:
                        self.trace.measures["find_s"] = self.now_s() - start_s
                        return uids
                    await asyncio.sleep(pause_s)
                    pause_s = min(pause_s * 1.5, self.params.poll_s)

    async def _remove(self, mailbox: Mailbox, uids: tuple[int, ...]) -> None:
        with self.trace.timed("remove"):
            await mailbox.remove(uids)
            if await mailbox.find(self.token):
                raise ProbeFailure(FailureKind.PROTOCOL, "the server still shows the message that was removed")


PROBE = ProbeKind(
    name="mail_round_trip",
    params=MailRoundTripParams,
    observe=observe,
    measures={
        **REACH_MEASURES,
        "tls_s": "seconds",
        "send_s": "seconds",
        "transit_s": "seconds",
        "find_s": "seconds",
        "remove_s": "seconds",
        "total_s": "seconds",
        "cleaned_count": "messages",
        "certificate_days_left": "days",
    },
    facts={**REACH_FACTS, **TLS_FACTS},
    example="127.0.0.1:587 -p mailbox=monitor@mail.example -p password=file:/etc/bt-console/mail -p imap=127.0.0.1:993",
    source="RFC 5321, RFC 6409, RFC 3501, RFC 4315, RFC 8314, RFC 3834",
    timeout_s=60.0,
)
