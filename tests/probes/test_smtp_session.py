from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from probes.api import FailureKind, Outcome
from probes.smtp_session import SmtpSessionParams
from tests.servers.ask import ask
from tests.servers.certificates import Authority, Wish, issue
from tests.servers.mail_server import endless, endless_lines, scripted, smtp
from tests.servers.smtp_server import Postbox, serving_postfix, serving_smtp, why_no_postfix
from tests.servers.tcp_server import Behaviour, closed_port, reset, saying, serving, stall

PHASES = {"dns_s", "connect_s", "connect_wall_s", "banner_s", "ehlo_s", "tls_s", "total_s"}
OFFER = "250-mail.example\r\n250-SIZE 5000\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS"


@pytest.mark.skipif(bool(why_no_postfix()), reason=why_no_postfix() or "-")
async def test_postfix_shows_its_banner_extensions_limit_and_certificate(authority: Authority) -> None:
    async with serving_postfix(authority.issue("mail.example")) as port:
        params: dict[str, Any] = {"starttls": "required", "server_name": "mail.example"}
        reading = await ask("smtp_session", f"127.0.0.1:{port}", trust_file=authority.trust_file, **params)
    assert reading.outcome is Outcome.OK, reading
    assert set(reading.measures) == PHASES | {"size_limit_octets", "certificate_days_left"}
    assert reading.measures["size_limit_octets"] == 2_048_000
    assert 29 < reading.measures["certificate_days_left"] <= 30
    facts = reading.facts
    assert facts["banner"] == "mail.example ESMTP Postfix"
    assert (facts["starttls_offered"], facts["auth_before_tls"], facts["esmtp"]) == (True, False, True)
    assert {"SIZE", "PIPELINING", "8BITMIME"} <= set(facts["extensions"])  # type: ignore[arg-type]
    assert (facts["trusted"], facts["name_matches"], facts["subject"]) == (True, True, "CN=mail.example")


async def test_aiosmtpd_offers_its_login_only_within_tls_and_no_message_is_sent(authority: Authority) -> None:
    box = Postbox()
    async with serving_smtp(authority.context("127.0.0.1"), box=box, password="secret") as port:
        reading = await ask("smtp_session", f"127.0.0.1:{port}", trust_file=authority.trust_file)
    assert reading.outcome is Outcome.OK, reading
    assert reading.facts["auth_before_tls"] is False
    assert set(reading.facts["auth_mechanisms"]) == {"LOGIN", "PLAIN"}  # type: ignore[arg-type]
    assert reading.measures["size_limit_octets"] == 1_000_000
    assert not box.envelopes


async def test_the_visit_says_nothing_but_ehlo_starttls_and_quit(authority: Authority) -> None:
    heard: list[str] = []
    replies = {"EHLO": OFFER, "STARTTLS": "220 go", "QUIT": "221 bye"}
    async with serving(scripted("220 hi", replies, heard)) as port:
        reading = await ask("smtp_session", f"127.0.0.1:{port}", starttls="off", helo="monitor.example")
    assert reading.outcome is Outcome.OK
    assert heard == ["EHLO monitor.example", "QUIT"]
    heard.clear()
    async with serving(scripted("220 hi", replies, heard, authority.context("127.0.0.1"))) as port:
        reading = await ask("smtp_session", f"127.0.0.1:{port}", trust_file=authority.trust_file)
    assert reading.outcome is Outcome.OK
    assert heard == ["EHLO bt-console.invalid", "STARTTLS", "EHLO bt-console.invalid", "QUIT"]


async def test_a_login_offered_in_the_clear_is_a_fact() -> None:
    async with serving(scripted("220 hi", {"EHLO": OFFER, "QUIT": "221 bye"})) as port:
        reading = await ask("smtp_session", f"127.0.0.1:{port}", starttls="off")
    assert reading.outcome is Outcome.OK
    assert reading.facts["auth_before_tls"] is True
    assert reading.facts["starttls_offered"] is True
    assert reading.facts["auth_mechanisms"] == ("PLAIN", "LOGIN")
    assert "tls_version" not in reading.facts


async def test_a_server_without_starttls_is_wrong_only_where_it_is_required() -> None:
    async with serving(scripted("220 hi", {"EHLO": "250 mail.example", "QUIT": "221 bye"})) as port:
        optional = await ask("smtp_session", f"127.0.0.1:{port}")
        required = await ask("smtp_session", f"127.0.0.1:{port}", starttls="required")
    assert optional.outcome is Outcome.OK
    assert "size_limit_octets" not in optional.measures
    assert (required.outcome, required.failure) == (Outcome.FAIL, FailureKind.MISMATCH)
    assert required.facts["starttls_offered"] is False


async def test_an_old_server_is_greeted_with_helo() -> None:
    replies = {"EHLO": "502 what?", "HELO": "250 hello", "QUIT": "221 bye"}
    async with serving(scripted("220 hi", replies)) as port:
        reading = await ask("smtp_session", f"127.0.0.1:{port}")
    assert reading.outcome is Outcome.OK
    assert (reading.facts["esmtp"], reading.facts["extensions"]) == (False, ())


@pytest.mark.parametrize(
    ("wish", "by_authority", "reason"),
    [
        (Wish(subject="mail", names=("127.0.0.1",), valid_for=timedelta(days=-3)), True, "expired since"),
        (Wish(subject="mail", names=("127.0.0.1",)), False, "self-signed"),
        (Wish(subject="mail", names=("other.example",)), True, "name mismatch: issued for other.example"),
    ],
)
async def test_a_bad_certificate_fails_with_its_facts_or_is_gone_on_with(
    authority: Authority, wish: Wish, by_authority: bool, reason: str
) -> None:
    issued = issue(replace(wish), authority.root if by_authority else None)
    async with serving_smtp(issued.server_context(authority.folder)) as port:
        address = f"127.0.0.1:{port}"
        strict = await ask("smtp_session", address, trust_file=authority.trust_file)
        lax = await ask("smtp_session", address, trust_file=authority.trust_file, verify_tls=False)
    assert (strict.outcome, strict.failure) == (Outcome.FAIL, FailureKind.TLS)
    assert reason in strict.detail
    assert strict.facts["phase"] == "tls"
    assert lax.outcome is Outcome.OK, lax
    for reading in (strict, lax):
        assert reading.facts["subject"] == "CN=mail"
        assert reading.facts["trusted"] is by_authority
        assert "certificate_days_left" in reading.measures
    assert lax.measures["total_s"] > 0


async def test_text_sent_ahead_of_tls_is_refused(authority: Authority) -> None:
    async with serving(smtp(authority.context("127.0.0.1"), ahead=b"250 evil\r\n")) as port:
        reading = await ask("smtp_session", f"127.0.0.1:{port}", trust_file=authority.trust_file)
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.PROTOCOL)
    assert "ahead of TLS" in reading.detail


@pytest.mark.parametrize(
    ("behave", "complaint"),
    [
        (saying(b"554 go away\r\n"), "554 go away"),
        (saying(b"421-busy\r\n421 later\r\n"), "421 busy later"),
        (saying(b"220-a\r\n250 b\r\n"), "starts with 220 and goes on with 250"),
        (saying(b"SSH-2.0-OpenSSH\r\n"), "expected an SMTP reply"),
        (saying(b""), "closed the connection"),
        (saying(b"220 half"), "closed the connection"),
        (endless, "no end"),
        (endless_lines, "no end"),
        (scripted("220 hi", {"EHLO": "550 no", "HELO": "550 no"}), "HELO bt-console.invalid refused: 550 no"),
        (scripted("220 hi", {"EHLO": OFFER, "STARTTLS": "454 not now"}), "STARTTLS refused: 454 not now"),
    ],
)
async def test_what_is_no_smtp_breaks_the_protocol(behave: Behaviour, complaint: str) -> None:
    async with serving(behave) as port:
        reading = await ask("smtp_session", f"127.0.0.1:{port}")
    assert reading.outcome is Outcome.FAIL
    assert reading.failure in {FailureKind.PROTOCOL, FailureKind.RESET}, reading
    assert complaint in reading.detail or reading.failure is FailureKind.RESET


async def test_a_refusal_keeps_the_banner_harmless() -> None:
    async with serving(saying("554 \x1b[2J\u202eevil\r\n".encode() + b"\xff")) as port:
        reading = await ask("smtp_session", f"127.0.0.1:{port}")
    assert reading.failure is FailureKind.PROTOCOL
    assert "\x1b" not in reading.detail + str(reading.facts["banner"])
    assert "\u202e" not in reading.detail + str(reading.facts["banner"])


@pytest.mark.parametrize("reply", [None, "500 stay"])
async def test_a_rude_farewell_is_a_remark(reply: str | None) -> None:
    replies = {"EHLO": "250 mail.example", **({"QUIT": reply} if reply else {})}
    async with serving(scripted("220 hi", replies)) as port:
        reading = await ask("smtp_session", f"127.0.0.1:{port}")
    assert reading.outcome is Outcome.OK
    assert "QUIT" in reading.detail


async def test_a_timeout_names_the_phase_it_reached() -> None:
    async def phase(behave: Behaviour) -> object:
        async with serving(behave) as port:
            reading = await ask("smtp_session", f"127.0.0.1:{port}", timeout_s=0.3)
        assert reading.outcome is Outcome.TIMEOUT
        return reading.facts["phase"]

    async def half_open(reader: Any, writer: Any) -> None:
        writer.write(b"220 hi\r\n")
        await stall(reader, writer)

    assert await phase(stall) == "banner"
    assert await phase(half_open) == "ehlo"


async def test_a_reset_and_a_closed_port_are_told_apart() -> None:
    async with serving(reset) as port:
        cut = await ask("smtp_session", f"127.0.0.1:{port}", timeout_s=1.0)
    with closed_port() as port:
        closed = await ask("smtp_session", f"127.0.0.1:{port}")
    assert cut.outcome is Outcome.TIMEOUT, "it waits for our first word, we for its banner"
    assert (closed.outcome, closed.failure) == (Outcome.FAIL, FailureKind.REFUSED)


@pytest.mark.parametrize("params", [{"starttls": "maybe"}, {"helo": "a\r\nMAIL FROM:<x>"}, {"helo": ""}])
def test_params_that_cannot_be_are_refused_when_they_are_made(params: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="write"):
        SmtpSessionParams(**params)
