"""ICMP messages: what we build is right, what arrives cannot hurt."""

from __future__ import annotations

import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes._wire.icmp import (
    HEADER,
    PAYLOAD_MAX_OCTETS,
    PAYLOAD_MIN_OCTETS,
    V4,
    V6,
    Complaint,
    Dialect,
    Echo,
    Template,
    checksum,
    judge,
    parse,
)
from probes.api import FailureKind

DIALECTS = st.sampled_from([V4, V6])
NONCE = bytes(range(8))


def ipv4(payload: bytes, *, options: bytes = b"", protocol: int = 1, fragment: int = 0) -> bytes:
    words = 5 + len(options) // 4
    addresses = socket.inet_aton("10.0.0.1") + socket.inet_aton("10.0.0.2")
    total = words * 4 + len(payload)
    return (
        struct.pack("!BBHHHBBH", 0x40 | words, 0, total, 1, fragment, 63, protocol, 0) + addresses + options + payload
    )


def ipv6(payload: bytes, *, next_header: int = 58) -> bytes:
    addresses = socket.inet_pton(socket.AF_INET6, "fd00::1") + socket.inet_pton(socket.AF_INET6, "fd00::2")
    return struct.pack("!IHBB", 6 << 28, len(payload), next_header, 63) + addresses + payload


def reply(dialect: Dialect, payload: bytes = b"x" * 16) -> bytes:
    return HEADER.pack(dialect.reply, 0, 0, 7, 9) + payload


def request(dialect: Dialect) -> bytes:
    return HEADER.pack(dialect.request, 0, 0, 7, 9)


@given(
    serial=st.integers(0, 0xFFFFFFFF),
    octets=st.integers(PAYLOAD_MIN_OCTETS, PAYLOAD_MAX_OCTETS),
    nonce=st.binary(min_size=8, max_size=8),
)
def test_every_request_carries_a_right_checksum_its_sequence_and_its_size(
    serial: int, octets: int, nonce: bytes
) -> None:
    message = Template(V4, 7, nonce, octets).fill(serial)
    assert checksum(message) == 0
    assert len(message) == HEADER.size + octets
    assert HEADER.unpack_from(message)[3:] == (7, serial & 0xFFFF)


@given(first=st.integers(0, 0xFFFFFFFF), second=st.integers(0, 0xFFFFFFFF))
def test_payloads_of_two_serial_numbers_are_equal_only_when_the_numbers_are(first: int, second: int) -> None:
    template = Template(V4, 7, NONCE, 16)
    assert (bytes(template.fill(first))[8:] == bytes(template.fill(second))[8:]) == (first == second)


def test_the_checksum_is_that_of_the_example_in_rfc_1071() -> None:
    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xFFFF - 0xDDF2
    assert checksum(b"\x01") == 0xFEFF


@given(dialect=DIALECTS, data=st.binary(max_size=200), with_ip_header=st.booleans())
def test_no_bytes_from_the_network_break_the_parser(dialect: Dialect, data: bytes, with_ip_header: bool) -> None:
    message = parse(dialect, data, with_ip_header=with_ip_header)
    assert message is None or 0 <= message.sequence <= 0xFFFF


@given(cut=st.integers(0, 80), flip=st.integers(0, 79), bits=st.integers(0, 255), kind=st.sampled_from([0, 3, 11, 12]))
def test_no_damage_to_a_plausible_packet_breaks_the_parser(cut: int, flip: int, bits: int, kind: int) -> None:
    inner = reply(V4) if kind == 0 else HEADER.pack(kind, 1, 0, 0, 0) + ipv4(request(V4))
    data = bytearray(ipv4(inner))
    data[flip % len(data)] ^= bits
    parse(V4, bytes(data[:cut]), with_ip_header=True)
    parse(V4, bytes(data), with_ip_header=True)


@pytest.mark.parametrize("options", [b"", b"\x01" * 4, b"\x01" * 40])
def test_a_reply_is_read_past_any_ip_options(options: bytes) -> None:
    data = ipv4(reply(V4, b"payload"), options=options)
    assert parse(V4, data, with_ip_header=True) == Echo(7, 9, 63, b"payload")


@pytest.mark.parametrize("dialect", [V4, V6], ids=["v4", "v6"])
def test_a_reply_without_ip_header_has_no_time_to_live(dialect: Dialect) -> None:
    assert parse(dialect, reply(dialect, b"payload"), with_ip_header=False) == Echo(7, 9, 0, b"payload")


@pytest.mark.parametrize(
    "data",
    [
        ipv4(reply(V4), protocol=17),
        ipv4(reply(V4), fragment=1),
        ipv4(HEADER.pack(0, 1, 0, 7, 9)),
        ipv4(HEADER.pack(8, 0, 0, 7, 9)),
        ipv4(reply(V4))[:27],
        b"\x44" + ipv4(reply(V4))[1:],
        b"\x65" + ipv4(reply(V4))[1:],
        ipv4(HEADER.pack(3, 1, 0, 0, 0) + ipv4(HEADER.pack(0, 0, 0, 7, 9))),
        ipv4(HEADER.pack(3, 1, 0, 0, 0) + ipv4(request(V4), protocol=6)),
        ipv4(HEADER.pack(3, 1, 0, 0, 0) + ipv4(request(V4))[:27]),
        ipv4(HEADER.pack(3, 1, 0, 0, 0)),
        b"",
    ],
)
def test_what_is_neither_a_reply_nor_an_error_about_a_request_is_nothing(data: bytes) -> None:
    assert parse(V4, data, with_ip_header=True) is None


@pytest.mark.parametrize("kind", sorted(V4.errors))
def test_an_error_names_the_request_it_is_about(kind: int) -> None:
    data = ipv4(HEADER.pack(kind, 1, 0, 0, 0) + ipv4(request(V4), options=b"\x01" * 8), options=b"\x01" * 4)
    assert parse(V4, data, with_ip_header=True) == Complaint(kind, 1, 7, 9, "10.0.0.2")


@pytest.mark.parametrize("kind", sorted(V6.errors))
def test_an_ipv6_error_names_the_request_it_is_about(kind: int) -> None:
    data = HEADER.pack(kind, 4, 0, 0, 0) + ipv6(request(V6))
    assert parse(V6, data, with_ip_header=False) == Complaint(kind, 4, 7, 9, "fd00::2")
    other = HEADER.pack(kind, 4, 0, 0, 0) + ipv6(request(V6), next_header=17)
    assert parse(V6, other, with_ip_header=False) is None


@pytest.mark.parametrize(
    ("dialect", "kind", "code", "failure", "text"),
    [
        (V4, 3, 1, FailureKind.UNREACHABLE, "host unreachable"),
        (V4, 3, 13, FailureKind.PROHIBITED, "filtered"),
        (V4, 3, 99, FailureKind.UNREACHABLE, "unreachable, code 99"),
        (V4, 11, 0, FailureKind.UNREACHABLE, "time to live exceeded"),
        (V4, 12, 0, FailureKind.PROTOCOL, "parameter problem"),
        (V6, 1, 3, FailureKind.UNREACHABLE, "address unreachable"),
        (V6, 1, 1, FailureKind.PROHIBITED, "prohibited"),
        (V6, 2, 0, FailureKind.UNREACHABLE, "packet too big"),
        (V6, 3, 0, FailureKind.UNREACHABLE, "time to live exceeded"),
        (V6, 4, 1, FailureKind.PROTOCOL, "parameter problem"),
    ],
)
def test_an_error_is_judged_by_its_type_and_code(
    dialect: Dialect, kind: int, code: int, failure: FailureKind, text: str
) -> None:
    assert judge(dialect, kind, code) == (failure, text)


@given(dialect=DIALECTS, kind=st.integers(0, 255), code=st.integers(0, 255))
def test_every_type_and_code_has_a_meaning_that_blames_no_part_of_ours(dialect: Dialect, kind: int, code: int) -> None:
    failure, text = judge(dialect, kind, code)
    assert failure in {FailureKind.UNREACHABLE, FailureKind.PROHIBITED, FailureKind.PROTOCOL}
    assert text
