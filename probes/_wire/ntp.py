"""NTP packets: what a client asks, and what may be believed of an answer. Pure.

Source: RFC 5905 (7.3 header, 7.4 kiss codes, section 8 offset and delay), RFC 4330 section 3 (eras), RFC 9109 and
draft-ietf-ntp-data-minimization (a client's transmit timestamp may be random: only its echo matters).
"""

from __future__ import annotations

import ipaddress
import struct
from dataclasses import dataclass

from probes.api import FailureKind, ProbeFailure, clean

PACKET_OCTETS = 48
_HEADER = struct.Struct("!BBbb II4s QQQQ")
_VERSION = 4
_CLIENT = 3
_SERVER = 4
_UNSYNCHRONISED = 3
_MAX_STRATUM = 15
_TO_UNIX_S = 2_208_988_800
"""From 1900, where NTP counts from, to 1970."""
_ERA_NS = (1 << 32) * 1_000_000_000
_STARTING = frozenset({"INIT", "STEP"})
"""Codes of a server whose clock is not set yet: no reason to leave it alone."""
LEAPS = ("none", "insert", "delete", "unsynchronised")


@dataclass(frozen=True, slots=True, kw_only=True)
class NtpAnswer:
    """What one server said of its clock."""

    leap: str
    version: int
    stratum: int
    precision_s: float
    root_delay_s: float
    root_dispersion_s: float
    reference_id: str
    reference_stamp: int
    receive_stamp: int
    transmit_stamp: int

    @property
    def is_synchronised(self) -> bool:
        """False when the server itself says that its clock follows nothing."""
        return self.leap != LEAPS[_UNSYNCHRONISED] and 0 < self.stratum <= _MAX_STRATUM


@dataclass(frozen=True, slots=True, kw_only=True)
class NtpSample:
    """One exchange. Offset is the server's clock minus ours."""

    answer: NtpAnswer
    offset_s: float
    delay_s: float


class KissOfDeath(ProbeFailure):
    """The server asks to be left alone."""

    def __init__(self, code: str) -> None:
        super().__init__(FailureKind.PROTOCOL, f"the server asks to be left alone (kiss-of-death {code})")
        self.code = code


def make_query(nonce: int) -> bytes:
    """Return a client's packet that tells nothing but the nonce (64 bits, not 0)."""
    return _HEADER.pack(_VERSION << 3 | _CLIENT, 0, 0, 0, 0, 0, bytes(4), 0, 0, 0, nonce)


def is_answer(data: bytes, nonce: int) -> bool:
    """True for a server's packet that echoes the nonce: anybody can send anything else."""
    if len(data) < PACKET_OCTETS:
        return False
    first, *_, origin, _, _ = _HEADER.unpack_from(data)
    return bool(first & 7 == _SERVER and origin == nonce)


def read_answer(data: bytes) -> NtpAnswer:
    """Read a packet of at least 48 octets. Raises KissOfDeath, ProbeFailure PROTOCOL."""
    if len(data) < PACKET_OCTETS:
        raise ProbeFailure(FailureKind.PROTOCOL, f"an NTP answer of {len(data)} octets is too short")
    first, stratum, _, precision, delay, dispersion, reference, stamp, _, receive, transmit = _HEADER.unpack_from(data)
    if stratum == 0 and _is_kiss(reference):
        raise KissOfDeath(_text(reference))
    if not receive or not transmit:
        raise ProbeFailure(FailureKind.PROTOCOL, "the NTP answer holds no time")
    return NtpAnswer(
        leap=LEAPS[first >> 6],
        version=first >> 3 & 7,
        stratum=stratum,
        precision_s=2.0**precision,
        root_delay_s=delay / 65_536,
        root_dispersion_s=dispersion / 65_536,
        reference_id=_text(reference) if stratum <= 1 else str(ipaddress.IPv4Address(reference)),
        reference_stamp=stamp,
        receive_stamp=receive,
        transmit_stamp=transmit,
    )


def _is_kiss(reference: bytes) -> bool:
    code = reference.rstrip(b"\0").decode("ascii", "replace")
    return code.isascii() and code.isalnum() and code not in _STARTING


def _text(reference: bytes) -> str:
    return clean(reference.rstrip(b"\0").decode("ascii", "replace"))


def make_sample(answer: NtpAnswer, sent_ns: int, received_ns: int) -> NtpSample:
    """Compare an answer with our own Unix times in nanoseconds; a delay the clocks' grain makes negative is 0."""
    taken_ns = to_unix_ns(answer.receive_stamp, sent_ns)
    given_ns = to_unix_ns(answer.transmit_stamp, received_ns)
    offset_ns = ((taken_ns - sent_ns) + (given_ns - received_ns)) / 2
    delay_ns = (received_ns - sent_ns) - (given_ns - taken_ns)
    return NtpSample(answer=answer, offset_s=offset_ns / 1e9, delay_s=max(delay_ns, 0) / 1e9)


def to_unix_ns(stamp: int, near_ns: int) -> int:
    """Return a 64-bit timestamp as Unix time, in the era (136 years) that brings it nearest to `near_ns`."""
    unix_ns = (stamp * 1_000_000_000 >> 32) - _TO_UNIX_S * 1_000_000_000
    return unix_ns + round((near_ns - unix_ns) / _ERA_NS) * _ERA_NS
