import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from mailbox import Maildir, MaildirMessage
from pathlib import Path
from typing import Any

import pytest

from probes._wire.mailbox import HEADER, make_message
from probes.api import FailureKind, Outcome, Reading
from probes.mail_round_trip import MailRoundTripParams
from probes.secret import Secret
from tests.servers.ask import ask
from tests.servers.certificates import Authority, Issued, Wish
from tests.servers.dovecot import PASSWORD, USER, Dovecot, dovecot, serving_dovecot
from tests.servers.smtp_server import Postbox, serving_smtp
from tests.servers.tcp_server import closed_port, serving, stall

pytestmark = pytest.mark.skipif(dovecot() is None, reason="dovecot-imapd is not installed")


@dataclass(slots=True)
class Post:
    """Both servers, and how to ask about them."""

    authority: Authority
    secret: Secret
    box: Postbox
    imap: Dovecot
    smtp_port: int = 0

    async def travel(self, **params: Any) -> Reading:
        given = {"mailbox": USER, "password": self.secret, "imap": self.imap.imaps, "timeout_s": 9.0, **params}
        return await ask(
            "mail_round_trip", f"127.0.0.1:{self.smtp_port}", trust_file=self.authority.trust_file, **given
        )

    def put(self, message: bytes, age: timedelta = timedelta(0), flags: str = "") -> None:
        """Put a message into the mailbox as if it had arrived then."""
        added = MaildirMessage(message)
        added.set_date(time.time() - age.total_seconds())
        added.set_subdir("cur")
        added.set_flags(flags)
        key = Maildir(self.imap.folder / "mail").add(added)
        if os.getuid() == 0:
            path = next((self.imap.folder / "mail" / "cur").glob(f"{key}*"))
            os.chown(path, 65534, 65534)


@pytest.fixture
def secret(tmp_path: Path) -> Secret:
    (tmp_path / "password").write_text(PASSWORD)
    (tmp_path / "password").chmod(0o600)
    return Secret(f"file:{tmp_path / 'password'}")


@asynccontextmanager
async def posting(authority: Authority, secret: Secret, *lines: str, smtp: Issued | None = None) -> AsyncIterator[Post]:
    shown = smtp or authority.issue("127.0.0.1")
    async with serving_dovecot(authority.issue("127.0.0.2"), *lines) as imap:
        box = Postbox(deliver=imap.deliver)
        tls = shown.server_context(authority.folder)
        async with serving_smtp(tls, box=box, password=PASSWORD) as port:
            yield Post(authority=authority, secret=secret, box=box, imap=imap, smtp_port=port)


@pytest.fixture
async def post(authority: Authority, secret: Secret) -> AsyncIterator[Post]:
    async with posting(authority, secret) as running:
        yield running


@pytest.mark.parametrize("imap_tls", ["implicit", "starttls"])
async def test_a_message_travels_is_found_and_leaves_nothing_behind(post: Post, imap_tls: str) -> None:
    post.put(b"Subject: of somebody else\r\n\r\nstays\r\n", timedelta(days=30))
    address = post.imap.imaps if imap_tls == "implicit" else post.imap.imap
    reading = await post.travel(imap=address, imap_tls=imap_tls)
    assert (reading.outcome, reading.detail) == (Outcome.OK, ""), reading
    expected = {"dns_s", "connect_s", "tls_s", "send_s", "transit_s", "find_s", "remove_s", "total_s"}
    assert expected <= set(reading.measures)
    assert reading.measures["cleaned_count"] == 0
    assert reading.measures["find_s"] <= reading.measures["transit_s"]
    assert [message_from_bytes(left)["Subject"] for left in post.imap.messages()] == ["of somebody else"]
    (envelope,) = post.box.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == (USER, [USER])
    assert post.box.logins == [USER.encode()]
    assert (reading.facts["trusted"], reading.facts["address"]) == (True, "127.0.0.1")


async def test_a_message_that_is_late_is_waited_for(post: Post) -> None:
    def later(message: bytes) -> None:
        asyncio.get_running_loop().call_later(0.7, post.imap.deliver, message)

    post.box.deliver = later
    reading = await post.travel(poll_s=0.1)
    assert reading.outcome is Outcome.OK, reading
    assert reading.measures["transit_s"] >= 0.6
    assert post.imap.messages() == []


async def test_a_message_that_never_comes_is_a_timeout_in_transit(post: Post) -> None:
    post.box.deliver = None
    reading = await post.travel(timeout_s=3.5)
    assert (reading.outcome, reading.facts["phase"]) == (Outcome.TIMEOUT, "transit")
    assert "send_s" in reading.measures
    assert "transit_s" not in reading.measures


async def test_forgotten_messages_are_removed_and_those_waited_for_are_not(post: Post) -> None:
    forgotten, waited_for = make_message(USER, "old", datetime.now(UTC)), make_message(USER, "young", datetime.now(UTC))
    post.put(forgotten, timedelta(minutes=10))
    post.put(forgotten, timedelta(days=400))
    post.put(waited_for)
    reading = await post.travel()
    assert reading.outcome is Outcome.OK, reading
    assert reading.measures["cleaned_count"] == 2
    assert [message_from_bytes(left)[HEADER] for left in post.imap.messages()] == ["young"]


async def test_a_message_that_comes_twice_is_removed_twice(post: Post) -> None:
    def twice(message: bytes) -> None:
        post.imap.deliver(message)
        post.imap.deliver(message)

    post.box.deliver = twice
    reading = await post.travel()
    assert (reading.outcome, reading.detail) == (Outcome.OK, "the message arrived 2 times")
    assert post.imap.messages() == []


async def test_without_uidplus_only_ours_is_removed(authority: Authority, secret: Secret) -> None:
    async with posting(authority, secret, "imap_capability = IMAP4rev1 SASL-IR") as post:
        post.put(b"Subject: stays\r\n\r\n\r\n")
        good = await post.travel()
        post.put(b"Subject: deleted by its owner\r\n\r\n\r\n", flags="T")
        bad = await post.travel()
        left = [message_from_bytes(message)["Subject"] for message in post.imap.messages()]
    assert good.outcome is Outcome.OK, good
    assert (bad.outcome, bad.failure) == (Outcome.FAIL, FailureKind.MISMATCH)
    assert "deleted ones of others" in bad.detail
    assert {"stays", "deleted by its owner"} <= set(left)


async def test_a_refused_message_breaks_the_protocol_and_is_not_waited_for(post: Post) -> None:
    post.box.answer = "552 5.2.2 mailbox full"
    reading = await post.travel()
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.PROTOCOL)
    assert reading.detail == "the message is refused: 552 5.2.2 mailbox full"
    assert reading.facts["phase"] == "send"


async def test_a_wrong_password_is_a_mismatch_before_anything_is_sent(post: Post, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("hunter2")
    reading = await post.travel()
    assert (reading.outcome, reading.failure, reading.facts["phase"]) == (Outcome.FAIL, FailureKind.MISMATCH, "imap")
    assert "hunter2" not in repr(reading)
    assert not post.box.envelopes


async def test_no_password_goes_to_a_sending_server_with_a_bad_certificate(
    authority: Authority, secret: Secret
) -> None:
    old = authority.issue(wish=Wish(subject="old", names=("127.0.0.1",), valid_for=timedelta(days=-1)))
    async with posting(authority, secret, smtp=old) as post:
        reading = await post.travel()
    assert (reading.outcome, reading.failure, reading.facts["phase"]) == (Outcome.FAIL, FailureKind.TLS, "tls")
    assert reading.detail.startswith("expired since")
    assert not post.box.logins


async def test_servers_that_are_silent_or_gone_are_told_apart(post: Post) -> None:
    async with serving(stall) as silent:
        slow = await post.travel(imap=f"127.0.0.1:{silent}", timeout_s=0.5)
    with closed_port() as port:
        closed = await post.travel(imap=f"127.0.0.1:{port}")
    assert (slow.outcome, slow.facts["phase"]) == (Outcome.TIMEOUT, "imap")
    assert (closed.outcome, closed.failure, closed.facts["phase"]) == (Outcome.FAIL, FailureKind.REFUSED, "imap")


async def test_a_check_without_a_mailbox_is_refused_with_what_to_give() -> None:
    reading = await ask("mail_round_trip", "127.0.0.1:587")
    assert reading.failure is FailureKind.INTERNAL
    assert "give mailbox" in reading.detail


@pytest.mark.parametrize(
    ("params", "complaint"),
    [
        ({"smtp_tls": "maybe"}, "smtp_tls"),
        ({"imap_tls": "off"}, "imap_tls"),
        ({"smtp_tls": "off"}, "only over TLS"),
        ({"mailbox": "me"}, "no mail address"),
        ({"helo": "a b"}, "helo"),
        ({"folder": "\n"}, "printable"),
        ({"poll_s": 0.0}, "poll_s"),
    ],
)
def test_params_that_cannot_be_are_refused_when_they_are_made(params: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        MailRoundTripParams(**params)
