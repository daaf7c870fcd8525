"""The gufo-snmp socket behind our own words: one agent, one credential, one datagram at a time.

The library's sockets are driven directly: its session waits once per value, which doubles the processor time, and it
hides a refused port, an error status and a Report's reason.
Source: RFC 3416 (error status), RFC 3414 (3.2 and 5: what a Report says), gufo-snmp 0.13.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import TypeVar

from gufo.snmp import (
    Aes128Key,
    Aes192Key,
    Aes256Key,
    DesKey,
    KeyExpansion,
    Md5Key,
    Sha1Key,
    Sha224Key,
    Sha256Key,
    Sha384Key,
    Sha512Key,
    SnmpAuthError,
    SnmpDecodeError,
    SnmpEncodeError,
    User,
)
from gufo.snmp._fast import GetIter, SnmpV1ClientSocket, SnmpV2cClientSocket, SnmpV3ClientSocket
from gufo.snmp.user import BaseAuthKey, BasePrivKey, KeyType

from probes._wire.address import Endpoint
from probes._wire.errors import network_errors
from probes._wire.snmp_ber import BadMessage
from probes._wire.snmp_params import Credential
from probes._wire.snmp_reports import error_status, refusal, report_reason
from probes._wire.snmp_v3_message import Verifier, read_secure_header
from probes.api import FailureKind, ProbeFailure

T = TypeVar("T")
Value = None | str | bytes | int | float
GufoSocket = SnmpV1ClientSocket | SnmpV2cClientSocket | SnmpV3ClientSocket

_AUTH: dict[str, type[BaseAuthKey]] = {
    "MD5": Md5Key,
    "SHA": Sha1Key,
    "SHA-224": Sha224Key,
    "SHA-256": Sha256Key,
    "SHA-384": Sha384Key,
    "SHA-512": Sha512Key,
}
_PRIV: dict[str, type[BasePrivKey]] = {"DES": DesKey, "AES": Aes128Key, "AES-192": Aes192Key, "AES-256": Aes256Key}
_MASTER_KEYS_MAX = 256
_RECEIVE_BUFFER_OCTETS = 1 << 18
_ANSWER_OCTETS_MAX = 4000
"""The library cannot take an answer that is much longer (0.13.0: 4,096 octets)."""
_PEEK_OCTETS = _ANSWER_OCTETS_MAX + 1


class MasterKeys:
    """Passwords stretched to keys (RFC 3414 A.2: a megabyte of hashing each) are kept, one for all agents."""

    def __init__(self) -> None:
        self._keys: dict[tuple[str, bytes], bytes] = {}

    def get(self, protocol: str, password: bytes) -> bytes:
        """Return the master key, b"" of no password."""
        if not password:
            return b""
        known = self._keys.get((protocol, password))
        if known is None:
            if len(self._keys) >= _MASTER_KEYS_MAX:
                self._keys.clear()
            known = self._keys[protocol, password] = _AUTH[protocol].get_master_key(password)
        return known

    def verifier(self, credential: Credential, engine_id: bytes) -> Verifier | None:
        """Return what checks an agent's answers, None when nothing is to be proved."""
        if not credential.auth_key:
            return None
        master = self.get(credential.auth_protocol, credential.auth_key)
        key = _AUTH[credential.auth_protocol].get_localized_key(master, engine_id)
        return Verifier(credential.auth_protocol, key)

    def user(self, credential: Credential) -> User:
        """Return the library's user."""
        if not credential.auth_key:
            return User(credential.user)
        auth, priv = credential.auth_protocol, credential.priv_protocol
        auth_key = _AUTH[auth](self.get(auth, credential.auth_key), KeyType.Master)
        if not credential.priv_key:
            return User(credential.user, auth_key=auth_key)
        is_cisco = priv.endswith("-C")
        priv_key = _PRIV[priv.removesuffix("-C")](self.get(auth, credential.priv_key), KeyType.Master)
        expansion = KeyExpansion.Cisco if is_cisco else KeyExpansion.Blumenthal
        return User(credential.user, auth_key=auth_key, priv_key=priv_key, key_expansion=expansion)

    def close(self) -> None:
        """Forget everything."""
        self._keys.clear()


class NothingMore(Exception):
    """The agent has nothing after what was asked; for version 3 perhaps an error status, which the library hides."""


class TooLarge(Exception):
    """The answer does not fit: ask for less at once."""


class AgentSocket:
    """Sends one request and receives its answer; whoever uses it gives the time."""

    def __init__(self, agent: Endpoint, credential: Credential, keys: MasterKeys) -> None:
        self.credential = credential
        self._name = f"{agent.host} port {agent.port}"
        self._user = keys.user(credential) if credential.version == "3" else None
        self._keys = keys
        self._verifier: Verifier | None = None
        with network_errors(f"SNMP agent {self._name}", at_once=True):
            self.gufo = _open(agent, credential)
        # Only a second view of the library's descriptor, to look at errors and datagrams before it does.
        self._sock = socket.socket(fileno=self.gufo.get_fd())
        self._fd = self.gufo.get_fd()
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[None] | None = None
        self._is_registered = False
        self.problem = ""
        """What was wrong with the last useless datagram."""

    async def discover(self, wait_s: float) -> bytes:
        """Learn the engine's id and clock of a version 3 agent; the keys are made for it. Returns the id."""
        gufo, user = self.gufo, self._user
        if not isinstance(gufo, SnmpV3ClientSocket) or user is None:
            return b""
        await self.ask(gufo.send_refresh, gufo.recv_refresh, wait_s)
        gufo.set_keys(user.name, user.get_auth_alg(), user.get_auth_key(), user.get_priv_alg(), user.get_priv_key())
        engine_id = gufo.get_engine_id()
        self._verifier = self._keys.verifier(self.credential, engine_id)
        return engine_id

    async def synchronise(self, wait_s: float) -> None:
        """Learn the clock of an agent that demands proof, by a question it has to refuse the first time."""
        if isinstance(self.gufo, SnmpV3ClientSocket) and self.credential.auth_key:
            await self.ask(self.gufo.send_refresh, self.gufo.recv_refresh, wait_s)

    async def ask(self, send: Callable[[], None], receive: Callable[[], T], wait_s: float) -> T:
        """Send once and wait for the answer.

        Raises TimeoutError, NothingMore, TooLarge, or ProbeFailure when the agent or its machine refuses. Datagrams
        that are no answer are skipped, and the last one's fault kept in `problem`.
        """
        try:
            self._send(send)
            return await self._answer(receive, self._loop.time() + wait_s)
        except TimeoutError:
            raise
        except OSError:
            with network_errors(f"SNMP agent {self._name}"):
                raise

    async def _answer(self, receive: Callable[[], T], until_s: float) -> T:
        while True:
            seen = await self._seen(until_s)
            if not self._is_trusted(seen):
                self._sock.recv(1)
                continue
            try:
                return self._received(receive, seen)
            except BlockingIOError:
                continue
            except SnmpDecodeError as error:
                if len(seen) > _ANSWER_OCTETS_MAX:
                    raise TooLarge from error
                self.problem = f"an answer that breaks SNMP ({error})"

    def _is_trusted(self, seen: bytes) -> bool:
        """Tell whether the library may have this datagram. Raises ProbeFailure for a Report that refuses us.

        Refusals prove nothing, since an agent that does not know us cannot; everything else has to.
        """
        if self._verifier is None:
            return True
        if len(seen) > _ANSWER_OCTETS_MAX:
            self._sock.recv(1)
            raise TooLarge
        try:
            header = read_secure_header(seen)
        except BadMessage as error:
            self.problem = str(error)
            return False
        if self._verifier.is_genuine(seen, header):
            return True
        if not header.is_authenticated and report_reason(seen):
            self._sock.recv(1)
            raise refusal(seen)
        self.problem = "an answer whose digest is wrong: somebody changed it, or it comes from somebody else"
        return False

    def _send(self, send: Callable[[], None]) -> None:
        try:
            send()
        except (SnmpEncodeError, SnmpDecodeError) as error:
            raise ValueError(f"this cannot be asked by SNMP: {error}") from error

    def _received(self, receive: Callable[[], T], seen: bytes) -> T:
        try:
            return receive()
        except (StopAsyncIteration, StopIteration):
            status = error_status(seen)
            if status.startswith("tooBig"):
                raise TooLarge from None
            if status:
                raise ProbeFailure(FailureKind.PROTOCOL, f"the agent answered {status}") from None
            raise NothingMore from None
        except SnmpAuthError as error:
            raise refusal(seen) from error
        except (BlockingIOError, SnmpDecodeError, OSError):
            raise
        except BaseException as error:
            # The library's Rust code panics on some malformed answers, which is no Exception for Python (0.13.0).
            if type(error).__name__ != "PanicException":
                raise
            raise ProbeFailure(FailureKind.PROTOCOL, "an answer of the agent breaks SNMP") from None

    async def _seen(self, until_s: float) -> bytes:
        """Wait for a datagram and return its beginning, leaving it for the library. Raises TimeoutError."""
        while True:
            await self._readable(until_s)
            try:
                return self._sock.recv(_PEEK_OCTETS, socket.MSG_PEEK)
            except BlockingIOError:
                continue

    async def _readable(self, until_s: float) -> None:
        """The descriptor stays registered between questions, and a plain timer waits: both save half of the time."""
        waiter = self._waiter = self._loop.create_future()
        if not self._is_registered:
            self._loop.add_reader(self._fd, self._on_readable)
            self._is_registered = True
        timer = self._loop.call_at(until_s, _expire, waiter)
        try:
            await waiter
        finally:
            timer.cancel()
            self._waiter = None

    def _on_readable(self) -> None:
        waiter = self._waiter
        if waiter is None:  # nobody waits for it now: it must not wake the loop again and again
            self._loop.remove_reader(self._fd)
            self._is_registered = False
        elif not waiter.done():
            waiter.set_result(None)

    def close(self) -> None:
        """Leave the descriptor to the library, which closes it when it is let go."""
        self._loop.remove_reader(self._fd)
        self._sock.detach()
        del self.gufo


def _expire(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_exception(TimeoutError())


def _open(agent: Endpoint, credential: Credential) -> GufoSocket:
    host = f"[{agent.host}]" if ":" in agent.host else agent.host
    place = f"{host}:{agent.port}"
    if credential.version == "3":
        return SnmpV3ClientSocket(place, b"", "", 0, b"", 0, b"", 0, 0, _RECEIVE_BUFFER_OCTETS, 0)
    kind = SnmpV1ClientSocket if credential.version == "1" else SnmpV2cClientSocket
    return kind(place, credential.community, 0, 0, _RECEIVE_BUFFER_OCTETS, 0)


__all__ = ["AgentSocket", "GetIter", "MasterKeys", "NothingMore", "SnmpV1ClientSocket", "TooLarge", "Value"]
