"""The sockets of one trace: raw ones that see what routers quote, or an ordinary UDP socket and its error queue.

Source: raw(7), ip(7) IP_RECVERR, socket(7); Linux Documentation/networking/timestamping.rst; linux/errqueue.h.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from probes._wire.packet_ring import attach_filter
from probes._wire.path_packets import NONCE_OCTETS, PROTOCOLS, Flow, Method, build, read_answer, read_error

_SOL_SOCKET = socket.SOL_SOCKET
_SO_TIMESTAMPING = 37
_STAMPING = 1 << 1 | 1 << 3 | 1 << 4
"""TX_SOFTWARE, RX_SOFTWARE, SOFTWARE: transmit stamps come with the packet they are of."""
_IP_RECVERR = 11
_TIMESPEC = struct.Struct("@ll")
_EXTENDED_ERROR = struct.Struct("=IBBBxII")
_ORIGIN_ICMP, _ORIGIN_TIMESTAMPING = 2, 4
_READ_OCTETS, _ANCILLARY_OCTETS = 2048, 512
_READ_MAX = 4096
"""More than a trace can be answered by; a flood must not keep the event loop."""
_PENDING_MAX = 64
_PORTS_FROM, _PORTS_COUNT, _PORTS_TRIED = 40_000, 20_000, 16
_TAG = struct.Struct(f"!{NONCE_OCTETS}sI")
REACHED = 0
"""Stands for the kind of ICMP error where the target itself answered."""


class Answer(NamedTuple):
    """What came back for packet `serial`: an ICMP error's kind and code, or REACHED."""

    serial: int
    sender: str
    kind: int
    code: int
    at_ns: int
    """The kernel's receive stamp, 0 without one."""


class TraceSocket(Protocol):
    """Sends the packets of one flow and reads what is said about them, without blocking."""

    method: Method
    mode: str
    unmatched_count: int

    def filenos(self) -> tuple[int, ...]: ...

    def send(self, serial: int, ttl: int) -> None: ...

    def stamps(self) -> Iterator[tuple[int, int]]: ...

    def answers(self) -> Iterator[Answer]: ...

    def close(self) -> None: ...


def open_trace(method: Method, source: str, target: str, port: int) -> TraceSocket:
    """Return raw sockets where the system allows them, else an ordinary UDP socket."""
    try:
        return RawTrace(method, source, target, port)
    except PermissionError:
        return DatagramTrace(source, target, port if method is Method.UDP else 0)


class RawTrace:
    """Any method. Raises PermissionError without CAP_NET_RAW."""

    mode = "raw"

    def __init__(self, method: Method, source: str, target: str, port: int) -> None:
        self.method = method
        self.unmatched_count = 0
        self._target = target
        self._serials: dict[bytes, int] = {}
        self._octets = 0
        with contextlib.ExitStack() as opened:
            out = opened.enter_context(socket.socket(socket.AF_INET, socket.SOCK_RAW, PROTOCOLS[method]))
            errors = opened.enter_context(socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))
            kind = socket.SOCK_STREAM if method is Method.TCP else socket.SOCK_DGRAM
            reserved = opened.enter_context(_reserve(kind, method, source, target))
            self.flow = Flow(
                method=method,
                source=source,
                target=target,
                source_port=reserved.getsockname()[1],
                target_port=port,
                nonce=os.urandom(NONCE_OCTETS),
                base=int.from_bytes(os.urandom(2), "big") % 30_000,
            )
            attach_filter(out, _answers_filter(self.flow))
            attach_filter(errors, _errors_filter(self.flow))
            for sock in (out, errors):
                sock.setblocking(False)
                _ask_for_stamps(sock)
            out.bind((source, 0))
            self._out, self._errors, self._opened = out, errors, opened.pop_all()

    def filenos(self) -> tuple[int, ...]:
        return self._out.fileno(), self._errors.fileno()

    def send(self, serial: int, ttl: int) -> None:
        """Send one packet. Raises OSError when the system refuses."""
        message = build(self.flow, serial)
        self._serials[message] = serial
        self._octets = len(message)
        self._out.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
        self._out.sendto(message, (self._target, 0))

    def stamps(self) -> Iterator[tuple[int, int]]:
        """Yield (serial, nanoseconds of the wall clock) of packets handed to a device."""
        for data, ancillary, _ in _received(self._out, socket.MSG_ERRQUEUE):
            serial = self._serials.get(data[-self._octets :], 0)
            if serial:
                yield serial, _stamp(ancillary)

    def answers(self) -> Iterator[Answer]:
        """Yield what came back. Checked against the packets sent: a filter in the kernel cannot know them all."""
        for data, ancillary, _ in _received(self._errors):
            quote = read_error(self.flow, data)
            if quote is None:
                self.unmatched_count += 1
            else:
                yield Answer(quote.serial, quote.sender, quote.kind, quote.code, _stamp(ancillary))
        for data, ancillary, _ in _received(self._out):
            serial = read_answer(self.flow, data)
            if serial:
                yield Answer(serial, self._target, REACHED, 0, _stamp(ancillary))
            else:
                self.unmatched_count += 1

    def close(self) -> None:
        self._opened.close()


def _reserve(kind: int, method: Method, source: str, target: str) -> socket.socket:
    """Return a socket whose port no other program gets; the number serves ICMP as identifier.

    It is the same in every trace of a target: the next trace is of the same flow, so a change of the way is one.
    """
    wanted = _PORTS_FROM + zlib.crc32(f"{method} {target}".encode()) % _PORTS_COUNT
    reserved = socket.socket(socket.AF_INET, kind | socket.SOCK_NONBLOCK)
    try:
        for port in (*range(wanted, wanted + _PORTS_TRIED), 0):
            try:
                reserved.bind((source, port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE or not port:
                    raise
            else:
                break
    except BaseException:
        reserved.close()
        raise
    return reserved


def _ask_for_stamps(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):  # without stamps the caller's own clock has to do
        sock.setsockopt(_SOL_SOCKET, _SO_TIMESTAMPING, _STAMPING)


class DatagramTrace:
    """UDP without any right: the kernel itself tells which of this socket's packets an error is about.

    A router that quotes no more than the UDP header (8 octets) leaves nothing to know the packet by: such answers are
    counted as unmatched.
    """

    mode = "datagram"
    method = Method.UDP

    def __init__(self, source: str, target: str, port: int) -> None:
        self.unmatched_count = 0
        self._nonce = os.urandom(NONCE_OCTETS)
        self._sent_max = 0
        self._socket = _reserve(socket.SOCK_DGRAM, Method.UDP, source, target)
        try:
            self._socket.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
            _ask_for_stamps(self._socket)
            self._socket.connect((target, port or DEFAULT_PORTS[Method.UDP]))
        except BaseException:
            self._socket.close()
            raise
        self._answers: list[Answer] = []

    def filenos(self) -> tuple[int, ...]:
        return (self._socket.fileno(),)

    def send(self, serial: int, ttl: int) -> None:
        """Send one packet. Raises OSError when the system refuses."""
        self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
        message = _TAG.pack(self._nonce, serial)
        for remaining in range(_PENDING_MAX, -1, -1):
            try:
                self._socket.send(message)
            except OSError:
                # It may be an ICMP error about an earlier packet: each is reported once and hides one send.
                if not remaining:
                    raise
                continue
            self._sent_max = max(self._sent_max, serial)
            return

    def stamps(self) -> Iterator[tuple[int, int]]:
        """Yield (serial, nanoseconds of the wall clock) of packets handed to a device; keep errors for answers()."""
        for data, ancillary, _ in _received(self._socket, socket.MSG_ERRQUEUE):
            extended = next((value for level, kind, value in ancillary if (level, kind) == (0, _IP_RECVERR)), b"")
            if len(extended) < _EXTENDED_ERROR.size:
                continue
            _, origin, kind, code, _, _ = _EXTENDED_ERROR.unpack_from(extended)
            serial = self._serial(data[-_TAG.size :])
            if origin == _ORIGIN_TIMESTAMPING and serial:
                yield serial, _stamp(ancillary)
            elif origin == _ORIGIN_ICMP:
                self._keep(self._serial(data), extended, (kind, code), _stamp(ancillary))

    def _serial(self, data: bytes) -> int:
        if len(data) < _TAG.size:
            return 0
        nonce, serial = _TAG.unpack_from(data)
        return int(serial) if nonce == self._nonce and 0 < serial <= self._sent_max else 0

    def _keep(self, serial: int, extended: bytes, kind_code: tuple[int, int], at_ns: int) -> None:
        start = _EXTENDED_ERROR.size + 4
        if serial and len(extended) >= start + 4:
            self._answers.append(Answer(serial, socket.inet_ntoa(extended[start : start + 4]), *kind_code, at_ns))
        else:
            self.unmatched_count += 1

    def answers(self) -> Iterator[Answer]:
        """Yield what the error queue held when stamps() read it."""
        for _ in _received(self._socket):
            self.unmatched_count += 1  # a service answered: it does not say to which packet
        while self._answers:
            yield self._answers.pop(0)

    def close(self) -> None:
        self._socket.close()


DEFAULT_PORTS = {Method.ICMP: 0, Method.UDP: 33434, Method.TCP: 443}
_Ancillary = list[tuple[int, int, bytes]]


def _received(sock: socket.socket, flags: int = 0) -> Iterator[tuple[bytes, _Ancillary, object]]:
    """Yield what waits to be read; a pending error hides one read."""
    hidden_count = 0
    for _ in range(_READ_MAX):
        try:
            data, ancillary, _, address = sock.recvmsg(_READ_OCTETS, _ANCILLARY_OCTETS, flags)
        except BlockingIOError:
            return
        except OSError:
            hidden_count += 1
            if hidden_count > _PENDING_MAX:
                return
            continue
        yield data, ancillary, address


def _stamp(ancillary: _Ancillary) -> int:
    for level, kind, value in ancillary:
        if level == _SOL_SOCKET and kind == _SO_TIMESTAMPING and len(value) >= _TIMESPEC.size:
            seconds, nanoseconds = _TIMESPEC.unpack_from(value)
            return int(seconds) * 1_000_000_000 + int(nanoseconds)
    return 0


_LDX_HEADER, _LD_BYTE_AT, _LD_HALF_AT, _JUMP_EQUAL, _AND, _SHIFT_LEFT = 0xB1, 0x50, 0x48, 0x15, 0x54, 0x64
_ADD, _ADD_X, _TAX, _RETURN = 0x04, 0x0C, 0x07, 0x06
_Program = tuple[tuple[int, int, int, int], ...]


def _errors_filter(flow: Flow) -> _Program:
    """Let in ICMP errors that quote this protocol with our port (or identifier)."""
    key_at = 4 if flow.method is Method.ICMP else 0
    return (
        (_LDX_HEADER, 0, 0, 0),
        (_LD_BYTE_AT, 0, 0, 0),
        (_JUMP_EQUAL, 2, 0, 3),
        (_JUMP_EQUAL, 1, 0, 11),
        (_JUMP_EQUAL, 0, 11, 12),
        (_LD_BYTE_AT, 0, 0, 8 + 9),
        (_JUMP_EQUAL, 0, 9, PROTOCOLS[flow.method]),
        (_LD_BYTE_AT, 0, 0, 8),
        (_AND, 0, 0, 0x0F),
        (_SHIFT_LEFT, 0, 0, 2),
        (_ADD, 0, 0, 8),
        (_ADD_X, 0, 0, 0),
        (_TAX, 0, 0, 0),
        (_LD_HALF_AT, 0, 0, key_at),
        (_JUMP_EQUAL, 0, 1, flow.source_port),
        (_RETURN, 0, 0, 0xFFFF),
        (_RETURN, 0, 0, 0),
    )


def _answers_filter(flow: Flow) -> _Program:
    """Let in the target's own answers: echo replies with our identifier, segments to our port; nothing of UDP."""
    if flow.method is Method.UDP:
        return ((_RETURN, 0, 0, 0),)
    first, first_at, second_at = (0, 0, 4) if flow.method is Method.ICMP else (flow.target_port, 0, 2)
    return (
        (_LDX_HEADER, 0, 0, 0),
        (_LD_HALF_AT, 0, 0, first_at),
        (_JUMP_EQUAL, 0, 3, first),
        (_LD_HALF_AT, 0, 0, second_at),
        (_JUMP_EQUAL, 0, 1, flow.source_port),
        (_RETURN, 0, 0, 0xFFFF),
        (_RETURN, 0, 0, 0),
    )
