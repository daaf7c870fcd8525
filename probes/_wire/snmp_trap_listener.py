"""Hears notifications on one UDP port for all checks that listen there, and bounds what a flood of them can take.

Source: socket(7) (SO_MEMINFO counts what the kernel dropped), RFC 3413 (3.4: receiving notifications).
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import socket
import struct
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from probes._wire.address import Endpoint, parse_endpoint
from probes._wire.errors import network_errors
from probes._wire.snmp_ber import BadMessage
from probes._wire.snmp_params import Credential
from probes._wire.snmp_socket import MasterKeys
from probes._wire.snmp_trap_message import Trap, read_trap, version_of
from probes._wire.snmp_v3_message import SecureHeader, read_secure_header
from probes.api import FailureKind, ProbeFailure

if TYPE_CHECKING:
    from probes._wire.snmp_trap_v3 import SecureReader

TRAP_PORT = 162
BUFFER_OCTETS = 8 << 20
HEARD_MAX = 4096
SOURCES_MAX = 4096
SECURE_PER_S = 100.0
"""Version 3 notifications opened a second, from all sources together: each takes pysnmp two milliseconds."""
WAITING_MAX = 64
"""Version 3 notifications kept while their reader is being made."""
_TURN_S = 0.004
_IDLE_S = 300.0
_LOOKED_AT_COUNT = 8
_SO_RCVBUFFORCE, _SO_MEMINFO = 33, 55
_MEMINFO = struct.Struct("=9I")
_DATAGRAM_OCTETS = 65_535


@dataclass(slots=True)
class Counts:
    """What became of the datagrams of one source, or of all."""

    heard_count: int = 0
    dropped_count: int = 0
    """Too many at once."""
    refused_count: int = 0
    """Another community, user, key or security level than the checks expect."""
    broken_count: int = 0
    """No notification at all."""


class Source(Counts):
    """One sender and what it may still send now."""

    __slots__ = ("at_s", "tokens")

    def __init__(self, now_s: float, burst: float) -> None:
        super().__init__()
        self.tokens, self.at_s = burst, now_s

    def may_speak(self, now_s: float, rate_per_s: float) -> bool:
        self.tokens = min(rate_per_s, self.tokens + (now_s - self.at_s) * rate_per_s)
        self.at_s = now_s
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


@dataclass(frozen=True, slots=True)
class Heard:
    """One notification, when and from where."""

    serial: int
    at_s: float
    """Seconds since 1970."""
    source: str
    trap: Trap


class TrapListener:
    """One port."""

    def __init__(self, listen: str) -> None:
        self._loop = asyncio.get_running_loop()
        endpoint = parse_endpoint(listen, TRAP_PORT)
        self._sock = _open(endpoint)
        self.port = self._sock.getsockname()[1]
        self.total = Counts()
        self.sources: dict[str, Source] = {}
        self.heard: deque[Heard] = deque(maxlen=HEARD_MAX)
        self.serial = 0
        self.rate_per_s = 1.0
        self._crowd = Source(self._loop.time(), 1.0)
        """All sources beyond SOURCES_MAX together."""
        self._secure = Source(self._loop.time(), SECURE_PER_S)
        self._communities: set[bytes] = set()
        self._readers: dict[Credential, SecureReader | None] = {}
        self._waiting: deque[tuple[bytes, tuple[str, int]]] = deque(maxlen=WAITING_MAX)
        self._buffer = bytearray(_DATAGRAM_OCTETS)
        self._loop.add_reader(self._sock, self._on_readable)

    def admit(self, credential: Credential | None, rate_per_s: float) -> None:
        """Accept notifications of a credential, and up to this many a second from each source.

        Without any community from any check, every community is accepted.
        """
        self.rate_per_s = max(self.rate_per_s, rate_per_s)
        if credential is not None and credential.version != "3":
            self._communities.add(credential.community.encode())

    async def admit_secure(self, credential: Credential, keys: MasterKeys) -> None:
        """Accept version 3 notifications of a credential."""
        if credential in self._readers:
            return
        self._readers[credential] = None
        try:
            self._readers[credential] = await asyncio.to_thread(_secure_reader, credential, keys)
        except BaseException:
            del self._readers[credential]
            raise
        waiting = tuple(self._waiting)
        self._waiting.clear()
        for wire, sender in waiting:
            self._hear(wire, sender)

    def kernel_dropped_count(self) -> int:
        """Return how many datagrams did not even fit into the socket's buffer."""
        with contextlib.suppress(OSError, struct.error):
            meminfo = self._sock.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size)
            return int(_MEMINFO.unpack(meminfo)[8])
        return 0

    def _on_readable(self) -> None:
        """Read for a few milliseconds: the loop calls again, after others had their turn."""
        receive, buffer = self._sock.recvfrom_into, self._buffer
        view = memoryview(buffer)
        until_s = self._loop.time() + _TURN_S
        while True:
            now_s = self._loop.time()
            if now_s > until_s:
                return
            try:
                size, sender = receive(buffer)
            except BlockingIOError:
                return
            except OSError:
                continue  # an ICMP error about an answer of ours
            self._take(view, size, sender, now_s)

    def _take(self, view: memoryview, size: int, sender: tuple[str, int], now_s: float) -> None:
        source = self.sources.get(sender[0]) or self._new_source(sender[0], now_s)
        if not source.may_speak(now_s, self.rate_per_s):
            source.dropped_count += 1
            self.total.dropped_count += 1
            return
        self._hear(bytes(view[:size]), sender)

    def _new_source(self, address: str, now_s: float) -> Source:
        if len(self.sources) >= SOURCES_MAX and not self._forget_idle(now_s):
            return self._crowd
        source = self.sources[address] = Source(now_s, self.rate_per_s)
        return source

    def _forget_idle(self, now_s: float) -> bool:
        """Make room for a new source, if one of the oldest has been silent for a while."""
        oldest = list(islice(self.sources.items(), _LOOKED_AT_COUNT))
        idle = [address for address, source in oldest if now_s - source.at_s > _IDLE_S]
        for address in idle:
            del self.sources[address]
        for address, source in oldest:
            if address in self.sources:  # busy: looked at last next time
                self.sources[address] = self.sources.pop(address, source)
        return bool(idle)

    def _hear(self, wire: bytes, sender: tuple[str, int]) -> None:
        try:
            if version_of(wire) == 3:
                self._hear_secure(wire, sender)
                return
            trap = read_trap(wire)
        except BadMessage:
            self._count(sender[0], "broken_count")
            return
        if self._communities and not _is_one_of(trap.community, self._communities):
            self._count(sender[0], "refused_count")
            return
        self._keep(trap, sender, (trap.reply,) if trap.reply else ())

    def _hear_secure(self, wire: bytes, sender: tuple[str, int]) -> None:
        header = read_secure_header(wire)
        if any(reader is None for reader in self._readers.values()):
            self._waiting.append((wire, sender))
            return
        readers = [reader for reader in self._readers.values() if reader is not None and reader.is_for(header)]
        if not readers:
            self._count(sender[0], "refused_count")
        elif not self._secure.may_speak(self._loop.time(), SECURE_PER_S):
            self._count(sender[0], "dropped_count")
        else:
            self._open_with(readers, wire, header, sender)

    def _open_with(
        self, readers: list[SecureReader], wire: bytes, header: SecureHeader, sender: tuple[str, int]
    ) -> None:
        for reader in readers:
            trap, replies = reader.read(wire, header, sender)
            if trap is not None:
                self._keep(trap, sender, replies)
                return
            self._say(replies, sender)
        if header.user:
            self._count(sender[0], "refused_count")

    def _keep(self, trap: Trap, sender: tuple[str, int], replies: Iterable[bytes]) -> None:
        self.total.heard_count += 1
        self.sources.get(sender[0], self._crowd).heard_count += 1
        self.serial += 1
        self.heard.append(Heard(self.serial, time.time(), sender[0], trap))
        if replies:
            self._say(replies, sender)

    def _say(self, replies: Iterable[bytes], sender: tuple[str, int]) -> None:
        with contextlib.suppress(OSError):  # whoever sends an inform sends it again
            for reply in replies:
                self._sock.sendto(reply, sender)

    def _count(self, address: str, name: str) -> None:
        for counts in (self.total, self.sources.get(address, self._crowd)):
            setattr(counts, name, getattr(counts, name) + 1)

    def close(self) -> None:
        self._loop.remove_reader(self._sock)
        self._sock.close()
        for reader in self._readers.values():
            if reader is not None:
                reader.close()


def _secure_reader(credential: Credential, keys: MasterKeys) -> SecureReader:
    # pysnmp takes a third of a second to import: only who expects version 3 pays for it.
    from probes._wire.snmp_trap_v3 import SecureReader

    return SecureReader(credential, keys)


def _is_one_of(community: bytes, known: set[bytes]) -> bool:
    # Every one is compared: how long it takes must not tell which was nearly right.
    return sum(hmac.compare_digest(community, one) for one in known) > 0


def _open(endpoint: Endpoint) -> socket.socket:
    family = socket.AF_INET6 if ":" in endpoint.host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        for option in (socket.SO_RCVBUF, _SO_RCVBUFFORCE):
            with contextlib.suppress(OSError):  # the forced size needs CAP_NET_ADMIN
                sock.setsockopt(socket.SOL_SOCKET, option, BUFFER_OCTETS)
        with network_errors(f"listening on {endpoint.host} port {endpoint.port}", at_once=True):
            sock.bind((endpoint.host, endpoint.port))
    except ProbeFailure as failure:
        sock.close()
        hint = " (ports below 1024 need CAP_NET_BIND_SERVICE)" if failure.kind is FailureKind.PERMISSION else ""
        raise ProbeFailure(failure.kind, f"{failure.detail}{hint}") from failure.__cause__
    except OSError as error:
        sock.close()
        raise ProbeFailure(
            FailureKind.PERMISSION, f"port {endpoint.port} is taken by another program: {error.strerror}"
        ) from error
    return sock
