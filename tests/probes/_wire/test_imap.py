import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes._wire.imap import ImapTalk, Status, find_capabilities, find_exists, find_numbers, parse_status, quoted
from probes.api import ProbeFailure
from tests.probes._wire.mail_talk import having_said


def test_capabilities_are_found_in_an_answer_or_in_a_code() -> None:
    assert find_capabilities(("FLAGS ()", "Capability imap4rev1 Idle")) == ("IMAP4REV1", "IDLE")
    assert find_capabilities((), Status(word="OK", text="[CAPABILITY IMAP4rev1 X] hi")) == ("IMAP4REV1", "X")
    assert find_capabilities(("1 EXISTS",), Status(word="OK", text="hi")) is None


def test_counts_and_numbers_are_found_among_other_lines() -> None:
    untagged = ("FLAGS (\\Seen)", "3 EXISTS", "0 RECENT", "4 exists", "SEARCH 1 20 300", "SEARCH", "9 EXPUNGE")
    assert find_exists(untagged) == 4
    assert find_numbers(untagged) == (1, 20, 300)
    assert (find_exists(()), find_numbers(())) == (None, ())


def test_a_status_is_known_by_its_first_word() -> None:
    assert parse_status("ok [X] done") == Status(word="OK", text="[X] done")
    assert parse_status("OK") == Status(word="OK", text="")
    assert parse_status("OKAY") is None
    assert parse_status("") is None


def test_a_quoted_string_escapes_what_would_end_it() -> None:
    assert quoted('a"b\\c') == '"a\\"b\\\\c"'
    for text in ("a\r\nb", "tiếng", "\x7f", "\0"):
        with pytest.raises(ValueError, match="printable ASCII"):
            quoted(text)


async def test_literals_stand_in_their_lines() -> None:
    said = b"* 1 FETCH (BODY[] {5}\r\nab\r\nc UID 7)\r\n* 2 EXISTS\r\na1 OK done\r\n"
    with having_said(said) as stream:
        answer = await ImapTalk(stream).ask("FETCH 1 BODY[]")
    assert answer.untagged == ("1 FETCH (BODY[] ab\r\nc UID 7)", "2 EXISTS")
    assert answer.status.word == "OK"


@pytest.mark.parametrize(
    "said", [b"* X {70000}\r\n", b"* X {999999999}\r\n", b"* {60000}\r\n" + b"x" * 60_000 + b"\r\n* {60000}\r\n"]
)
async def test_literals_beyond_the_limit_are_refused_before_they_are_read(said: bytes) -> None:
    with having_said(said) as stream, pytest.raises(ProbeFailure, match="longer than"):
        await ImapTalk(stream).ask("NOOP")


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=300)
    | st.lists(
        st.sampled_from([b"* OK ", b"* ", b"a1 OK", b"a2 NO", b"+ ", b"\r\n", b"{3}", b"{0}\r\n", b"7 EXISTS", b"abc"])
    ).map(b"".join)
)
async def test_any_octets_make_a_conversation_or_a_failure(said: bytes) -> None:
    with having_said(said) as stream:
        talk = ImapTalk(stream)
        with contextlib.suppress(ProbeFailure):
            await talk.greeting()
            await talk.login("me", "secret", await talk.capabilities())
            answer = await talk.insist('EXAMINE "INBOX"')
            find_exists(answer.untagged)
            find_numbers(answer.untagged)
