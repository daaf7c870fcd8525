"""The first words of SSH: the version line and the lists of algorithms; pure.

Source: RFC 4253 (4.2 version exchange, 6 packets, 7.1 KEXINIT); what is weak: RFC 9142 (key exchange), RFC 8332 and
RFC 8709 (host keys), RFC 8758 (RC4), CVE-2008-5161 (CBC), RFC 6151 (MD5), CVE-2023-48795 (strict key exchange).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from probes.api import clean

LINE_OCTETS = 255
LINES_COUNT = 50
"""A server may say something before its version line; this much is read."""
PACKET_OCTETS = 35_000
NAMES_COUNT = 100
NAME_LENGTH = 64
_KEXINIT, _COOKIE_OCTETS, _LISTS = 20, 16, 10
_SERVER_STRICT = "kex-strict-s-v00@openssh.com"
_MARKERS = frozenset({_SERVER_STRICT, "ext-info-s"})
"""Names in the list of key exchanges that are none."""

_WEAK = re.compile(
    r"diffie-hellman-group1-sha1|diffie-hellman-group14-sha1|diffie-hellman-group-exchange-sha1|rsa1024-sha1"
    r"|gss-(?:gex|group1|group14)-sha1-.*"
    r"|ssh-dss(?:-cert-v0[01]@openssh\.com)?|ssh-rsa(?:-cert-v0[01]@openssh\.com)?"
    r"|arcfour(?:128|256)?|none|(?:3des|des|blowfish|cast128|idea|twofish\d*|serpent\d+|aes\d+)-cbc(?:@.*)?"
    r"|rijndael-cbc@lysator\.liu\.se"
    r"|hmac-md5.*|hmac-sha1-96.*|hmac-ripemd160.*"
)


class NotSsh(Exception):
    """The octets are not the beginning of SSH."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionLine:
    """`SSH-2.0-OpenSSH_9.2 comment`."""

    protocol: str
    software: str
    line: str

    @property
    def speaks_1(self) -> bool:
        """True for 1.x, which includes 1.99: both versions."""
        return self.protocol.startswith("1.")

    @property
    def speaks_2(self) -> bool:
        """True for 2.0 and for 1.99, which means that both are spoken."""
        return self.protocol in ("2.0", "1.99")


@dataclass(frozen=True, slots=True, kw_only=True)
class KexInit:
    """What a server offers, in its order; both directions of one kind together."""

    kex: tuple[str, ...]
    host_keys: tuple[str, ...]
    ciphers: tuple[str, ...]
    macs: tuple[str, ...]
    compression: tuple[str, ...]
    is_strict: bool
    """Safe from cut-off first packets (Terrapin)."""


def parse_version_line(line: bytes) -> VersionLine | None:
    """Return None for a line before the version. Raises NotSsh for a version line that makes no sense."""
    if not line.startswith(b"SSH-"):
        return None
    text = clean(line.decode("utf-8", "replace").rstrip("\r\n"), LINE_OCTETS)
    match = re.fullmatch(r"SSH-([0-9]{1,2}\.[0-9]{1,3})-(\S*)( .*)?", text)
    if match is None:
        raise NotSsh(f"the server's version line makes no sense: {text!r}")
    return VersionLine(protocol=match[1], software=match[2], line=text)


def packet_length(head: bytes) -> int:
    """Return how many octets follow the four of a packet's length. Raises NotSsh."""
    length = int.from_bytes(head, "big")
    if not 12 <= length <= PACKET_OCTETS:
        raise NotSsh(f"the server sent a packet of {length} octets")
    return length


def parse_kexinit(packet: bytes) -> KexInit:
    """Read a packet without its length. Raises NotSsh."""
    payload = packet[1 : len(packet) - packet[0]] if packet else b""
    if len(payload) < 1 + _COOKIE_OCTETS or payload[0] != _KEXINIT:
        raise NotSsh("the server's first packet is not a list of algorithms")
    lists, position = [], 1 + _COOKIE_OCTETS
    for _ in range(_LISTS):
        names, position = _name_list(payload, position)
        lists.append(names)
    kex, host_keys, ciphers_in, ciphers_out, macs_in, macs_out, compression_in, compression_out, *_ = lists
    return KexInit(
        kex=tuple(name for name in kex if name not in _MARKERS),
        host_keys=host_keys,
        ciphers=_both(ciphers_in, ciphers_out),
        macs=_both(macs_in, macs_out),
        compression=_both(compression_in, compression_out),
        is_strict=_SERVER_STRICT in kex,
    )


def _name_list(payload: bytes, position: int) -> tuple[tuple[str, ...], int]:
    start = position + 4
    end = start + int.from_bytes(payload[position:start], "big")
    if start > len(payload) or end > len(payload):
        raise NotSsh("the server's list of algorithms is cut off")
    names = payload[start:end].decode("utf-8", "replace").split(",")
    return tuple(clean(name, NAME_LENGTH) for name in names[:NAMES_COUNT] if name), end


def _both(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one, *other)))


def weak(offer: KexInit) -> tuple[str, ...]:
    """Return the offered algorithms that should no longer be; compression `none` is what it should be."""
    names = (*offer.kex, *offer.host_keys, *offer.ciphers, *offer.macs)
    return tuple(name for name in dict.fromkeys(names) if _WEAK.fullmatch(name))
