"""ARP packets: what scapy builds is read alike, garbage is nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.l2 import ARP, Ether

from probes._wire import arp

US, THEM = "02:00:00:00:00:01", "02:00:00:00:00:02"


def frame(**fields: Any) -> bytes:
    return bytes(Ether(src=THEM, dst=US) / ARP(hwsrc=THEM, psrc="10.9.0.2", hwdst=US, pdst="10.9.0.1", **fields))


def test_an_answer_is_read_as_another_program_wrote_it() -> None:
    claim = arp.parse(frame(op="is-at"))
    assert claim == arp.Claim(
        arp.REPLY, bytes([10, 9, 0, 2]), bytes([2, 0, 0, 0, 0, 2]), bytes([10, 9, 0, 1]), bytes([2, 0, 0, 0, 0, 2])
    )


def test_a_question_of_ours_is_read_by_another_program() -> None:
    built = arp.build_request(mac=bytes([2, 0, 0, 0, 0, 1]), ip=bytes([10, 9, 0, 1]), wanted=bytes([10, 9, 0, 2]))
    read = Ether(built)
    assert (read.dst, read.src, read[ARP].op) == ("ff:ff:ff:ff:ff:ff", US, 1)
    assert (read[ARP].hwsrc, read[ARP].psrc, read[ARP].pdst) == (US, "10.9.0.1", "10.9.0.2")
    assert len(built) == 60


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        frame()[:41],
        frame(op=3),
        frame(hwtype=6),
        frame(ptype=0x86DD),
        frame(hwlen=8),
        frame(plen=16),
        frame(op=2)[:22] + b"\xff" * 6 + frame(op=2)[28:],
        frame(op=2)[:22] + bytes(6) + frame(op=2)[28:],
    ],
    ids=["empty", "short", "RARP", "not Ethernet", "not IPv4", "long MAC", "long IP", "broadcast sender", "no sender"],
)
def test_what_is_no_claim_of_one_machine_is_nothing(damaged: bytes) -> None:
    assert arp.parse(damaged) is None


@settings(max_examples=200)
@given(st.binary(max_size=100), st.integers(0, 60))
def test_no_garbage_breaks_the_parser(garbage: bytes, kept: int) -> None:
    for data in (garbage, frame()[:kept] + garbage):
        claim = arp.parse(data)
        assert claim is None or (len(claim.ip), len(claim.mac), len(claim.wanted_ip)) == (4, 6, 4)
