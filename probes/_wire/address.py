"""Splits the addresses probes are given: `host:port`, `[v6]:port`, `host`."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import NamedTuple

from probes._wire.errors import BadInput

KEPT_COUNT = 4096
"""How many addresses are remembered: a check asks about the same ones for years."""


class Endpoint(NamedTuple):
    """A host (name or numeric address) and a TCP or UDP port."""

    host: str
    port: int


@lru_cache(maxsize=KEPT_COUNT)
def parse_endpoint(text: str, default_port: int | None = None) -> Endpoint:
    """Split `host:port`. Raises BadInput saying what to write instead."""
    if is_numeric(text):
        host, port_text = text, ""
    else:
        host, colon, port_text = text.rpartition(":") if not text.endswith("]") else (text, "", "")
        if not colon and not host:
            host, port_text = text, ""
    host = host.removeprefix("[").removesuffix("]")
    if not host:
        raise BadInput(f"{text!r} has no host: write host:port")
    if ":" in host and not is_numeric(host):
        raise BadInput(f"{text!r} is no IPv6 address with a port: write host:port, such as [2001:db8::1]:25")
    return Endpoint(host, _port(text, port_text, default_port))


def _port(text: str, port_text: str, default_port: int | None) -> int:
    if not port_text and default_port is not None:
        return default_port
    if not (port_text.isascii() and port_text.isdigit() and 0 < int(port_text) < 65536):
        raise BadInput(f"{text!r} has no port from 1 to 65535: write host:port, such as 192.0.2.1:25")
    return int(port_text)


@lru_cache(maxsize=KEPT_COUNT)
def is_numeric(host: str) -> bool:
    """True for an IPv4 or IPv6 address, which needs no name server."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
