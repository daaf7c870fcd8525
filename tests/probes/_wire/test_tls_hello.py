from __future__ import annotations

import ssl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes._wire.tls_hello import (
    SUITES,
    SUITES_1_3,
    VERSIONS,
    WEAK_SUITES,
    Alert,
    NotTls,
    ServerHello,
    client_hello,
    parse_answer,
    record_length,
)

RANDOM = bytes(range(64))


def _answer(hello: bytes) -> ServerHello | Alert:
    """What OpenSSL's own server answers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:aNULL:@SECLEVEL=0")
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = context.wrap_bio(incoming, outgoing, server_side=True)
    incoming.write(hello)
    with pytest.raises(ssl.SSLError):
        session.do_handshake()
    octets = outgoing.read()
    return parse_answer(octets[0], octets[5 : 5 + record_length(octets[:5])])


@pytest.mark.parametrize("version", [0x0301, 0x0302, 0x0303])
def test_openssl_understands_each_offer(version: int) -> None:
    answer = _answer(client_hello(version, tuple(WEAK_SUITES), "name.example", RANDOM))
    assert isinstance(answer, ServerHello)
    assert answer.version == version
    assert "anon" in WEAK_SUITES[answer.suite], "the only kind that needs no certificate"


def test_openssl_refuses_what_it_cannot_serve_with_an_alert() -> None:
    assert _answer(client_hello(0x0303, tuple(SUITES), "", RANDOM)) == Alert(description=40)


def test_suites_are_listed_once() -> None:
    names = [*SUITES.values(), *SUITES_1_3.values(), *WEAK_SUITES.values()]
    assert len(names) == len(set(names))
    assert not set(SUITES) & set(WEAK_SUITES)


def test_a_hello_without_extensions_for_ssl_3() -> None:
    assert client_hello(0x0300, (5,), "x", RANDOM)[:5] == b"\x16\x03\x00\x00\x2d"


def test_the_version_of_tls_1_3_hides_in_an_extension() -> None:
    data = (
        b"\x02\x00\x00\x00\x03\x03"
        + b"r" * 32
        + b"\x00\x13\x01\x00"
        + b"\x00\x0a\x00\x33\x00\x00\x00\x2b\x00\x02\x03\x04"
    )
    assert parse_answer(22, data) == ServerHello(version=0x0304, suite=0x1301)


@given(st.sampled_from([21, 22]), st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_no_octets_but_good_ones_or_not_tls(kind: int, data: bytes) -> None:
    try:
        assert isinstance(parse_answer(kind, data), ServerHello | Alert)
    except NotTls:
        return


@given(st.binary(min_size=5, max_size=5))
def test_a_record_is_bounded(head: bytes) -> None:
    try:
        assert 0 < record_length(head) <= 18_432
    except NotTls:
        return


def test_versions_are_in_order() -> None:
    assert list(VERSIONS) == sorted(VERSIONS)
