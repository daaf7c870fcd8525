"""Version 3 of one agent: authPriv only, SHA-256 and AES-128, read only, and the notifications it sends.

pysnmp spoke it first, but thirty of its engines in one process need more than a processor when a monitor asks them all.
Source: RFC 3412 (6: message format), RFC 3414 (3: elements of procedure, 2.2.3: time window), RFC 7860 (HMAC-SHA-2),
RFC 3826 (AES-128-CFB: IV of boots, time and salt), RFC 3411 (5: engine ids of free octets).
"""

from __future__ import annotations

import hmac
import secrets
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

from bt_console.lab.agents.answers import View, respond
from bt_console.lab.agents.ber import TRAP, Oid, Request, Varbind, counter32, integer, octets, pdu, read_pdu, tlv
from probes._wire.snmp_ber import OCTETS, SEQUENCE, BadMessage, Tlv, read_integer, read_sequence, read_tlv

_ENGINE_ID = b"\x80\x00\x1f\x88\x05"
"""Of net-snmp, as the agents' object id is; free octets follow."""
_VERSION, _USER_MODEL, _REPORT = 3, 3, 0xA8
_SIGNED, _HIDDEN, _REPORTABLE = 1, 2, 4
_BOTH = _SIGNED | _HIDDEN
_MESSAGE_OCTETS = 65_507
_DIGEST_OCTETS, _KEY_OCTETS = 24, 16
_WINDOW_S = 150
_MEGABYTE = 1 << 20
_STATS: Oid = (1, 3, 6, 1, 6, 3, 15, 1, 1)
_LEVEL, _TIME, _USER, _ENGINE, _DIGEST, _DECRYPTION = range(1, 7)
"""What a Report complains of: the last but one part of its name below usmStats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Incoming:
    """A message as it came, its digest not looked at."""

    id: int
    flags: int
    engine_id: bytes
    boots: int
    time_s: int
    user: bytes
    digest: Tlv
    salt: bytes
    content: Tlv


class Engine:
    """One agent as whoever knows its user sees it."""

    def __init__(
        self, user: str, auth_key: str, priv_key: str, view: Callable[[], View], clock: Callable[[], float]
    ) -> None:
        self.engine_id = _ENGINE_ID + secrets.token_bytes(8)
        self._user = user.encode()
        self._auth_key = localized(auth_key, self.engine_id)
        self._priv_key = localized(priv_key, self.engine_id)[:_KEY_OCTETS]
        self._view, self._clock = view, clock
        self._boot_s = clock()
        self._boots = 1
        self._salt = secrets.randbits(64)
        self._said_count = 0
        self._complaints_count = dict.fromkeys(range(1, 7), 0)

    def answer(self, wire: bytes) -> bytes | None:
        """Return the response or the Report to a datagram; None for what is no message of version 3."""
        try:
            asked = _read(wire)
        except BadMessage:
            return None
        complaint = self._complaint(wire, asked)
        if complaint:
            return self._report(asked, complaint) if asked.flags & _REPORTABLE else None
        try:
            request = _request(self._ciphered(wire[asked.content.start : asked.content.end], asked))
        except BadMessage:
            return self._report(asked, _DECRYPTION) if asked.flags & _REPORTABLE else None
        return self._message(asked.id, respond(request, self._view()), _BOTH)

    def notification(self, binds: Iterable[Varbind]) -> bytes:
        """Return an SNMPv2-Trap, hidden and signed."""
        self._said_count += 1
        return self._message(self._said_count, pdu(TRAP, self._said_count, binds, (0, 0)), _BOTH)

    def _time_s(self) -> int:
        return int(self._clock() - self._boot_s)

    def _complaint(self, wire: bytes, asked: _Incoming) -> int:
        """Return what is wrong with a message, in the order the standard looks; 0: nothing."""
        if asked.engine_id != self.engine_id:
            return _ENGINE
        if asked.user != self._user:
            return _USER
        if asked.flags & _BOTH != _BOTH:
            return _LEVEL
        start, end = asked.digest.start, asked.digest.end
        blank = wire[:start] + bytes(end - start) + wire[end:]
        if not hmac.compare_digest(self._digest(blank), wire[start:end]):
            return _DIGEST
        is_now = asked.boots == self._boots and abs(asked.time_s - self._time_s()) <= _WINDOW_S
        return 0 if is_now else _TIME

    def _report(self, asked: _Incoming, complaint: int) -> bytes:
        self._complaints_count[complaint] += 1
        bind = ((*_STATS, complaint, 0), counter32(self._complaints_count[complaint]))
        # Signed where the asker has proved who it is: it learns our time from this.
        flags = _SIGNED if complaint == _TIME else 0
        return self._message(asked.id, pdu(_REPORT, 0, (bind,), (0, 0)), flags)

    def _digest(self, wire: bytes) -> bytes:
        return hmac.digest(self._auth_key, wire, "sha256")[:_DIGEST_OCTETS]

    def _ciphered(self, content: bytes, asked: _Incoming) -> bytes:
        if len(asked.salt) != 8:
            raise BadMessage("no salt")
        cipher = self._cipher(asked.boots, asked.time_s, asked.salt).decryptor()
        return cipher.update(content) + cipher.finalize()

    def _cipher(self, boots: int, time_s: int, salt: bytes) -> Cipher[CFB]:
        return Cipher(algorithms.AES(self._priv_key), CFB(struct.pack("!II", boots, time_s) + salt))

    def _message(self, message_id: int, content: bytes, flags: int) -> bytes:
        time_s, salt = self._time_s(), b""
        scoped = tlv(SEQUENCE, octets(self.engine_id) + octets(b"") + content)
        if flags & _HIDDEN:
            self._salt = self._salt + 1 & (1 << 64) - 1
            salt = self._salt.to_bytes(8, "big")
            cipher = self._cipher(self._boots, time_s, salt).encryptor()
            scoped = octets(cipher.update(scoped) + cipher.finalize())
        header = integer(message_id) + integer(_MESSAGE_OCTETS) + octets(bytes((flags,))) + integer(_USER_MODEL)
        blank = bytes(_DIGEST_OCTETS) if flags & _SIGNED else b""
        user = self._user if flags & _SIGNED else b""
        behind = octets(salt)
        known = octets(self.engine_id) + integer(self._boots) + integer(time_s) + octets(user)
        security = octets(tlv(SEQUENCE, known + octets(blank) + behind))
        wire = tlv(SEQUENCE, integer(_VERSION) + tlv(SEQUENCE, header) + security + scoped)
        end = len(wire) - len(scoped) - len(behind)
        return wire[: end - len(blank)] + self._digest(wire) + wire[end:] if blank else wire


@lru_cache(maxsize=8)
def _master(password: str) -> bytes:
    """Return the key a password is stretched to: a megabyte of it, hashed."""
    once = password.encode()
    return sha256((once * (_MEGABYTE // len(once) + 1))[:_MEGABYTE]).digest()


def localized(password: str, engine_id: bytes) -> bytes:
    """Return the key a password is at one engine."""
    master = _master(password)
    return sha256(master + engine_id + master).digest()


def _read(wire: bytes) -> _Incoming:
    whole = read_sequence(wire, 0)
    version, position = read_integer(wire, whole.start)
    header = read_sequence(wire, position)
    message_id, position = read_integer(wire, header.start)
    _, position = read_integer(wire, position)
    flags = read_tlv(wire, position)
    model, _ = read_integer(wire, flags.end)
    security = read_tlv(wire, header.end)
    if (version, model, security.tag, flags.end - flags.start) != (_VERSION, _USER_MODEL, OCTETS, 1):
        raise BadMessage("no message of version 3")
    engine_id = read_tlv(wire, read_sequence(wire, security.start).start)
    boots, position = read_integer(wire, engine_id.end)
    time_s, position = read_integer(wire, position)
    user = read_tlv(wire, position)
    digest = read_tlv(wire, user.end)
    salt = read_tlv(wire, digest.end)
    if not (0 <= boots < 1 << 31 and 0 <= time_s < 1 << 31):
        raise BadMessage("a time that cannot be")
    return _Incoming(
        id=message_id,
        flags=wire[flags.start],
        engine_id=wire[engine_id.start : engine_id.end],
        boots=boots,
        time_s=time_s,
        user=wire[user.start : user.end],
        digest=digest,
        salt=wire[salt.start : salt.end],
        content=read_tlv(wire, security.end),
    )


def _request(scoped: bytes) -> Request:
    context_engine = read_tlv(scoped, read_sequence(scoped, 0).start)
    context = read_tlv(scoped, context_engine.end)
    return read_pdu(scoped, context.end)
