"""A child program that describes packets with scapy: `python -m probes._wire.dissect_process FD`.

Reads frames (a length of 4 octets, then the frame) from a socket and answers each with a text in the same form; ends
with the socket, or when nothing was asked for a minute.
Source: RFC 826, RFC 2131, RFC 4861 by scapy's layers.
"""

from __future__ import annotations

import contextlib
import resource
import socket
import struct
import sys

FRAME_OCTETS_MAX = 4096
TEXT_OCTETS_MAX = 4096
READY = b"\x01"
"""Said once, when everything is imported: on a busy machine that takes longer than any answer may."""
LENGTH = struct.Struct("!I")
_IDLE_S = 60.0
_MEMORY_OCTETS = 1 << 30


def receive(sock: socket.socket, count: int) -> bytes:
    """Return `count` octets. Raises EOFError when the other side is gone."""
    data = b""
    while len(data) < count:
        part = sock.recv(count - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def serve(sock: socket.socket) -> None:
    """Say READY and answer until the other side is gone or silent for a minute."""
    # Only these layers: all of scapy takes three times as long to start.
    from scapy.layers import dhcp, inet6
    from scapy.layers.l2 import Ether

    assert dhcp.DHCP is not None
    assert inet6.ICMPv6ND_RA is not None
    sock.settimeout(_IDLE_S)
    sock.sendall(READY)
    while True:
        (length,) = LENGTH.unpack(receive(sock, LENGTH.size))
        if length > FRAME_OCTETS_MAX:
            return
        frame = receive(sock, length)
        try:
            text = str(Ether(frame).summary())
        except Exception as error:  # noqa: BLE001  a packet that scapy cannot read is an answer too
            text = f"scapy cannot read it: {type(error).__name__}"
        answer = text.encode("utf-8", "replace")[:TEXT_OCTETS_MAX]
        sock.sendall(LENGTH.pack(len(answer)) + answer)


def main(fd: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_OCTETS, _MEMORY_OCTETS))
    with socket.socket(fileno=fd) as sock, contextlib.suppress(EOFError, TimeoutError, ConnectionError):
        serve(sock)


if __name__ == "__main__":
    main(int(sys.argv[1]))
