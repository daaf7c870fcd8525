"""TLS contexts, made once per set of trusted authorities: loading the system's store costs 45-70 ms each time.

Source: OpenSSL x509_vfy.h for the flag that leaves dates to us.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from pathlib import Path

from probes.api import ProbeContext

_NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME, which Python's ssl.VerifyFlags does not name."""
HANDSHAKES_COUNT = 16
"""Handshakes under way at once in one loop. Each costs ~1.3 ms of CPU; more at once would only time each other."""


class Contexts:
    """The three ways a probe looks at a server's certificate."""

    def __init__(self, trust_file: Path | None) -> None:
        self.strict = _verifying(trust_file)
        """As a browser: chain, dates and name."""
        self.chain_only = _verifying(trust_file)
        """The chain alone: tells an expired certificate of a known authority from one nobody vouches for."""
        self.chain_only.check_hostname = False
        self.chain_only.verify_flags = ssl.VerifyFlags(self.chain_only.verify_flags | _NO_CHECK_TIME)
        self.open = _open()
        """Accepts everything, to read the facts of what is wrong."""

    def close(self) -> None:
        """Contexts hold no descriptors."""


def _verifying(trust_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if trust_file is not None:
        context.load_verify_locations(trust_file)
    return context


def _open() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    # An old device that still answers must show its certificate, not an alert about its protocol.
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context


@dataclass(frozen=True, slots=True)
class _Key:
    """Equal for one state of one trust file, so that a renewed file is read again."""

    trust_file: Path | None
    changed_ns: int

    def __call__(self) -> Contexts:
        return Contexts(self.trust_file)


def contexts(ctx: ProbeContext) -> Contexts:
    """Return the shared contexts. Raises OSError when the trust file cannot be read."""
    path = ctx.trust_file
    return ctx.shared.get(_Key(path, path.stat().st_mtime_ns if path else 0))


class HandshakeSlots(asyncio.Semaphore):
    """Shared by the probes of one loop."""

    def __init__(self) -> None:
        super().__init__(HANDSHAKES_COUNT)

    def close(self) -> None:
        """Nothing is held open."""
