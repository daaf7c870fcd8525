"""One ICMP socket with kernel time stamps: raw where allowed, else datagram; yields parsed messages.

Source: Linux Documentation/networking/timestamping.rst, socket(7), icmp(7), linux/errqueue.h, linux/filter.h.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import socket
import struct
import sys
from collections.abc import Iterator
from typing import Literal, NamedTuple

from probes._wire.icmp import HEADER, V4, V6, Complaint, Dialect, Echo, parse

Mode = Literal["raw", "datagram"]

RECEIVE_BUFFER_OCTETS = 4 * 1024 * 1024
CHARGE_OCTETS = 832
"""What the kernel charges a receive buffer for one small unread packet, or for one transmit stamp."""

_MESSAGE_OCTETS = 2048
_ANCILLARY_OCTETS = 320
_SOL_SOCKET = socket.SOL_SOCKET
_SO_ATTACH_FILTER = 26
_SO_RCVBUFFORCE = 33
_SO_TIMESTAMPING = 37
_SO_MEMINFO = 55
_MEMINFO = struct.Struct("=9I")
_STAMPING = 1 << 1 | 1 << 3 | 1 << 4 | 1 << 7 | 1 << 11
"""TX_SOFTWARE, RX_SOFTWARE, SOFTWARE, OPT_ID, OPT_TSONLY."""
_IP_TTL, _IP_RECVERR, _IP_RECVTTL = 2, 11, 12
_IPV6_RECVERR, _IPV6_RECVHOPLIMIT, _IPV6_HOPLIMIT = 25, 51, 52
_ICMP6_FILTER = 1
_TIMESPEC = struct.Struct("@ll")
_EXTENDED_ERROR = struct.Struct("=IBBBxII")
_ORIGIN_ICMP = frozenset({2, 3})
_ORIGIN_TIMESTAMPING = 4
_READ_MAX = 20_000
"""More than the buffer holds: only a flood gets that far, and it must not keep the event loop."""
_EXPECTED_ERRORS = 64
"""Errors of earlier packets that may be pending on a datagram socket, each hiding one read."""


class Refusal(NamedTuple):
    """An ICMP error about one of our requests and who sent it."""

    complaint: Complaint
    sender: str


def open_socket(dialect: Dialect) -> tuple[socket.socket, Mode]:
    """Return a raw socket, or a datagram one. Raises PermissionError when the system allows neither."""
    try:
        return socket.socket(dialect.family, socket.SOCK_RAW, dialect.protocol), "raw"
    except PermissionError:
        return socket.socket(dialect.family, socket.SOCK_DGRAM, dialect.protocol), "datagram"


class EchoSocket:
    """Sends echo requests and reads what comes back, without blocking."""

    def __init__(self, dialect: Dialect, identifier: int, receive_buffer_octets: int = RECEIVE_BUFFER_OCTETS) -> None:
        self.dialect = dialect
        self.socket, self.mode = open_socket(dialect)
        self.identifier = identifier
        self.refusals: list[Refusal] = []
        self._sent = 0
        self._is_v4_raw = dialect is V4 and self.mode == "raw"
        try:
            self._enlarge_buffers(receive_buffer_octets)
            self._configure()
        except BaseException:
            self.socket.close()
            raise

    def _configure(self) -> None:
        self.socket.setblocking(False)
        if self.mode == "raw":
            self._attach_filter()
        else:
            # The kernel then keeps only what answers this socket, and reports errors through the error queue.
            self.socket.bind(("", 0))
            self.identifier = self.socket.getsockname()[1]
            self._ask_for_errors()
        if self.dialect is V6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVHOPLIMIT, 1)
        elif self.mode == "datagram":
            self.socket.setsockopt(socket.IPPROTO_IP, _IP_RECVTTL, 1)
        with contextlib.suppress(OSError):  # without stamps the caller's own clock has to do
            self.socket.setsockopt(_SOL_SOCKET, _SO_TIMESTAMPING, _STAMPING)

    def _enlarge_buffers(self, octets: int) -> None:
        self.socket.setsockopt(_SOL_SOCKET, socket.SO_SNDBUF, RECEIVE_BUFFER_OCTETS)
        for option in (socket.SO_RCVBUF, _SO_RCVBUFFORCE):
            with contextlib.suppress(OSError):  # the forced size needs CAP_NET_ADMIN
                self.socket.setsockopt(_SOL_SOCKET, option, octets)
        self.capacity_octets = self.socket.getsockopt(_SOL_SOCKET, socket.SO_RCVBUF)

    def _ask_for_errors(self) -> None:
        if self.dialect is V4:
            self.socket.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
        else:
            self.socket.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)

    def _attach_filter(self) -> None:
        """Keep out everybody else's ICMP in the kernel: a raw socket is handed all of the host's."""
        if self.dialect is V6:
            blocked = [0xFFFFFFFF] * 8
            for kind in (self.dialect.reply, *self.dialect.errors):
                blocked[kind >> 5] &= ~(1 << (kind & 31))
            self.socket.setsockopt(socket.IPPROTO_ICMPV6, _ICMP6_FILTER, struct.pack("=8I", *blocked))
        program = filter_program(self.dialect, self.identifier)
        code = ctypes.create_string_buffer(program, len(program))
        fprog = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
        self.socket.setsockopt(_SOL_SOCKET, _SO_ATTACH_FILTER, fprog)

    def fileno(self) -> int:
        return self.socket.fileno()

    def send(self, message: bytearray, address: str) -> int:
        """Send one request and return the key its transmit stamp will carry."""
        try:
            self.socket.sendto(message, (address, 0))
        except OSError as error:
            if self.mode == "raw" or error.errno in (errno.EAGAIN, errno.ENOBUFS):
                self._restart_keys()
                raise
            self._send_again(message, address)
        key = self._sent
        self._sent = (key + 1) & 0xFFFFFFFF
        return key

    def _send_again(self, message: bytearray, address: str) -> None:
        """Send after a failure that may only report an ICMP error about an earlier packet of another target."""
        for remaining in (2, 1, 0):
            try:
                self.socket.sendto(message, (address, 0))
            except OSError:
                if remaining:
                    continue
                self._restart_keys()
                raise
            self._restart_keys()
            return

    def _restart_keys(self) -> None:
        """Make the kernel count from 0 again: whether a failed send used up a key differs by where it failed."""
        with contextlib.suppress(OSError):
            self.socket.setsockopt(_SOL_SOCKET, _SO_TIMESTAMPING, 0)
            self.socket.setsockopt(_SOL_SOCKET, _SO_TIMESTAMPING, _STAMPING)
        self._sent = 0

    def stamps(self) -> Iterator[tuple[int, int]]:
        """Yield (key, nanoseconds of the wall clock) of packets the kernel handed to a device.

        ICMP errors in the same queue are put into `refusals`.
        """
        receive, flags = self.socket.recvmsg, socket.MSG_ERRQUEUE
        for _ in range(_READ_MAX):
            try:
                data, ancillary, _, address = receive(_MESSAGE_OCTETS, _ANCILLARY_OCTETS, flags)
            except OSError:
                return
            extended = ancillary[-1][2] if ancillary else b""  # the kernel puts it last
            if len(extended) < _EXTENDED_ERROR.size or ancillary[-1][0] == _SOL_SOCKET:
                continue
            _, origin, kind, code, _, key = _EXTENDED_ERROR.unpack_from(extended)
            if origin == _ORIGIN_TIMESTAMPING and len(ancillary) > 1:
                seconds, nanoseconds = _TIMESPEC.unpack_from(ancillary[0][2])
                yield key, seconds * 1_000_000_000 + nanoseconds
            elif origin in _ORIGIN_ICMP and address is not None and len(data) >= HEADER.size:
                # The queue holds our request from its ICMP header on.
                identifier, sequence = struct.unpack_from("!HH", data, 4)
                complaint = Complaint(kind, code, identifier, sequence, address[0])
                self.refusals.append(Refusal(complaint, _offender(self.dialect, extended)))

    def replies(self) -> Iterator[tuple[Echo, str, int, int]]:
        """Yield (reply, sender, receive stamp or 0, time to live) of every echo reply that waits to be read.

        ICMP errors in the same queue are put into `refusals`.
        """
        receive, dialect, has_header = self.socket.recvmsg, self.dialect, self._is_v4_raw
        hidden = 0
        for _ in range(_READ_MAX):
            try:
                data, ancillary, _, address = receive(_MESSAGE_OCTETS, _ANCILLARY_OCTETS)
            except BlockingIOError:
                return
            except OSError:
                hidden += 1
                if hidden > _EXPECTED_ERRORS:
                    return
                continue
            message = parse(dialect, data, with_ip_header=has_header)
            if isinstance(message, Echo):
                at_ns, ttl = _stamp_and_ttl(ancillary)
                yield message, address[0], at_ns, ttl or message.ttl
            elif message is not None:
                self.refusals.append(Refusal(message, address[0]))

    def drop_count(self) -> int:
        """Return how many packets the kernel dropped because this socket's buffer was full."""
        try:
            return int(_MEMINFO.unpack(self.socket.getsockopt(_SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size))[8])
        except (OSError, struct.error):
            return 0

    def close(self) -> None:
        self.socket.close()


def _stamp_and_ttl(ancillary: list[tuple[int, int, bytes]]) -> tuple[int, int]:
    """Return the kernel's stamp in nanoseconds and the time to live, 0 for what is not there."""
    at_ns, ttl = 0, 0
    for level, kind, value in ancillary:
        if level == _SOL_SOCKET:
            if kind == _SO_TIMESTAMPING:
                seconds, nanoseconds = _TIMESPEC.unpack_from(value)
                at_ns = seconds * 1_000_000_000 + nanoseconds
        elif kind in (_IP_TTL, _IPV6_HOPLIMIT):
            ttl = int.from_bytes(value[:4], sys.byteorder)
    return at_ns, ttl


def _offender(dialect: Dialect, extended: bytes) -> str:
    start = _EXTENDED_ERROR.size + (4 if dialect is V4 else 8)
    size = 4 if dialect is V4 else 16
    if len(extended) < start + size:
        return ""
    return socket.inet_ntop(dialect.family, extended[start : start + size])


_LD_BYTE_AT, _LD_HALF_AT, _LD_BYTE, _LD_HALF, _LDX_HEADER = 0x50, 0x48, 0x30, 0x28, 0xB1
_JUMP_EQUAL, _AND, _SHIFT_LEFT, _ADD, _ADD_X, _TAX, _RETURN = 0x15, 0x54, 0x64, 0x04, 0x0C, 0x07, 0x06
_Instruction = tuple[int, int, int, int]
"""Code, steps to skip when true, when false, operand."""


def filter_program(dialect: Dialect, identifier: int) -> bytes:
    """Return the classic BPF program that lets in replies to an identifier and errors that quote it."""
    program = _v4_filter(identifier) if dialect is V4 else _v6_filter(identifier)
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


def _v4_filter(identifier: int) -> list[_Instruction]:
    """A raw IPv4 socket's filter sees the packet from its IP header on."""
    return [
        (_LDX_HEADER, 0, 0, 0),
        (_LD_BYTE_AT, 0, 0, 0),
        (_JUMP_EQUAL, 13, 0, V4.reply),
        (_JUMP_EQUAL, 2, 0, 3),
        (_JUMP_EQUAL, 1, 0, 11),
        (_JUMP_EQUAL, 0, 12, 12),
        (_LD_BYTE_AT, 0, 0, 8 + 9),
        (_JUMP_EQUAL, 0, 10, socket.IPPROTO_ICMP),
        (_LD_BYTE_AT, 0, 0, 8),
        (_AND, 0, 0, 0x0F),
        (_SHIFT_LEFT, 0, 0, 2),
        (_ADD, 0, 0, 8),
        (_ADD_X, 0, 0, 0),
        (_TAX, 0, 0, 0),
        (_LD_BYTE_AT, 0, 0, 0),
        (_JUMP_EQUAL, 0, 2, V4.request),
        (_LD_HALF_AT, 0, 0, 4),
        (_JUMP_EQUAL, 1, 0, identifier),
        (_RETURN, 0, 0, 0),
        (_RETURN, 0, 0, 0xFFFF),
    ]


def _v6_filter(identifier: int) -> list[_Instruction]:
    """A raw IPv6 socket's filter sees the packet from its ICMPv6 header on."""
    quoted = 8 + 40
    return [
        (_LD_BYTE, 0, 0, 0),
        (_JUMP_EQUAL, 0, 2, V6.reply),
        (_LD_HALF, 0, 0, 4),
        (_JUMP_EQUAL, 4, 5, identifier),
        (_LD_BYTE, 0, 0, quoted),
        (_JUMP_EQUAL, 0, 3, V6.request),
        (_LD_HALF, 0, 0, quoted + 4),
        (_JUMP_EQUAL, 0, 1, identifier),
        (_RETURN, 0, 0, 0xFFFF),
        (_RETURN, 0, 0, 0),
    ]
