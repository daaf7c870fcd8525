"""Which servers the inventory asks for: where each stands and what answers on which port.

Source: IANA service names (25 smtp, 53 domain, 80 http, 123 ntp, 143 imap, 443 https, 587 submission,
993 imaps).
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any
from urllib.parse import urlsplit

from bt_console.lab.plan import BUILDING, INTERNET_CENTRE, TSLCD_CENTRE, Port, Service
from bt_console.model.inventory import Check, Inventory, Role, Target
from probes._wire.address import parse_endpoint

_USUAL = {
    "web": (("https", 443),),
    "mail": (("https", 443), ("smtp", 25), ("imaps", 993), ("imap", 143)),
    "signature": (("http", 80),),
    "dns": (("dns", 53),),
}
_NTP, _HTTPS, _SUBMISSION = 123, 443, 587
_CENTRES = {"tslcd": TSLCD_CENTRE, "internet": INTERNET_CENTRE}


def services_of(inventory: Inventory) -> tuple[Service, ...]:
    """Return every service and name server, in the inventory's order."""
    wanted = [t for t in inventory.targets.values() if t.role in (Role.SERVICE, Role.DNS)]
    return tuple(_service(target, inventory) for target in wanted)


def asks_version_3(inventory: Inventory) -> bool:
    """Whether any agent of the district is asked in SNMP version 3."""
    asked = (check.params for check in inventory.checks.values() if check.probe.startswith("snmp_"))
    return any(getattr(params, "version", "") == "3" for params in asked)


def _service(target: Target, inventory: Inventory) -> Service:
    sort = "dns" if target.role is Role.DNS else target.labels.get("service", "web")
    checks = [check for check in inventory.checks.values() if check.target_id == target.id]
    account = next((check.params for check in checks if check.probe == "mail_round_trip"), None)
    ports = {number: kind for kind, number in _USUAL.get(sort, _USUAL["web"])}
    for check in checks:
        ports |= _asked(check)
    if target.address in _time_servers(inventory):
        ports[_NTP] = "ntp"
    return Service(
        id=target.id,
        name=target.name,
        sort=sort,
        host=target.labels.get("host", ""),
        address=target.address,
        space=_CENTRES.get(target.labels.get("path", ""), BUILDING),
        ports=tuple(Port(kind=kind, number=number) for number, kind in ports.items()),
        texts=tuple(dict.fromkeys(text for check in checks for text in _expected(check))),
        **_account(account),
    )


def _asked(check: Check) -> dict[int, str]:
    """Return the port a check goes to, when it names one of HTTP, of submission, or of a certificate to ask about."""
    if check.probe == "mail_round_trip":
        return {parse_endpoint(check.address, _SUBMISSION).port: "smtp"}
    if check.probe == "ocsp_query" and check.params.server:
        return {parse_endpoint(check.params.server, _HTTPS).port: "https"}
    url = urlsplit(check.address)
    if url.scheme not in ("http", "https") or url.port is None:
        return {}
    return {url.port: url.scheme}


def _time_servers(inventory: Inventory) -> set[str]:
    asked = (check.address for check in inventory.checks.values() if check.probe == "ntp_query")
    return {parse_endpoint(address, _NTP).host for address in asked}


def _account(params: Any) -> dict[str, Any]:
    """Return whose mailbox a mail service has; its password is the monitor's credential of that name."""
    kind, _, name = params.password.reference.partition(":") if params and params.password else ("", "", "")
    if kind != "credential":
        return {}
    return {"mailbox": params.mailbox, "user": params.user or params.mailbox, "credential": name}


def _expected(check: Check) -> tuple[str, ...]:
    """Return the texts the check wants to find, whatever its kind calls them."""
    if not check.probe.startswith("http") or not is_dataclass(check.params):
        return ()
    found: list[str] = []
    for field in fields(check.params):
        value = getattr(check.params, field.name)
        if "expect" in field.name and "text" in field.name:
            found += [value] if isinstance(value, str) else [v for v in value or () if isinstance(v, str)]
    return tuple(text for text in found if text)
