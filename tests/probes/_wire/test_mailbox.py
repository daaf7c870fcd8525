from datetime import UTC, datetime, timedelta
from email import message_from_bytes

import pytest

from probes._wire.imap import Answer, ImapTalk, Status
from probes._wire.mailbox import HEADER, Mailbox, make_message, parse_internal_date, read_dates
from probes._wire.smtp import stuffed
from probes.api import FailureKind, ProbeFailure
from tests.probes._wire.mail_talk import having_said

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def test_the_message_names_itself_and_asks_for_no_automatic_answer() -> None:
    message = message_from_bytes(make_message("me@mail.example", "abc", NOW))
    assert (message["From"], message["To"], message[HEADER]) == ("me@mail.example", "me@mail.example", "abc")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"] == "Tue, 24 Nov 2026 12:00:00 +0000"


def test_dots_at_the_start_of_lines_are_doubled_and_every_line_ends_in_crlf() -> None:
    assert stuffed(b"a\n.b\r\n\r\n..c") == b"a\r\n..b\r\n\r\n...c\r\n.\r\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("24-Nov-2026 19:00:00 +0700", NOW),
        (" 4-nov-2026 12:00:00 +0000", NOW - timedelta(days=20)),
        ("24-Xyz-2026 19:00:00 +0700", None),
        ("34-Nov-2026 19:00:00 +0700", None),
        ("24-Nov-2026 29:00:00 +0700", None),
    ],
)
def test_dates_of_arrival_are_read_whatever_the_locale(text: str, expected: datetime | None) -> None:
    assert parse_internal_date(text) == expected


def test_a_fetch_is_read_whatever_the_order_of_its_items() -> None:
    untagged = (
        '1 FETCH (UID 7 INTERNALDATE "24-Nov-2026 12:00:00 +0000")',
        '2 FETCH (INTERNALDATE "24-Nov-2026 12:00:00 +0000" UID 9)',
        "3 FETCH (UID 11)",
        "4 EXISTS",
    )
    assert read_dates(Answer(status=Status(word="OK", text=""), untagged=untagged)) == [(7, NOW), (9, NOW)]


@pytest.mark.parametrize(("marked", "is_removed"), [("7 9", True), ("7", True), ("", True), ("7 8 9", False)])
async def test_without_uidplus_nothing_of_others_is_removed(marked: str, is_removed: bool) -> None:
    said = f"a1 OK\r\n* SEARCH {marked}\r\na2 OK\r\na3 OK\r\n"
    with having_said(said.encode()) as stream:
        mailbox = Mailbox(ImapTalk(stream), ("IMAP4REV1",))
        if is_removed:
            await mailbox.remove((7, 9))
        else:
            with pytest.raises(ProbeFailure) as caught:
                await mailbox.remove((7, 9))
            assert caught.value.kind is FailureKind.MISMATCH
