"""Which routers keep the Internet from the TSLCD: what comes in on one line is forwarded to the LAN and nowhere else.

Source: Linux routing policy (ip-rule(8)) in place of the virtual routers (VRF) that real ones have for it.
"""

from __future__ import annotations

from dataclasses import dataclass

from bt_console.lab.plan import Plan

LINES = ("tslcd", "internet")
"""Devices of a unit's router that are lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Separation:
    """One such router."""

    space: str
    devices: tuple[str, ...]
    inside: str
    """The subnet both lines may reach."""


def separations(plan: Plan) -> tuple[Separation, ...]:
    """Return every router of a LAN that has both lines."""
    known = {(end.space, end.device) for link in plan.links for end in (link.near, link.far)}
    return tuple(
        Separation(space=lan.router.space, devices=LINES, inside=lan.subnet)
        for lan in plan.lans
        if all((lan.router.space, line) in known for line in LINES)
    )
