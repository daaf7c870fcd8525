"""Receives link-layer frames into memory shared with the kernel: a busy or stalled program loses none for seconds.

Source: packet(7); linux/if_packet.h (TPACKET_V2); Documentation/networking/packet_mmap.rst; linux/filter.h.
"""

from __future__ import annotations

import ctypes
import mmap
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

_SOL_PACKET = 263
_ADD_MEMBERSHIP, _RX_RING, _STATISTICS, _VERSION = 1, 5, 6, 10
_TPACKET_V2 = 1
_MEMBER_PROMISCUOUS = 1
_SO_ATTACH_FILTER = 26
_REQUEST = struct.Struct("=IIII")
"""Octets of a block, blocks, octets of a frame's slot, slots."""
_HEADER = struct.Struct("=IIIHHII")
"""Status, length on the wire, length kept, offset of the link-layer header, of the network header, seconds, ns."""
_OWNED_BY_US = 1
_GIVEN_BACK = b"\0\0\0\0"
_BLOCK_OCTETS = 1 << 16
_TURN_COUNT = 4096
"""Frames of one turn: only a flood brings more, and it must not keep the event loop."""

# Kernels take a VLAN's tag off before a filter looks, so a frame of any VLAN would pass for one of this interface.
_UNTAGGED_ONLY = ((0x20, 0, 0, 0xFFFFF030), (0x15, 1, 0, 0), (0x06, 0, 0, 0))
"""ld vlan_tagp; jeq #0 jt 1 jf 0; ret #0"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which frames to receive and how much room to keep for them."""

    ethertype: int
    program: str
    """What `tcpdump -y EN10MB -ddd EXPRESSION` prints: a count, then code, jump if true, if false, operand."""
    slot_octets: int
    """A power of two; frames longer than the slot less 82 octets of header are cut."""
    slot_count: int


class PacketRing:
    """One packet socket. Raises PermissionError without CAP_NET_RAW, OSError for an interface there is not."""

    def __init__(self, interface: str, wanted: Wanted, *, is_promiscuous: bool = False) -> None:
        self.ifindex = socket.if_nametoindex(interface)
        # Protocol 0 receives nothing yet: the filter is in place before the first frame.
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        try:
            self._slots = self._map(wanted)
            attach_filter(self._socket, (*_UNTAGGED_ONLY, *read_program(wanted.program)))
            if is_promiscuous:
                member = struct.pack("=iHH8x", self.ifindex, _MEMBER_PROMISCUOUS, 0)
                self._socket.setsockopt(_SOL_PACKET, _ADD_MEMBERSHIP, member)
            self._socket.bind((interface, wanted.ethertype))
        except BaseException:
            self._socket.close()
            raise
        self._slot_octets = wanted.slot_octets
        self._end = wanted.slot_octets * wanted.slot_count
        self._at = 0

    def _map(self, wanted: Wanted) -> mmap.mmap:
        octets = wanted.slot_octets * wanted.slot_count
        request = _REQUEST.pack(_BLOCK_OCTETS, octets // _BLOCK_OCTETS, wanted.slot_octets, wanted.slot_count)
        self._socket.setsockopt(_SOL_PACKET, _VERSION, _TPACKET_V2)
        self._socket.setsockopt(_SOL_PACKET, _RX_RING, request)
        return mmap.mmap(self._socket.fileno(), octets, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)

    def fileno(self) -> int:
        return self._socket.fileno()

    def frames(self, limit: int = _TURN_COUNT) -> Iterator[tuple[bytes, int]]:
        """Yield (frame, the kernel's stamp in nanoseconds of the wall clock) of what has arrived, at most `limit`."""
        slots, unpack = self._slots, _HEADER.unpack_from
        for _ in range(limit):
            at = self._at
            status, _, kept, start, _, seconds, nanoseconds = unpack(slots, at)
            if not status & _OWNED_BY_US:
                return
            frame = slots[at + start : at + start + kept]
            slots[at : at + 4] = _GIVEN_BACK
            self._at = (at + self._slot_octets) % self._end
            yield frame, seconds * 1_000_000_000 + nanoseconds

    def send(self, frame: bytes) -> None:
        """Put one frame on the wire."""
        self._socket.send(frame)

    def take_error(self) -> int:
        """Return and clear the socket's pending error number, 0 without one."""
        return self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    def take_drop_count(self) -> int:
        """Return how many wanted frames the kernel dropped since the last call, for want of a free slot."""
        _, drops = struct.unpack("=II", self._socket.getsockopt(_SOL_PACKET, _STATISTICS, 8))
        return int(drops)

    def close(self) -> None:
        self._slots.close()
        self._socket.close()


def read_program(text: str) -> tuple[tuple[int, int, int, int], ...]:
    """Return the instructions of a program as tcpdump -ddd prints it, without its first line, the count."""
    numbers = [int(word) for word in text.split()]
    rows = zip(*[iter(numbers[1:])] * 4, strict=True)
    program = tuple((code, if_true, if_false, operand) for code, if_true, if_false, operand in rows)
    if len(program) != numbers[0]:
        raise ValueError(f"a filter of {numbers[0]} instructions has {len(program)}")
    return program


def attach_filter(sock: socket.socket, program: tuple[tuple[int, int, int, int], ...]) -> None:
    """Let the kernel drop what a classic BPF program returns 0 for."""
    packed = b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
    code = ctypes.create_string_buffer(packed, len(packed))
    sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("@HP", len(program), ctypes.addressof(code)))
