from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from probes.api import FailureKind, Outcome
from probes.imap_session import ImapSessionParams
from probes.secret import Secret
from tests.servers.ask import ask
from tests.servers.certificates import Authority, Wish
from tests.servers.dovecot import PASSWORD, USER, Dovecot, dovecot, serving_dovecot
from tests.servers.mail_server import endless, scripted
from tests.servers.tcp_server import Behaviour, closed_port, saying, serving, stall

needs_dovecot = pytest.mark.skipif(dovecot() is None, reason="dovecot-imapd is not installed")
PLAIN = {"CAPABILITY": "* CAPABILITY IMAP4rev1 STARTTLS\r\n{tag} OK", "LOGOUT": "* BYE\r\n{tag} OK bye"}


@pytest.fixture
async def server(authority: Authority) -> AsyncIterator[Dovecot]:
    async with serving_dovecot(authority.issue("mail.example", "127.0.0.2")) as running:
        yield running


@pytest.fixture
def login(tmp_path: Path) -> dict[str, Any]:
    path = tmp_path / "password"
    path.write_text(PASSWORD + "\n")
    path.chmod(0o600)
    return {"user": USER, "password": Secret(f"file:{path}")}


@needs_dovecot
async def test_dovecot_shows_its_greeting_capabilities_and_certificate(server: Dovecot, authority: Authority) -> None:
    reading = await ask("imap_session", server.imaps, trust_file=authority.trust_file)
    assert reading.outcome is Outcome.OK, reading
    phases = {"dns_s", "connect_s", "connect_wall_s", "tls_s", "greeting_s", "capability_s", "total_s"}
    assert set(reading.measures) == phases | {"certificate_days_left"}
    assert str(reading.facts["greeting"]).endswith("Dovecot (Debian) ready.")
    assert {"IMAP4REV1", "AUTH=PLAIN"} <= set(reading.facts["capabilities"])  # type: ignore[arg-type]
    assert (reading.facts["subject"], reading.facts["trusted"]) == ("CN=mail.example", True)
    assert "login_disabled" not in reading.facts, "there was no moment without TLS"


@needs_dovecot
async def test_dovecot_refuses_a_login_in_the_clear_and_says_so(server: Dovecot) -> None:
    reading = await ask("imap_session", server.imap, tls="off")
    assert reading.outcome is Outcome.OK
    assert (reading.facts["login_disabled"], reading.facts["starttls_offered"]) == (True, True)
    assert "tls_version" not in reading.facts


@needs_dovecot
@pytest.mark.parametrize("tls", ["implicit", "starttls"])
async def test_after_login_the_messages_are_counted_and_stay_unseen(
    server: Dovecot, authority: Authority, login: dict[str, Any], tls: str
) -> None:
    for number in range(3):
        server.deliver(f"Subject: {number}\r\n\r\nhello\r\n".encode())
    address = server.imaps if tls == "implicit" else server.imap
    for _ in range(2):
        reading = await ask("imap_session", address, trust_file=authority.trust_file, tls=tls, **login)
        assert reading.outcome is Outcome.OK, reading
        assert (reading.measures["message_count"], reading.facts["logged_in"]) == (3, True)
        assert {"login_s", "select_s"} <= set(reading.measures)
    assert len(list((server.folder / "mail" / "new").iterdir())) == 3, "read-only: all are still new"


@needs_dovecot
async def test_a_wrong_password_is_a_mismatch_that_repeats_no_secret(
    server: Dovecot, authority: Authority, tmp_path: Path
) -> None:
    path = tmp_path / "wrong"
    path.write_text("hunter2")
    path.chmod(0o600)
    params: dict[str, Any] = {"user": USER, "password": Secret(f"file:{path}")}
    reading = await ask("imap_session", server.imaps, trust_file=authority.trust_file, **params)
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.MISMATCH)
    assert reading.detail == f"login of {USER} refused with NO AUTHENTICATIONFAILED"
    assert reading.facts["logged_in"] is False
    assert "hunter2" not in repr(reading)


@needs_dovecot
async def test_a_mailbox_that_is_not_there_is_refused(
    server: Dovecot, authority: Authority, login: dict[str, Any]
) -> None:
    reading = await ask("imap_session", server.imaps, trust_file=authority.trust_file, mailbox="None", **login)
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.PROTOCOL)
    assert 'EXAMINE "None" refused' in reading.detail


@needs_dovecot
async def test_no_password_goes_to_a_server_with_a_bad_certificate(authority: Authority, login: dict[str, Any]) -> None:
    wish = Wish(subject="old", names=("127.0.0.2",), valid_for=timedelta(days=-1))
    async with serving_dovecot(authority.issue(wish=wish)) as server:
        for address, tls in ((server.imaps, "implicit"), (server.imap, "starttls")):
            reading = await ask("imap_session", address, trust_file=authority.trust_file, tls=tls, **login)
            assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.TLS)
            assert reading.detail.startswith("expired since")
            assert "logged_in" not in reading.facts
        lax = await ask("imap_session", server.imaps, trust_file=authority.trust_file, verify_tls=False)
        assert lax.outcome is Outcome.OK
        log = (server.folder / "log").read_text()
    assert "PLAIN" not in log


async def test_a_secret_that_is_missing_is_our_failure_and_nobody_is_asked(tmp_path: Path) -> None:
    params: dict[str, Any] = {"user": USER, "password": Secret(f"file:{tmp_path / 'none'}")}
    with closed_port() as port:
        reading = await ask("imap_session", f"127.0.0.1:{port}", **params)
    assert (reading.outcome, reading.failure) == (Outcome.ERROR, FailureKind.PERMISSION)


@pytest.mark.parametrize(
    ("capability", "replies", "expected"),
    [
        ("AUTH=PLAIN", {"AUTHENTICATE PLAIN": "+ ", "AG1": "a2 OK in"}, ["a2 AUTHENTICATE PLAIN", "AG1lAHNlY3JldA=="]),
        ("AUTH=PLAIN SASL-IR", {"AUTHENTICATE": "{tag} OK"}, ["a2 AUTHENTICATE PLAIN AG1lAHNlY3JldA=="]),
        ("X", {"LOGIN": "{tag} OK"}, ['a2 LOGIN "me" "secret"']),
    ],
)
async def test_each_way_to_log_in_is_spoken(
    authority: Authority, tmp_path: Path, capability: str, replies: dict[str, str], expected: list[str]
) -> None:
    (tmp_path / "s").write_text("secret")
    (tmp_path / "s").chmod(0o600)
    heard: list[str] = []
    more = {
        "CAPABILITY": f"* CAPABILITY IMAP4rev1 {capability}\r\n{{tag}} OK",
        "EXAMINE": "* 7 EXISTS\r\n{tag} OK [READ-ONLY]",
        "LOGOUT": "* BYE\r\n{tag} OK",
    }
    params: dict[str, Any] = {"user": "me", "password": Secret(f"file:{tmp_path / 's'}")}
    async with serving(scripted("* OK hi", {**more, **replies}, heard), authority.context("127.0.0.1")) as port:
        reading = await ask("imap_session", f"127.0.0.1:{port}", trust_file=authority.trust_file, **params)
    assert reading.outcome is Outcome.OK, reading
    assert reading.measures["message_count"] == 7
    assert heard[1 : 1 + len(expected)] == expected


@pytest.mark.parametrize(
    "reply", ["{tag} NO [ALERT] secret AG1lAHNlY3JldA==", "{tag} BAD LOGIN me secret", "secret?", "+ secret"]
)
async def test_a_server_that_echoes_the_password_is_not_quoted(
    authority: Authority, tmp_path: Path, reply: str
) -> None:
    (tmp_path / "s").write_text("secret")
    (tmp_path / "s").chmod(0o600)
    replies = {"CAPABILITY": "* CAPABILITY IMAP4rev1\r\n{tag} OK", "LOGIN": reply}
    params: dict[str, Any] = {"user": "me", "password": Secret(f"file:{tmp_path / 's'}")}
    async with serving(scripted("* OK hi", replies), authority.context("127.0.0.1")) as port:
        reading = await ask("imap_session", f"127.0.0.1:{port}", trust_file=authority.trust_file, **params)
    assert reading.outcome is Outcome.FAIL
    assert "secret" not in repr(reading)
    assert "AG1l" not in repr(reading)


async def test_starttls_that_is_not_offered_is_a_mismatch() -> None:
    replies = {**PLAIN, "CAPABILITY": "* CAPABILITY IMAP4rev1\r\n{tag} OK"}
    async with serving(scripted("* OK hi", replies)) as port:
        reading = await ask("imap_session", f"127.0.0.1:{port}", tls="starttls")
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.MISMATCH)


async def test_a_greeting_that_knows_us_already_is_a_fact() -> None:
    async with serving(scripted("* PREAUTH welcome", PLAIN)) as port:
        reading = await ask("imap_session", f"127.0.0.1:{port}", tls="off")
    assert (reading.outcome, reading.facts["preauthenticated"]) == (Outcome.OK, True)


@pytest.mark.parametrize(
    ("behave", "complaint"),
    [
        (saying(b"* BYE too busy\r\n"), "too busy"),
        (saying(b"220 smtp\r\n"), "220 smtp"),
        (saying(b"* OK hi"), "closed the connection"),
        (endless, "no end"),
        (scripted("* OK hi", {"CAPABILITY": "{tag} BAD what"}), "CAPABILITY refused: BAD what"),
        (scripted("* OK hi", {"CAPABILITY": "a99 OK"}), "expected the answer a1"),
        (scripted("* OK hi", {"CAPABILITY": "+ go on"}), "expected the answer a1"),
        (scripted("* OK hi", {"CAPABILITY": "{tag} MAYBE"}), "expected OK, NO or BAD"),
        (scripted("* OK hi", {"CAPABILITY": "* X {999999999}"}), "longer than"),
        (scripted("* OK hi", {"CAPABILITY": "* X" + "\r\n* X" * 200}), "no end"),
        (scripted("* OK hi", {"CAPABILITY": "* {0}" + "\r\n{0}" * 30_000}), "longer than"),
    ],
)
async def test_what_is_no_imap_breaks_the_protocol(behave: Behaviour, complaint: str) -> None:
    async with serving(behave) as port:
        reading = await ask("imap_session", f"127.0.0.1:{port}", tls="off")
    assert reading.outcome is Outcome.FAIL, reading
    assert reading.failure in {FailureKind.PROTOCOL, FailureKind.RESET}, reading
    assert complaint in reading.detail or reading.failure is FailureKind.RESET


async def test_a_timeout_names_the_phase_it_reached() -> None:
    async def half_open(reader: Any, writer: Any) -> None:
        writer.write(b"* OK hi\r\n")
        await stall(reader, writer)

    for behave, tls, phase in (
        (stall, "off", "greeting"),
        (half_open, "off", "capability"),
        (stall, "implicit", "tls"),
    ):
        async with serving(behave) as port:
            reading = await ask("imap_session", f"127.0.0.1:{port}", tls=tls, timeout_s=0.3)
        assert (reading.outcome, reading.facts["phase"]) == (Outcome.TIMEOUT, phase)


async def test_a_rude_farewell_is_a_remark() -> None:
    async with serving(scripted("* OK hi", {"CAPABILITY": PLAIN["CAPABILITY"]})) as port:
        reading = await ask("imap_session", f"127.0.0.1:{port}", tls="off")
    assert reading.outcome is Outcome.OK
    assert "LOGOUT" in reading.detail


@pytest.mark.parametrize(
    ("params", "complaint"),
    [
        ({"tls": "maybe"}, "implicit, starttls, off"),
        ({"user": "me"}, "both user and password"),
        ({"password": Secret("env:X")}, "both user and password"),
        ({"user": "me", "password": Secret("env:X"), "tls": "off"}, "only over TLS"),
        ({"user": "me", "password": Secret("env:X"), "verify_tls": False}, "only over TLS"),
        ({"mailbox": "a\r\nb"}, "printable ASCII"),
    ],
)
def test_params_that_cannot_be_are_refused_when_they_are_made(params: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        ImapSessionParams(**params)
