"""The console as a channel: the stored delivery is the message."""

from __future__ import annotations

from datetime import UTC, datetime

from bt_console import channels
from bt_console.channels.api import ChannelContext, Letter
from bt_console.model.oncall import ChannelPath, NoticeKind
from bt_console.model.paging import SendOutcome

AT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


async def test_a_letter_is_taken_at_once_and_nobody_claims_that_it_was_seen() -> None:
    kind = channels.load("console")
    letter = Letter(id="17", kind=NoticeKind.PAGE, at=AT, title="title", body="body", short="short")
    sent = await kind.send(kind.params(), "", letter, ChannelContext(now=AT))
    assert (sent.outcome, sent.is_proof) == (SendOutcome.ACCEPTED, False)


def test_it_reaches_whoever_is_there_and_needs_no_network() -> None:
    kind = channels.load("console")
    kind.check_address("")
    assert kind.is_broadcast
    assert kind.path is ChannelPath.LOCAL
