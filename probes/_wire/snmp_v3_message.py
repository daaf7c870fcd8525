"""Reads the open part of a version 3 message and checks the digest that vouches for the rest.

gufo-snmp 0.13.0 never checks the digest of an answer, so whoever is on the way could change one: this does.
Source: RFC 3412 (6: message format), RFC 3414 (6.3.2: incoming messages), RFC 7860 (4: digests of HMAC-SHA-2).
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from probes._wire.snmp_ber import OCTETS, BadMessage, read_integer, read_sequence, read_tlv

_DIGESTS = {
    "MD5": ("md5", 12),
    "SHA": ("sha1", 12),
    "SHA-224": ("sha224", 16),
    "SHA-256": ("sha256", 24),
    "SHA-384": ("sha384", 32),
    "SHA-512": ("sha512", 48),
}
"""Hash and how many of its octets are sent."""
_ENGINE_OCTETS_MAX = 32


@dataclass(frozen=True, slots=True)
class SecureHeader:
    """What a version 3 message says in the open, which nobody vouches for yet."""

    is_authenticated: bool
    is_private: bool
    engine_id: bytes
    user: bytes
    digest_start: int
    digest_end: int


def read_secure_header(wire: bytes) -> SecureHeader:
    """Return the header of a version 3 message. Raises BadMessage."""
    version, position = read_integer(wire, read_sequence(wire, 0).start)
    if version != 3:
        raise BadMessage("not version 3")
    header = read_sequence(wire, position)
    _, inner = read_integer(wire, header.start)
    _, inner = read_integer(wire, inner)
    flags = read_tlv(wire, inner)
    security = read_tlv(wire, header.end)
    if flags.tag != OCTETS or flags.end - flags.start != 1 or security.tag != OCTETS:
        raise BadMessage("no header of version 3")
    engine_id = read_tlv(wire, read_sequence(wire, security.start).start)
    _, inner = read_integer(wire, engine_id.end)
    _, inner = read_integer(wire, inner)
    user = read_tlv(wire, inner)
    digest = read_tlv(wire, user.end)
    if {engine_id.tag, user.tag, digest.tag} != {OCTETS} or engine_id.end - engine_id.start > _ENGINE_OCTETS_MAX:
        raise BadMessage("no security parameters of version 3")
    bits = wire[flags.start]
    return SecureHeader(
        is_authenticated=bool(bits & 1),
        is_private=bool(bits & 2),
        engine_id=wire[engine_id.start : engine_id.end],
        user=wire[user.start : user.end],
        digest_start=digest.start,
        digest_end=digest.end,
    )


class Verifier:
    """Tells genuine messages of one agent from others."""

    def __init__(self, protocol: str, localized_key: bytes) -> None:
        self._hash, self._octets = _DIGESTS[protocol]
        self._key = localized_key

    def is_genuine(self, wire: bytes, header: SecureHeader) -> bool:
        """Tell whether whoever made this message has the agent's key and nobody changed it on the way."""
        start, end = header.digest_start, header.digest_end
        if not header.is_authenticated or end - start != self._octets:
            return False
        blank = wire[:start] + bytes(self._octets) + wire[end:]
        return hmac.compare_digest(hmac.digest(self._key, blank, self._hash)[: self._octets], wire[start:end])
