"""Machines that could offer what nobody should: of each unit one for telnet and one for SMB. Plain values.

They are services whose doors stay shut until a fault opens them.
"""

from __future__ import annotations

from collections.abc import Iterator

from bt_console.lab.plan import BUILDING_LAN, Lan, Plan, Port, Service

SORT = "exposed"
_NUMBERS = {"telnet": 23, "smb": 445}


def exposure_id(unit_id: str, kind: str) -> str:
    """Return the id of a unit's exposed service."""
    return f"{unit_id}/exposed/{kind}"


def exposures(plan: Plan) -> tuple[Service, ...]:
    """Return them for every unit with machines: telnet at its switch where that has an address, SMB at a computer."""
    return tuple(found for lan in plan.lans if lan.id != BUILDING_LAN for found in _of(plan, lan))


def _of(plan: Plan, lan: Lan) -> Iterator[Service]:
    machines = [port.space for port in lan.ports[1:]]
    if not machines:
        return
    telnet = (lan.switch.space, lan.switch.address) if lan.switch.address else _at(plan, machines[-1])
    yield _service(lan, "telnet", telnet)
    yield _service(lan, "smb", _at(plan, machines[0]))


def _at(plan: Plan, space: str) -> tuple[str, str]:
    ends = (end for link in plan.links for end in (link.near, link.far))
    return space, next(end.address for end in ends if end.space == space and end.address)


def _service(lan: Lan, kind: str, place: tuple[str, str]) -> Service:
    space, address = place
    port = Port(kind=kind, number=_NUMBERS[kind])
    name = exposure_id(lan.id, kind)
    return Service(id=name, name=name, sort=SORT, host="", address=address, space=space, ports=(port,))
