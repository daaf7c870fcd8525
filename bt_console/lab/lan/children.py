"""The lab process's view of the process that makes things happen on LANs: what it must know of the plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from bt_console.lab.child import Child
from bt_console.lab.plan import BUILDING_LAN, Lan, Link, Plan
from bt_console.lab.secrets import LabSecrets
from bt_console.lab.world import LanState, LineState

_ANYWHERE = "0.0.0.0/0"


class LanProcess:
    """One process for all LANs."""

    def __init__(self, plan: Plan, space_fds: Mapping[str, int]) -> None:
        self._plan = plan
        self._space_fds = space_fds
        self._lines = {link.line.id: link for link in plan.links if link.line}
        self.child = Child("bt_console.lab.lan.process", tuple(sorted({space_fds[name] for name in self._spaces()})))

    def open(self, secrets: LabSecrets, manager: str) -> None:
        """Have the honest servers serve."""
        sites = [self._site(number, lan) for number, lan in enumerate(self._plan.lans, 1)]
        lines = {name: self._line(link) for name, link in self._lines.items()}
        opened = {"sites": sites, "lines": lines, "community": secrets.community, "manager": manager}
        self.child.ask({"open": opened})

    def change(self, lans: Mapping[str, LanState], lines: Mapping[str, LineState]) -> None:
        """Put every LAN into a state, and fill the lines that are to be full; returns when it is so."""
        saturated = [name for name, state in lines.items() if state.is_saturated]
        states = {name: asdict(state) for name, state in lans.items()}
        self.child.ask({"change": {"lans": states, "saturated": saturated}})

    def _spaces(self) -> Iterator[str]:
        for lan in self._plan.lans:
            yield from (lan.switch.space, lan.router.space, *(port.space for port in lan.ports))
        for link in self._lines.values():
            yield from (link.near.space, link.far.space)

    def _site(self, number: int, lan: Lan) -> dict[str, Any]:
        machines = lan.ports[1:] if lan.id != BUILDING_LAN else ()
        internet = self._lines.get(f"internet:{lan.id}")
        inside = [r.destination for r in self._plan.routes if r.space == lan.router.space and r.device == "tslcd"]
        return {
            "id": lan.id,
            "number": number,
            "switch": self._space_fds[lan.switch.space],
            "bridge": lan.switch.device,
            "router": self._space_fds[lan.router.space],
            "router_device": lan.router.device,
            "gateway": lan.router.address,
            "subnet": lan.subnet,
            "taken": self._taken(lan),
            "name_servers": lan.name_servers,
            "ports": [
                {"device": port.device, "machine": port.machine, "space": self._space_fds[port.space], "nic": "lan"}
                for port in machines
            ],
            "uplink": lan.ports[0].device,
            "inside": inside,
            "isp": self._space_fds[internet.near.space] if internet else -1,
        }

    def _taken(self, lan: Lan) -> list[str]:
        spaces = {lan.switch.space, lan.router.space, *(port.space for port in lan.ports)}
        ends = [end for link in self._plan.links for end in (link.near, link.far) if end.space in spaces]
        found = [address for end in (*ends, lan.switch) for address in (end.address, *end.more_addresses)]
        return [address for address in found if address]

    def _line(self, link: Link) -> dict[str, Any]:
        assert link.line is not None
        spaces = [self._space_fds[end.space] for end in (link.near, link.far)]
        return {"spaces": spaces, "address": link.far.address, "rate_bps": link.line.rate_bps}
