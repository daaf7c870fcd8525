from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from probes._wire.x509 import (
    Certificate,
    Examination,
    UnreadableCertificate,
    name_matches,
    parse_certificate,
    parse_chain,
)
from tests.servers.certificates import Wish, issue

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def certificate(
    *names: str, subject: str = "CN=web", issuer: str = "CN=ca", days_left: float = 10, addresses: tuple[str, ...] = ()
) -> Certificate:
    return Certificate(
        subject=subject,
        issuer=issuer,
        dns_names=names,
        addresses=addresses,
        not_before=NOW - timedelta(days=90),
        not_after=NOW + timedelta(days=days_left),
    )


@pytest.mark.parametrize(
    ("pattern", "host", "expected"),
    [
        ("web.example", "web.example", True),
        ("Web.Example", "WEB.example.", True),
        ("*.example.vn", "web.example.vn", True),
        ("*.example.vn", "a.web.example.vn", False),
        ("*.example.vn", "example.vn", False),
        ("*.vn", "example.vn", False),
        ("*", "example", False),
        ("w*.example.vn", "web.example.vn", False),
        ("xn--th-eka1v.example", "thủ.example", False),
        ("192.0.2.1", "192.0.2.1", False),
    ],
)
def test_names_match_as_the_standard_says(pattern: str, host: str, expected: bool) -> None:
    assert name_matches(certificate(pattern), host) is expected


def test_an_address_matches_only_an_address() -> None:
    assert name_matches(certificate(addresses=("2001:db8::1",)), "2001:DB8:0::1")
    assert not name_matches(certificate(addresses=("192.0.2.1",)), "192.0.2.2")


def test_the_last_second_is_still_valid() -> None:
    edge = certificate(days_left=0)
    assert not edge.is_expired(NOW)
    assert edge.is_expired(NOW + timedelta(seconds=1))


def test_days_left_are_those_of_the_first_to_expire() -> None:
    chain = (certificate("web", days_left=40), certificate(subject="CN=ca", days_left=2.5))
    assert Examination(chain=chain, trusted=True, server_name="web").days_left(NOW) == 2.5


def test_openssls_own_reason_is_kept_when_the_issuer_is_not_the_matter() -> None:
    found = Examination(chain=(certificate("web"),), trusted=False, server_name="web", refusal="CA md too weak")
    assert found.faults(NOW) == ("CA md too weak",)


def test_a_certificate_without_names_says_so() -> None:
    found = Examination(chain=(certificate(),), trusted=True, server_name="web.example")
    assert found.faults(NOW) == ("name mismatch: issued for no name at all, not for web.example",)


def test_a_real_certificate_is_read() -> None:
    read = parse_certificate(issue(Wish(subject="web", names=("web.example", "::1"))).der)
    assert (read.subject, read.dns_names, read.addresses, read.self_signed) == (
        "CN=web",
        ("web.example",),
        ("::1",),
        True,
    )


def test_an_empty_chain_is_unreadable() -> None:
    with pytest.raises(UnreadableCertificate):
        parse_chain(())


@given(st.binary(max_size=200))
def test_octets_that_are_no_certificate_are_unreadable(octets: bytes) -> None:
    with pytest.raises(UnreadableCertificate):
        parse_certificate(octets)


SOUND = issue(Wish(subject="web", names=("web.example",))).der


@example(12, 1)
@example(15, 128)
@given(st.integers(0, len(SOUND) - 1), st.integers(0, 255))
def test_a_damaged_certificate_is_read_or_unreadable_but_never_a_crash(position: int, value: int) -> None:
    damaged = SOUND[:position] + bytes([value]) + SOUND[position + 1 :]
    try:
        parse_certificate(damaged)
    except UnreadableCertificate:
        return
