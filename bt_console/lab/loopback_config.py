"""Rewrites a configuration for the fallback: every address on loopback, every ping a TCP connection.

    127.20.0.53  name server          127.50.0.1  Internet uplink    127.54.1.k  services
    127.21.i.x   LAN of unit i        127.51.i.2  its Internet side  127.55.0.1  TSLCD uplink
    127.52.0.k   anchors              127.55.i.2  its TSLCD side     127.55.255.1  core
    127.54.2.1   the chat service's bots
Checks and labels the file itself overrides are left out: they were written for other addresses. So is what has no
meaning here: SNMP, scans, the office LAN, a mailbox.

Source: RFC 1122 section 3.2.1.3 (all of 127/8 is this machine); Linux lets anybody bind any of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import yaml

from bt_console.config.yaml_reader import parse
from bt_console.lab.rundir import TRUST_FILE

KINDS = ("https", "http", "smtp", "imaps", "imap", "dns", "router", "ntp")
"""Kinds of ports, in the order of their numbers from the base on."""
_PING_ROLES = ("uplink", "anchor", "core", "internet", "tslcd", "lan", "device")
_FIRST_DEVICE = 11
_DNS = "127.20.0.53"
_BOT = "127.54.2.1"


def port_of(kind: str, base_port: int) -> int:
    """Return the high port that stands for a kind's usual one."""
    return base_port + KINDS.index(kind)


def rewritten(content: bytes, file: str, store_path: Path, base_port: int) -> str:
    """Return the configuration to monitor the fallback with, as YAML."""
    data: dict[str, Any] = parse(content, file).data
    hub = data["hub"]
    made = {
        "district": data["district"],
        "trust_file": TRUST_FILE,
        "store": {**(data.get("store") or {}), "path": str(store_path)},
        "hub": {
            "name": hub["name"],
            **{path: _uplink(hub[path], path) for path in ("internet", "tslcd")},
            "anchors": [_anchor(anchor, at) for at, anchor in enumerate(hub.get("anchors") or (), 1)],
            **_clocks(data, base_port),
        },
        "tslcd_core": {**_kept(data["tslcd_core"], "name"), "address": "127.55.255.1"},
        "services": {
            name: _service(service, at, base_port) for at, (name, service) in enumerate(_entries(data, "services"), 1)
        },
        "units": {name: _unit(unit, at) for at, (name, unit) in enumerate(_entries(data, "units"), 1)},
        "defaults": {"roles": _roles(base_port)},
    }
    if isinstance(data.get("oncall"), dict):
        made["oncall"] = _oncall(data, base_port)
    if isinstance(data.get("dns"), dict):
        made["dns"] = {**_kept(data["dns"], "name"), "address": _DNS, "port": port_of("dns", base_port)}
    text: str = yaml.safe_dump(made, allow_unicode=True, sort_keys=False, width=120)
    return text


def _entries(data: Mapping[str, Any], section: str) -> list[tuple[str, dict[str, Any]]]:
    return list((data.get(section) or {}).items())


def _kept(section: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: section[name] for name in names if name in section}


def _uplink(uplink: Mapping[str, Any], path: str) -> dict[str, Any]:
    gateway = {"internet": "127.50.0.1", "tslcd": "127.55.0.1"}[path]
    return {**_kept(uplink, "isp", "name"), "gateway": gateway}


def _anchor(anchor: object, at: int) -> dict[str, Any]:
    return {**(_kept(anchor, "isp", "name") if isinstance(anchor, dict) else {}), "address": f"127.52.0.{at}"}


def _clocks(data: Mapping[str, Any], base_port: int) -> dict[str, Any]:
    """Return the name server as a time server, if it is one."""
    servers, dns = data["hub"].get("time_servers") or (), data.get("dns")
    is_one = isinstance(dns, dict) and dns["address"] in servers
    return {"time_servers": [f"{_DNS}:{port_of('ntp', base_port)}"]} if is_one else {}


def _service(service: Mapping[str, Any], at: int, base_port: int) -> dict[str, Any]:
    kept = _kept(service, "name", "kind", "path", "expect_text", "depends_on")
    urls = {key: _url(service[key], base_port) for key in ("url", "ocsp", "crl", "tsa") if key in service}
    shown = str(service.get("certificate_of", "")).partition(":")[0]
    asked = {"certificate_of": f"{shown}:{port_of('https', base_port)}"} if shown else {}
    return {**kept, **urls, **asked, "address": f"127.54.1.{at}"}


def _oncall(data: Mapping[str, Any], base_port: int) -> dict[str, Any]:
    """Return who is told what, with the channels that this lab answers; any other becomes a console.

    This monitor runs on the machine's own network: it must tell nobody in earnest.
    """
    told = {name: value for name, value in data["oncall"].items() if name not in ("listen", "heartbeats")}
    mails = {str(service.get("address")): at for at, (_, service) in enumerate(_entries(data, "services"), 1)}
    channels = _entries(told, "channels")
    return {**told, "channels": {name: _channel(channel, mails, base_port) for name, channel in channels}}


def _channel(channel: Mapping[str, Any], services: Mapping[str, int], base_port: int) -> dict[str, Any]:
    kept, params = _kept(channel, "type", "path", "depends_on", "limit", "use_for"), dict(channel.get("params") or {})
    kind, at = channel.get("type"), services.get(str(params.get("server", "")).partition(":")[0])
    if kind == "zalo_bot" and urlsplit(str(params.get("url", ""))).scheme == "http":
        return {**kept, "params": {**params, "url": f"http://{_BOT}:{port_of('http', base_port)}"}}
    if kind == "smtp" and at:
        return {**kept, "params": {**params, "server": f"127.54.1.{at}:{port_of('smtp', base_port)}"}}
    if kind == "smstools":
        return {**kept, "params": params}
    return {**kept, "type": "console"}


def _url(url: str, base_port: int) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{parts.hostname}:{port_of(parts.scheme, base_port)}"))


def _unit(unit: Mapping[str, Any], at: int) -> dict[str, Any]:
    made = _kept(unit, "name", "kind", "officials", "officials_count", "isp")
    net, host = divmod(at, 256)
    if unit.get("lan") not in (None, "none"):
        made["lan"] = {
            **_kept(unit["lan"], "name"),
            "subnet": f"127.{21 + net}.{host}.0/24",
            "gateway": f"127.{21 + net}.{host}.1",
        }
    for path, block in (("internet", "127.51"), ("tslcd", "127.55")):
        if path in unit:
            made[path] = _link(unit[path], f"{block}.{host}.{2 + net}")
    made["devices"] = {
        slug: {
            **(_kept(device, "name", "kind", "depends_on") if isinstance(device, dict) else {}),
            "address": f"127.{21 + net}.{host}.{number}",
        }
        for number, (slug, device) in enumerate(_entries(unit, "devices"), _FIRST_DEVICE)
    }
    return made


def _link(link: object, address: str) -> object:
    if link == "none":
        return link
    return {**(_kept(link, "isp", "name") if isinstance(link, dict) else {}), "address": address}


def _roles(base_port: int) -> dict[str, Any]:
    connect = {
        "interval": "5s",
        "timeout": "800ms",
        "address": f"{{address}}:{port_of('router', base_port)}",
    }
    roles: dict[str, Any] = {
        role: {"icmp_echo": {"enabled": False}, "tcp_connect": {**connect, "interval": _interval(role)}}
        for role in _PING_ROLES
    }
    for role in ("internet", "tslcd"):
        roles[role]["path_trace"] = {"enabled": False}
    roles["mail"] = {
        "smtp_session": {"address": f"{{host}}:{port_of('smtp', base_port)}"},
        "imap_session": {"address": f"{{host}}:{port_of('imaps', base_port)}"},
        "tcp_connect": {"address": f"{{host}}:{port_of('smtp', base_port)}"},
        "tls_handshake": {"address": f"{{host}}:{port_of('imaps', base_port)}"},
    }
    for role in ("web", "mail", "signature"):
        roles[role] = {**roles.get(role, {}), "icmp_echo": {"enabled": False}}
    return roles


def _interval(role: str) -> str:
    return "30s" if role == "device" else "5s"
