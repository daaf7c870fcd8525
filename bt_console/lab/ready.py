"""Waits until everything a lab promises answers: every address a ping, every port a connection.

Source: RFC 792 (echo), RFC 1071 (checksum), RFC 1035 (DNS question).
"""

from __future__ import annotations

import errno
import os
import select
import socket
import struct
import time
from collections.abc import Iterable
from contextlib import suppress

from bt_console.lab.errors import LabError
from bt_console.lab.plan import EXPOSED_KINDS, Service

_AGAIN_S = 0.4
_SHOWN = 5
_TYPE_NS = 2
_CLASS_IN = 1
_SILENT = ("ntp", *EXPOSED_KINDS)
"""Kinds of ports without TCP, and those that refuse as long as nothing is wrong."""


def wait_for_services(services: Iterable[Service], within_s: float) -> None:
    """Return when every port of every service answers. Raises LabError."""
    ports = [(service.address, port) for service in services for port in service.ports if port.kind not in _SILENT]
    wait_for_ports([(address, port.number) for address, port in ports], within_s)
    for address, port in ports:
        if port.kind == "dns":
            wait_for_names((address, port.number), within_s)


def wait_for_pings(addresses: Iterable[str], within_s: float) -> None:
    """Return when every address answered an echo request. Raises LabError naming those that did not."""
    waiting = set(addresses)
    end_s = time.monotonic() + within_s
    identifier = os.getpid() & 0xFFFF
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as raw:
        raw.setblocking(False)
        while waiting:
            if time.monotonic() > end_s:
                raise LabError("lab.not_answering", what=_some(waiting))
            for address in waiting:
                with suppress(BlockingIOError):  # the socket is full: the rest is asked in the next round
                    raw.sendto(_echo(identifier), (address, 0))
            waiting -= _answers(raw, identifier, waiting)


def wait_for_ports(ports: Iterable[tuple[str, int]], within_s: float) -> None:
    """Return when every (address, port) accepted a TCP connection. Raises LabError naming those that did not."""
    waiting = set(ports)
    end_s = time.monotonic() + within_s
    while waiting:
        if time.monotonic() > end_s:
            raise LabError("lab.not_answering", what=_some(f"{address}:{port}" for address, port in waiting))
        waiting -= _accepting(waiting)


def wait_for_names(server: tuple[str, int], within_s: float) -> None:
    """Return when a name server answered a question over UDP. Raises LabError when it did not."""
    question = struct.pack("!HHHHHH", 1, 0, 1, 0, 0, 0) + b"\x00" + struct.pack("!HH", _TYPE_NS, _CLASS_IN)
    end_s = time.monotonic() + within_s
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(_AGAIN_S)
        while time.monotonic() < end_s:
            asking.sendto(question, server)
            with suppress(TimeoutError, ConnectionRefusedError):
                asking.recv(2048)
                return
    raise LabError("lab.not_answering", what="{}:{}".format(*server))


def _answers(raw: socket.socket, identifier: int, waiting: set[str]) -> set[str]:
    answered: set[str] = set()
    end_s = time.monotonic() + _AGAIN_S
    while answered != waiting and (left_s := end_s - time.monotonic()) > 0:
        if not select.select([raw], [], [], left_s)[0]:
            break
        packet, (address, _) = raw.recvfrom(2048)
        header_octets = (packet[0] & 0x0F) * 4
        if packet[header_octets] == 0 and packet[header_octets + 4 :][:2] == struct.pack("!H", identifier):
            answered.add(address)
    return answered & waiting


def _echo(identifier: int) -> bytes:
    total = (8 << 8) + identifier + 1
    checksum = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
    return struct.pack("!BBHHH", 8, 0, checksum, identifier, 1)


def _accepting(ports: set[tuple[str, int]]) -> set[tuple[str, int]]:
    asked = {}
    for port in ports:
        attempt = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        if attempt.connect_ex(port) in (0, errno.EINPROGRESS):
            asked[attempt] = port
        else:
            attempt.close()
    accepted: set[tuple[str, int]] = set()
    pending = dict(asked)
    end_s = time.monotonic() + _AGAIN_S
    while pending and (left_s := end_s - time.monotonic()) > 0:
        for attempt in select.select([], list(pending), [], left_s)[1]:
            port = pending.pop(attempt)
            if attempt.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                accepted.add(port)
    for attempt in asked:
        attempt.close()
    return accepted


def _some(things: Iterable[str]) -> str:
    listed = sorted(things)
    return ", ".join(listed[:_SHOWN]) + (f", ... ({len(listed)})" if len(listed) > _SHOWN else "")
