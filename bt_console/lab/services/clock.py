"""A time server: this machine's clock, set off by as much as a fault says.

Source: RFC 5905 section 7.3 (header), RFC 4330 section 6 (what a simple server answers).
"""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import Callable
from typing import cast

from bt_console.lab.world import ServiceState

_HEADER = struct.Struct("!BBbb II4s QQQQ")
_CLIENT, _SERVER = 3, 4
_STRATUM = 1
_PRECISION = -20
_DISPERSION = 66
"""One thousandth of a second, in 2^-16 s."""
_TO_1900_NS = 2_208_988_800_000_000_000
_REFERENCE_AGE_NS = 16_000_000_000


def answer(wire: bytes, offset_s: float, now_ns: int) -> bytes | None:
    """Return the answer to a client's packet of Unix time `now_ns`; None for what is no question."""
    if len(wire) < _HEADER.size:
        return None
    first, _, poll, *_, transmit = _HEADER.unpack_from(wire)
    version = first >> 3 & 7
    if first & 7 != _CLIENT or not 1 <= version <= 4:
        return None
    shown_ns = now_ns + round(offset_s * 1e9)
    stamp = _stamp(shown_ns)
    return _HEADER.pack(
        version << 3 | _SERVER,
        _STRATUM,
        poll,
        _PRECISION,
        0,
        _DISPERSION,
        b"LOCL",
        _stamp(shown_ns - _REFERENCE_AGE_NS),
        transmit,
        stamp,
        stamp,
    )


def _stamp(unix_ns: int) -> int:
    return (unix_ns + _TO_1900_NS << 32) // 1_000_000_000 & (1 << 64) - 1


class UdpClock(asyncio.DatagramProtocol):
    """Answers each datagram."""

    def __init__(self, state: Callable[[], ServiceState]) -> None:
        self._state = state
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport; until Python 3.12 asyncio's own is no DatagramTransport."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Tell the time."""
        said = answer(data, self._state().clock_offset_s, time.time_ns())
        if said is not None and self._transport is not None:
            self._transport.sendto(said, addr)
