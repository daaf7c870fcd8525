"""DHCP messages: what scapy builds is read alike, garbage is MalformedFrame."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether

from probes._wire import dhcp
from probes._wire.dhcp_log import DhcpLog
from probes._wire.parties import is_allowed, read_parties

MAC = bytes([2, 0, 0, 0, 0, 10])


def frame(*options: Any, op: int = 1, **fields: Any) -> bytes:
    bootp = BOOTP(op=op, xid=9, chaddr=MAC, **fields)
    head = Ether(src="02:00:00:00:00:02", dst="ff:ff:ff:ff:ff:ff") / IP(src="10.9.0.2", dst="255.255.255.255")
    return bytes(head / UDP(sport=67, dport=68) / bootp / DHCP(options=[*options, "end"]))


def test_an_offer_is_read_as_another_program_wrote_it() -> None:
    options = [("message-type", "offer"), ("server_id", "10.9.0.3"), ("router", "10.9.0.254", "10.9.0.253")]
    message = dhcp.parse(frame(*options, ("lease_time", 600), op=2, yiaddr="10.9.0.77"))
    assert (message.is_answer, message.kind, message.transaction) == (True, dhcp.OFFER, 9)
    assert (message.server, message.source_ip, message.source_mac) == (
        "10.9.0.3",
        "10.9.0.2",
        bytes([2, 0, 0, 0, 0, 2]),
    )
    assert (message.client_mac, message.client_ip) == (MAC, "10.9.0.77")
    assert (message.routers, message.dns_servers, message.lease_s) == (("10.9.0.254", "10.9.0.253"), (), 600)


def test_plain_bootp_is_an_answer_of_its_sender() -> None:
    message = dhcp.parse(frame(op=2, yiaddr="10.9.0.77"))
    assert (message.is_answer, message.kind, message.server) == (True, 0, "10.9.0.2")


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ([("hostname", b"van-thu")], "van-thu"),
        ([("client_FQDN", b"\0\0\0may-1.xa.example")], "may-1.xa.example"),
        ([("client_FQDN", b"\x04\0\0\x05may-1\x02xa\0")], "may-1.xa"),
        ([("client_FQDN", b"\x04\0\0\x3fmay")], "may"),
        ([], ""),
    ],
)
def test_a_name_is_read_in_every_form_clients_send_it(options: list[Any], name: str) -> None:
    assert dhcp.parse(frame(("message-type", "request"), *options)).client_name == name


def test_options_in_the_fields_of_the_file_and_the_server_are_found() -> None:
    file, server_name = b"\x36\x04\x0a\x09\x00\x63\xff", b"\x33\x04\x00\x00\x00\x3c\xff"
    message = dhcp.parse(frame(("message-type", "ack"), (52, b"\x03"), op=2, file=file, sname=server_name))
    assert (message.server, message.lease_s) == ("10.9.0.99", 60)


def test_our_question_is_read_by_another_program() -> None:
    read = Ether(dhcp.build_discover(mac=MAC, transaction=0x01020304))
    assert (read[IP].src, read[IP].dst, read[UDP].sport, read[UDP].dport) == ("0.0.0.0", "255.255.255.255", 68, 67)
    assert (read[BOOTP].xid, read[BOOTP].chaddr[:6], int(read[BOOTP].flags)) == (0x01020304, MAC, 0x8000)
    assert ("message-type", 1) in read[DHCP].options
    sent = read[IP].chksum
    del read[IP].chksum
    assert IP(bytes(read[IP])).chksum == sent


@settings(max_examples=200)
@given(st.binary(max_size=400), st.integers(0, 330), st.integers(0, 300))
def test_no_garbage_breaks_the_parser_or_the_log(garbage: bytes, kept: int, at: int) -> None:
    whole = frame(("message-type", "request"), ("hostname", b"van-thu"), ("client_FQDN", b"\x04\0\0\x05may-1\0"))
    log = DhcpLog(read_parties(("10.9.0.2",)))
    for data in (garbage, whole[:kept] + garbage, whole[:at] + garbage[:8] + whole[at + 8 :]):
        with suppress(dhcp.MalformedFrame):
            message = dhcp.parse(data)
            log.note(message, data)
            assert len(message.client_mac) == 6
            assert len(message.client_name) <= dhcp.NAME_CHARS
            assert len(message.routers) <= 4


@pytest.mark.parametrize(
    ("written", "ip", "mac", "expected"),
    [
        ("10.9.0.2", "10.9.0.2", b"\1" * 6, True),
        ("10.9.0.2", "10.9.0.3", b"\1" * 6, False),
        ("01:01:01:01:01:01", "10.9.0.3", b"\1" * 6, True),
        ("10.9.0.2@01:01:01:01:01:01", "10.9.0.2", b"\1" * 6, True),
        ("10.9.0.2@01:01:01:01:01:01", "10.9.0.2", b"\2" * 6, False),
        ("fe80:0::1", "fe80::1", b"\1" * 6, True),
        ("fe80::1:2:3:4:5", "fe80::1:2:3:4:5", b"\1" * 6, True),
    ],
)
def test_a_machine_is_allowed_by_address_by_mac_or_by_both(written: str, ip: str, mac: bytes, expected: bool) -> None:
    assert is_allowed(read_parties((written,)), ip, mac) is expected


@pytest.mark.parametrize("text", ["", "server", "10.9.0", "10.9.0.2@server", "@02:00:00:00:00:02", "10.9.0.0/24"])
def test_what_is_no_machine_is_refused_with_the_ways_to_write_one(text: str) -> None:
    with pytest.raises(ValueError, match="its address, its MAC, or address@MAC"):
        read_parties((text,))
