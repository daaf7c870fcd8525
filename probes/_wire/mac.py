"""MAC addresses as people write them.

Source: IEEE Std 802-2014, 8.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_WRITTEN = re.compile(r"[0-9a-f]{2}([:-][0-9a-f]{2}){5}", re.IGNORECASE)


def read_mac(text: str) -> bytes:
    """Return the six octets. Raises ValueError saying how to write them."""
    if not _WRITTEN.fullmatch(text):
        raise ValueError(f"{text!r} is no MAC address: write it like 00:1b:21:0a:0b:0c")
    return bytes.fromhex(text.replace(":", "").replace("-", ""))


def read_macs(texts: Iterable[str]) -> tuple[bytes, ...]:
    """Return each as six octets, in the order given."""
    return tuple(map(read_mac, texts))
