"""Reads what the kernel knows of a TCP connection, which a busy event loop cannot distort.

Source: Linux include/uapi/linux/tcp.h, struct tcp_info.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass

_LAYOUT = struct.Struct("=8B24I")
_LAST_DATA_SENT, _LAST_DATA_RECEIVED, _RTT, _TOTAL_RETRANS = 8 + 9, 8 + 11, 8 + 15, 8 + 23


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpInfo:
    """The kernel's own times of one connection."""

    rtt_s: float
    """Smoothed round trip; right after connecting it is that of the SYN alone. 0 when not measured."""
    retransmit_count: int
    answer_s: float
    """From the last octet sent to the last received, in steps of the kernel's tick (1-10 ms)."""


def read_tcp_info(sock: socket.socket) -> TcpInfo | None:
    """Return None on systems without Linux's TCP_INFO."""
    option = getattr(socket, "TCP_INFO", None)
    if option is None:
        return None
    raw = sock.getsockopt(socket.IPPROTO_TCP, option, _LAYOUT.size)
    return parse_tcp_info(raw)


def parse_tcp_info(raw: bytes) -> TcpInfo | None:
    """Return None for a structure shorter than the one of Linux 2.6.10."""
    if len(raw) < _LAYOUT.size:
        return None
    fields = _LAYOUT.unpack_from(raw)
    return TcpInfo(
        rtt_s=fields[_RTT] / 1e6,
        retransmit_count=fields[_TOTAL_RETRANS],
        answer_s=(fields[_LAST_DATA_SENT] - fields[_LAST_DATA_RECEIVED]) / 1e3,
    )
