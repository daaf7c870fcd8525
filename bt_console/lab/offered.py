"""Which servers the inventory asks for: where each stands and what answers on which port.

Source: IANA service names (25 smtp, 53 domain, 80 http, 143 imap, 443 https, 993 imaps).
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from urllib.parse import urlsplit

from bt_console.lab.plan import BUILDING, INTERNET_CENTRE, TSLCD_CENTRE, Port, Service
from bt_console.model.inventory import Check, Inventory, Role, Target

_USUAL = {
    "web": (("https", 443),),
    "mail": (("https", 443), ("smtp", 25), ("imaps", 993), ("imap", 143)),
    "signature": (("http", 80),),
    "dns": (("dns", 53),),
}
_CENTRES = {"tslcd": TSLCD_CENTRE, "internet": INTERNET_CENTRE}


def services_of(inventory: Inventory) -> tuple[Service, ...]:
    """Return every service and name server, in the inventory's order."""
    wanted = [t for t in inventory.targets.values() if t.role in (Role.SERVICE, Role.DNS)]
    return tuple(_service(target, inventory) for target in wanted)


def _service(target: Target, inventory: Inventory) -> Service:
    sort = "dns" if target.role is Role.DNS else target.labels.get("service", "web")
    checks = [check for check in inventory.checks.values() if check.target_id == target.id]
    ports = {number: kind for kind, number in _USUAL.get(sort, _USUAL["web"])}
    for check in checks:
        ports |= _asked(check)
    return Service(
        id=target.id,
        name=target.name,
        sort=sort,
        host=target.labels.get("host", ""),
        address=target.address,
        space=_CENTRES.get(target.labels.get("path", ""), BUILDING),
        ports=tuple(Port(kind=kind, number=number) for number, kind in ports.items()),
        texts=tuple(dict.fromkeys(text for check in checks for text in _expected(check))),
    )


def _asked(check: Check) -> dict[int, str]:
    """Return the port a check of HTTP goes to, when its URL names one."""
    url = urlsplit(check.address)
    if url.scheme not in ("http", "https") or url.port is None:
        return {}
    return {url.port: url.scheme}


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
