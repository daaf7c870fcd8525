"""Router advertisements: garbage and cunning are MalformedFrame or nothing, never another exception."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet6 import (
    ICMPv6EchoRequest,
    ICMPv6ND_RA,
    ICMPv6NDOptPrefixInfo,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
)
from scapy.layers.l2 import Ether

from probes._wire.dhcp import MalformedFrame
from probes._wire.router_advert import PREFIXES_MAX, parse

HEAD = Ether(src="02:00:00:00:00:02", dst="33:33:00:00:00:01") / IPv6(src="fe80::2", dst="ff02::1", hlim=255)
WHOLE = bytes(HEAD / ICMPv6ND_RA(prf=3, M=1) / ICMPv6NDOptPrefixInfo(prefix="fd00:9::", prefixlen=64))


def test_flags_and_preference_are_read_as_another_program_wrote_them() -> None:
    advert = parse(WHOLE)
    assert advert is not None
    assert (advert.preference, advert.is_managed, advert.has_other_config) == ("low", True, False)
    assert [prefix.text for prefix in advert.prefixes] == ["fd00:9::/64"]


def test_other_packets_behind_extension_headers_are_none_of_ours() -> None:
    assert parse(bytes(HEAD / IPv6ExtHdrDestOpt() / ICMPv6EchoRequest())) is None
    assert parse(bytes(HEAD / IPv6ExtHdrFragment(offset=8) / (b"\x86" * 40))) is None


def test_more_headers_than_anyone_needs_are_not_followed() -> None:
    packet = HEAD
    for _ in range(9):
        packet /= IPv6ExtHdrDestOpt()
    assert parse(bytes(packet / ICMPv6ND_RA())) is None


def test_a_hundred_prefixes_are_cut_to_a_few() -> None:
    packet = HEAD / ICMPv6ND_RA()
    for number in range(40):
        packet /= ICMPv6NDOptPrefixInfo(prefix=f"fd00:{number}::", prefixlen=64)
    advert = parse(bytes(packet))
    assert advert is not None
    assert len(advert.prefixes) == PREFIXES_MAX


@settings(max_examples=200)
@given(st.binary(max_size=200), st.integers(0, len(WHOLE)), st.sampled_from([0, 43, 44, 58, 60]))
def test_no_garbage_breaks_the_parser(garbage: bytes, at: int, following: int) -> None:
    redirected = WHOLE[:20] + bytes([following]) + WHOLE[21:54] + garbage
    for data in (garbage, WHOLE[:at] + garbage, redirected, WHOLE[:at] + garbage[:4] + WHOLE[at + 4 :]):
        with suppress(MalformedFrame):
            advert = parse(data)
            assert advert is None or len(advert.prefixes) <= PREFIXES_MAX
