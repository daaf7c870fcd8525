"""Which built-in checks the file's sections switch on: those that need credentials, an approval or another address.

They stand in builtin.yaml with `enabled: false`; a section that gives what they need lays itself over that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from typing import Any

from bt_console.config.check_spec import PROBE_KEY, CheckSpec
from bt_console.config.schema import FileSpec, HubSpec, ServiceSpec, SnmpSpec
from bt_console.config.yaml_reader import Loc

SCANS = ("port_scan", "tls_versions")
"""Negotiate again and again with one machine: only where the network's owner approved."""
SENSORS = ("arp_watch", "dhcp_watch", "router_advert_watch")
POSTURE = frozenset(
    {
        *SCANS,
        *SENSORS,
        "arp_sweep",
        "dns_records",
        "ntp_query",
        "path_trace",
        "smb_dialects",
        "snmp_addresses",
        "snmp_agent",
        "snmp_interfaces",
        "snmp_neighbours",
        "snmp_power",
        "snmp_traps",
        "ssh_algorithms",
    }
)
"""Say what a target is like, not whether it works: unless told otherwise they decide nothing."""
_SNMP = ("snmp_addresses", "snmp_agent", "snmp_interfaces", "snmp_neighbours", "snmp_power")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """What one section says about checks; later layers win."""

    checks: Mapping[str, CheckSpec]
    loc: Loc | None
    """None for the built-in defaults."""


def district_layers(spec: FileSpec, address: str) -> tuple[Layer, ...]:
    """Return what the sections `snmp` and `scanning` switch on for a target."""
    is_open = is_approved(spec, address)
    layers = [_snmp(spec.snmp, is_approved=is_open)] if spec.snmp else []
    if is_open:
        layers.append(_switched(("scanning",), SCANS))
    return tuple(layers)


def is_approved(spec: FileSpec, address: str) -> bool:
    """Whether the network's owner approved that an address, or a whole subnet, is scanned."""
    first, _, length = address.partition("/")
    found = ip_address(first)
    width = int(length) if length else found.max_prefixlen
    return any(found in network and width >= network.prefixlen for network in spec.scanning.networks)


@lru_cache(maxsize=4)
def _snmp(snmp: SnmpSpec, *, is_approved: bool) -> Layer:
    asked = snmp.params()
    checks = {name: _check(name, asked) for name in _SNMP}
    if not is_approved:  # default communities are tried only where somebody approved of guessing
        checks["snmp_agent"] = _check("snmp_agent", {**asked, "guess_default": False})
    if snmp.traps:
        heard = {name: value for name, value in asked.items() if name != "version"}
        checks["snmp_traps"] = _check("snmp_traps", {**heard, "listen": snmp.traps})
    return Layer(checks=checks, loc=("snmp",))


def hub_layers(spec: FileSpec) -> tuple[Layer, ...]:
    """Return what the hub's own LAN switches on."""
    hub = spec.hub
    kinds = list(SENSORS) if hub.lan_interface else []
    if hub.lan_interface and hub.lan_subnet and is_approved(spec, str(hub.lan_subnet)):
        kinds.append("arp_sweep")
    return (_switched(("hub",), tuple(kinds)),)


def hub_variables(hub: HubSpec) -> dict[str, str]:
    """Return what {lan_interface} and {lan_subnet} stand for."""
    return _known(lan_interface=hub.lan_interface, lan_subnet=hub.lan_subnet)


def service_layers(spec: FileSpec, name: str, service: ServiceSpec) -> tuple[Layer, ...]:
    """Return what a service's own keys switch on."""
    kinds = [probe for probe, given in _signing(service).items() if given]
    if spec.dns and not service.is_numeric:
        kinds.append("dns_records")
    layer = _switched(("services", name), tuple(kinds))
    if service.mailbox is None:
        return (layer,)
    mailbox = service.mailbox
    params = {"mailbox": mailbox.address, "user": mailbox.user or "", "password": mailbox.password}
    checks = {"mail_round_trip": _check("mail_round_trip", params)}
    return layer, Layer(checks=checks, loc=("services", name, "mailbox"))


def _signing(service: ServiceSpec) -> dict[str, bool]:
    return {
        "ocsp_query": bool(service.ocsp and service.certificate_of),
        "crl_fetch": bool(service.crl),
        "timestamp_query": bool(service.tsa),
    }


def service_variables(spec: FileSpec, service: ServiceSpec, nameserver: str) -> dict[str, str]:
    """Return what {ocsp}, {crl}, {tsa}, {certificate_of}, {mail_domain} and {nameserver} stand for."""
    domain = service.mailbox.address.rpartition("@")[2] if service.mailbox else service.host.partition(".")[2]
    return _known(
        ocsp=service.ocsp,
        crl=service.crl,
        tsa=service.tsa,
        certificate_of=service.certificate_of,
        mail_domain=domain,
        nameserver=nameserver if spec.dns else None,
    )


def _known(**variables: object) -> dict[str, str]:
    return {name: str(value) for name, value in variables.items() if value}


@lru_cache(maxsize=64)
def _switched(loc: Loc, kinds: tuple[str, ...]) -> Layer:
    return Layer(checks={name: _check(name, {}) for name in kinds}, loc=loc)


def _check(probe: str, params: Mapping[str, Any]) -> CheckSpec:
    return CheckSpec.model_validate({PROBE_KEY: probe, "enabled": True, "params": dict(params)})
