"""The mail service as its clients meet it: a message sent is a message found, for the one account there is."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bt_console.lab.services.certificates import Authority, server_context
from bt_console.lab.services.imap import Conversation, imap_factory, internal_date, read_set
from bt_console.lab.services.mail import smtp_factory
from bt_console.lab.services.mailbox import MESSAGES_KEPT, Mailbox
from bt_console.lab.world import ServiceState
from probes.secret import Secret
from tests.lab.street import ask, served

ADDRESS, PASSWORD = "monitor@bachthong.example", 'p "w\\'
AT = datetime(2026, 11, 24, 13, 5, tzinfo=UTC)


class Post:
    """Both servers of one mailbox."""

    def __init__(self, folder: Path) -> None:
        authority = Authority(datetime.now(UTC))
        self.trust_file, chain = folder / "ca.pem", folder / "chain.pem"
        self.trust_file.write_bytes(authority.pem())
        chain.write_bytes(authority.issue("localhost", "127.0.0.1"))
        self.context: ssl.SSLContext = server_context(chain)
        self.password_file = folder / "password"
        self.password_file.write_text(PASSWORD, encoding="utf-8")
        self.password_file.chmod(0o600)
        self.mailbox = Mailbox(address=ADDRESS, user=ADDRESS, password=PASSWORD)
        self.state = ServiceState()
        self.smtp = self.imap = ""


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    made = Post(tmp_path)
    smtp = smtp_factory("localhost", made.context, made.mailbox, lambda: made.state)
    imap = imap_factory(made.mailbox, lambda: made.state, is_secure=True)
    async with served(smtp) as made.smtp, served(imap, context=made.context) as made.imap:
        yield made


async def test_a_message_makes_the_round_trip_and_leaves_nothing_behind(post: Post) -> None:
    reading = await ask(
        "mail_round_trip",
        post.smtp,
        post.trust_file,
        mailbox=ADDRESS,
        password=Secret(f"file:{post.password_file}"),
        imap=post.imap,
        timeout_s=8.0,
    )
    assert reading.outcome == "ok", reading
    assert reading.measures["transit_s"] < 8
    assert post.mailbox.messages == []


async def test_a_wrong_password_opens_neither_door(post: Post, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("guess", encoding="utf-8")
    wrong.chmod(0o600)
    secret = Secret(f"file:{wrong}")
    reading = await ask("imap_session", post.imap, post.trust_file, user=ADDRESS, password=secret)
    assert (reading.outcome, reading.failure) == ("fail", "mismatch")
    assert "AUTHENTICATIONFAILED" in reading.detail


async def test_smtp_offers_tls_a_size_limit_and_no_login_in_the_clear(post: Post) -> None:
    reading = await ask("smtp_session", post.smtp, post.trust_file, starttls="required")
    assert reading.outcome == "ok", reading
    assert reading.measures["size_limit_octets"] == 1_048_576
    assert (reading.facts["auth_before_tls"], reading.facts["auth_mechanisms"]) == (False, ("LOGIN", "PLAIN"))


async def test_hostile_greetings_are_cleaned_and_bounded(post: Post) -> None:
    post.state = ServiceState(is_banner_hostile=True)
    for probe, address in (("smtp_session", post.smtp), ("imap_session", post.imap)):
        reading = await ask(probe, address, post.trust_file)
        shown = repr([*reading.facts.values(), reading.detail])
        assert "\\x1b" not in shown
        assert "\\x07" not in shown
        assert len(shown) < 4000


def inside() -> tuple[Conversation, Mailbox]:
    mailbox = Mailbox(address=ADDRESS, user="monitor", password="secret")
    talk = Conversation(mailbox, is_secure=True)
    assert talk.answer('a LOGIN monitor "secret"').startswith("a OK")
    assert "a OK [READ-WRITE]" in talk.answer("a SELECT INBOX")
    return talk, mailbox


def test_only_marked_messages_are_removed() -> None:
    talk, mailbox = inside()
    for number in range(3):
        mailbox.deliver(f"X-Token: t{number}\r\n\r\nHeader X-Token: t9\r\n".encode(), AT)
    assert talk.answer('b UID SEARCH HEADER x-token "T1"').startswith("* SEARCH 2\r\n")
    assert talk.answer('b UID SEARCH HEADER X-Token "t9"').startswith("* SEARCH\r\n")
    assert 'UID 2 INTERNALDATE "24-Nov-2026 13:05:00 +0000"' in talk.answer("b UID FETCH 2 (INTERNALDATE)")
    talk.answer("b UID STORE 1:2 +FLAGS.SILENT (\\Deleted)")
    assert talk.answer("b UID EXPUNGE 2,3") == "* 2 EXPUNGE\r\nb OK UID EXPUNGE completed\r\n"
    assert talk.answer("b EXPUNGE") == "* 1 EXPUNGE\r\nb OK EXPUNGE completed\r\n"
    assert [message.uid for message in mailbox.messages] == [3]


def test_nobody_logs_in_without_tls_or_looks_before_login() -> None:
    mailbox = Mailbox(address=ADDRESS, user=ADDRESS, password="secret")
    clear = Conversation(mailbox, is_secure=False)
    assert "LOGINDISABLED" in clear.answer("a CAPABILITY")
    assert "PRIVACYREQUIRED" in clear.answer(f"a LOGIN {ADDRESS} secret")
    assert Conversation(mailbox, is_secure=True).answer("a SELECT INBOX").startswith("a BAD")


@pytest.mark.parametrize("line", ["", "a", "a UID", "a UID FETCH", "a UID FETCH 9:*,x,- FLAGS", "a UID STORE 1", '"'])
def test_half_commands_are_refused_and_harm_nothing(line: str) -> None:
    talk, mailbox = inside()
    mailbox.deliver(b"\r\n", AT)
    assert talk.answer(line).splitlines()[-1].split(" ")[1:2] in (["BAD"], ["OK"])
    assert len(mailbox.messages) == 1


def test_a_mailbox_keeps_a_bounded_number_of_messages() -> None:
    mailbox = Mailbox(address=ADDRESS, user=ADDRESS, password="secret")
    for _ in range(MESSAGES_KEPT + 5):
        mailbox.deliver(b"", AT)
    assert (len(mailbox.messages), mailbox.messages[0].uid) == (MESSAGES_KEPT, 6)


@pytest.mark.parametrize(
    ("text", "found"), [("1", [1]), ("1,3:4", [1, 3, 4]), ("4:*", [4, 5]), ("9", []), ("x:2", [0, 1, 2]), ("", [0])]
)
def test_sequence_sets_never_reach_beyond_the_last_message(text: str, found: list[int]) -> None:
    assert read_set(text, 5) == found


def test_a_day_below_ten_is_padded_as_imap_wants_it() -> None:
    assert internal_date(datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)) == " 3-Feb-2026 04:05:06 +0000"
