"""Mail is not carried: SMTP and IMAP are stopped, the web page of the mail service still answers."""

from __future__ import annotations

from bt_console.lab.faults.api import Effect, FaultKind, ServiceEffect
from bt_console.lab.plan import Names


def _effects(names: Names, given: tuple[str, ...]) -> tuple[Effect, ...]:
    kinds = ("smtp", "imap", "imaps")
    return tuple(ServiceEffect(service=service, closed_kinds=kinds) for service in names.mail_services)


FAULT = FaultKind(
    name="mail-down",
    description=("SMTP và IMAP của hệ thống thư ngừng", "the mail system's SMTP and IMAP are stopped"),
    effects=_effects,
)
