"""Who may do something on a LAN, as people write it: `ADDRESS`, `MAC`, or `ADDRESS@MAC` for exactly that machine."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from typing import NamedTuple

from probes._wire.mac import read_mac


class Party(NamedTuple):
    """A machine; an empty part stands for any."""

    ip: str
    mac: bytes


def read_parties(texts: Iterable[str]) -> tuple[Party, ...]:
    """Return the machines. Raises ValueError saying how to write one."""
    return tuple(map(_read_party, texts))


def _read_party(text: str) -> Party:
    before, at, after = text.partition("@")
    try:
        if at:
            return Party(str(ip_address(before)), read_mac(after))
        return Party("", read_mac(text)) if text.count(":") == 5 and "::" not in text else Party(_ip(text), b"")
    except ValueError as error:
        raise ValueError(f"{text!r} is no machine: write its address, its MAC, or address@MAC") from error


def _ip(text: str) -> str:
    return str(ip_address(text))


def is_allowed(parties: Iterable[Party], ip: str, mac: bytes) -> bool:
    """Tell whether one of the parties is the machine with this address and MAC."""
    return any(party.ip in ("", ip) and party.mac in (b"", mac) for party in parties)
