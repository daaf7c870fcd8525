"""DHCP, ARP and LLDP of the lab's own: what is written is read again, and garbage is borne."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bt_console.lab.agents import lldp
from bt_console.lab.lan import frames
from bt_console.lab.lan.dhcp import ACK, NAK, OFFER, REQUEST, Leases, Offer, pool_of
from bt_console.lab.segments import building_subnet, mac_of
from probes._wire.dhcp import build_discover

SUBNET = IPv4Network("10.21.2.0/24")
OFFERED = Offer(
    server="10.21.2.1", router="10.21.2.1", name_servers=("10.20.0.53",), subnet=SUBNET, pool=("10.21.2.128",)
)
MAC = b"\x02\0\0\0\0\x07"
BEFORE_BOOTP = 14 + 20 + 8


def discover(mac: bytes = MAC) -> bytes:
    return build_discover(mac=mac, transaction=42)[BEFORE_BOOTP:]


def request(address: bytes, server: bytes = bytes((10, 21, 2, 1)), mac: bytes = MAC) -> bytes:
    options = bytes((53, 1, REQUEST, 50, 4)) + address + bytes((54, 4)) + server + b"\xff"
    return discover(mac)[:240] + options


def kind(reply: bytes | None) -> int:
    assert reply is not None
    assert reply[236:240] == b"\x63\x82\x53\x63"
    assert reply[240:242] == b"\x35\x01"
    return reply[242]


def test_a_machine_is_offered_an_address_and_gets_it() -> None:
    leases = Leases(OFFERED)
    offer = leases.answer(discover())
    assert kind(offer) == OFFER
    assert offer is not None
    address = offer[16:20]
    assert address == bytes((10, 21, 2, 128))
    assert offer[4:8] == (42).to_bytes(4, "big")
    assert bytes((3, 4, 10, 21, 2, 1)) in offer
    assert bytes((6, 4, 10, 20, 0, 53)) in offer
    assert kind(leases.answer(request(address))) == ACK
    assert kind(leases.answer(discover())) == OFFER


def test_an_address_that_is_not_ours_to_give_is_refused() -> None:
    assert kind(Leases(OFFERED).answer(request(bytes((10, 9, 9, 9))))) == NAK


def test_what_is_meant_for_another_server_is_not_answered() -> None:
    assert Leases(OFFERED).answer(request(bytes((10, 21, 2, 128)), server=bytes((10, 21, 2, 77)))) is None


def test_an_empty_pool_offers_nothing() -> None:
    leases = Leases(OFFERED)
    leases.answer(discover())
    assert leases.answer(discover(b"\x02\0\0\0\0\x08")) is None


def test_a_pool_leaves_out_who_is_there() -> None:
    assert pool_of(SUBNET, ("10.21.2.128", "10.21.2.130"), 2) == ("10.21.2.129", "10.21.2.131")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.booleans())
def test_garbage_is_no_question(wire: bytes, has_head: bool) -> None:
    Leases(OFFERED).answer(discover()[:240] + wire if has_head else wire)


def test_a_claim_names_its_owner_twice() -> None:
    packet = frames.parse(frames.claim(MAC, "10.21.2.1"))
    assert packet == frames.Arp(frames.REPLY, MAC, bytes((10, 21, 2, 1)), MAC, bytes((10, 21, 2, 1)))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=80))
def test_frames_that_are_no_arp_are_borne(frame: bytes) -> None:
    assert frames.parse(frame) is None or frame[12:14] == b"\x08\x06"


@pytest.mark.parametrize("abilities", [lldp.ABILITY_BRIDGE, lldp.ABILITY_ROUTER, 0x28])
def test_an_announcement_is_read_as_it_was_written(abilities: int) -> None:
    said = lldp.Announcement(
        chassis_kind=4,
        chassis=MAC,
        port_kind=5,
        port=b"port1",
        name=b"cao-son-switch",
        description=b"",
        abilities=abilities,
    )
    assert lldp.parse(lldp.build(MAC, said)) == said


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_a_damaged_announcement_is_borne(rest: bytes) -> None:
    lldp.parse(bytes(14) + rest)


def test_a_hardware_address_is_the_same_in_every_lab() -> None:
    assert mac_of("00:14:22", "10.21.2.11") == "00:14:22:15:02:0b"


@pytest.mark.parametrize(
    ("own", "foreign", "subnet", "ends"),
    [
        (["10.20.0.53"], [], "10.20.0.0/24", ("10.20.0.1", "10.20.0.254")),
        (["10.20.0.53"], ["10.20.0.200"], "10.20.0.0/25", ("10.20.0.1", "10.20.0.126")),
        (["10.20.0.53"], ["10.20.0.0/16"], "100.64.2.0/24", ("100.64.2.1", "100.64.2.254")),
        ([], [], "100.64.2.0/24", ("100.64.2.1", "100.64.2.254")),
    ],
)
def test_the_hubs_segment_holds_nothing_of_elsewhere(
    own: list[str], foreign: list[str], subnet: str, ends: tuple[str, str]
) -> None:
    found = building_subnet(own, [IPv4Network(text) for text in foreign], own)
    assert found == (IPv4Network(subnet), *ends)
