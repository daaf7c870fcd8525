"""What each fault must lead to, written from what the fault does and from nothing the monitor knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bt_console.lab.plan import Names

QUICK_S, MINUTE_S, LONG_S = 30.0, 100.0, 240.0
"""How long it may take until somebody is paged: what is asked every 5 s, every 30 or 60 s, what builds up."""
CALM_S = 450.0
"""What came and went is believed to be over after minutes of peace only."""
ROUND_S = 70.0
"""In so long everything behind a fault has been asked and found silent: the storm comes after the repair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """The right answer to one fault."""

    kind: str = ""
    """Kind of the one cause; empty: no incident and no page."""
    at_first: tuple[str, ...] = ()
    """Other kinds that are right as long as the fault shows only a part of itself."""
    unit: str = ""
    """Whose fault it is; empty: not of one unit."""
    units_count: int | None = None
    """How many units the cause must be said to hurt; None: not counted."""
    is_paged: bool = True
    """False: it is shown, and nobody is called for it."""
    avoids: str = ""
    """Path the page must not travel, for it is what is down."""
    late_count: int = 0
    """Notices that say afterwards, over the path that was down, what happened."""
    targets: tuple[str, ...] = ()
    """Where measurements fail first; one that ends in / means all that begin so."""
    limit_s: float = QUICK_S
    stay_s: float = 4.0
    """How long it goes on after the page: what comes then counts too."""
    recovery_s: float = 180.0
    """How long after the healing it may still be open."""
    is_gradual: bool = False
    """It cannot be known from two answers that do not come."""


def expectation(spec: str, names: Names) -> Expectation | None:
    """Return what a fault must lead to; None for one this judge does not know."""
    name, *given = spec.split(":")
    known = EXPECTED.get(name)
    return known(names, *given) if known else None


Rule = Callable[..., Expectation]


def _line_cut(names: Names, path: str, unit: str) -> Expectation:
    return Expectation(kind=f"{path}_down", unit=unit, targets=(f"{unit}/{path}",))


def _line_flaps(names: Names, path: str, unit: str) -> Expectation:
    at_first = (f"{path}_down",)
    return Expectation(
        kind="flapping",
        at_first=at_first,
        unit=unit,
        targets=(f"{unit}/{path}",),
        limit_s=LONG_S,
        recovery_s=CALM_S,
        is_gradual=True,
    )


def _line_bad(kind: str) -> Rule:
    def rule(names: Names, path: str, unit: str, amount: str) -> Expectation:
        return Expectation(kind=kind, unit=unit, limit_s=MINUTE_S, is_gradual=True)

    return rule


def _line_full(names: Names, path: str, unit: str) -> Expectation:
    # What users feel comes first, the counters that say why are read every 30 s.
    at_first = ("link_delay", "link_loss")
    return Expectation(kind="link_saturated", at_first=at_first, unit=unit, limit_s=LONG_S, is_gradual=True)


def _unit_dark(names: Names, unit: str) -> Expectation:
    at_first = ("tslcd_down", "internet_down")
    targets = (f"{unit}/tslcd", f"{unit}/internet")
    return Expectation(kind="unit_dark", at_first=at_first, unit=unit, targets=targets, stay_s=ROUND_S)


def _core_cut(names: Names) -> Expectation:
    count = len(names.units("tslcd"))
    targets = ("tslcd-core", "qlvb", "mail", "motcua")
    return Expectation(kind="tslcd_core_down", units_count=count, targets=targets, stay_s=ROUND_S)


def _isp_cut(names: Names) -> Expectation:
    targets = ("hub/uplink-internet", "hub/anchor-1", "hub/anchor-2")
    return Expectation(
        kind="own_uplink_down", unit="hub", avoids="internet", late_count=1, targets=targets, stay_s=120.0
    )


def _service(web: str, **others: str) -> Rule:
    """Return a rule for a service: one kind of cause for web pages, others by the service's id."""

    def rule(names: Names, service: str, *amount: str) -> Expectation:
        kind = others.get(service, web)
        is_gradual = kind == "service_slow"
        return Expectation(kind=kind, targets=(service,), is_gradual=is_gradual)

    return rule


def _certificate(kind: str) -> Rule:
    def rule(names: Names, service: str) -> Expectation:
        return Expectation(kind=kind, targets=(service,), limit_s=MINUTE_S, is_gradual=kind == "certificate_invalid")

    return rule


def _names(kind: str) -> Rule:
    return lambda names: Expectation(kind=kind, targets=("dns",))


def _mail_down(names: Names) -> Expectation:
    return Expectation(kind="mail_down", targets=tuple(names.mail_services))


def _switch_off(names: Names, unit: str) -> Expectation:
    targets = (f"{unit}/device/",)
    at_first = ("device_missing",)
    return Expectation(
        kind="lan_switch_down", at_first=at_first, unit=unit, targets=targets, limit_s=MINUTE_S, is_gradual=True
    )


def _port_flaps(names: Names, unit: str, *device: str) -> Expectation:
    return Expectation(
        kind="flapping",
        at_first=("device_missing",),
        unit=unit,
        is_paged=False,  # one machine of one unit wakes nobody
        targets=(f"{unit}/device/",),
        limit_s=LONG_S,
        recovery_s=CALM_S,
        is_gradual=True,
    )


def _clock_off(names: Names, target: str, amount: str) -> Expectation:
    return Expectation(kind="clock_skew", limit_s=LONG_S, is_gradual=True)


def _nothing(names: Names, *given: str) -> Expectation:
    """Weaknesses and guests: shown where they are found, but nothing of theirs is down and nobody is called."""
    return Expectation(stay_s=40.0)


EXPECTED: Mapping[str, Rule] = {
    "link-down": _line_cut,
    "link-flap": _line_flaps,
    "loss": _line_bad("link_loss"),
    "delay": _line_bad("link_delay"),
    "link-saturated": _line_full,
    "unit-dark": _unit_dark,
    "tslcd-core-down": _core_cut,
    "hub-isp-down": _isp_cut,
    "service-down": _service("service_down", mail="mail_down", kyso="signature_down"),
    "service-500": _service("service_error"),
    "service-slow": _service("service_slow"),
    "service-wrong-content": _service("service_wrong_content"),
    "cert-expired": _certificate("certificate_expired"),
    "cert-revoked": _certificate("certificate_invalid"),
    "dns-down": _names("dns_down"),
    "dns-wrong-answer": _names("dns_wrong_answer"),
    "mail-down": _mail_down,
    "switch-down": _switch_off,
    "port-flap": _port_flaps,
    "clock-skew": _clock_off,
    "noise": _nothing,
    "hostile-banner": _nothing,
    "telnet-open": _nothing,
    "smb-open": _nothing,
    "snmp-public": _nothing,
    "new-device": _nothing,
    "arp-spoof": _nothing,
    "rogue-dhcp": _nothing,
    "bridge-inet-tslcd": _nothing,
}
