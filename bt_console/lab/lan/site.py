"""One LAN as the process that makes things happen on it knows it: namespaces by descriptor, addresses. Plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from ipaddress import IPv4Network
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """A port of the switch and the machine at it."""

    device: str
    machine: str
    space: int
    nic: str
    """The machine's device."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One LAN."""

    id: str
    number: int
    switch: int
    bridge: str
    router: int
    router_device: str
    gateway: str
    subnet: str
    taken: tuple[str, ...]
    """Addresses of known machines."""
    name_servers: tuple[str, ...]
    ports: tuple[Port, ...]
    """Of machines, without the uplink's."""
    uplink: str
    inside: tuple[str, ...] = ()
    """Prefixes behind the gateway that are not the Internet."""
    isp: int = -1
    """The namespace a second line would end in; -1: the unit has no Internet."""

    @classmethod
    def of(cls, order: Mapping[str, Any]) -> Site:
        """Return what the parent said in JSON."""
        ports = tuple(Port(**port) for port in order["ports"])
        tuples = {field.name for field in fields(cls) if str(field.type).startswith("tuple")}
        given: dict[str, Any] = {name: tuple(value) if name in tuples else value for name, value in order.items()}
        given["ports"] = ports
        return cls(**given)

    @property
    def network(self) -> IPv4Network:
        """Return the subnet."""
        return IPv4Network(self.subnet)

    def spare(self, number: int) -> str:
        """Return an address near the end of the subnet that no known machine has."""
        hosts = [str(host) for host in self.network.hosts() if str(host) not in (*self.taken, self.gateway)]
        return hosts[-min(number, len(hosts))]
