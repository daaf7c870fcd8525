"""What the simulated servers say, without a socket: names, IMAP, pages, certificates."""

from __future__ import annotations

from datetime import UTC, datetime

import dns.message
import dns.rcode
import pytest
from cryptography import x509

from bt_console.lab.services.certificates import Authority
from bt_console.lab.services.imap import Conversation
from bt_console.lab.services.names import Zone
from bt_console.lab.services.pages import own_page, wrong_page
from bt_console.lab.world import ServiceState

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
ZONE = Zone({"qlvb.bachthong.example": "10.254.1.11", "kyso.bachthong.example": "192.0.2.12"})


def _ask(name: str, record: str = "A", state: ServiceState | None = None) -> dns.message.Message:
    wire = ZONE.answer(dns.message.make_query(name, record).to_wire(), state or ServiceState())
    assert wire is not None
    return dns.message.from_wire(wire)


@pytest.mark.parametrize(
    ("name", "record", "rcode", "answers"),
    [
        ("qlvb.bachthong.example", "A", "NOERROR", ["10.254.1.11"]),
        ("QLVB.bachthong.example", "A", "NOERROR", ["10.254.1.11"]),
        ("qlvb.bachthong.example", "AAAA", "NOERROR", []),
        ("nobody.bachthong.example", "A", "NXDOMAIN", []),
        ("bachthong.example", "A", "NOERROR", []),
        ("example.org", "A", "REFUSED", []),
    ],
)
def test_the_name_server_knows_the_districts_hosts_and_nothing_else(
    name: str, record: str, rcode: str, answers: list[str]
) -> None:
    response = _ask(name, record)
    assert dns.rcode.to_text(response.rcode()) == rcode
    assert [item.to_text() for rrset in response.answer for item in rrset] == answers


@pytest.mark.parametrize(
    ("name", "record", "answers"),
    [
        ("bachthong.example", "MX", ["10 mail.bachthong.example."]),
        ("bachthong.example", "TXT", ['"v=spf1 mx -all"']),
        ("_dmarc.bachthong.example", "TXT", ['"v=DMARC1; p=reject; rua=mailto:postmaster@bachthong.example"']),
        ("_dmarc.bachthong.example", "A", []),
    ],
)
def test_the_name_server_says_who_sends_and_takes_the_domains_mail(name: str, record: str, answers: list[str]) -> None:
    zone = Zone({"mail.bachthong.example": "10.254.1.12"}, mail_host="mail.bachthong.example")
    wire = zone.answer(dns.message.make_query(name, record).to_wire(), ServiceState())
    assert wire is not None
    response = dns.message.from_wire(wire)
    assert dns.rcode.to_text(response.rcode()) == "NOERROR"
    assert [item.to_text() for rrset in response.answer for item in rrset] == answers


def test_a_hijacked_name_server_answers_with_another_address() -> None:
    response = _ask("qlvb.bachthong.example", state=ServiceState(is_answer_wrong=True))
    assert response.answer[0][0].to_text() == "203.0.113.66"


ANSWER = dns.message.make_response(dns.message.make_query("a.", "A", id=7)).to_wire()


@pytest.mark.parametrize("wire", [b"", b"\x00" * 5, ANSWER], ids=["nothing", "too short", "an answer"])
def test_what_is_no_question_gets_no_answer(wire: bytes) -> None:
    assert ZONE.answer(wire, ServiceState()) is None


@pytest.mark.parametrize(
    ("line", "end", "is_end"),
    [
        ("a CAPABILITY", "a OK CAPABILITY completed\r\n", False),
        ("a1 noop", "a1 OK NOOP completed\r\n", False),
        ("a2 LOGIN user secret", "a2 NO [AUTHENTICATIONFAILED] no such account\r\n", False),
        ("a3 SELECT inbox", "a3 BAD unknown or not now\r\n", False),
        ("a4 LOGOUT", "a4 OK LOGOUT completed\r\n", True),
        ("", "* BAD tag and command expected\r\n", False),
    ],
)
def test_imap_answers_as_a_server_nobody_has_an_account_at(line: str, end: str, is_end: bool) -> None:
    talk = Conversation(None, is_secure=True)
    assert talk.answer(line).endswith(end)
    assert talk.is_over is is_end


def test_a_page_has_its_services_title_and_what_the_monitor_expects() -> None:
    page = own_page("Cổng <dịch vụ>", "web", ["Dịch vụ công trực tuyến"])
    assert "<title>Cổng &lt;dịch vụ&gt;</title>" in page
    assert "Dịch vụ công trực tuyến" in page
    assert "Dịch vụ công" not in wrong_page()


@pytest.mark.parametrize(("is_expired", "days"), [(False, 365), (True, -1)])
def test_certificates_are_for_their_host_and_expired_when_they_should_be(is_expired: bool, days: int) -> None:
    authority = Authority(NOW)
    chain = x509.load_pem_x509_certificates(
        authority.issue("mail.bachthong.example", "10.254.1.12", is_expired=is_expired)
    )
    leaf, root = chain
    assert (leaf.not_valid_after_utc - NOW).days == days
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["mail.bachthong.example"]
    leaf.verify_directly_issued_by(root)
    assert x509.load_pem_x509_certificate(authority.pem()) == root
