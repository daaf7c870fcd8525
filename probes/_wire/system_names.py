"""The machine's own names and name servers, read again only when their files change.

Source: hosts(5), resolv.conf(5).
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path

import dns.exception
import dns.resolver

from probes._wire.address import Endpoint, is_numeric

Stamp = tuple[int, int]
_DNS_PORT = 53


@dataclass(slots=True)
class SystemNames:
    """Shared by all runs of one loop; looks at each file's time and size before trusting what it has read."""

    hosts_path: Path = Path("/etc/hosts")
    resolv_path: Path = Path("/etc/resolv.conf")
    _hosts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _hosts_stamp: Stamp | None = None
    _servers: tuple[Endpoint, ...] = ()
    _servers_stamp: Stamp | None = None

    def close(self) -> None:
        """Nothing is held open."""

    def addresses(self, host: str) -> tuple[str, ...]:
        """Return the addresses of the hosts file, IPv4 first, () when it does not list the name."""
        stamp = _stamp(self.hosts_path)
        if stamp != self._hosts_stamp:
            self._hosts = parse_hosts(self.hosts_path.read_text("utf-8", "replace")) if stamp else {}
            self._hosts_stamp = stamp
        return self._hosts.get(host.rstrip(".").lower(), ())

    def servers(self) -> tuple[Endpoint, ...]:
        """Return the system's name servers, () when none is configured."""
        stamp = _stamp(self.resolv_path)
        if stamp != self._servers_stamp:
            self._servers = _read_servers(self.resolv_path) if stamp else ()
            self._servers_stamp = stamp
        return self._servers


def parse_hosts(text: str) -> dict[str, tuple[str, ...]]:
    """Return name -> addresses, IPv4 first; lines that make no sense are skipped, as the C library does."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        address, *names = line.partition("#")[0].split() or [""]
        if is_numeric(address):
            for name in names:
                found.setdefault(name.lower(), []).append(address)
    return {name: tuple(sorted(dict.fromkeys(addresses), key=_is_v6)) for name, addresses in found.items()}


def _is_v6(address: str) -> bool:
    return ":" in address


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _read_servers(path: Path) -> tuple[Endpoint, ...]:
    resolver = dns.resolver.Resolver(configure=False)
    try:
        resolver.read_resolv_conf(io.StringIO(path.read_text("utf-8", "replace")))
    except dns.exception.DNSException:
        return ()
    return tuple(Endpoint(str(server), _DNS_PORT) for server in resolver.nameservers)
