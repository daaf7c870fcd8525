import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes._wire.smtp import SmtpTalk, check_mailbox, parse_extensions, parse_reply_line, size_limit
from probes.api import FailureKind, ProbeFailure
from tests.probes._wire.mail_talk import having_said


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("250-one", (250, False, "one")),
        ("250 two", (250, True, "two")),
        ("250", (250, True, "")),
        ("554 5.7.1 no", (554, True, "5.7.1 no")),
    ],
)
def test_a_reply_line_is_code_continuation_and_text(line: str, expected: tuple[int, bool, str]) -> None:
    assert parse_reply_line(line) == expected


@pytest.mark.parametrize("line", ["", "25 x", "150 x", "650 x", "2500", "250_x", "٢٥٠ x"])
def test_what_is_no_reply_line_breaks_the_protocol(line: str) -> None:
    with pytest.raises(ProbeFailure):
        parse_reply_line(line)


def test_extensions_are_read_whatever_their_case_and_the_old_way_to_write_auth() -> None:
    lines = ("mail.example", "size 100", "AUTH PLAIN", "AUTH=LOGIN CRAM-MD5", "8bitmime", "")
    assert parse_extensions(lines) == {"SIZE": "100", "AUTH": "PLAIN LOGIN CRAM-MD5", "8BITMIME": ""}


@pytest.mark.parametrize(
    ("said", "expected"), [("1000", 1000), ("0", None), ("", None), ("-5", None), ("٣", None), ("9" * 40, None)]
)
def test_a_size_limit_is_a_number_above_nothing(said: str, expected: int | None) -> None:
    assert size_limit({"SIZE": said}) == expected


async def test_a_reply_may_have_many_lines_but_not_any_number() -> None:
    with having_said(b"250-a\r\n250-b\r\n250 c\r\n") as stream:
        reply = await SmtpTalk(stream).reply()
    assert (reply.code, reply.lines, str(reply)) == (250, ("a", "b", "c"), "250 a b c")
    with having_said(b"250-a\r\n" * 101) as stream, pytest.raises(ProbeFailure, match="no end"):
        await SmtpTalk(stream).reply()


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        (b"535 5.7.8 secret wrong\r\n", "login of me refused with 535 5.7.8"),
        (b"535 secret wrong\r\n", "login of me refused with 535"),
        (b"secret\r\n", "login of me: the server broke its protocol"),
    ],
)
async def test_a_refused_login_repeats_only_numbers(said: bytes, complaint: str) -> None:
    for mechanism, before in (("PLAIN", b""), ("LOGIN", b"334 VXNlcm5hbWU6\r\n")):
        with having_said(before + said) as stream, pytest.raises(ProbeFailure) as caught:
            await SmtpTalk(stream).login("me", "secret", (mechanism,))
        assert caught.value.detail == complaint
        assert caught.value.kind in {FailureKind.MISMATCH, FailureKind.PROTOCOL}


async def test_a_login_without_a_known_mechanism_sends_nothing() -> None:
    with having_said(b"") as stream, pytest.raises(ProbeFailure, match="neither AUTH PLAIN nor AUTH LOGIN"):
        await SmtpTalk(stream).login("me", "secret", ("CRAM-MD5",))


@pytest.mark.parametrize("address", ["a@b.example", "a.b+c@[192.0.2.1]", "x'y@mail"])
def test_usual_mailboxes_are_taken(address: str) -> None:
    check_mailbox(address)


@pytest.mark.parametrize("address", ["", "a", "a@", "@b", "a@b>\r\nRCPT TO:<c@d", "a b@c", "a@b@c", "<a@b>"])
def test_what_could_smuggle_in_a_command_is_no_mailbox(address: str) -> None:
    with pytest.raises(ValueError, match="no mail address"):
        check_mailbox(address)


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=300)
    | st.lists(st.sampled_from([b"220 ", b"250-", b"250 ", b"\r\n", b"AUTH ", b"x"])).map(b"".join)
)
async def test_any_octets_make_a_conversation_or_a_failure(said: bytes) -> None:
    with having_said(said) as stream:
        talk = SmtpTalk(stream)
        with contextlib.suppress(ProbeFailure):
            await talk.greeting()
            size_limit(await talk.hello("x.example") or {})
            await talk.ask_for_tls()
