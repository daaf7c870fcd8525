"""Which agents a plan has: every unit's router and switch, and the core. Plain values.

Source: a switch answers where the inventory gives it an address; a router at its LAN's and its TSLCD address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bt_console.lab.plan import BUILDING_LAN, CORE, Lan, Plan

CORE_AGENT = "core"
ROUTER, SWITCH = "router", "switch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """One agent to be."""

    id: str
    """`core`, or LAN and part: `cao-son/router`."""
    space: str
    addresses: tuple[str, ...]
    lldp_ports: tuple[str, ...]
    identity: Mapping[str, object]
    """Arguments of mib.Identity."""


def roster(plan: Plan) -> tuple[Agent, ...]:
    """Return every agent, the core first."""
    found = [_core(plan)]
    for lan in plan.lans:
        found += [_router(plan, lan), _switch(lan)] if lan.id != BUILDING_LAN else [_router(plan, lan)]
    return tuple(agent for agent in found if agent.addresses)


def _speeds(plan: Plan, space: str) -> dict[str, float]:
    """Return the speeds of the lines that end in a namespace, by device."""
    ends = [(end, link.line) for link in plan.links for end in (link.near, link.far) if link.line]
    return {end.device: line.rate_bps for end, line in ends if end.space == space}


def _line_address(plan: Plan, space: str, device: str) -> tuple[str, ...]:
    ends = [end for link in plan.links for end in (link.near, link.far)]
    return tuple(end.address for end in ends if end.space == space and end.device == device)[:1]


def _core(plan: Plan) -> Agent:
    return Agent(
        id=CORE_AGENT,
        space=CORE,
        addresses=_line_address(plan, CORE, "pe"),
        lldp_ports=(),
        identity={
            "name": "tslcd-core",
            "description": "TSLCD core router, BT Console lab",
            "location": "TSLCD core",
            "is_router": True,
            "speeds_bps": _speeds(plan, CORE),
        },
    )


def _router(plan: Plan, lan: Lan) -> Agent:
    space = lan.router.space
    return Agent(
        id=f"{lan.id}/{ROUTER}",
        space=space,
        addresses=tuple(dict.fromkeys((lan.router.address, *_line_address(plan, space, "tslcd")))),
        lldp_ports=(lan.router.device,),
        identity={
            "name": f"{lan.id}-router",
            "description": "Access router, BT Console lab",
            "location": lan.name,
            "is_router": True,
            "speeds_bps": _speeds(plan, space),
        },
    )


def _switch(lan: Lan) -> Agent:
    return Agent(
        id=f"{lan.id}/{SWITCH}",
        space=lan.switch.space,
        addresses=(lan.switch.address,) if lan.switch.address else (),
        lldp_ports=(lan.ports[0].device,),
        identity={
            "name": f"{lan.id}-switch",
            "description": "Ethernet switch, BT Console lab",
            "location": lan.name,
            "is_router": False,
        },
    )
