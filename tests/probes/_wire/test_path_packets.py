"""The packets of a trace: one flow, right checksums by another program, and nothing but our own is recognised."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.packet import Raw

from probes._wire.path_packets import PROBES_MAX, Flow, Method, Quote, build, read_answer, read_error

US, TARGET, ROUTER = "10.9.1.1", "10.9.6.2", "10.9.2.2"
LAYERS = {Method.ICMP: ICMP, Method.UDP: UDP, Method.TCP: TCP}
METHODS = pytest.mark.parametrize("method", list(Method))
SERIALS = (1, 2, 255, 256, 4095, PROBES_MAX)


def flow(method: Method, base: int = 777) -> Flow:
    return Flow(
        method=method, source=US, target=TARGET, source_port=45_678, target_port=33_434, nonce=b"\x07" * 8, base=base
    )


def packet(method: Method, serial: int) -> bytes:
    """Return our packet with its IP header, as it travels."""
    protocol = {Method.ICMP: 1, Method.UDP: 17, Method.TCP: 6}[method]
    return bytes(IP(src=US, dst=TARGET, proto=protocol, ttl=1) / Raw(build(flow(method), serial)))


def error(quoted: bytes, kind: int = 11, code: int = 0) -> bytes:
    return bytes(IP(src=ROUTER, dst=US) / ICMP(type=kind, code=code) / Raw(quoted))


@METHODS
@pytest.mark.parametrize("serial", SERIALS)
def test_every_packet_has_the_checksum_another_program_computes(method: Method, serial: int) -> None:
    layer = LAYERS[method]
    read = IP(packet(method, serial))
    sent = read[layer].chksum
    del read[layer].chksum
    assert IP(bytes(read))[layer].chksum == sent


def test_what_routers_choose_a_way_by_is_the_same_in_all_packets_of_a_trace() -> None:
    icmp = {build(flow(Method.ICMP), serial)[:6] for serial in SERIALS}
    udp = {build(flow(Method.UDP), serial)[:6] for serial in SERIALS}
    tcp = {build(flow(Method.TCP), serial)[:4] for serial in SERIALS}
    assert len(icmp) == len(udp) == len(tcp) == 1, "type, code, checksum and identifier; or both ports"


def test_the_icmp_checksum_is_that_of_the_last_trace_too() -> None:
    assert build(flow(Method.ICMP, 5), 1)[:6] == build(flow(Method.ICMP, 29_000), 9)[:6]


@METHODS
@pytest.mark.parametrize("kept", [28, 40, 60])
def test_a_quote_of_eight_octets_is_enough_to_know_the_packet(method: Method, kept: int) -> None:
    for serial in SERIALS:
        assert read_error(flow(method), error(packet(method, serial)[:kept])) == Quote(serial, ROUTER, 11, 0)


@METHODS
def test_a_quote_with_ip_options_is_read_behind_them(method: Method) -> None:
    whole = packet(method, 3)
    longer = b"\x46" + whole[1:20] + b"\x01\x01\x01\x01" + whole[20:]
    assert read_error(flow(method), error(longer[:32])) == Quote(3, ROUTER, 11, 0)


@METHODS
@pytest.mark.parametrize(
    "change",
    [
        lambda quoted: quoted[:27],
        lambda quoted: quoted[:19] + b"\x63" + quoted[20:],
        lambda quoted: quoted[:15] + b"\x63" + quoted[16:],
        lambda quoted: quoted[:9] + b"\x84" + quoted[10:],
        lambda quoted: quoted[:6] + b"\x00\x01" + quoted[8:],
        lambda quoted: b"\x65" + quoted[1:],
        lambda quoted: b"\x44" + quoted[1:],
        lambda quoted: quoted[:20] + b"\xff\xff" + quoted[22:],
        lambda quoted: quoted[:24] + b"\xff\xff\xff\xff",
    ],
    ids=["short", "target", "source", "protocol", "fragment", "IPv6", "short header", "port", "number"],
)
def test_a_quote_that_differs_in_anything_is_not_ours(method: Method, change: object) -> None:
    assert callable(change)
    assert read_error(flow(method), error(change(packet(method, 3)[:28]))) is None


def test_an_echo_reply_is_ours_only_as_a_whole_and_from_the_target() -> None:
    request = build(flow(Method.ICMP), 3)
    reply = IP(src=TARGET, dst=US) / ICMP(type=0, id=45_678, seq=780) / Raw(request[8:])
    assert read_answer(flow(Method.ICMP), bytes(reply)) == 3
    assert read_answer(flow(Method.ICMP), bytes(reply)[:-1]) == 0
    elsewhere = IP(src=ROUTER, dst=US) / ICMP(type=0, id=45_678, seq=780) / Raw(request[8:])
    assert read_answer(flow(Method.ICMP), bytes(elsewhere)) == 0


@pytest.mark.parametrize(
    ("flags", "acknowledged", "expected"),
    [("SA", 781, 3), ("RA", 781, 3), ("R", 781, 0), ("A", 781, 0), ("SA", 777, 0), ("S", 781, 0)],
)
def test_a_segment_answers_the_packet_whose_number_it_acknowledges(
    flags: str, acknowledged: int, expected: int
) -> None:
    segment = IP(src=TARGET, dst=US) / TCP(sport=33_434, dport=45_678, flags=flags, ack=acknowledged)
    assert read_answer(flow(Method.TCP), bytes(segment)) == expected


@settings(max_examples=200)
@given(st.sampled_from(list(Method)), st.binary(max_size=80), st.integers(0, 60), st.integers(0, 60))
def test_no_garbage_breaks_the_readers(method: Method, garbage: bytes, kept: int, at: int) -> None:
    whole = error(packet(method, 3))
    for data in (garbage, whole[:kept] + garbage, whole[:at] + garbage[:3] + whole[at + 3 :]):
        quote = read_error(flow(method), data)
        assert quote is None or 0 < quote.serial <= PROBES_MAX
        assert 0 <= read_answer(flow(method), data) <= PROBES_MAX
