"""Mail, handed to one server and no further: what it answers after the final dot is all that is known.

Source: RFC 5321 (SMTP, reply codes), RFC 3207 (STARTTLS), RFC 4954 (AUTH), RFC 8314 (implicit TLS).
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from bt_console.channels._loop import network
from bt_console.channels._mail import make_mail, message_id
from bt_console.channels._mask import Mask, masking
from bt_console.channels._verdict import unreadable_secret
from bt_console.channels.api import ChannelContext, ChannelError, ChannelKind, Letter, Sent
from bt_console.model.oncall import ChannelPath
from bt_console.model.paging import SendOutcome
from probes._wire.address import Endpoint, parse_endpoint
from probes._wire.mail_tls import Securing
from probes._wire.reach import reach
from probes._wire.smtp import Reply, SmtpTalk, check_helo, check_mailbox, stuffed
from probes._wire.starttls import HELO_NAME
from probes._wire.stream import Stream
from probes._wire.trace import Trace
from probes.api import FailureKind, ProbeFailure
from probes.secret import Secret

_TLS = ("required", "optional", "implicit", "off")
_IMPLICIT_PORT, _SUBMISSION_PORT, _RELAY_PORT = 465, 587, 25
_LOGIN_CODE = re.compile(r"refused with ([45][0-9]{2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpParams:
    """Which server, and as whom."""

    server: str = ""
    """`host` or `host:port`; the port follows from tls and user (465, 587 or 25)."""
    sender: str = ""
    """Mail address that messages come from."""
    tls: str = "required"
    """`required` and `optional` mean STARTTLS, `implicit` is TLS from the first octet, `off` never asks."""
    user: str = ""
    """Name to log in with; empty: no login."""
    password: Secret | None = None
    server_name: str = ""
    """Name to expect in the certificate; empty means the host."""
    helo: str = HELO_NAME

    def __post_init__(self) -> None:
        if not self.server or not self.sender:
            raise ValueError("smtp needs server: host:port and sender: name@domain")
        _endpoint(self)
        check_mailbox(self.sender)
        check_helo(self.helo)
        if self.tls not in _TLS:
            raise ValueError(f"tls is {self.tls!r}: write {', '.join(_TLS)}")
        if bool(self.user) != (self.password is not None):
            raise ValueError("a login needs both user and password; leave both out where none is wanted")
        if self.password is not None and self.tls == "off":
            raise ValueError(
                "a password is sent only over TLS: set tls to required or implicit, or leave out the login"
            )
        if not self.user.isprintable():
            raise ValueError("user holds characters that no login has")


def _endpoint(params: SmtpParams) -> Endpoint:
    usual = _SUBMISSION_PORT if params.user else _RELAY_PORT
    return parse_endpoint(params.server, _IMPLICIT_PORT if params.tls == "implicit" else usual)


async def send(params: SmtpParams, address: str, letter: Letter, ctx: ChannelContext) -> Sent:
    """Hand one mail to the server."""
    mail = make_mail(letter, params.sender, address, ctx.now)

    async def deliver(visit: _Visit, talk: SmtpTalk) -> None:
        await visit.hand_over(talk, address, mail)

    sent = await _visited(params, ctx, deliver)
    return replace(sent, provider_id=message_id(letter, params.sender)) if _is_accepted(sent) else sent


async def check(params: SmtpParams, ctx: ChannelContext) -> None:
    """Greet the server, turn to TLS and log in, and leave."""

    async def leave(visit: _Visit, talk: SmtpTalk) -> None:
        visit.result = Sent(outcome=SendOutcome.ACCEPTED)

    sent = await _visited(params, ctx, leave)
    if not _is_accepted(sent):
        raise ChannelError(sent.detail)


def _is_accepted(sent: Sent) -> bool:
    return sent.outcome is SendOutcome.ACCEPTED


async def _visited(
    params: SmtpParams, ctx: ChannelContext, business: Callable[[_Visit, SmtpTalk], Awaitable[None]]
) -> Sent:
    try:
        password = params.password.reveal() if params.password else ""
    except ProbeFailure as failure:
        return unreadable_secret(failure)
    plain = base64.b64encode(f"\0{params.user}\0{password}".encode()).decode() if password else ""
    visit = _Visit(params, ctx, masking(password, plain))
    try:
        async with asyncio.timeout(ctx.timeout_s):
            await visit.run(password, business)
    except TimeoutError:
        return visit.ended(f"no answer within {ctx.timeout_s:g} s")
    except ProbeFailure as failure:
        return visit.ended(failure.detail)
    except OSError as error:
        return visit.ended(error.strerror or type(error).__name__)
    return visit.ended("")


class _Visit:
    """One conversation and how far it came."""

    def __init__(self, params: SmtpParams, ctx: ChannelContext, mask: Mask) -> None:
        self.params = params
        self.mask = mask
        self.endpoint = _endpoint(params)
        self.ctx = network(ctx)
        self.trace = Trace(self.ctx, ctx.timeout_s)
        self.was_handed_over = False
        self.result: Sent | None = None

    async def run(self, password: str, business: Callable[[_Visit, SmtpTalk], Awaitable[None]]) -> None:
        self.trace.phase = "connect"
        self._stream = await reach(self.endpoint.host, self.endpoint.port, self.ctx, self.trace)
        try:
            talk, extensions = await self._introduce()
            if password:
                await self._login(talk, password, extensions)
            await business(self, talk)
            with suppress(ProbeFailure):  # what was accepted stays so, whatever the farewell
                await talk.lines.say("QUIT")
        finally:
            self._stream.close()

    def ended(self, detail: str) -> Sent:
        """Return the outcome, or what breaking off here means."""
        if self.result is not None:
            return self.result
        outcome = SendOutcome.AMBIGUOUS if self.was_handed_over else SendOutcome.TRANSIENT
        return Sent(outcome=outcome, detail=self.mask(f"{self.trace.phase}: {detail}"))

    async def _introduce(self) -> tuple[SmtpTalk, dict[str, str]]:
        if self.params.tls == "implicit":
            self._stream = await self._secure(self._stream, "")
            return await self._greet()
        talk, extensions = await self._greet()
        if self.params.tls == "off" or ("STARTTLS" not in extensions and not self._must_have_tls):
            return talk, extensions
        self.trace.phase = "starttls"
        if "STARTTLS" not in extensions:
            raise ProbeFailure(FailureKind.MISMATCH, "the server does not offer STARTTLS, and tls is required")
        await talk.ask_for_tls()
        self._stream = await self._secure(self._stream, "smtp")
        talk = SmtpTalk(self._stream)
        return talk, await talk.hello(self.params.helo) or {}

    @property
    def _must_have_tls(self) -> bool:
        return self.params.tls == "required" or self.params.password is not None

    async def _greet(self) -> tuple[SmtpTalk, dict[str, str]]:
        self.trace.phase = "greeting"
        talk = SmtpTalk(self._stream)
        await talk.greeting()
        return talk, await talk.hello(self.params.helo) or {}

    async def _secure(self, stream: Stream, protocol: str) -> Stream:
        securing = Securing(
            protocol=protocol,
            port=self.endpoint.port,
            server_name=self.params.server_name or self.endpoint.host,
            # Who falls back to clear text anyway gains nothing by refusing a certificate.
            verify=self._must_have_tls or self.params.tls == "implicit",
            ctx=self.ctx,
            trace=self.trace,
        )
        return await securing.turn(stream)

    async def _login(self, talk: SmtpTalk, password: str, extensions: dict[str, str]) -> None:
        self.trace.phase = "login"
        try:
            await talk.login(self.params.user, password, extensions.get("AUTH", "").upper().split())
        except ProbeFailure as failure:
            code = _LOGIN_CODE.search(failure.detail)
            if code is not None:
                self._refuse(int(code[1]), failure.detail)
            raise

    async def hand_over(self, talk: SmtpTalk, recipient: str, mail: bytes) -> None:
        """Send the mail and keep what became of it."""
        for command in (f"MAIL FROM:<{self.params.sender}>", f"RCPT TO:<{recipient}>", "DATA"):
            self.trace.phase = command.partition(":")[0]
            reply = await talk.ask(command)
            if not reply.is_good or (command == "DATA") != (reply.code == 354):
                self._refuse(reply.code, str(reply))
        self.trace.phase = "after the message"
        self.was_handed_over = True
        await talk.lines.send(stuffed(mail))
        self.result = self._verdict(await talk.reply())

    def _verdict(self, reply: Reply) -> Sent:
        if 200 <= reply.code < 300:
            return Sent(outcome=SendOutcome.ACCEPTED, code=str(reply.code), detail=self.mask(str(reply)))
        if reply.code < 400:
            return Sent(outcome=SendOutcome.AMBIGUOUS, code=str(reply.code), detail=self.mask(str(reply)))
        return self._refusal(reply.code, str(reply))

    def _refuse(self, code: int, text: str) -> None:
        self.result = self._refusal(code, text)
        raise ProbeFailure(FailureKind.MISMATCH, "refused")

    def _refusal(self, code: int, text: str) -> Sent:
        outcome = SendOutcome.PERMANENT if code >= 500 else SendOutcome.TRANSIENT
        return Sent(outcome=outcome, code=str(code), detail=self.mask(f"{self.trace.phase}: {text}"))


CHANNEL = ChannelKind(
    name="smtp",
    params=SmtpParams,
    send=send,
    path=ChannelPath.INTERNET,
    address_example="truc.ca@bachthong.example",
    check_address=check_mailbox,
    params_example={"server": "mail.bachthong.example", "sender": "giamsat@bachthong.example"},
    check=check,
)
