from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes._wire.ssh import KexInit, NotSsh, VersionLine, packet_length, parse_kexinit, parse_version_line, weak


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_no_packet_but_a_good_one_or_not_ssh(packet: bytes) -> None:
    for data in (packet, b"\x00\x14" + packet):
        try:
            assert isinstance(parse_kexinit(data), KexInit)
        except NotSsh:
            continue


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_no_line_but_a_good_one_or_not_ssh(line: bytes) -> None:
    for data in (line, b"SSH-" + line, b"SSH-2.0-" + line):
        try:
            assert isinstance(parse_version_line(data), VersionLine | None)
        except NotSsh:
            continue


@given(st.binary(min_size=4, max_size=4))
def test_a_packet_is_bounded(head: bytes) -> None:
    try:
        assert 12 <= packet_length(head) <= 35_000
    except NotSsh:
        return


@pytest.mark.parametrize(
    ("name", "is_weak"),
    [
        ("diffie-hellman-group1-sha1", True),
        ("diffie-hellman-group14-sha256", False),
        ("curve25519-sha256", False),
        ("ssh-dss", True),
        ("ssh-rsa", True),
        ("rsa-sha2-256", False),
        ("aes128-ctr", False),
        ("aes256-cbc", True),
        ("chacha20-poly1305@openssh.com", False),
        ("arcfour256", True),
        ("none", True),
        ("hmac-md5-96-etm@openssh.com", True),
        ("hmac-sha1", False),
        ("hmac-sha2-512-etm@openssh.com", False),
    ],
)
def test_what_is_weak_follows_the_list(name: str, is_weak: bool) -> None:
    offer = KexInit(kex=(), host_keys=(), ciphers=(name,), macs=(), compression=("none",), is_strict=True)
    assert weak(offer) == ((name,) if is_weak else ())
