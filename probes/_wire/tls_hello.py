"""ClientHello out, ServerHello or alert in: just enough TLS to learn what a server accepts, old versions included.

OpenSSL refuses to offer versions and suites that are no longer safe, so the offer is written here. No key is agreed and
nothing secret is sent.

Source: RFC 8446 (4.1 hellos, 6 alerts), RFC 5246, RFC 6101 (SSL 3.0); suite numbers from IANA's TLS registry.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

VERSIONS = {0x0300: "SSL 3.0", 0x0301: "TLS 1.0", 0x0302: "TLS 1.1", 0x0303: "TLS 1.2", 0x0304: "TLS 1.3"}
"""Wire number -> name, oldest first."""
TLS_1_2, TLS_1_3 = 0x0303, 0x0304
RECORD_OCTETS = 18_432
"""2^14 + 2048: the most a record may hold."""
_ALERT, _HANDSHAKE, _SERVER_HELLO = 21, 22, 2

SUITES_1_3 = {
    0x1301: "TLS_AES_128_GCM_SHA256",
    0x1302: "TLS_AES_256_GCM_SHA384",
    0x1303: "TLS_CHACHA20_POLY1305_SHA256",
}
SUITES = {
    0xC02B: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    0xC02F: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    0xC02C: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    0xC030: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    0xCCA9: "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    0xCCA8: "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    0x009E: "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
    0x009F: "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
    0xC023: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    0xC027: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
    0xC009: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    0xC013: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    0xC00A: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    0xC014: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    0x0033: "TLS_DHE_RSA_WITH_AES_128_CBC_SHA",
    0x0039: "TLS_DHE_RSA_WITH_AES_256_CBC_SHA",
    0x009C: "TLS_RSA_WITH_AES_128_GCM_SHA256",
    0x009D: "TLS_RSA_WITH_AES_256_GCM_SHA384",
    0x003C: "TLS_RSA_WITH_AES_128_CBC_SHA256",
    0x002F: "TLS_RSA_WITH_AES_128_CBC_SHA",
    0x0035: "TLS_RSA_WITH_AES_256_CBC_SHA",
}
WEAK_SUITES = {
    0xC012: "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    0xC008: "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA",
    0x0016: "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA",
    0x000A: "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    0xC011: "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
    0xC007: "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
    0x0005: "TLS_RSA_WITH_RC4_128_SHA",
    0x0004: "TLS_RSA_WITH_RC4_128_MD5",
    0x0009: "TLS_RSA_WITH_DES_CBC_SHA",
    0x0015: "TLS_DHE_RSA_WITH_DES_CBC_SHA",
    0x0003: "TLS_RSA_EXPORT_WITH_RC4_40_MD5",
    0x0008: "TLS_RSA_EXPORT_WITH_DES40_CBC_SHA",
    0x0014: "TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA",
    0xC019: "TLS_ECDH_anon_WITH_AES_256_CBC_SHA",
    0xC018: "TLS_ECDH_anon_WITH_AES_128_CBC_SHA",
    0x003A: "TLS_DH_anon_WITH_AES_256_CBC_SHA",
    0x0034: "TLS_DH_anon_WITH_AES_128_CBC_SHA",
    0x00A6: "TLS_DH_anon_WITH_AES_128_GCM_SHA256",
    0x00A7: "TLS_DH_anon_WITH_AES_256_GCM_SHA384",
    0xC010: "TLS_ECDHE_RSA_WITH_NULL_SHA",
    0xC006: "TLS_ECDHE_ECDSA_WITH_NULL_SHA",
    0x003B: "TLS_RSA_WITH_NULL_SHA256",
    0x0002: "TLS_RSA_WITH_NULL_SHA",
    0x0001: "TLS_RSA_WITH_NULL_MD5",
}
"""No encryption, nobody authenticated, export, DES, RC4 (RFC 7465) or 3DES (RFC 8429, Sweet32)."""

_GROUPS = (0x001D, 0x0017, 0x0018, 0x0019, 0x0100)
_SIGNATURES = (0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201)


class NotTls(Exception):
    """The octets are no TLS record that may answer a ClientHello."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerHello:
    """What the server chose."""

    version: int
    suite: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """How the server refused."""

    description: int


def client_hello(version: int, suites: Sequence[int], server_name: str, random: bytes) -> bytes:
    """Return a record offering `version` and nothing newer; `random` is 64 octets."""
    offered = b"".join(struct.pack("!H", suite) for suite in suites)
    body = struct.pack("!H", min(version, TLS_1_2)) + random[:32] + b"\x00"
    body += _sized(2, offered) + b"\x01\x00"
    if version > 0x0300:
        body += _sized(2, _extensions(version, server_name, random[32:64]))
    message = b"\x01" + _sized(3, body)
    return struct.pack("!BH", _HANDSHAKE, min(version, 0x0301)) + _sized(2, message)


def _sized(width: int, data: bytes) -> bytes:
    return len(data).to_bytes(width, "big") + data


def _extensions(version: int, server_name: str, share: bytes) -> bytes:
    found = [
        (10, _sized(2, b"".join(struct.pack("!H", group) for group in _GROUPS))),
        (11, b"\x01\x00"),
        (0xFF01, b"\x00"),
    ]
    if server_name:
        found.append((0, _sized(2, b"\x00" + _sized(2, server_name.encode("ascii", "replace")))))
    if version >= TLS_1_2:
        found.append((13, _sized(2, b"".join(struct.pack("!H", scheme) for scheme in _SIGNATURES))))
    if version >= TLS_1_3:
        found.append((43, _sized(1, struct.pack("!H", version))))
        found.append((51, _sized(2, struct.pack("!H", _GROUPS[0]) + _sized(2, share))))
    return b"".join(struct.pack("!H", number) + _sized(2, data) for number, data in found)


def record_length(head: bytes) -> int:
    """Return how many octets follow a record's five. Raises NotTls."""
    kind, major, _, length = struct.unpack("!BBBH", head)
    if kind not in (_ALERT, _HANDSHAKE) or major != 3 or not 0 < length <= RECORD_OCTETS:
        raise NotTls("the server does not speak TLS on this port")
    return int(length)


def parse_answer(kind: int, data: bytes) -> ServerHello | Alert:
    """Read the first record's content. Raises NotTls."""
    if kind == _ALERT:
        if len(data) < 2:
            raise NotTls("the server sent half an alert")
        return Alert(description=data[1])
    try:
        return _server_hello(data)
    except (struct.error, IndexError) as error:
        raise NotTls("the server sent a broken ServerHello") from error


def _server_hello(data: bytes) -> ServerHello:
    if data[0] != _SERVER_HELLO:
        raise NotTls(f"the server answered with handshake message {data[0]} instead of a ServerHello")
    version, session_length = *struct.unpack_from("!H", data, 4), data[38]
    (suite,) = struct.unpack_from("!H", data, 39 + session_length)
    return ServerHello(version=_selected_version(data[42 + session_length :]) or version, suite=suite)


def _selected_version(data: bytes) -> int:
    """Return the version of the supported_versions extension, 0 without one."""
    if len(data) < 2:
        return 0
    position, end = 2, min(len(data), 2 + int.from_bytes(data[:2], "big"))
    while position + 4 <= end:
        number, length = struct.unpack_from("!HH", data, position)
        if number == 43 and length == 2:
            return int(struct.unpack_from("!H", data, position + 4)[0])
        position += 4 + length
    return 0
