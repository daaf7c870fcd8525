"""How an agent is to be asked: what every SNMP probe's params share, and the credentials made of them.

Source: RFC 3414 (user-based security), RFC 3826 (AES), RFC 7860 (HMAC-SHA-2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from probes.api import FailureKind, ProbeFailure
from probes.secret import Secret

AUTH_PROTOCOLS = ("MD5", "SHA", "SHA-224", "SHA-256", "SHA-384", "SHA-512")
PRIV_PROTOCOLS = ("DES", "AES", "AES-192", "AES-256", "AES-192-C", "AES-256-C")
"""`-C` stretches short keys as Cisco does; the others as net-snmp does by default."""
VERSIONS = ("1", "2c", "3")
KEY_OCTETS_MIN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class SnmpParams:
    """Version, credentials and patience."""

    timeout_s: float = 5.0
    version: str = "2c"
    """`1`, `2c` or `3`."""
    community: Secret | None = None
    """Versions 1 and 2c."""
    user: str = ""
    """Version 3: the name of the user."""
    auth_protocol: str = "SHA-256"
    auth_key: Secret | None = None
    """Version 3: the password that proves who asks; without it nothing is proved or hidden."""
    priv_protocol: str = "AES"
    priv_key: Secret | None = None
    """Version 3: the password that hides what is said; without it everything is readable on the way."""
    try_s: float = 1.0
    """How long the first try waits; each further try waits twice as long."""
    retries_count: int = 2

    def __post_init__(self) -> None:
        if self.version not in VERSIONS:
            raise ValueError(f"version is {self.version!r}: write one of {', '.join(VERSIONS)}")
        _one_of("auth_protocol", self.auth_protocol, AUTH_PROTOCOLS)
        _one_of("priv_protocol", self.priv_protocol, PRIV_PROTOCOLS)
        if self.priv_key is not None and self.auth_key is None:
            raise ValueError("priv_key needs auth_key: version 3 hides nothing from whom it does not know")
        if len(self.user.encode()) > 32:
            raise ValueError("user has more than 32 octets, the most version 3 allows")
        if self.try_s <= 0 or self.retries_count < 0:
            raise ValueError("try_s must be above 0 and retries_count not below")


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{name} is {value!r}: write one of {', '.join(allowed)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """Secrets at the moment of use. Printing it shows none of them."""

    version: Literal["1", "2c", "3"]
    community: str = field(default="", repr=False)
    user: str = ""
    auth_protocol: str = ""
    auth_key: bytes = field(default=b"", repr=False)
    priv_protocol: str = ""
    priv_key: bytes = field(default=b"", repr=False)


def read_credential(params: SnmpParams) -> Credential:
    """Reveal the secrets. Raises ProbeFailure(PERMISSION) saying what is missing."""
    if params.version != "3":
        return _community(params)
    if not params.user:
        raise ProbeFailure(FailureKind.PERMISSION, "version 3 needs a `user`")
    auth_key, priv_key = _key("auth_key", params.auth_key), _key("priv_key", params.priv_key)
    return Credential(
        version="3",
        user=params.user,
        auth_protocol=params.auth_protocol if auth_key else "",
        auth_key=auth_key,
        priv_protocol=params.priv_protocol if priv_key else "",
        priv_key=priv_key,
    )


def has_credential(params: SnmpParams) -> bool:
    """Tell whether anything was given to ask with."""
    return bool(params.user) if params.version == "3" else params.community is not None


def _community(params: SnmpParams) -> Credential:
    if params.community is None:
        raise ProbeFailure(
            FailureKind.PERMISSION,
            f"version {params.version} needs a `community`, by reference: file:/path or env:NAME",
        )
    return Credential(version="1" if params.version == "1" else "2c", community=params.community.reveal())


def _key(name: str, secret: Secret | None) -> bytes:
    if secret is None:
        return b""
    key = secret.reveal().encode()
    if len(key) < KEY_OCTETS_MIN:
        raise ProbeFailure(FailureKind.PERMISSION, f"{name} is shorter than the {KEY_OCTETS_MIN} octets SNMPv3 demands")
    return key


def identity(params: SnmpParams) -> tuple[object, ...]:
    """Return what tells two askers of one agent apart, without any secret: references only."""
    return (
        params.version,
        params.community,
        params.user,
        params.auth_protocol,
        params.auth_key,
        params.priv_protocol,
        params.priv_key,
    )


SECURITY_LEVELS: Mapping[tuple[bool, bool], str] = {
    (False, False): "noAuthNoPriv",
    (True, False): "authNoPriv",
    (True, True): "authPriv",
}


def security_level(credential: Credential) -> str:
    """Return the level's name in RFC 3411, "community" below version 3."""
    if credential.version != "3":
        return "community"
    return SECURITY_LEVELS[bool(credential.auth_key), bool(credential.priv_key)]
