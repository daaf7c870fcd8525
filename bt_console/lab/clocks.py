"""The units' routers as time servers: each tells the time at its TSLCD address. Plain values.

Source: RFC 5905 (port 123).
"""

from __future__ import annotations

from bt_console.lab.plan import BUILDING_LAN, Lan, Plan, Port, Service

_SORT = "router"
_NTP = Port(kind="ntp", number=123)


def clock_id(unit_id: str) -> str:
    """Return the id of a unit's time server."""
    return f"{unit_id}/clock"


def router_clocks(plan: Plan) -> tuple[Service, ...]:
    """Return the time server of every unit with a line to the TSLCD."""
    addresses = {
        end.space: end.address for link in plan.links for end in (link.far, link.near) if end.device == "tslcd"
    }
    lans = (lan for lan in plan.lans if lan.id != BUILDING_LAN and lan.router.space in addresses)
    return tuple(_clock(lan, addresses[lan.router.space]) for lan in lans)


def _clock(lan: Lan, address: str) -> Service:
    name, space = clock_id(lan.id), lan.router.space
    return Service(id=name, name=name, sort=_SORT, host="", address=address, space=space, ports=(_NTP,))
