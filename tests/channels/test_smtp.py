"""Mail handed to aiosmtpd, and to servers that break their promises."""

from __future__ import annotations

import asyncio
import email
import email.policy
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from hypothesis import given, settings
from hypothesis import strategies as st

from bt_console.channels.api import ChannelContext, ChannelError, Letter, Sent
from bt_console.channels.smtp import CHANNEL, SmtpParams, check, send
from bt_console.model.paging import SendOutcome
from tests.channels.letters import HASTY, LETTER, NOW, PATIENT, context, resolved, secret
from tests.channels.servers import named
from tests.servers.certificates import Authority
from tests.servers.mail_server import endless, endless_lines, scripted, smtp
from tests.servers.smtp_server import Postbox, serving_smtp
from tests.servers.tcp_server import Behaviour, Reader, Writer, closed_port, cut, deaf_port, saying, serving, stall

SENDER, RECIPIENT = "giamsat@bachthong.example", "truc.ca@bachthong.example"
OFFER = "250-mail.example\r\n250 8BITMIME"
TAKEN = {"EHLO": OFFER, "MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go on"}


@dataclass
class Moody(Postbox):
    """Answers each command as it is told to."""

    mail: str = "250 OK"
    rcpt: str = "250 OK"
    senders: list[str] = field(default_factory=list)

    async def handle_MAIL(  # noqa: N802 - its name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.mail

    async def handle_RCPT(  # noqa: N802 - its name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.rcpt


def _params(port: int, **changes: Any) -> SmtpParams:
    return SmtpParams(**{"server": f"127.0.0.1:{port}", "sender": SENDER, "tls": "off", **changes})


async def _sent(box: Postbox, letter: Letter = LETTER, ctx: ChannelContext = PATIENT) -> Sent:
    async with serving_smtp(None, box=box) as port:
        return await send(_params(port), RECIPIENT, letter, ctx)


def _mail(box: Postbox) -> EmailMessage:
    content = box.envelopes[-1].content
    assert isinstance(content, bytes)
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


async def test_a_letter_arrives_whole_and_says_that_a_machine_wrote_it() -> None:
    box = Postbox()
    sent = await _sent(box)
    assert (sent.outcome, sent.code) == (SendOutcome.ACCEPTED, "250")
    envelope, message = box.envelopes[0], _mail(box)
    assert (envelope.mail_from, envelope.rcpt_tos) == (SENDER, [RECIPIENT])
    assert message["Subject"] == LETTER.title
    assert message.get_content().replace("\r\n", "\n") == LETTER.body + "\n"
    assert message["Auto-Submitted"] == "auto-generated"
    assert (message["From"], message["To"]) == (SENDER, RECIPIENT)
    assert message["Date"].datetime == NOW
    assert sent.provider_id == message["Message-ID"] == "<4711.20261124021400@bachthong.example>"


async def test_every_attempt_has_the_same_id_and_an_incidents_letters_form_one_thread() -> None:
    box = Postbox()
    for letter in (LETTER, LETTER, resolved()):
        await _sent(box, letter)
    first, second, last = (email.message_from_bytes(bytes(one.content or b"")) for one in box.envelopes)  # type: ignore[arg-type]
    assert first["Message-ID"] == second["Message-ID"] != last["Message-ID"]
    assert first["In-Reply-To"] == last["In-Reply-To"] == last["References"] != None  # noqa: E711
    assert "incident-12" in first["References"]


async def test_a_letter_about_the_alerting_itself_answers_to_nothing() -> None:
    box = Postbox()
    await _sent(box, replace(LETTER, document={"incident": None}))
    assert _mail(box)["In-Reply-To"] is None


@pytest.mark.parametrize(
    ("box", "outcome", "code"),
    [
        (Moody(rcpt="550 5.1.1 no such user"), SendOutcome.PERMANENT, "550"),
        (Moody(rcpt="450 4.2.1 busy"), SendOutcome.TRANSIENT, "450"),
        (Moody(rcpt="451 4.7.1 greylisted"), SendOutcome.TRANSIENT, "451"),
        (Moody(rcpt="452 4.2.2 mailbox full"), SendOutcome.TRANSIENT, "452"),
        (Moody(mail="421 4.3.2 closing"), SendOutcome.TRANSIENT, "421"),
        (Moody(mail="553 5.7.1 not your address"), SendOutcome.PERMANENT, "553"),
        (Moody(answer="451 4.3.0 try later"), SendOutcome.TRANSIENT, "451"),
        (Moody(answer="554 5.7.1 spam"), SendOutcome.PERMANENT, "554"),
        (Moody(answer="552 5.3.4 too big"), SendOutcome.PERMANENT, "552"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_each_code_has_its_meaning(box: Moody, outcome: SendOutcome, code: str) -> None:
    sent = await _sent(box)
    assert (sent.outcome, sent.code) == (outcome, code), sent
    assert code in sent.detail
    assert not sent.provider_id


def _after_the_dot(then: Callable[[Writer], None] | None) -> Behaviour:
    """Take a whole message; then do this, or nothing for ever, instead of answering."""

    async def behave(reader: Reader, writer: Writer) -> None:
        writer.write(b"220 hi\r\n")
        while line := await reader.readline():
            if line == b".\r\n":
                if then is not None:
                    then(writer)
                await asyncio.Event().wait()
            for command, reply in TAKEN.items():
                if line.startswith(command.encode()):
                    writer.write(f"{reply}\r\n".encode())

    return behave


def _says(text: bytes) -> Callable[[Writer], None]:
    return lambda writer: writer.write(text)


@pytest.mark.parametrize(
    "then",
    [None, cut, _says(b"250-but\r\n"), _says(b"garbage\r\n"), _says(b"354 again\r\n")],
    ids=["silence", "cut", "250-", "garbage", "354"],
)
async def test_silence_or_nonsense_after_the_final_dot_is_ambiguous(then: Callable[[Writer], None] | None) -> None:
    async with serving(_after_the_dot(then)) as port:
        sent = await send(_params(port), RECIPIENT, LETTER, HASTY)
    assert sent.outcome is SendOutcome.AMBIGUOUS, sent


async def test_an_accepted_mail_stays_accepted_when_the_server_leaves_without_a_word() -> None:
    async with serving(_after_the_dot(_says(b"250 queued as 1A2B\r\n"))) as port:
        sent = await send(_params(port), RECIPIENT, LETTER, HASTY)
    assert (sent.outcome, sent.detail) == (SendOutcome.ACCEPTED, "250 queued as 1A2B")


@pytest.mark.parametrize(
    "behaviour",
    [
        stall,
        endless,
        endless_lines,
        saying(b""),
        saying(b"554 go away\r\n"),
        saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        scripted("220 hi", {"EHLO": "501 no", "HELO": "501 no"}),
        scripted("220 hi", {"EHLO": OFFER, "MAIL": "250 ok", "RCPT": "250 ok"}),
        scripted("220 hi", {"EHLO": OFFER, "MAIL": "250 ok", "RCPT": "250 ok", "DATA": "250 what?"}),
    ],
    ids=lambda behaviour: behaviour.__qualname__,
)
async def test_whatever_breaks_before_the_message_is_tried_again(behaviour: Behaviour) -> None:
    async with serving(behaviour) as port:
        sent = await send(_params(port), RECIPIENT, LETTER, HASTY)
    assert sent.outcome is SendOutcome.TRANSIENT, sent
    assert sent.detail


async def test_a_server_that_is_not_there_is_tried_again() -> None:
    with closed_port() as port:
        refused = await send(_params(port), RECIPIENT, LETTER, PATIENT)
    with deaf_port() as port:
        silent = await send(_params(port), RECIPIENT, LETTER, HASTY)
    assert (refused.outcome, silent.outcome) == (SendOutcome.TRANSIENT, SendOutcome.TRANSIENT)
    assert "refused" in refused.detail


def _trusting(authority: Authority, **changes: Any) -> ChannelContext:
    return context(trust_file=str(authority.trust_file), **changes)


@asynccontextmanager
async def _with_login(authority: Authority, box: Postbox) -> AsyncIterator[int]:
    async with serving_smtp(authority.context("127.0.0.1"), box=box, password="mật khẩu") as port:
        yield port


async def test_a_login_happens_within_tls(authority: Authority, tmp_path: Path) -> None:
    box = Postbox()
    async with _with_login(authority, box) as port:
        params = _params(port, tls="required", user="noc", password=secret(tmp_path, "mật khẩu"))
        sent = await send(params, RECIPIENT, LETTER, _trusting(authority))
        await check(params, _trusting(authority))
    assert sent.outcome is SendOutcome.ACCEPTED, sent
    assert box.logins == [b"noc", b"noc"]
    assert len(box.envelopes) == 1, "a check sends nothing"


async def test_a_wrong_password_is_permanent_and_is_not_repeated(authority: Authority, tmp_path: Path) -> None:
    box = Postbox()
    async with _with_login(authority, box) as port:
        params = _params(port, tls="required", user="noc", password=secret(tmp_path, "wrong-one"))
        sent = await send(params, RECIPIENT, LETTER, _trusting(authority))
        with pytest.raises(ChannelError, match="535"):
            await check(params, _trusting(authority))
    assert (sent.outcome, sent.code) == (SendOutcome.PERMANENT, "535")
    assert "wrong-one" not in sent.detail
    assert not box.envelopes


async def test_no_password_goes_to_a_server_without_tls(tmp_path: Path) -> None:
    heard: list[str] = []
    offer = {**TAKEN, "EHLO": "250-mail.example\r\n250 AUTH PLAIN", "AUTH": "235 ok"}
    async with serving(scripted("220 hi", offer, heard)) as port:
        for tls in ("required", "optional"):
            params = _params(port, tls=tls, user="noc", password=secret(tmp_path))
            sent = await send(params, RECIPIENT, LETTER, PATIENT)
            assert sent.outcome is SendOutcome.TRANSIENT
            assert "STARTTLS" in sent.detail
    assert not [line for line in heard if line.startswith("AUTH")]


async def test_required_tls_refuses_a_stranger_and_optional_tls_takes_what_it_gets(authority: Authority) -> None:
    box = Postbox()
    async with serving_smtp(authority.context("127.0.0.1"), box=box) as port:
        required = await send(_params(port, tls="required"), RECIPIENT, LETTER, PATIENT)
        optional = await send(_params(port, tls="optional"), RECIPIENT, LETTER, PATIENT)
        trusted = await send(_params(port, tls="required"), RECIPIENT, LETTER, _trusting(authority))
    assert (required.outcome, optional.outcome, trusted.outcome) == (
        SendOutcome.TRANSIENT,
        SendOutcome.ACCEPTED,
        SendOutcome.ACCEPTED,
    )
    assert len(box.envelopes) == 2
    assert "unknown issuer" in required.detail


async def test_optional_tls_goes_without_where_none_is_offered() -> None:
    box = Postbox()
    async with serving_smtp(None, box=box) as port:
        assert (await send(_params(port, tls="optional"), RECIPIENT, LETTER, PATIENT)).outcome is SendOutcome.ACCEPTED
        sent = await send(_params(port, tls="required"), RECIPIENT, LETTER, PATIENT)
    assert sent.outcome is SendOutcome.TRANSIENT
    assert len(box.envelopes) == 1


async def test_text_ahead_of_tls_is_not_believed(authority: Authority) -> None:
    async with serving(smtp(authority.context("127.0.0.1"), ahead=b"250 forged\r\n")) as port:
        sent = await send(_params(port, tls="required"), RECIPIENT, LETTER, _trusting(authority))
    assert sent.outcome is SendOutcome.TRANSIENT
    assert "ahead of TLS" in sent.detail


async def test_tls_from_the_first_octet(authority: Authority) -> None:
    box = Postbox()
    loop = asyncio.get_running_loop()
    tls: ssl.SSLContext = authority.context("127.0.0.1")
    server = await loop.create_server(lambda: SMTP(box, hostname="mail.example", loop=loop), "127.0.0.1", 0, ssl=tls)
    try:
        params = _params(server.sockets[0].getsockname()[1], tls="implicit")
        sent = await send(params, RECIPIENT, LETTER, _trusting(authority))
        stranger = await send(params, RECIPIENT, LETTER, PATIENT)
    finally:
        server.close()
        await asyncio.sleep(0.05)
    assert (sent.outcome, stranger.outcome) == (SendOutcome.ACCEPTED, SendOutcome.TRANSIENT)
    assert len(box.envelopes) == 1


@settings(max_examples=80, deadline=None)
@given(st.text(st.characters(codec=None)), st.text(st.characters(codec=None)))
async def test_any_text_arrives_as_valid_utf_8(title: str, body: str) -> None:
    box = Postbox()
    sent = await _sent(box, replace(LETTER, title=title, body=body))
    assert sent.outcome is SendOutcome.ACCEPTED
    content = box.envelopes[0].content
    assert isinstance(content, bytes)
    payload = email.message_from_bytes(content).get_payload(decode=True)
    assert isinstance(payload, bytes)
    expected = body.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    assert payload.decode("utf-8", "strict").splitlines() == (expected.splitlines() or [""])


@settings(max_examples=80, deadline=None)
@given(st.text("Đường TSLCD xã Mỹ Thanh: mất 100% =?utf-8?b?", max_size=190))
async def test_any_title_arrives_as_it_is(title: str) -> None:
    box = Postbox()
    await _sent(box, replace(LETTER, title=title))
    subject = str(_mail(box)["Subject"])
    assert " ".join(subject.split()) == " ".join(title.split()) or subject == "BT Console"


async def test_a_line_with_a_dot_alone_does_not_end_the_mail() -> None:
    box = Postbox()
    await _sent(box, replace(LETTER, body="one\n.\n..two\nMAIL FROM:<x@y>"))
    assert _mail(box).get_content().splitlines() == ["one", ".", "..two", "MAIL FROM:<x@y>"]


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"server": ""}, "server"),
        ({"sender": ""}, "sender"),
        ({"sender": "no address"}, "mail address"),
        ({"tls": "maybe"}, "required, optional"),
        ({"user": "noc"}, "both user and password"),
        ({"server": "a:b:c:99999"}, "port"),
        ({"helo": "a b"}, "helo"),
    ],
    ids=named,
)
def test_what_cannot_be_is_refused_with_what_to_write(params: dict[str, Any], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        _params(25, **params)


def test_a_password_is_refused_where_tls_is_off(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="only over TLS"):
        _params(25, user="noc", password=secret(tmp_path))


@pytest.mark.parametrize("address", ["x", "a@b\r\nRCPT TO:<c@d>", "a b@c", "<a@b>"])
def test_an_address_is_a_mailbox_and_nothing_more(address: str) -> None:
    with pytest.raises(ValueError, match="name@domain"):
        CHANNEL.check_address(address)
