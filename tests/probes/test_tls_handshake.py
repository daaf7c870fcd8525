import ssl
from datetime import timedelta
from pathlib import Path

import pytest

from probes.api import FailureKind, Outcome
from probes.tls_handshake import TlsHandshakeParams
from tests.servers.ask import ask
from tests.servers.certificates import Authority, Issued, Wish, issue
from tests.servers.mail_server import imap, smtp
from tests.servers.tcp_server import closed_port, reset, saying, serving, stall


async def test_a_good_certificate_is_ok_with_all_its_facts(authority: Authority) -> None:
    async with serving(stall, authority.context("web.example", "127.0.0.1")) as port:
        reading = await ask("tls_handshake", f"127.0.0.1:{port}", trust_file=authority.trust_file)
    assert reading.outcome is Outcome.OK, reading
    facts = dict(reading.facts)
    assert facts.pop("tls_version") == "TLSv1.3"
    assert facts.pop("cipher")
    assert str(facts.pop("not_before")) < str(facts.pop("not_after"))
    assert facts == {
        "address": "127.0.0.1",
        "subject": "CN=web.example",
        "issuer": "CN=Test CA",
        "san": ("web.example", "127.0.0.1"),
        "self_signed": False,
        "trusted": True,
        "name_matches": True,
        "expired": False,
        "chain_length": 1,
    }
    assert {"handshake_s", "connect_s", "certificate_days_left"} <= set(reading.measures)


async def test_an_expired_certificate_of_a_known_authority_is_trusted_but_fails(authority: Authority) -> None:
    wish = Wish(subject="old", valid_for=timedelta(days=-2))
    async with serving(stall, authority.context("127.0.0.1", wish=wish)) as port:
        reading = await ask("tls_handshake", f"127.0.0.1:{port}", trust_file=authority.trust_file)
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.TLS)
    assert reading.detail.startswith("expired since ")
    assert (reading.facts["trusted"], reading.facts["expired"]) == (True, True)
    assert -2.1 < reading.measures["certificate_days_left"] < -1.9


async def test_every_fault_of_a_certificate_is_named_at_once(authority: Authority) -> None:
    issued = issue(Wish(subject="router", names=("router.local",), valid_for=timedelta(days=-2)))
    async with serving(stall, issued.server_context(authority.folder)) as port:
        reading = await ask("tls_handshake", f"127.0.0.1:{port}", trust_file=authority.trust_file)
    assert reading.failure is FailureKind.TLS
    for fault in ("expired since", "self-signed", "name mismatch: issued for router.local, not for 127.0.0.1"):
        assert fault in reading.detail
    assert (reading.facts["self_signed"], reading.facts["trusted"], reading.facts["name_matches"]) == (
        True,
        False,
        False,
    )
    assert reading.measures["handshake_s"] > 0


async def test_a_certificate_of_tomorrow_is_not_valid_yet(authority: Authority) -> None:
    wish = Wish(subject="new", starts_in=timedelta(days=1))
    async with serving(stall, authority.context("127.0.0.1", wish=wish)) as port:
        reading = await ask("tls_handshake", f"127.0.0.1:{port}", trust_file=authority.trust_file)
    assert reading.failure is FailureKind.TLS
    assert reading.detail.startswith("not valid before ")


async def test_an_expired_authority_in_between_fails_the_chain(authority: Authority) -> None:
    middle_wish = Wish(subject="Middle CA", valid_for=timedelta(days=-1), is_authority=True)
    middle = issue(middle_wish, authority.root)
    leaf = issue(Wish(subject="web", names=("127.0.0.1",)), middle)
    async with serving(stall, leaf.server_context(authority.folder)) as port:
        reading = await ask("tls_handshake", f"127.0.0.1:{port}", trust_file=authority.trust_file)
    assert reading.failure is FailureKind.TLS
    assert reading.detail.startswith("certificate of CN=Middle CA in the chain expired since")
    assert reading.facts["chain_length"] == 2
    assert reading.facts["expired"] is True
    assert reading.measures["certificate_days_left"] < 0


async def test_another_name_can_be_asked_for(authority: Authority) -> None:
    async with serving(stall, authority.context("mail.example")) as port:
        address = f"127.0.0.1:{port}"
        good = await ask("tls_handshake", address, trust_file=authority.trust_file, server_name="mail.example")
        bad = await ask("tls_handshake", address, trust_file=authority.trust_file, server_name="web.example")
    assert good.outcome is Outcome.OK
    assert bad.detail == "name mismatch: issued for mail.example, not for web.example"


async def test_starttls_is_spoken_in_smtp_and_imap(authority: Authority) -> None:
    context = authority.context("127.0.0.1")
    for protocol, behave in (("smtp", smtp(context)), ("imap", imap(context))):
        async with serving(behave) as port:
            address = f"127.0.0.1:{port}"
            reading = await ask("tls_handshake", address, trust_file=authority.trust_file, starttls=protocol)
        assert reading.outcome is Outcome.OK, reading


async def test_a_bad_certificate_behind_starttls_is_read_too(authority: Authority) -> None:
    async with serving(smtp(authority.context("127.0.0.1"))) as port:
        reading = await ask("tls_handshake", f"127.0.0.1:{port}", starttls="smtp")
    assert (reading.failure, reading.detail) == (FailureKind.TLS, "unknown issuer CN=Test CA")


async def test_text_sent_ahead_of_tls_is_refused(authority: Authority) -> None:
    async with serving(smtp(authority.context("127.0.0.1"), ahead=b"250 evil\r\n")) as port:
        reading = await ask("tls_handshake", f"127.0.0.1:{port}", trust_file=authority.trust_file, starttls="smtp")
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.PROTOCOL)
    assert "ahead of TLS" in reading.detail


@pytest.mark.parametrize(
    ("protocol", "said", "complaint"),
    [
        ("smtp", b"554 go away\r\n", "554 go away"),
        ("smtp", b"220-a\r\n" * 200, "no end"),
        ("smtp", b"x" * 100_000, "no end"),
        ("smtp", b"", "closed the connection"),
        ("imap", b"* BYE\r\n", "BYE"),
        ("imap", b"* OK hi\r\na1 NO never\r\n", "refused"),
        ("imap", b"* OK hi\r\n" + b"* more\r\n" * 200, "no end"),
    ],
)
async def test_a_mail_server_that_will_not_turn_to_tls_breaks_the_protocol(
    protocol: str, said: bytes, complaint: str
) -> None:
    async with serving(saying(said)) as port:
        reading = await ask("tls_handshake", f"127.0.0.1:{port}", starttls=protocol)
    assert reading.outcome is Outcome.FAIL
    assert reading.failure in {FailureKind.PROTOCOL, FailureKind.RESET}
    assert complaint in reading.detail or reading.failure is FailureKind.RESET


async def test_an_old_server_shows_its_certificate_all_the_same(tmp_path: Path, authority: Authority) -> None:
    context = authority.context("127.0.0.1")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    async with serving(stall, context) as port:
        reading = await ask("tls_handshake", f"127.0.0.1:{port}", trust_file=authority.trust_file)
    assert reading.outcome is Outcome.OK
    assert reading.facts["tls_version"] == "TLSv1.2"


async def test_no_tls_a_reset_a_closed_port_and_silence_are_told_apart() -> None:
    async with serving(saying(b"220 hello\r\n")) as plain, serving(reset) as cut, serving(stall) as silent:
        with closed_port() as closed:
            readings = [await ask("tls_handshake", f"127.0.0.1:{port}") for port in (plain, cut, closed)]
        readings.append(await ask("tls_handshake", f"127.0.0.1:{silent}", timeout_s=1.0))
    ends = [(reading.outcome, reading.failure, reading.facts["phase"]) for reading in readings]
    assert ends == [
        (Outcome.FAIL, FailureKind.TLS, "tls"),
        (Outcome.FAIL, FailureKind.RESET, "tls"),
        (Outcome.FAIL, FailureKind.REFUSED, "connect"),
        (Outcome.TIMEOUT, None, "tls"),
    ]


async def test_a_hostile_certificate_comes_out_as_harmless_text(authority: Authority) -> None:
    issued: Issued = issue(Wish(subject="\x1b[2Jevil\u202e", names=("*.example",)))
    async with serving(stall, issued.server_context(authority.folder)) as port:
        reading = await ask("tls_handshake", f"127.0.0.1:{port}")
    assert reading.failure is FailureKind.TLS
    assert "\x1b" not in str(reading.facts["subject"])
    assert "\u202e" not in str(reading.facts["subject"])


async def test_a_trust_file_that_is_missing_is_no_fault_of_the_server(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await ask("tls_handshake", "127.0.0.1:1", trust_file=tmp_path / "none.pem")


def test_an_unknown_starttls_is_refused_when_the_params_are_made() -> None:
    with pytest.raises(ValueError, match="smtp, imap"):
        TlsHandshakeParams(starttls="ftp")
